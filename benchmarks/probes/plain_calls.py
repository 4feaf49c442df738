"""Call functions of a plain cell and of hand-written bindings often; print what one call costs."""

import json
import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

import numpy
from IPython.core.interactiveshell import InteractiveShell

BATCHES = 400
CALLS = 4_000

LOGISTIC = """
double logistic(long steps, double r) {
    double x = 0.5;
    for (long step = 0; step < steps; ++step) { x = r * x * (1.0 - x); }
    return x;
}
"""
PLAIN = f"""%%cpp plain
#include <span>
{LOGISTIC}
double first(std::span<const double> x) {{ return x[0]; }}
"""
HAND = f"""%%cppimport hand --std c++20
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
namespace py = pybind11;
{LOGISTIC}
double first(const py::array_t<double, py::array::c_style>& x) {{
    const double *data = x.data();
    py::gil_scoped_release release;
    return data[0];
}}
PYBIND11_MODULE(hand, m) {{
    m.def("logistic", &logistic, py::arg("steps"), py::arg("r"),
          py::call_guard<py::gil_scoped_release>());
    m.def("first", &first, py::arg("x").noconvert());
}}
"""
CODE = """
def timer():
    started = clock()
    for _ in calls:
        function({arguments})
    return clock() - started
"""


def timer(function: Any, arguments: str) -> Callable[[], float]:
    names: dict[str, Any] = {
        "function": function,
        "clock": time.perf_counter,
        "calls": range(CALLS),
        "short": numpy.ones(10),
        "long": numpy.ones(10_000_000),
    }
    exec(compile(CODE.format(arguments=arguments), "calls", "exec"), names)
    made: Callable[[], float] = names["timer"]
    return made


shell = InteractiveShell.instance()
for cell in ("%load_ext cppmagic", PLAIN, HAND):
    shell.run_cell(cell).raise_error()  # type: ignore[no-untyped-call]
kinds = {
    "number": ("logistic", "1, 3.9"),
    "short": ("first", "short"),
    "long": ("first", "long"),
}
series: list[tuple[str, Callable[[], float], list[float]]] = [
    (f"{kind}_{module}", timer(getattr(shell.user_ns[module], name), arguments), [])
    for kind, (name, arguments) in kinds.items()
    for module in ("plain", "hand")
]
for batch in range(BATCHES):
    turn = batch % len(series)  # nobody is always the first, nor always behind the same one
    for _, measure, samples in series[turn:] + series[:turn]:
        samples.append(measure() / CALLS)

# What disturbs only adds; the very fastest batch may have had a luck that is rare.
print(json.dumps({name: quantiles(samples, n=10)[0] for name, _, samples in series}))
