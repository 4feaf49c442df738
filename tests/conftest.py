"""Fixtures. Compiling is slow: modules in raw C build in a tenth of a second, those with pybind11
in several; where isolation is not what is tested, all tests share one cache."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kernel import Kernel

import cppmagic
import cppmagic.versions  # its finder belongs to the process: no test's end may take it away
from cppmagic.modules.live import live_of

KITS = Path(__file__).parent.parent / ".kits" / "v1" / "prepared"

Script = Callable[..., subprocess.CompletedProcess[str]]

C_MODULE = """\
// cppmagic
#include <Python.h>
static PyObject *value(PyObject *self, PyObject *args) {{ return PyLong_FromLong({value}); }}
static PyMethodDef methods[] = {{{{"value", value, METH_NOARGS, "the value"}}, {{0}}}};
static struct PyModuleDef definition = {{
    PyModuleDef_HEAD_INIT, "{name}", "A module.", -1, methods}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&definition); }}
"""


def c_module(name: str, value: object = 1, extra: str = "") -> str:
    """Return the text of a C extension with one function `value()`: it builds in 0.1 s."""
    return C_MODULE.format(name=name, value=value) + extra


def pybind11_module(name: str, body: str = "", before: str = "") -> str:
    """Return the text of a pybind11 module: it builds in seconds, so use it where it matters."""
    return (
        "// cppmagic\n#include <pybind11/pybind11.h>\nnamespace py = pybind11;\n"
        f"{before}\nPYBIND11_MODULE({name}, m) {{ {body} }}\n"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker for tests that one may leave out while working: `-m "not slow"`."""
    config.addinivalue_line("markers", "slow: takes more than half a minute")


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole run, whichever of several worker processes a test runs in."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    cache = root / "shared cache" / "cppmagic"
    if KITS.is_dir():
        # What `make test` has prepared of pybind11, for this run and the next.
        (cache / "v1").mkdir(mode=0o700, parents=True, exist_ok=True)
        cache.chmod(0o700)
        with contextlib.suppress(FileExistsError):
            (cache / "v1" / "prepared").symlink_to(KITS)
    return cache


@pytest.fixture(autouse=True)
def clean_slate(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings, sys.path, sys.modules and the import hook as they were; the shared cache."""
    for variable in [name for name in os.environ if name.startswith(("CPPMAGIC_", "CPPIMPORT_"))]:
        monkeypatch.delenv(variable)
    for variable in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CPPMAGIC_CACHE_DIR", str(shared_cache))  # for processes that a test starts
    # Tests say themselves when something is to happen behind their back.
    monkeypatch.setenv("CPPMAGIC_BACKGROUND", "0")
    before = dict(cppmagic.settings)
    cppmagic.settings.background = False
    cppmagic.settings.cache_dir = str(shared_cache)
    modules, path, meta_path = set(sys.modules), list(sys.path), list(sys.meta_path)
    yield
    cppmagic.settings.update(before)
    sys.path[:] = path
    sys.meta_path[:] = meta_path
    for name in set(sys.modules) - modules:
        module = sys.modules[name]
        if live_of(module) or _is_below(module, path):
            del sys.modules[name]


def _is_below(module: object, known_path: list[str]) -> bool:
    """Whether a module came from a directory that only the test had on its path."""
    file = getattr(module, "__file__", None)
    return bool(file) and "pytest-of-" in str(file)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, empty."""
    root = tmp_path / "own cache"
    monkeypatch.setenv("CPPMAGIC_CACHE_DIR", str(root))
    cppmagic.settings.cache_dir = str(root)
    return root


def lend_kits(cache: Path, kits: Path) -> Path:
    """Let a new cache have the kits of a directory; return the place where it has them."""
    place = cache / "v1" / "prepared"
    place.parent.mkdir(mode=0o700, parents=True)
    cache.chmod(0o700)
    place.symlink_to(kits)
    return place


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that is first on sys.path."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.syspath_prepend(str(root))
    return root


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the notebook that `kernel` runs."""
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def kernel(place: Path, shared_cache: Path) -> Iterator[Kernel]:
    """A kernel for all tests of one file."""
    running = Kernel(cwd=str(place), env={**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache)})
    yield running
    running.stop()


def command_line(directory: Path) -> Script:
    """Return what runs `python -m cppmagic` in a directory, its output captured."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cppmagic", *arguments],
            capture_output=True,
            text=True,
            cwd=directory,
            env={**os.environ, **environment},
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def run_python(tmp_path: Path) -> Script:
    """Run a script in a new interpreter and return the finished process, its output captured."""

    def run(
        script: str, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), *arguments],
            capture_output=True,
            text=True,
            cwd=cwd or tmp_path,
            env={**os.environ, **environment},
            timeout=300,
            check=False,
        )

    return run
