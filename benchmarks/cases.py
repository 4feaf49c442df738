"""The cases: what is measured, how, and why it is fair.

Each sample is taken in fresh processes, alternately: ours, theirs, ours, theirs. Each side has a
project directory of its own with the same `hello.cpp`, on a disk that has seen both before. What a
probe computed is checked, so that nobody is fast by doing something else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import builds, plain, sources
from benchmarks.environments import Side, Sides
from benchmarks.report import Figure, Result
from benchmarks.workplace import (
    HELLO,
    Case,
    ProbeError,
    Sample,
    Workplace,
    alternate,
    columns,
    figure,
    run,
    value_of,
    workplace,
)

_HERE = Path(__file__).resolve().parent

CYTHON_CELL = """\
%%cython
def logistic(long steps, double r):
    cdef double x = 0.5
    cdef long step
    with nogil:
        for step in range(steps):
            x = r * x * (1.0 - x)
    return x
"""


def cold(sides: Sides, repetitions: int) -> Result:
    """First import ever: nothing is built, each side compiles with the flags that are its default.

    From the `import hello` statement to a callable function. The import of the hook is apart. Ours
    starts with an empty cache each time (the compiler is asked again what it is, too), theirs
    without a library beside the source. What a user gets by default is compared, flags included;
    `cold-same-flags` takes their part out.
    """
    return Result(
        "cold",
        "first import, nothing is built yet; each side's default flags",
        sides.theirs.name,
        _cold_figures(sides, repetitions, HELLO, target=1.0),
    )


def cold_same_flags(sides: Sides, repetitions: int) -> Result:
    """As `cold`, with one line in `cfg` that gives both sides the same optimisation and no `-g`."""
    flags = "['-std=c++17', '-O3', '-g0', '-fvisibility=hidden']"
    line = "setup_pybind11(cfg)\n"
    text = HELLO.replace(line, f"{line}cfg['extra_compile_args'] = {flags}\n")
    return Result(
        "cold-same-flags",
        "first import, nothing is built yet; -std=c++17 -O3 -g0 -fvisibility=hidden on both sides",
        sides.theirs.name,
        _cold_figures(sides, repetitions, text),
    )


def cached(sides: Sides, repetitions: int) -> Result:
    """Import in a new process of what an earlier process built.

    Two statements are timed in a new interpreter that has imported nothing else: the import of the
    hook, and `import hello`. The two sides import what they need at different points of these: only
    the sum is fair, so the sum has the target. That nothing was built in between is checked.
    """
    with workplace(sides.ours) as ours_at, workplace(sides.theirs) as theirs_at:
        places = (ours_at, theirs_at)
        for place in places:
            place.import_hello()
            place.import_hello()
        before = [place.libraries() for place in places]
        pairs = alternate(ours_at.import_hello, theirs_at.import_hello, repetitions)
        if before != [place.libraries() for place in places]:
            raise ProbeError("a cached import built something")
    return Result(
        "cached",
        "import in a new process, built before",
        sides.theirs.name,
        (
            figure("the hook and `import hello`", pairs, _hook_and_import, target=0.25),
            figure("the hook alone", pairs, value_of("hook")),
            figure("`import hello` alone", pairs, value_of("import")),
        ),
    )


def miss(sides: Sides, repetitions: int) -> Result:
    """What the hook costs every other import: it looks for a module that it does not have.

    `find_spec` is called as the import system calls it, in batches; sys.path is that of a script in
    a project directory, with a usual number of packages installed (the same ones on both sides).
    The difference of a whole failing `import` statement with the hook and without it, in one
    process, alternately, checks that figure from outside. The first call is apart: ours lists the
    directories then.
    """
    with workplace(sides.ours) as ours_at, workplace(sides.theirs) as theirs_at:

        def sample(place: Workplace) -> Sample:
            return place.run("miss", place.side.hook, value=None)

        sample(ours_at), sample(theirs_at)
        pairs = alternate(lambda: sample(ours_at), lambda: sample(theirs_at), repetitions)
    return Result(
        "miss",
        "the hook looks for a module that it does not have",
        sides.theirs.name,
        (
            figure("find_spec", pairs, value_of("find_spec"), target=0.05),
            figure("added to a failing import", pairs, _added_by_hook, target=0.05),
            figure("the first find_spec", pairs, value_of("first")),
        ),
    )


def cell(sides: Sides, repetitions: int) -> Result:
    """An unchanged cell: `%%cppimport` beside Cython's `%%cython` (cppimport has no magic).

    A real InteractiveShell runs the cell: once in a new process (built by an earlier one), then
    again and again. IPython's own part is in it; what an empty cell costs is shown for that. The
    function is the same, each in its own language.
    """
    with workplace(sides.ours) as ours_at, workplace(sides.cython) as cython_at:
        ours_cell, cython_cell = ours_at.home / "cell.txt", cython_at.home / "cell.txt"
        ours_cell.write_text(f"%%cppimport hello\n{HELLO}", encoding="utf-8")
        cython_cell.write_text(CYTHON_CELL, encoding="utf-8")

        def sample_ours() -> Sample:
            return ours_at.run("cell", "cppmagic", str(ours_cell), "hello.logistic")

        def sample_cython() -> Sample:
            return cython_at.run("cell", "Cython", str(cython_cell), "logistic")

        sample_ours(), sample_cython()  # build
        pairs = alternate(sample_ours, sample_cython, repetitions)
    return Result(
        "cell",
        "an unchanged cell: %%cppimport, and %%cython as its peer",
        sides.cython.name,
        (
            figure("again in the same kernel", pairs, value_of("again")),
            figure("first in a new kernel, built before", pairs, value_of("first")),
            figure("for comparison: `pass`", pairs, value_of("empty")),
        ),
    )


def call(sides: Sides, repetitions: int) -> Result:
    """One call of a function: of a live module, and of plain extensions.

    The modules are called in turns in one process: the live module; a copy of its library that
    Python's own loader loads; the same built with a prepared header and core; the library that
    cppimport built. Called as `hello.logistic(...)`, where looking up the name counts, and by a
    local name. The fastest tenth of a process's batches ends at the value that counts, because what
    disturbs only adds. Where a library happens to lie in memory makes a difference of some percent
    for a process: hence many processes. cppimport's library has its builder's default flags; about
    1 is what one wants there.
    """
    with (
        workplace(sides.ours) as ours_at,
        workplace(sides.ours) as prepared_at,
        workplace(sides.theirs) as theirs_at,
    ):
        run([sides.ours.python, "-m", "cppmagic", "prepare", "pybind11.h"], prepared_at)
        for place in (ours_at, prepared_at, theirs_at):
            place.import_hello()
        (built,), (with_kit,), theirs = (
            place.libraries() for place in (ours_at, prepared_at, theirs_at)
        )
        others = [f"kit={with_kit}", *(f"theirs={path}" for path in theirs)]
        samples = [ours_at.run("call", sides.ours.hook, built, *others) for _ in range(repetitions)]

    def figure(name: str, way: str, other: str, target: float | None = None) -> Figure:
        return columns(name, samples, f"live_{way}", f"{other}_{way}", target)

    return Result(
        "call",
        "one call of logistic(1, r): a live module's, a plain extension's",
        "plain extension",
        (
            figure("hello.logistic(1, 3.9)", "by_attribute", "plain", 1.02),
            figure("logistic(1, 3.9)", "by_name", "plain", 1.02),
            columns(
                "logistic(1, 3.9), with what is prepared",
                samples,
                "kit_by_name",
                "plain_by_name",
                1.02,
            ),
            figure("cppimport's hello.logistic(1, 3.9)", "by_attribute", "theirs"),
            figure("cppimport's logistic(1, 3.9)", "by_name", "theirs"),
        ),
    )


def output(sides: Sides, repetitions: int) -> Result:
    """What it costs that C++ output is shown in order: in a call that prints nothing, in `print`.

    The same function of the same module is called in turns in cells of one shell, with the
    extension loaded and unloaded; Python's own `print` as well, which looks for C++ output first.
    """
    with workplace(sides.ours) as place:
        cell_file = place.home / "cell.txt"
        cell_file.write_text(f"%%cppimport hello\n{HELLO}", encoding="utf-8")
        place.run("output", str(cell_file))  # build
        samples = [place.run("output", str(cell_file)) for _ in range(repetitions)]

    def figure(name: str, what: str, target: float | None = None) -> Figure:
        return columns(name, samples, f"{what}_with", f"{what}_without", target)

    return Result(
        "output",
        "cells whose C++ output is shown in order, and the same without that",
        "without",
        (
            figure("hello.logistic(1, 3.9), which prints nothing", "call", 1.02),
            figure("print('x') in Python", "print"),
        ),
    )


VERSIONS = 5000
_END = 500
_BATCH = 100


def versions(sides: Sides, repetitions: int) -> Result:
    """5,000 versions of a module with a class in one process: time per load, memory per version.

    Compiling that many edits would take hours, and compiling is not the subject: one library is
    built, and each version is a copy of it in which the name of the type registry is another one,
    as a build writes it there. To the system these are 5,000 different libraries. Each is loaded
    and published as that of a cell that was run again; then an object is made and handed to a
    function.

    The last loads are compared with the first ones of a new process that starts right afterwards.
    The system's own part (dlopen compares a new library with each that is loaded) is told apart:
    it is timed inside each load, and measured by itself on libraries of one C function. The naive
    way beside it is pybind11 with a registry of another name for each version, and nothing more.
    """
    live, fresh, naive, bare = [], [], [], []
    for _ in range(repetitions):
        live.append(_load_versions(sides.ours, "live"))
        fresh.append(_load_versions(sides.ours, "live", _END))
        naive.append(_load_versions(sides.ours, "naive"))
        bare.append(_load_versions(sides.ours, "bare"))

    def figure(name: str, value: Callable[[dict[str, Any]], float], target: float | None) -> Figure:
        return Figure(name, tuple(map(value, live)), tuple(map(value, fresh)), target)

    limits = tuple(float(run["library"] + 65_536) for run in live)
    resident, anonymous = (
        tuple(_per_version(run["taken"], what) for run in live)
        for what in ("resident", "anonymous")
    )
    return Result(
        "versions",
        f"{VERSIONS:,} versions of a module with a class in one process",
        "compared with",
        (
            figure("the last 500 loads, less dlopen; the first 500 of a process", _own_part, 1.5),
            figure("the last 500 loads; the first 500 of a process", _whole, None),
            Figure("resident memory a version; library + 64 kB", resident, limits, 1.0, "B"),
            Figure("of it in no file; library + 64 kB", anonymous, limits, None, "B"),
        ),
        {"batch": _BATCH, "live": _curves(live), "naive": _curves(naive), "bare": _curves(bare)},
    )


def _own_part(run: dict[str, Any]) -> float:
    both = zip(run["seconds"], run["opening"], strict=True)
    own: list[float] = [whole - opening for whole, opening in both]
    return median(own[-_END:])


def _whole(run: dict[str, Any]) -> float:
    return float(median(run["seconds"][-_END:]))


def _load_versions(side: Side, mode: str, number: int = VERSIONS) -> dict[str, Any]:
    with workplace(side) as place:
        libraries = place.home / "libraries"
        libraries.mkdir()
        source = str(_HERE / "shapes.cpp")
        run: dict[str, Any] = place.run(
            "versions", mode, str(number), str(libraries), source, value=None
        )
    if mode != "naive" and len(run["seconds"]) != number:
        raise ProbeError(f"version {len(run['seconds']) + 1} failed ({mode}): {run['failure']}")
    return run


def _per_version(points: list[dict[str, int]], what: str) -> float:
    """Return the growth per version, less what the first one takes (libstdc++, our imports)."""
    first, last = points[0], points[-1]
    return (last[what] - first[what]) / (last["versions"] - first["versions"])


def _curves(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is drawn: time per load, by batches; what the process takes; the failure.

    What disturbs only adds: of each batch the fastest tenth counts, of the runs the fastest then.
    """

    def fastest(values: list[float]) -> float:
        return quantiles(values, n=10)[0] if len(values) > 1 else values[0]

    def curve(what: str) -> list[float]:
        shortest = min(len(run[what]) for run in runs)
        return [
            float(f"{min(fastest(run[what][start : start + _BATCH]) for run in runs):.3g}")
            for start in range(0, shortest, _BATCH)
        ]

    return {
        "loaded": min(len(run["seconds"]) for run in runs),
        "failure": runs[0]["failure"],
        "library": runs[0]["library"],
        "seconds": curve("seconds"),
        "opening": curve("opening"),
        "taken": runs[0]["taken"],
    }


