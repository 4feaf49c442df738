"""The cases in which something is compiled, or many take part: edits, many processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.environments import Side, Sides, environment
from benchmarks.report import Figure, Result
from benchmarks.workplace import (
    HELLO,
    ProbeError,
    Sample,
    Workplace,
    alternate,
    edit,
    figure,
    run,
    value_of,
    workplace,
)

# The same function beside a class, NumPy and the containers of the standard library.
CLASSES = HELLO.replace(
    "#include <pybind11/pybind11.h>",
    "#include <pybind11/numpy.h>\n#include <pybind11/pybind11.h>\n#include <pybind11/stl.h>\n"
    "#include <string>\n#include <vector>",
).replace(
    "PYBIND11_MODULE(hello, m) {",
    """\
struct Particle {
    double x = 0, v = 0;
    std::vector<double> trace;
    void step(double dt) { x += v * dt; trace.push_back(x); }
};

double total(const py::array_t<double, py::array::c_style | py::array::forcecast>& values) {
    auto view = values.unchecked<1>();
    double sum = 0;
    for (py::ssize_t i = 0; i < view.shape(0); ++i) { sum += view(i); }
    return sum;
}

PYBIND11_MODULE(hello, m) {
    py::class_<Particle>(m, "Particle")
        .def(py::init<>())
        .def("step", &Particle::step, py::arg("dt"))
        .def_readwrite("x", &Particle::x)
        .def_readwrite("v", &Particle::v)
        .def_readonly("trace", &Particle::trace)
        .def("__repr__", [](const Particle& p) { return "Particle " + std::to_string(p.x); });
    m.def("total", &total);
    m.def("sorted", [](std::vector<double> values) { return values; });
""",
)

PROCESSES = 100


def edited(sides: Sides, repetitions: int) -> Result:
    """An edit, until the edited function can be called. Each edit is new; the rest is in the cache.

    cppimport cannot reload: the user starts a new process, whose start, hook and import count (but
    not what the old process knew, which is lost). Ours is `importlib.reload` in the process that
    has the module, for the second time there, with pybind11 prepared, as it is from half a minute
    after the first build on. Each side has the flags that are its default. Two more peers: the
    shortest command that a user would type (`g++ -O3 -shared`), and our own commands by hand, with
    what we have prepared.
    """
    return _edited(sides, repetitions, "edited", HELLO, (0.2, 0.45, 1.15))


def edited_classes(sides: Sides, repetitions: int) -> Result:
    """The same with a class, `pybind11/numpy.h` and `pybind11/stl.h`."""
    return _edited(sides, repetitions, "edited-classes", CLASSES, (0.35, None, None))


def _edited(
    sides: Sides,
    repetitions: int,
    name: str,
    text: str,
    targets: tuple[float | None, float | None, float | None],
) -> Result:
    with workplace(sides.ours, text) as ours_at, workplace(sides.theirs, text) as theirs_at:
        headers = [word for word in ("numpy.h", "stl.h") if word in text]
        run([sides.ours.python, "-m", "cppmagic", "prepare", *headers], ours_at)
        ours_at.import_hello()
        theirs_at.import_hello()
        edits = iter(range(2 * repetitions))
        now = [0]

        def reload() -> Sample:
            now[0] = next(edits)
            start, changed = edit(now[0], text)
            files = [ours_at.home / "first.cpp", ours_at.home / "second.cpp"]
            files[0].write_text(edit(now[0] + 200, text)[1], encoding="utf-8")
            files[1].write_text(changed, encoding="utf-8")
            ours_at.write_hello(text)
            words = ["hello.cpp", *map(str, files)]
            return ours_at.run("reload_hello", sides.ours.hook, *words, value=start)

        def others() -> Sample:
            start, changed = edit(now[0], text)
            theirs_at.write_hello(changed)
            started = time.time()
            sample = theirs_at.import_hello(start)
            process = sample["ready_at"] - started
            source = ours_at.home / "bare.cpp"
            source.write_text(changed, encoding="utf-8")
            return {**sample, "process": process, **_by_hand(ours_at, source)}

        pairs = alternate(reload, others, repetitions)
    reloaded = tuple(sample["reload"] for sample, _ in pairs)

    def beside(key: str, label: str, target: float | None) -> Figure:
        return Figure(label, reloaded, tuple(sample[key] for _, sample in pairs), target)

    return Result(
        name,
        "an edited file: reload in the same process (ours), a new process (theirs)",
        sides.theirs.name,
        (
            beside("process", "until callable", targets[0]),
            beside("import", "the statement", None),
            beside("bare", "beside g++ -O3 -shared", targets[1]),
            beside("hand", "beside our commands by hand", targets[2]),
        ),
    )


def _by_hand(place: Workplace, source: Path) -> Sample:
    """Time two ways of compiling and linking a file by hand."""
    kits = sorted((place.home / ".cache" / "cppmagic").glob("v1/prepared/*/manifest.json"))
    kit = kits[0].parent
    recipe = json.loads(kits[0].read_text(encoding="utf-8"))["recipe"]
    paths = [word for path in recipe["include_dirs"] for word in ("-isystem", path)]
    bare = [*recipe["command"], "-O3", "-shared", "-fPIC", "-std=c++17", *paths, source]
    bare += ["-o", place.home / "bare.so"]
    prepared = ["-include", kit / "prepared.hpp", "-isystem", kit / "include"]
    compiling = [*recipe["command"], *prepared, *recipe["flags"], *paths, "-c", source]
    linking = [*recipe["command"], "-shared", "-Wl,--gc-sections", "hand.o", kit / "core.o"]
    linker = ["-fuse-ld=mold"] if shutil.which("mold") else []
    return {
        "bare": run(bare, place),
        "hand": run([*compiling, "-o", "hand.o"], place)
        + run([*linking, *linker, "-o", "hand.so"], place),
    }


def crowd(sides: Sides, repetitions: int) -> Result:
    """100 processes import one module at once that nobody has built: one of them compiles.

    The peer is one process that does it alone, plus what it costs to start 100 that import it when
    it is built.
    """

    def together() -> Sample:
        with workplace(sides.ours) as place:
            return {"wall": _crowd(place, PROCESSES)}

    def alone() -> Sample:
        with workplace(sides.ours) as place:
            return {"wall": _crowd(place, 1) + _crowd(place, PROCESSES)}

    pairs = alternate(together, alone, repetitions)
    return Result(
        "crowd",
        "100 processes import one uncached module at once",
        "one process, then 100 with the module built",
        (figure("until the last is done", pairs, value_of("wall"), 1.5),),
    )


def _crowd(place: Workplace, count: int) -> float:
    script = place.project / "import_hello.py"
    shutil.copyfile(Path(__file__).parent / "probes" / script.name, script)
    command = [str(place.side.python), script.name, place.side.hook]
    started = time.perf_counter()
    running = [
        subprocess.Popen(
            command, cwd=place.project, env=environment(place.home), stdout=subprocess.DEVNULL
        )
        for _ in range(count)
    ]
    failed = [child for child in running if child.wait() != 0]
    spent = time.perf_counter() - started
    if failed:
        raise ProbeError(f"{len(failed)} of {count} processes failed")
    if len(list(place.home.glob(".cache/cppmagic/v1/artifacts/*/*"))) != 1:
        raise ProbeError("more than one process has built the module")
    return spent


def full_cache(sides: Sides, repetitions: int) -> Result:
    """A cached import with 10,000 artifacts in the cache, beside one with a single artifact."""
    with workplace(sides.ours) as full, workplace(sides.ours) as empty:
        full.import_hello()
        empty.import_hello()
        shelf = full.home / ".cache" / "cppmagic" / "v1" / "artifacts"
        built = next(path for path in shelf.glob("*/*"))
        for number in range(10_000):
            name = f"{number:032x}"[::-1]
            copy = shelf / name[:2] / name
            copy.mkdir(parents=True)
            for path in built.iterdir():
                os.link(path, copy / path.name)
        pairs = alternate(full.import_hello, empty.import_hello, repetitions)
    return Result(
        "full-cache",
        "a cached import, with 10,000 artifacts in the cache",
        "with one",
        (figure("`import hello`", pairs, value_of("import"), 1.1),),
    )


def extension(sides: Sides, repetitions: int) -> Result:
    """`%load_ext` in a fresh IPython, beside Cython's."""

    def load(side: Side) -> Sample:
        with workplace(side) as place:
            return place.run("load_ext", side.name, value=None)

    pairs = alternate(lambda: load(sides.ours), lambda: load(sides.cython), repetitions)
    return Result(
        "extension",
        "%load_ext in a fresh IPython",
        sides.cython.name,
        (figure("%load_ext", pairs, value_of("load"), 20 / 548),),
    )
