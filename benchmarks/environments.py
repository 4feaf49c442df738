"""The environments: cppmagic, cppimport, Cython, numba, each in one, with the same other packages.

They are made under `.benchmarks/` in the checkout: cppmagic's again whenever the package changed,
the others once. All have the same companions in the same versions, so that all search directories
of the same size, and all have their byte code compiled, as after any `pip install`. Cython is by
itself because setuptools imports it where it finds it, which doubles what a cached import costs
cppimport. numba says itself which NumPy it wants.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".benchmarks"

COMPANIONS = ("ipykernel", "ipython", "mako", "numpy", "pybind11>=3.0", "setuptools>=66.1")
_REPORTED = (
    "cppmagic",
    "cppimport",
    "cython",
    "ipython",
    "mako",
    "numba",
    "pybind11",
    "setuptools",
)
_SOURCES = ("cppmagic", "pyproject.toml", "README.md", "LICENSE")
# What would make one side's interpreter or compiler another one, or keep byte code from being used.
_DROPPED = ("PYTHON", "CPPMAGIC_", "CPPIMPORT_", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")


@dataclass(frozen=True)
class Side:
    """One of those that are compared.

    Attributes:
        name: the package's name.
        hook: the module that installs its import hook; "" for Cython, which has none that we use.
        python: the interpreter of its environment.
    """

    name: str
    hook: str
    python: Path


@dataclass(frozen=True)
class Sides:
    """All that are compared: cppmagic with cppimport, and in a notebook with Cython and numba."""

    ours: Side
    theirs: Side
    cython: Side
    numba: Side


def prepare() -> Sides:
    """Make what is missing of the environments."""
    theirs, ours, cython = HOME / "cppimport", HOME / "cppmagic", HOME / "cython"
    numba = HOME / "numba"
    _make(theirs, f"{sys.version} {COMPANIONS}", ["cppimport", *COMPANIONS])
    frozen = _output([_python(theirs), "-I", "-m", "pip", "freeze", "--all"])
    constraints = HOME / "constraints.txt"
    constraints.write_text(frozen, encoding="utf-8")
    constrained = [*COMPANIONS, "-c", str(constraints)]
    _make(cython, f"{sys.version} {frozen}", ["cython", *constrained])
    _make(numba, f"{sys.version} {frozen}", ["numba", *COMPANIONS])
    with tempfile.TemporaryDirectory() as copy:
        # Building in the checkout would leave a build directory there, and take up an older one.
        for name in filter(lambda name: (ROOT / name).exists(), _SOURCES):
            copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copied(ROOT / name, Path(copy, name))
        _make(ours, f"{sys.version} {frozen} {_digest(Path(copy))}", [copy, *constrained])
    return Sides(
        ours=Side("cppmagic", "cppmagic.import_hook", _python(ours)),
        theirs=Side("cppimport", "cppimport.import_hook", _python(theirs)),
        cython=Side("cython", "", _python(cython)),
        numba=Side("numba", "", _python(numba)),
    )


def environment(home: Path) -> dict[str, str]:
    """Return the environment variables of a measured process: plain, its caches below `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "IPYTHONDIR": str(home / ".ipython"),
        "CPPMAGIC_CACHE_DIR": str(home / ".cache" / "cppmagic"),
        # What is prepared meanwhile would slow whatever is measured next.
        "CPPMAGIC_BACKGROUND": "0",
    }


def machine(sides: Sides) -> dict[str, Any]:
    """Describe what the figures were measured on and with: nothing that names the machine."""
    script = (
        "import importlib.metadata as m, json, sys\n"
        f"installed = {{d.name.lower(): d.version for d in m.distributions()}}\n"
        f"print(json.dumps({{n: installed[n] for n in {_REPORTED!r} if n in installed}}))"
    )
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": _compiler(),
        "packages": {
            side.name: json.loads(_output([side.python, "-I", "-c", script]))
            for side in (sides.ours, sides.theirs, sides.cython, sides.numba)
        },
        "commit": _commit(),
    }


def _make(place: Path, wanted: str, packages: list[str]) -> None:
    """Make an environment, unless it is there and was made with the same `wanted`."""
    stamp = place / "complete"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"preparing the environment {place.relative_to(ROOT)}", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    _output([sys.executable, "-m", "venv", place])
    _output([_python(place), "-I", "-m", "pip", "install", "-q", *packages])
    stamp.write_text(wanted, encoding="utf-8")


def _python(place: Path) -> Path:
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _digest(tree: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(tree.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            state.update(f"{path.relative_to(tree)}\n".encode() + path.read_bytes())
    return state.hexdigest()


def _output(command: list[Any]) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=kept, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(map(str, command))} failed:\n{done.stderr}{done.stdout}")
    return done.stdout


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _compiler() -> str:
    """Return the first line that the compiler of this Python says of itself."""
    import sysconfig

    command = os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "c++"
    return _output([*shlex.split(command)[:1], "--version"]).partition("\n")[0]


def _commit() -> str:
    try:
        commit = _output(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]).strip()
        changed = _output(["git", "-C", ROOT, "status", "--porcelain", "--", "cppmagic"]).strip()
    except (OSError, RuntimeError):
        return "unknown"
    return commit + (" with changes" if changed else "")