CASES = {
    case.name: case
    for case in (
        Case("cold", 5, cold),
        Case("cold-same-flags", 3, cold_same_flags),
        Case("cached", 21, cached),
        Case("miss", 11, miss),
        Case("edited", 5, builds.edited),
        Case("edited-classes", 5, builds.edited_classes),
        Case("sources", 3, sources.sources),
        Case("plain-edits", 5, plain.plain_edits),
        Case("plain-calls", 15, plain.plain_calls),
        Case("crowd", 3, builds.crowd),
        Case("full-cache", 21, builds.full_cache),
        Case("extension", 11, builds.extension),
        Case("cell", 7, cell),
        Case("call", 31, call),
        Case("output", 11, output),
        Case("versions", 3, versions),
    )
}


def _cold_figures(
    sides: Sides, repetitions: int, text: str, target: float | None = None
) -> tuple[Figure, ...]:
    def sample(side: Side) -> Sample:
        with workplace(side, text) as place:
            figures = place.import_hello()
            if not place.libraries():
                raise ProbeError(f"{side.name} built nothing in a cold import")
            return figures

    pairs = alternate(lambda: sample(sides.ours), lambda: sample(sides.theirs), repetitions)
    return (
        figure("`import hello`", pairs, value_of("import"), target),
        figure("the hook alone", pairs, value_of("hook")),
    )


def _hook_and_import(sample: Sample) -> float:
    return sample["hook"] + sample["import"]


def _added_by_hook(sample: Sample) -> float:
    return sample["with_hook"] - sample["without_hook"]
