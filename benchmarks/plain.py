"""`%%cpp`: edits of plain cells beside every tool that gives a function from text; calls."""

from __future__ import annotations

import json
import shutil
import time
from statistics import median

from benchmarks.environments import Side, Sides
from benchmarks.report import Figure, Result
from benchmarks.workplace import HELLO, Sample, Workplace, alternate, columns, run, workplace

_EDITS = 5
_SIX_HEADERS = ("algorithm", "cmath", "functional", "map", "string", "vector")

# One function in four languages; {start} is what an edit changes, and what logistic(0, r) returns.
_BODY = """\
/// The logistic map after some steps.
double logistic(long steps, double r) {{
    double x = {start};
    for (long step = 0; step < steps; ++step) {{ x = r * x * (1.0 - x); }}
    return x;
}}
"""
_SIX = (
    "".join(f"#include <{name}>\n" for name in _SIX_HEADERS)
    + """\
/// The same, through what the headers have.
double logistic(long steps, double r) {{
    std::vector<double> values(3, {start});
    std::map<std::string, std::function<double(double)>> maps;
    maps["logistic"] = [r](double x) {{ return r * x * (1.0 - x); }};
    std::sort(values.begin(), values.end());
    for (long step = 0; step < steps; ++step) {{ values[0] = maps["logistic"](values[0]); }}
    return std::abs(values[0]);
}}
"""
)
_METHOD = """\
#include <vector>
class Maps {{
  public:
    explicit Maps(long count) : values(count, 0.0) {{ fill(); }}
    void fill() {{ for (double &x : values) {{ x = {start}; }} }}
    void step(double r) {{ for (double &x : values) {{ x = r * x * (1.0 - x); }} }}
    double first() const {{ return values.at(0); }}
    long size() const {{ return static_cast<long>(values.size()); }}
  private:
    std::vector<double> values;
}};
double logistic(long steps, double r) {{
    Maps maps(10);
    for (long step = 0; step < steps; ++step) {{ maps.step(r); }}
    return maps.first();
}}
"""
_SIGNATURE = _BODY.replace("double r)", "double r, double offset_{number} = 0)")
_CYTHON = """\
%%cython
def logistic(long steps, double r):
    cdef double x = {start}
    cdef long step
    with nogil:
        for step in range(steps):
            x = r * x * (1.0 - x)
    return x
"""
_NUMBA = """\
@numba.njit
def logistic(steps, r):
    x = {start}
    for step in range(steps):
        x = r * x * (1.0 - x)
    return x
"""


def plain_edits(sides: Sides, repetitions: int) -> Result:
    """An edited plain cell, from run to the first call, beside all that turn text into a function.

    Ours and Cython's are cells of a real InteractiveShell; numba's is the definition and the first
    call, with types that it has not seen for this function; cppimport's a new process, since it
    cannot reload, with the same function and its bindings. By hand means `g++ -O3 -fPIC -c` of the
    same text with the same standard, and a link: there is no module in it yet. The first edits in
    a process, which import what they need, are left out (but for cppimport's, where they are the
    point). What builds prepare in the background is ready.
    """
    with (
        workplace(sides.ours) as ours_at,
        workplace(sides.theirs) as theirs_at,
        workplace(sides.cython) as cython_at,
        workplace(sides.numba) as numba_at,
    ):
        _prepare(ours_at)
        theirs_at.import_hello()
        counter = iter(range(100_000, 10**6))

        def texts(template: str) -> list[list[object]]:
            numbers = [next(counter) for _ in range(_EDITS + 2)]
            return [
                [template.format(start=f"0.{number}", number=number), float(f"0.{number}")]
                for number in numbers
            ]

        def edits(place: Workplace, extension: str, cells: dict[str, list[list[object]]]) -> Sample:
            path = place.write("cells.json", json.dumps(cells))
            return place.run("cell_edits", extension, str(path), value=None)

        def ours() -> Sample:
            kinds = {"body": _BODY, "six": _SIX, "method": _METHOD, "signature": _SIGNATURE}
            cells = {kind: texts("%%cpp\n" + text) for kind, text in kinds.items()}
            return edits(ours_at, "cppmagic", cells)

        def others() -> Sample:
            (edited, value), *_ = texts(
                HELLO.replace("{", "{{").replace("}", "}}").replace("0.5", "{start}")
            )
            theirs_at.write_hello(str(edited))
            started = time.time()
            sample = theirs_at.import_hello(float(str(value)))
            return {
                "cppimport": sample["ready_at"] - started,
                "cython": edits(cython_at, "Cython", {"body": texts(_CYTHON)})["body"],
                "numba": edits(numba_at, "numba", {"body": texts(_NUMBA)})["body"],
                "body": _by_hand(ours_at, [str(text) for text, _ in texts(_BODY)]),
                "six": _by_hand(ours_at, [str(text) for text, _ in texts(_SIX)]),
                "method": _by_hand(ours_at, [str(text) for text, _ in texts(_METHOD)]),
            }

        pairs = alternate(ours, others, repetitions)

    def beside(label: str, kind: str, peer: str, target: float) -> Figure:
        edited = tuple(sample[kind] for sample, _ in pairs)
        return Figure(label, edited, tuple(sample[peer] for _, sample in pairs), target)

    return Result(
        "plain-edits",
        "an edited %%cpp cell with one function, until it has been called",
        "the other",
        (
            beside("body; compile and link by hand", "body", "body", 2.0),
            beside("body; %%cython", "body", "cython", 0.2),
            beside("body; numba", "body", "numba", 2.0),
            beside("body; cppimport in a new process", "body", "cppimport", 0.02),
            beside("six headers; compile and link by hand", "six", "six", 1.3),
            beside("a method in its class; compile and link by hand", "method", "method", 2.0),
            beside("signature; cppimport in a new process", "signature", "cppimport", 0.25),
        ),
    )


def _prepare(place: Workplace) -> None:
    prepare = [place.side.python, "-m", "cppmagic", "prepare", "--plain"]
    for headers in ((), _SIX_HEADERS, ("vector",)):
        run([*prepare, *headers], place)


def _by_hand(place: Workplace, texts: list[str]) -> float:
    """Return the median time of compiling and linking a text."""
    compiler = shutil.which("g++") or "c++"
    seconds = []
    for text in texts:
        place.write("plain.cpp", text)
        spent = run(
            [compiler, "-O3", "-fPIC", "-std=c++20", "-c", "plain.cpp", "-o", "plain.o"], place
        )
        seconds.append(spent + run([compiler, "-shared", "plain.o", "-o", "plain.so"], place))
    return median(seconds)


def plain_calls(sides: Sides, repetitions: int) -> Result:
    """Calls of functions of a `%%cpp` cell: beside hand-written bindings, and by array length.

    Both modules have the same functions, the same flags, and are called in turns by local names in
    one process; see the case `call`. The array is taken by `std::span`, and only its first element
    is looked at; by hand that is `py::array_t<double>`, converting nothing.
    """

    def sample(side: Side) -> Sample:
        with workplace(side) as place:
            return place.run("plain_calls", value=None)

    samples = [sample(sides.ours) for _ in range(repetitions)]

    return Result(
        "plain-calls",
        "one call of a function of a %%cpp cell",
        "hand-written bindings",
        (
            columns("logistic(1, 3.9)", samples, "number_plain", "number_hand", 1.02),
            columns("first(array of 10)", samples, "short_plain", "short_hand", 1.02),
            columns(
                "first(array of 10,000,000); of 10", samples, "long_plain", "short_plain", 1.02
            ),
        ),
    )
