"""A module of many sources: all of them, one that was edited, all that were touched."""

from __future__ import annotations

import os
import shutil
import sysconfig
from dataclasses import replace
from pathlib import Path

from benchmarks.environments import Sides
from benchmarks.report import Result
from benchmarks.workplace import (
    Sample,
    Workplace,
    alternate,
    figure,
    run,
    value_of,
    workplace,
)

SOURCES = 20
# A unit that takes the compiler about as long as a page of numerical code with a few headers.
_PART = """\
#include <algorithm>
#include <map>
#include <string>
#include <vector>
double part_{number}(double x) {{
    std::vector<double> values(64, x + {extra});
    std::map<std::string, double> table;
    for (std::size_t i = 0; i < values.size(); ++i) {{ table[std::to_string(i)] = values[i] * i; }}
    std::sort(values.begin(), values.end());
    return table["7"] + values[3];
}}
"""
_WHOLE = """\
// cppmagic
#include <Python.h>
{declarations}
static PyObject *logistic(PyObject *, PyObject *) {{
    double sum = {calls};
    return PyFloat_FromDouble(sum > 0 ? 0.5 : 0);
}}
static PyMethodDef methods[] = {{{{"logistic", logistic, METH_VARARGS, ""}}, {{}}}};
static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "hello", "", -1, methods}};
PyMODINIT_FUNC PyInit_hello() {{ return PyModule_Create(&definition); }}
<%
cfg['sources'] = [f'part_{{number}}.cpp' for number in range({count})]
%>
"""
_NAMES = [f"part_{number}" for number in range(SOURCES)]


def sources(sides: Sides, repetitions: int) -> Result:
    """A module of 20 sources: all of it, with one compiler at once and with two; one file edited.

    All of them, in an `import` in a new process, has cppmagic with `jobs = 1` as its peer. For one
    that is edited this is the commands by hand, with the same flags: compiling that file, and
    linking all objects; ours is a reload, for the second time in its process, or an import in a new
    one, which imports besides what a build needs. The last is an import after all files were
    touched, beside one after none was.
    """
    with workplace(sides.ours, _whole()) as place:
        extra = iter(range(10**6))

        def part(number: int) -> str:
            return _PART.format(number=number, extra=next(extra))

        def all_with(jobs: int) -> Sample:
            for number in range(SOURCES):
                place.write(f"part_{number}.cpp", part(number))
            return replace(place, variables={"CPPMAGIC_JOBS": str(jobs)}).import_hello()

        def one() -> Sample:
            place.write("part_0.cpp", part(0))
            new_process = place.import_hello()
            edits = [place.write(f"edit_{number}.txt", part(0)) for number in range(2)]
            return {**new_process, **_reload(place, edits)}

        def touched() -> Sample:
            for path in place.project.glob("*.cpp"):
                os.utime(path)
            return place.import_hello()

        cold_pairs = alternate(lambda: all_with(2), lambda: all_with(1), repetitions)
        place.write("whole.cpp", _whole().partition("<%")[0])
        _compile_by_hand(place, ["whole", *_NAMES])
        edit_pairs = alternate(one, lambda: _edit_by_hand(place), repetitions)
        touch_pairs = alternate(touched, place.import_hello, repetitions)
    return Result(
        "sources",
        f"a module of {SOURCES} sources",
        "one at a time; by hand; untouched",
        (
            figure("all, two at a time", cold_pairs, value_of("import"), 1 / 1.8),
            figure("one edited, reloaded", edit_pairs, value_of("reload"), 1.2),
            figure("one edited, new process", edit_pairs, value_of("import")),
            figure("all touched", touch_pairs, value_of("import")),
        ),
    )


def _reload(place: Workplace, edits: list[Path]) -> Sample:
    words = ["part_0.cpp", *map(str, edits)]
    return place.run("reload_hello", place.side.hook, *words)


def _whole() -> str:
    return _WHOLE.format(
        declarations="\n".join(f"double {name}(double);" for name in _NAMES),
        calls=" + ".join(f"{name}(1)" for name in _NAMES),
        count=SOURCES,
    )


def _compile_by_hand(place: Workplace, names: list[str]) -> float:
    flags = ["-O3", "-DNDEBUG", "-fPIC", "-Wall", "-fvisibility=hidden", "-std=c++17"]
    python = ["-isystem", sysconfig.get_paths()["include"]]
    return sum(
        run([_compiler(), *flags, *python, "-c", f"{name}.cpp", "-o", f"{name}.o"], place)
        for name in names
    )


def _edit_by_hand(place: Workplace) -> Sample:
    spent = _compile_by_hand(place, ["part_0"])
    objects = [f"{name}.o" for name in ("whole", *_NAMES)]
    linker = ["-fuse-ld=mold"] if shutil.which("mold") else []
    spent += run([_compiler(), "-shared", *linker, *objects, "-o", "hand.so"], place)
    return {"import": spent, "reload": spent}


def _compiler() -> str:
    return shutil.which("g++") or "c++"
