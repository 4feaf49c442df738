"""Call `logistic` of several modules often, in turns; print what one call costs of each.

Arguments: the hook's module, the library that it built, and other libraries of the same module, as
NAME=PATH. Called are the live module, a copy of its library, and the others; Python's own loader
loads all but the first.
"""

import importlib.util
import json
import shutil
import sys
import time
from collections.abc import Callable
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from statistics import quantiles
from types import ModuleType
from typing import Any

BATCHES = 300
CALLS = 4_000

# Compiled anew for each module, since the interpreter notes in the code what it found there.
CODE = """
def by_attribute():
    started = clock()
    for _ in calls:
        hello.logistic(1, 3.9)
    return clock() - started

def by_name(logistic=hello.logistic):
    started = clock()
    for _ in calls:
        logistic(1, 3.9)
    return clock() - started
"""


def plain(name: str, path: str) -> ModuleType:
    loader = ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def timers(module: ModuleType) -> dict[str, Callable[[], float]]:
    names: dict[str, Any] = {"hello": module, "clock": time.perf_counter, "calls": range(CALLS)}
    exec(compile(CODE, "calls", "exec"), names)
    return {name: names[name] for name in ("by_attribute", "by_name")}


hook, library, *others = sys.argv[1:]
importlib.import_module(hook)
import hello  # type: ignore[import-not-found]  # noqa: E402

copy = Path("copied") / Path(library).name  # one path is one library, loaded once
copy.parent.mkdir(exist_ok=True)
shutil.copyfile(library, copy)
modules = {
    "live": hello,
    "plain": plain("plain.hello", str(copy)),
    **{
        name: plain(f"{name}.hello", path)
        for name, _, path in (other.partition("=") for other in others)
    },
}
assert len({id(module.logistic) for module in modules.values()}) == len(modules)

series: list[tuple[str, Callable[[], float], list[float]]] = [
    (f"{name}_{way}", timer, [])
    for name, module in modules.items()
    for way, timer in timers(module).items()
]
for batch in range(BATCHES):
    turn = batch % len(series)  # nobody is always the first, nor always behind the same one
    for _, timer, samples in series[turn:] + series[:turn]:
        samples.append(timer() / CALLS)

# What disturbs only adds; the very fastest batch may have had a luck that is rare.
figures = {name: quantiles(samples, n=10)[0] for name, _, samples in series}
print(json.dumps({**figures, "value": hello.logistic(0, 3.9)}))
