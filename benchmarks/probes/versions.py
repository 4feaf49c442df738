"""Load version after version of one module into this process; print what each took.

Arguments: "live", "naive" or "bare", the number of versions, a directory for the libraries, a file
with the C++, whose module is `shapes`. The library is built once. Each version is a patched copy:
its type registry has another name, as after an edit, and it lies at a path of its own.

- live: built, loaded and published as a cell's versions are.
- naive: pybind11 alone. The registries' names differ as well (a macro of pybind11's does it), so
  that the class can be registered again, and Python's own loader loads it. It ends with the first
  version that fails.
- bare: a library of one C function, opened with dlopen and no more: what the system itself takes.

Printed as JSON: seconds per load and what of it was spent in dlopen; and at some of the versions,
counted from 1, what the process takes since before the first one.
"""

import _imp
import ctypes
import importlib.util
import json
import sys
import sysconfig
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from cppmagic import pipeline
from cppmagic.config import Cfg
from cppmagic.helpers import ISOLATION_PLACEHOLDER
from cppmagic.modules import live as lives
from cppmagic.modules import version as versions
from cppmagic.source import Source

NAME = "shapes"
NAIVE_PLACEHOLDER = b"_naive_version_000000000000000000000000_"
DIGITS = ISOLATION_PLACEHOLDER.count("0")
POINTS = 50

mode, number, directory, source_file = sys.argv[1:]
wanted, place = int(number), Path(directory)
source = Source(
    NAME, Path(source_file).read_text(encoding="utf-8"), source_file, "In[1]", str(place), "c++"
)


BARE = """
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "shapes", "", -1, NULL};
PyMODINIT_FUNC PyInit_shapes(void) { return PyModule_Create(&definition); }
"""

Load = Callable[[str, Path], Any]


def build_live() -> tuple[bytes, bytes, Load]:
    artifact = pipeline.obtain(source)
    live = lives.new(NAME)

    def load(key: str, path: Path) -> ModuleType:
        fingerprint = key + artifact.fingerprint[DIGITS:]
        fresh = versions.load(replace(artifact, fingerprint=fingerprint, library=str(path)))
        lives.publish(fresh, source, live)
        return live.module

    data = Path(artifact.library).read_bytes()
    return data, artifact.fingerprint[:DIGITS].encode(), load


def build_naive() -> tuple[bytes, bytes, Load]:
    # With shared types, nothing of ours is in the library. The flags are else the same.
    cfg = Cfg()
    cfg["share_types"] = True
    cfg["extra_compile_args"] = [f'-DPYBIND11_STDLIB="{NAIVE_PLACEHOLDER.decode()}"']
    data = Path(pipeline.obtain(source, cfg.freeze()).library).read_bytes()

    def load(key: str, path: Path) -> ModuleType:
        name = f"_{key}.{NAME}"
        loader = ExtensionFileLoader(name, str(path))
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        kept.append(module)
        return module

    return data, b"0" * DIGITS, load


def build_bare() -> tuple[bytes, bytes, Load]:
    artifact = pipeline.obtain(replace(source, text=BARE, language="c"))
    return Path(artifact.library).read_bytes(), b"", lambda key, path: ctypes.PyDLL(str(path))


def taken() -> dict[str, int]:
    """Return what this process takes: bytes, and mappings of files and memory."""
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in rollup}
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    return {
        "resident": sizes["Rss"],
        # What no file holds: it cannot be dropped and read again when memory is short.
        "anonymous": sizes["Anonymous"] + sizes["Swap"],
        "mappings": maps.count("\n"),
    }


kept: list[Any] = []
build = {"live": build_live, "naive": build_naive, "bare": build_bare}[mode]
data, key_in_library, load = build()
assert key_in_library in data, "the library does not name its type registry"

create_dynamic = _imp.create_dynamic


def timed_create_dynamic(*arguments: Any) -> Any:
    begun = time.perf_counter()
    module = create_dynamic(*arguments)
    opening[-1] += time.perf_counter() - begun
    return module


_imp.create_dynamic = timed_create_dynamic
seconds: list[float] = []
opening: list[float] = []
points: list[dict[str, int]] = []
failure = ""
start = taken()
for index in range(1, wanted + 1):
    key = f"{index:0{DIGITS}x}"[::-1]  # the leading digits are what a version is named by
    path = place / str(index) / f"{NAME}{sysconfig.get_config_var('EXT_SUFFIX')}"
    path.parent.mkdir()
    path.write_bytes(data.replace(key_in_library, key.encode()) if key_in_library else data)
    opening.append(0.0)
    started = time.perf_counter()
    try:
        module = load(key, path)
    except Exception as error:
        failure = str(error).partition("\n")[0].replace(str(place), "")
        break
    seconds.append(time.perf_counter() - started)
    if mode != "bare":
        assert module.area(module.Box(2, 3)) == 6
    if index == 1 or index % max(1, wanted // POINTS) == 0:
        now = taken()
        points.append({"versions": index, **{name: now[name] - start[name] for name in now}})
    path.unlink()  # it stays mapped; the disk need not hold them all

result = {
    "library": len(data),
    "seconds": seconds,
    "opening": seconds if mode == "bare" else opening[: len(seconds)],
    "taken": points,
    "failure": failure,
}
print(json.dumps(result))
