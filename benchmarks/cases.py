"""The cases: what is measured, how, and why it is fair.

Each sample is taken in fresh processes, alternately: ours, theirs, ours, theirs. Each side has a
project directory of its own with the same `hello.cpp`, on a disk that has seen both before. What a
probe computed is checked, so that nobody is fast by doing something else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.environments import Side, Sides, environment
from benchmarks.report import Figure, Result

_HERE = Path(__file__).resolve().parent
HELLO = (_HERE / "hello.cpp").read_text(encoding="utf-8")
START = "double x = 0.5;"  # the line of hello.cpp that an edit changes; logistic(0, r) returns it

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

Sample = dict[str, float]
Pairs = list[tuple[Sample, Sample]]


class ProbeError(Exception):
    """A measured process failed, or did something other than what was to be measured."""


@dataclass(frozen=True)
class Workplace:
    """A project directory of one side, with caches of its own, and an hour old.

    Attributes:
        side: whose it is.
        home: what the processes take for the home directory; the caches are in it.
        project: directory of `hello.cpp` and of the script that runs.
    """

    side: Side
    home: Path
    project: Path

    def write_hello(self, text: str) -> None:
        """Write `hello.cpp`."""
        (self.project / "hello.cpp").write_text(text, encoding="utf-8")

    def run(self, probe: str, *arguments: str, value: float | None = 0.5) -> Sample:
        """Run a script of `probes/` as the project's own, in a new process.

        Args:
            probe: the script's name.
            arguments: its arguments.
            value: what `logistic(0, r)` must return; None for a probe that does not call it.

        Raises:
            ProbeError: it failed, or another value came out.
        """
        script = self.project / f"{probe}.py"
        shutil.copyfile(_HERE / "probes" / script.name, script)
        # Nobody imports in the very second in which a directory was made; finders know the clock's
        # tick and do not keep what they saw of a directory that changed just now.
        an_hour_ago = time.time() - 3600
        os.utime(self.project, (an_hour_ago, an_hour_ago))
        done = subprocess.run(
            [str(self.side.python), script.name, *arguments],
            cwd=self.project,
            env=environment(self.home),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProbeError(f"{probe} with {self.side.name} failed:\n{done.stdout}{done.stderr}")
        sample: Sample = json.loads(done.stdout.splitlines()[-1])
        if value is not None and sample["value"] != value:
            raise ProbeError(
                f"{probe} with {self.side.name}: logistic(0, r) is {sample['value']}, not {value}"
            )
        return sample

    def import_hello(self, value: float = 0.5) -> Sample:
        """Import hello in a new process."""
        return self.run("import_hello", self.side.hook, value=value)

    def libraries(self) -> dict[str, int]:
        """Return the libraries built so far, with their times."""
        return {str(path): path.stat().st_mtime_ns for path in self.home.rglob("*.so")}


@contextmanager
def workplace(side: Side, text: str = HELLO) -> Iterator[Workplace]:
    """Make a workplace with nothing built yet; it is gone afterwards."""
    with TemporaryDirectory(prefix="benchmark-") as directory:
        place = Workplace(side, Path(directory), Path(directory, "project"))
        place.project.mkdir()
        place.home.joinpath(".cache").mkdir()
        place.write_hello(text)
        yield place


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: as on the command line.
        repetitions: pairs of samples, unless the command line says otherwise.
        measure: takes the sides and the number of pairs.
    """

    name: str
    repetitions: int
    measure: Callable[[Sides, int], Result]


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
        _cold_figures(sides, repetitions, HELLO),
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
        pairs = _alternate(ours_at.import_hello, theirs_at.import_hello, repetitions)
        if before != [place.libraries() for place in places]:
            raise ProbeError("a cached import built something")
    return Result(
        "cached",
        "import in a new process, built before",
        sides.theirs.name,
        (
            _figure("the hook and `import hello`", pairs, _hook_and_import, target=0.25),
            _figure("the hook alone", pairs, _value_of("hook")),
            _figure("`import hello` alone", pairs, _value_of("import")),
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
        pairs = _alternate(lambda: sample(ours_at), lambda: sample(theirs_at), repetitions)
    return Result(
        "miss",
        "the hook looks for a module that it does not have",
        sides.theirs.name,
        (
            _figure("find_spec", pairs, _value_of("find_spec"), target=0.05),
            _figure("added to a failing import", pairs, _added_by_hook, target=0.05),
            _figure("the first find_spec", pairs, _value_of("first")),
        ),
    )


def edited(sides: Sides, repetitions: int) -> Result:
    """An edit, until the edited function can be called. Each edit is new; the rest is in the cache.

    cppimport cannot reload: the user starts a new process, whose start, hook and import count (but
    not what the old process knew, which is lost). Ours is `importlib.reload` in the process that
    has the module. The last figure compares the statements only: our reload with the `import hello`
    of their new process. Both compile, with the flags that are each side's default.
    """
    with workplace(sides.ours) as ours_at, workplace(sides.theirs) as theirs_at:
        ours_at.import_hello()
        theirs_at.import_hello()
        edits = iter(range(repetitions))
        now = [0]

        def reload() -> Sample:
            now[0] = next(edits)
            start, text = _edit(now[0])
            edited_file = ours_at.home / "edited.cpp"
            edited_file.write_text(text, encoding="utf-8")
            ours_at.write_hello(HELLO)
            return ours_at.run("reload_hello", sides.ours.hook, str(edited_file), value=start)

        def new_process() -> Sample:
            start, text = _edit(now[0])
            theirs_at.write_hello(text)
            started = time.time()
            sample = theirs_at.import_hello(start)
            return {**sample, "process": sample["ready_at"] - started}

        pairs = _alternate(reload, new_process, repetitions)
    reloaded = tuple(sample["reload"] for sample, _ in pairs)
    return Result(
        "edited",
        "an edited file: reload in the same process (ours), a new process (theirs)",
        sides.theirs.name,
        (
            Figure("until callable", reloaded, tuple(item["process"] for _, item in pairs)),
            Figure("the statement", reloaded, tuple(item["import"] for _, item in pairs)),
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
        pairs = _alternate(sample_ours, sample_cython, repetitions)
    return Result(
        "cell",
        "an unchanged cell: %%cppimport, and %%cython as its peer",
        sides.cython.name,
        (
            _figure("again in the same kernel", pairs, _value_of("again")),
            _figure("first in a new kernel, built before", pairs, _value_of("first")),
            _figure("for comparison: `pass`", pairs, _value_of("empty")),
        ),
    )


def call(sides: Sides, repetitions: int) -> Result:
    """One call of a function: of a live module, and of plain extensions.

    Three modules are called in turns in one process: the live module; a copy of its library that
    Python's own loader loads; the library that cppimport built. Called as `hello.logistic(...)`,
    where looking up the name counts, and by a local name. The fastest tenth of a process's batches
    ends at the value that counts, because what disturbs only adds. Where a library happens to lie
    in memory makes a difference of some percent for a process: hence many processes. cppimport's
    library has its builder's default flags; about 1 is what one wants there.
    """
    with workplace(sides.ours) as ours_at, workplace(sides.theirs) as theirs_at:
        ours_at.import_hello()
        theirs_at.import_hello()
        (ours_built,), (theirs_built,) = ours_at.libraries(), theirs_at.libraries()
        samples = [
            ours_at.run("call", sides.ours.hook, ours_built, theirs_built)
            for _ in range(repetitions)
        ]

    def figure(name: str, way: str, other: str, target: float | None) -> Figure:
        ours = tuple(sample[f"live_{way}"] for sample in samples)
        return Figure(name, ours, tuple(sample[f"{other}_{way}"] for sample in samples), target)

    return Result(
        "call",
        "one call of logistic(1, r): a live module's, a plain extension's",
        "plain extension",
        (
            figure("hello.logistic(1, 3.9)", "by_attribute", "plain", 1.02),
            figure("logistic(1, 3.9)", "by_name", "plain", 1.02),
            figure("cppimport's hello.logistic(1, 3.9)", "by_attribute", "theirs", None),
            figure("cppimport's logistic(1, 3.9)", "by_name", "theirs", None),
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

    def figure(name: str, what: str, target: float | None) -> Figure:
        ours = tuple(sample[f"{what}_with"] for sample in samples)
        return Figure(name, ours, tuple(sample[f"{what}_without"] for sample in samples), target)

    return Result(
        "output",
        "cells whose C++ output is shown in order, and the same without that",
        "without",
        (
            figure("hello.logistic(1, 3.9), which prints nothing", "call", 1.02),
            figure("print('x') in Python", "print", None),
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
        Case("edited", 5, edited),
        Case("cell", 7, cell),
        Case("call", 31, call),
        Case("output", 11, output),
        Case("versions", 3, versions),
    )
}


def _cold_figures(sides: Sides, repetitions: int, text: str) -> tuple[Figure, ...]:
    def sample(side: Side) -> Sample:
        with workplace(side, text) as place:
            figures = place.import_hello()
            if not place.libraries():
                raise ProbeError(f"{side.name} built nothing in a cold import")
            return figures

    pairs = _alternate(lambda: sample(sides.ours), lambda: sample(sides.theirs), repetitions)
    return (
        _figure("`import hello`", pairs, _value_of("import")),
        _figure("the hook alone", pairs, _value_of("hook")),
    )


def _alternate(ours: Callable[[], Sample], theirs: Callable[[], Sample], repetitions: int) -> Pairs:
    """Sample in pairs: what slows the machine for a while then slows both sides."""
    return [(ours(), theirs()) for _ in range(repetitions)]


def _figure(
    name: str, pairs: Pairs, value: Callable[[Sample], float], target: float | None = None
) -> Figure:
    ours = tuple(value(sample) for sample, _ in pairs)
    theirs = tuple(value(sample) for _, sample in pairs)
    return Figure(name, ours, theirs, target)


def _value_of(key: str) -> Callable[[Sample], float]:
    return lambda sample: sample[key]


def _hook_and_import(sample: Sample) -> float:
    return sample["hook"] + sample["import"]


def _added_by_hook(sample: Sample) -> float:
    return sample["with_hook"] - sample["without_hook"]


def _edit(number: int) -> tuple[float, str]:
    """Return the n-th edit: what logistic(0, r) returns after it, and the whole text."""
    start = f"0.{number + 501}"
    edited_text = HELLO.replace(START, f"double x = {start};")
    assert edited_text != HELLO
    return float(start), edited_text
