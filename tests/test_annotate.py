"""`-a`: what the compiler did with each line, as records tell it and as users see it."""

from __future__ import annotations

import logging
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import c_module
from kernel import FROM_JUPYTER, Kernel, Shown
from lab import Lab
from lab import code as code_cell
from terminal import Terminal
from test_display import Page

from cppmagic import annotation, examining, pipeline
from cppmagic.config import BuildConfig
from cppmagic.errors import ToolchainError
from cppmagic.insight import Insight, LineInsight
from cppmagic.ipython.annotation import as_html
from cppmagic.source import Source, from_file
from cppmagic.toolchain import records, remarks, rendering
from cppmagic.toolchain.demangling import demangled, short_name

# jupyter_client and zmq, not we
pytestmark = FROM_JUPYTER

RECORDS = Path(__file__).parent / "compiler_reports"
LOOPS = (RECORDS / "loops.cpp").read_text()
COMPILERS = ["g++", "clang++"]


def lines_with(text: str, part: str) -> list[int]:
    return [number for number, line in enumerate(text.split("\n"), start=1) if part in line]


def the_line(text: str, part: str) -> int:
    (number,) = lines_with(text, part)
    return number


# Records


def told(name: str) -> dict[int, list[str]]:
    """Return what a recorded report says of each line, by our words."""
    kind = "gcc" if "gcc" in name else "clang"
    compiler: Any = SimpleNamespace(kind=kind)
    text = (RECORDS / name).read_text()
    found = records.read_record(compiler, text, lambda file: file == "loops.cpp")
    names = demangled(remarks.symbols(found))
    by_line: dict[int, list[str]] = {}
    for remark in found:
        line = remark.line if remark.file == "loops.cpp" else 0
        by_line.setdefault(line, []).append(remarks.with_names(remark, names).summary)
    return by_line


@pytest.mark.parametrize("name", ["loops-gcc-11.txt", "loops-gcc-12.txt"])
def test_a_record_of_gcc_is_told_in_words(name: str) -> None:
    found = told(name)
    assert found[8] == [
        "vectorised, 16-byte vectors; its sum is added in order, -ffast-math allows another"
    ]
    assert found[9] == ["inlined square"]
    assert found[14] == ["vectorised, 16-byte vectors"]
    assert found[19] == ["not vectorised: an iteration may need what another one wrote (line 20)"]
    assert found[24] == ["not vectorised: there is no vector form of sin (line 25)"]
    assert found[25] == ["sin not inlined: its body is not known here"]
    assert found[29] == [
        "not vectorised: each iteration needs the result of the one before (line 30)"
    ]
    assert found[36] == ["vectorised, 16-byte vectors", "unrolled completely"]
    assert found[0][0] == "vectorised, 16-byte vectors"  # in std::accumulate


@pytest.mark.parametrize("name", ["loops-clang-14.yaml", "loops-clang-22.yaml"])
def test_a_record_of_clang_is_told_in_words(name: str) -> None:
    found = told(name)
    assert found[8] == [
        "not vectorised: sums must be added in order; -ffast-math allows another (line 9)",
        "unrolled 4 times",
    ]
    assert found[9] == ["inlined square"]
    assert re.fullmatch(r"vectorised, \d+ elements in a vector, \d vectors a turn", found[14][0])
    assert found[19][0].startswith("not vectorised: ")
    assert "no vector form (line 25)" in found[24][0]
    assert found[25] == ["sin not inlined: its body is not known here"]
    assert found[29][0] == "not vectorised: each iteration needs the result of the one before"
    assert found[36] == ["unrolled completely, 6 iterations"]
    assert found[41] == ["inlined std::accumulate"]


def test_what_the_compiler_wrote_is_kept_with_it() -> None:
    compiler: Any = SimpleNamespace(kind="gcc")
    text = (RECORDS / "loops-gcc-12.txt").read_text()
    found = records.read_record(compiler, text, lambda file: file == "loops.cpp")
    (missed,) = [remark for remark in found if remark.line == 19]
    assert any("possible dependence between data-refs" in line for line in missed.said)
    assert not any("energy" in line or ":9:" in line for line in missed.said)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("double square(double)", "square"),
        (
            "constexpr std::span<_Type, _Extent>::size_type std::span<_Type, _Extent>::size() "
            "const [with _Type = const double; long unsigned int _Extent = 3]",
            "span::size",
        ),
        ("bool operator<(const Thing&, const Thing&)", "operator<"),
        ("std::ostream& std::operator<< <std::char_traits<char> >(int)", "std::operator<<"),
        ("Shape::operator bool() const", "Shape::operator bool"),
        ("double Table::operator()(int, int) const", "Table::operator()"),
        ("f.constprop.0", "f"),
        (
            "constexpr bool operator==(const A&, const A&) requires requires{b() -> c<d>}",
            "operator==",
        ),
        ("std::__1::accumulate[abi:ne180100]<int>(int)", "std::accumulate"),
        ("sin", "sin"),
    ],
)
def test_names_of_functions_are_short(name: str, short: str) -> None:
    assert short_name(name) == short


# Real compilers

MODULE = LOOPS + c_module("loops")


def build(path: Path, text: str = MODULE, **options: Any) -> tuple[Source, Insight]:
    path.write_text(text)
    source, config = from_file(path), BuildConfig(**options)
    return source, examining.explain(pipeline.obtain(source, config), source, config)


def own_lines(found: Insight) -> dict[int, LineInsight]:
    return {line.number: line for line in found.files[0].lines}


def words(found: Insight, number: int) -> str:
    return "; ".join(remark.summary for remark in own_lines(found)[number].remarks)


def code(line: LineInsight) -> str:
    return "\n".join(step.text for passage in line.passages for step in passage.steps)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_lines_know_what_became_of_them(compiler: str, tmp_path: Path) -> None:
    _, found = build(tmp_path / "loops.cpp", compiler=compiler, extra_compile_args=("-fno-wrapv",))
    assert words(found, 14).startswith("vectorised, ")
    assert words(found, 19).startswith("not vectorised: ")
    assert words(found, 29).startswith("not vectorised: each iteration needs the result")
    assert "inlined square" in words(found, 9)
    assert "unrolled completely" in words(found, 36)
    # The loop is in a header of the library; the user's line is the one that calls it.
    assert re.search(r"vectorised, .* \(in stl_numeric\.h:\d+\)", words(found, 41))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_lines_have_their_assembly_through_inlined_calls_too(compiler: str, tmp_path: Path) -> None:
    _, found = build(tmp_path / "loops.cpp", compiler=compiler)
    lines = own_lines(found)
    assert "mulpd" in code(lines[15])
    assert {passage.function.partition("(")[0] for passage in lines[15].passages} == {"scale"}
    assert "mul" in code(lines[4])  # `square`, which is nowhere by itself
    assert "mul" in code(lines[9])  # where it was inlined
    assert {passage.function.partition("(")[0] for passage in lines[4].passages} == {"energy"}
    assert "sin" in code(lines[25])
    assert "padd" in code(lines[41])
    assert 1 not in lines  # a line that became nothing


@pytest.mark.parametrize("compiler", COMPILERS)
def test_shares_follow_the_loops(compiler: str, tmp_path: Path) -> None:
    text = """\
void product(const double *a, const double *b, double *c, long n) {
    for (long i = 0; i < n; i++)
        for (long j = 0; j < n; j++) {
            double sum = 0;
            for (long k = 0; k < n; k++)
                sum += a[i * n + k] * b[k * n + j];
            c[i * n + j] = sum;
        }
}
int once(int x) { return x * 17 + 3; }
"""
    _, found = build(tmp_path / "depths.cpp", text + c_module("depths"), compiler=compiler)
    lines = own_lines(found)
    assert (lines[6].depth, lines[7].depth, lines[10].depth) == (3, 2, 0)
    inner = lines[6].share + (lines[5].share if 5 in lines else 0)
    assert inner > 0.6
    assert lines[10].share < 0.01
    assert sum(line.share for line in lines.values()) == pytest.approx(1)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_what_is_shown_is_what_runs(compiler: str, tmp_path: Path) -> None:
    path = tmp_path / "loops.cpp"
    path.write_text(MODULE)
    source = from_file(path)
    _, made = pipeline.obtain_with_plan(source, BuildConfig(compiler=compiler))
    unit = made.units[0]
    (tmp_path / unit.path).write_text(made.rendered.text)
    asked = subprocess.run(examining.command(unit), cwd=tmp_path, check=True)
    assert asked.returncode == 0
    plain = (*unit.compiler.command, *unit.flags, "-S", unit.path, "-o", "plain.s")
    subprocess.run(plain, cwd=tmp_path, check=True)

    def instructions(name: str) -> list[str]:
        text = (tmp_path / name).read_text()
        found = re.findall(r"^\t([a-z]\w*(?:\t[^#\n]*)?)", text, re.MULTILINE)
        return [re.sub(r"\.L\w+", ".L", line.strip()) for line in found]

    assert len(instructions("plain.s")) > 100
    assert instructions("unit.s") == instructions("plain.s")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_own_headers_and_further_sources_are_sections(compiler: str, tmp_path: Path) -> None:
    (tmp_path / "kernel.h").write_text(
        "#pragma once\ninline void twice(double *x, long n) {\n"
        "    for (long i = 0; i < n; i++)\n        x[i] *= 2;\n}\n"
    )
    (tmp_path / "other.cpp").write_text(
        "int other(const int *x, long n) {\n    int s = 0;\n"
        "    for (long i = 0; i < n; i++) s += x[i];\n    return s;\n}\n"
    )
    text = '#include "kernel.h"\nvoid all(double *x, long n) {\n    twice(x, n);\n}\n'
    source, found = build(
        tmp_path / "whole.cpp", text + c_module("whole"), compiler=compiler, sources=("other.cpp",)
    )
    sections = {section.name: section for section in annotation.sections(found, source)}
    assert list(sections) == ["", "kernel.h", "other.cpp"]
    header = {line.number: line for line in sections["kernel.h"].lines}
    assert header[3].text == "    for (long i = 0; i < n; i++)"
    assert header[3].said[0][1].startswith("vectorised")
    other = {line.number: line for line in sections["other.cpp"].lines}
    assert other[3].said[0][1].startswith("vectorised")
    # The call's line has the code that was inlined there.
    assert "mulpd" in code(own_lines(found)[3]) or "addpd" in code(own_lines(found)[3])


def test_a_loop_that_gcc_places_in_a_header_is_told_of_where_it_stands(tmp_path: Path) -> None:
    text = """\
#include <cmath>
#include <span>
double distance(std::span<const double> x) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); i++) {
        if (std::isnan(x[i])) return NAN;
        sum += x[i] * x[i];
    }
    return sum;
}
"""
    _, found = build(tmp_path / "ends.cpp", text + c_module("ends"), std="c++20")
    told = "; ".join(words(found, line) for line in (5, 6, 7))
    assert told.count("not vectorised: there is a branch or an early end in it") == 1


def test_bodies_in_classes_are_told_of_in_plain_cpp(tmp_path: Path) -> None:
    # They are compiled in the unit of the bindings, where these lines have other numbers.
    text = """\
// cppmagic: auto
#include <vector>
// On a line.
double half(double x) {
    return x / 2;
}
% for name in ["Particles"]:
class ${name} {
    std::vector<double> x, v;
public:
    explicit ${name}(int n) : x(n), v(n, 1.0) {}
    void step(double dt) {
        for (std::size_t i = 0; i < x.size(); i++)
            x[i] += v[i] * dt;
    }
};
% endfor
inline int odd(int n) {
    int found = 0;
    for (int i = 0; i < n; i++) found ^= i * 3;
    return found;
}
inline int even(int n) {
    int found = 0;
    for (int i = 0; i < n; i++) found ^= i * 3;
    return found * 2;
}
namespace far { inline int off(int n) { int s = 0; for (int i = 0; i < n; i++) s ^= i; return s; } }
"""
    source, found = build(tmp_path / "particles.cpp", text)
    for line in (25, 28):
        assert "vectorised, 16-byte vectors" in words(found, line)
    assert "vectorised, 16-byte vectors" in words(found, 13)
    assert "mulpd" in code(own_lines(found)[14])
    assert "vectorised, 16-byte vectors" in words(found, 20)
    assert "mulsd" in code(own_lines(found)[5])
    assert [section.name for section in annotation.sections(found, source)] == [""]


def test_lines_are_those_of_the_template(tmp_path: Path) -> None:
    text = """\
% for name, factor in [("half", "0.5"), ("third", "1 / 3.0")]:
void ${name}(double *x, long n) {
    for (long i = 0; i < n; i++)
        x[i] *= ${factor};
}
% endfor
void prefix(double *x, long n) {
    for (long i = 1; i < n; i++)
        x[i] += x[i - 1];
}
"""
    _, found = build(tmp_path / "made.cpp", text + c_module("made"))
    lines = own_lines(found)
    assert words(found, 3) == "vectorised, 16-byte vectors"
    functions = [passage.function for passage in lines[4].passages]
    assert functions == ["half(double*, long)", "third(double*, long)"]
    assert words(found, 8).endswith("(line 9)")


@pytest.mark.parametrize("name", ["with blanks", "ünïcode", 'quo"te'])
def test_odd_names_of_files_and_directories(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    place.mkdir()
    (place / f"{name}.h").write_text(
        "void twice(double *x, long n) {\n    for (long i = 0; i < n; i++) x[i] *= 2;\n}\n"
    )
    escaped = name.replace('"', '\\"')
    include = f'#include "{name}.h"\n' if '"' not in name else ""
    text = f'{include}{LOOPS}#define NAME "{escaped}"\n{c_module("odd")}'
    source, found = build(place / "odd.cpp", text)
    assert words(found, the_line(text, "x[i] *= factor") - 1) == "vectorised, 16-byte vectors"
    if include:
        (_, header) = annotation.sections(found, source)
        assert header.name == f"{name}.h"
        (loop,) = [line for line in header.lines if line.number == 2]
        assert loop.said[0][1] == "vectorised, 16-byte vectors"


def test_without_optimisation_there_is_nothing_to_tell(tmp_path: Path) -> None:
    source, found = build(tmp_path / "loops.cpp", optimize="0")
    assert "-O0 asks for no optimisation" in annotation.render(found, source)
    assert "mulsd" in code(own_lines(found)[4])


def test_other_flags_give_another_answer(tmp_path: Path) -> None:
    source, found = build(
        tmp_path / "loops.cpp", compiler="clang++", extra_compile_args=("-ffast-math",)
    )
    assert words(found, 8).startswith("vectorised, ")
    assert annotation.title(found, source).endswith(" -ffast-math")


@pytest.mark.parametrize("flags", [("-flto",), ("-g",), ("-save-temps=obj",)])
def test_flags_that_get_in_the_way(flags: tuple[str, ...], tmp_path: Path) -> None:
    _, found = build(tmp_path / "loops.cpp", extra_compile_args=flags)
    assert words(found, 14) == "vectorised, 16-byte vectors"
    assert "mulpd" in code(own_lines(found)[15])


def test_c_and_zig(tmp_path: Path) -> None:
    text = (
        "void twice(double *x, long n) {\n    for (long i = 0; i < n; i++)\n        x[i] *= 2;\n}\n"
    )
    _, found = build(tmp_path / "plain.c", text + c_module("plain"))
    assert words(found, 2) == "vectorised, 16-byte vectors"
    source, found = build(tmp_path / "plain.c", text + c_module("plain"), compiler="zig")
    assert words(found, 2).startswith("vectorised, ")
    assert "mulpd" in code(own_lines(found)[3]) or "addpd" in code(own_lines(found)[3])
    assert annotation.title(found, source).startswith(f"{source.label} as zig's clang ")


def test_pybind11s_own_code_belongs_to_no_line(tmp_path: Path) -> None:
    text = """\
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
long total(const std::vector<long> &x) {
    long sum = 0;
    for (long value : x)
        sum += value;
    return sum;
}
PYBIND11_MODULE(bound, m) {
    m.def("total", &total);
    m.def("twice", [](double x) {
        return x * 2;
    });
}
"""
    _, found = build(tmp_path / "bound.cpp", text)
    lines = own_lines(found)
    assert max(lines.values(), key=lambda line: line.share).number in (5, 6)
    assert re.search("addsd|mulsd", code(lines[12]))
    assert all(line.count < 300 for line in lines.values())
    assert [file.path for file in found.files] == [""]


# Kept


def test_annotating_changes_no_artifact_and_is_done_once(
    own_cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "loops.cpp"
    path.write_text(MODULE)
    source = from_file(path)
    artifact = pipeline.obtain(source)
    status = os.stat(artifact.library)
    found = examining.explain(artifact, source)
    again = pipeline.obtain(source)
    assert (again.fingerprint, os.stat(again.library)) == (artifact.fingerprint, status)
    with caplog.at_level(logging.DEBUG, "cppmagic"):
        assert examining.explain(again, source) == found
        assert caplog.text == ""
        assert examining.explain(again, source, fresh=True) == found
        assert "-S" in caplog.text
        assert "annotated" in caplog.text
    assert os.stat(artifact.library) == status
    (kept,) = (own_cache / "v1" / "insights").rglob("*.json")
    kept.write_text('{"files": [{}]}')  # of another version of ours, or damaged
    assert examining.explain(again, source) == found
    assert os.listdir(own_cache / "v1" / "work") == []


def test_a_compiler_without_records_is_an_error_that_says_so(tmp_path: Path) -> None:
    # As an old gcc refuses it.
    wrapper = tmp_path / "old-g++"
    wrapper.write_text(
        '#!/bin/sh\ncase "$*" in *-fopt-info*)\n'
        "  echo \"g++: error: unrecognized option '-fopt-info-vec-all-internals'\" >&2; exit 1;;\n"
        'esac\nexec g++ "$@"\n'
    )
    wrapper.chmod(0o755)
    with pytest.raises(ToolchainError) as caught:
        build(tmp_path / "loops.cpp", compiler=str(wrapper))
    assert "loops.cpp was built, but g++" in str(caught.value)
    assert "(g++: error: unrecognized option '-fopt-info-vec-all-internals')" in str(caught.value)


# As text and as HTML


@pytest.fixture(scope="module")
def annotated(
    tmp_path_factory: pytest.TempPathFactory, shared_cache: Path
) -> tuple[Source, Insight]:
    import cppmagic

    cppmagic.settings.cache_dir = str(shared_cache)
    path = tmp_path_factory.mktemp("annotated") / "loops.cpp"
    return build(path, MODULE.replace("double sum = 0;", 'double sum = "<&>"[0] == 0;'))


def test_the_text_has_remarks_below_their_lines(annotated: tuple[Source, Insight]) -> None:
    source, found = annotated
    text = annotation.render(found, source)
    lines = text.split("\n")
    assert re.fullmatch(
        rf"{re.escape(source.label)} as g\+\+ [\d.]+ compiles it with -O3 -fwrapv", lines[0]
    )
    assert re.fullmatch(r"\d+ loops vectorised, \d+ not\.", lines[1])
    position = next(i for i, line in enumerate(lines) if "14 |     for (long i" in line)
    assert lines[position + 1].strip() == "|     ^ vectorised, 16-byte vectors"
    assert "\x1b" not in text
    painted = annotation.render(found, source, rendering.coloured)
    assert "\x1b[32m^ vectorised, 16-byte vectors\x1b[0m" in painted
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == text
    with_code = annotation.render(found, source, code=True)
    assert "mulpd" in with_code
    assert "mulpd" not in text


def test_the_html_unfolds_lines(annotated: tuple[Source, Insight]) -> None:
    source, found = annotated
    view = Page(as_html(found, source))
    assert view.by_class["cppmagic-title"] == [annotation.title(found, source)]
    assert view.by_class["cppmagic-code"][7].startswith("    for (long i")
    assert "vectorised, 16-byte vectors" in view.by_class["cppmagic-badge cppmagic-good"]
    assert any(
        text.startswith("not vectorised")
        for text in view.by_class["cppmagic-badge cppmagic-missed"]
    )
    assert '"<&>"[0]' in view.text  # escaped, and read back
    assert "mulpd" in view.folded
    assert "possible dependence between data-refs" in view.folded
    assert "cppmagic-number cppmagic-shade-3" in view.by_class or (
        "cppmagic-number cppmagic-shade-2" in view.by_class
    )
    assert "script" not in view.tags


# In a kernel


PLAIN = """
#include <vector>
std::vector<double> scaled(std::vector<double> x, double factor) {
    for (double &value : x)
        value *= factor;
    return x;
}
"""


def view_of(shown: Shown) -> tuple[Page, str]:
    assert shown.error == "", shown.message
    (bundle,) = [item for item in shown.displayed if "text/html" in item]
    return Page(bundle["text/html"]), bundle["text/plain"]


@pytest.mark.parametrize("options", ["", "scaling", "-O2 -q", "--std c++17", "-f"])
def test_a_plain_cell(kernel: Kernel, options: str) -> None:
    view, text = view_of(kernel.run(f"%%cpp -a {options}\n{PLAIN}"))
    assert re.match(r"In\[\d+\] as ", text)
    assert re.search(r" 5 \|     for \(double &value : x\)\n +\|     \^ (?:not )?vectorised", text)
    if "-O2" not in options:
        assert "^ vectorised, 16-byte vectors" in text
        assert "mulpd" in view.folded
    assert "pybind" not in view.text
    name = "scaling.scaled" if options == "scaling" else "scaled"
    assert kernel.run(f"{name}([1, 2], 3)").result == "[3.0, 6.0]"


def test_a_plain_cell_that_cannot_be_divided(kernel: Kernel) -> None:
    body = PLAIN + "auto more(std::vector<double> x) { return scaled(x, 2); }\n"
    view, text = view_of(kernel.run(f"%%cpp -a\n{body}"))
    assert "vectorised, 16-byte vectors" in text
    assert "pybind" not in view.text
    assert kernel.run("more([1, 2])").result == "[2.0, 4.0]"
    # The artifact is recalled, and so is this.
    assert view_of(kernel.run(f"%%cpp -a\n{body}"))[1].split("\n")[1:] == text.split("\n")[1:]


def test_a_cell_with_bindings_of_its_own(kernel: Kernel) -> None:
    cell = f"%%cppimport loops OPTIONS --lang c\n{C_CELL}"
    assert kernel.run(cell.replace("OPTIONS", "")) == Shown()
    shown = kernel.run(cell.replace("OPTIONS", "-av"))
    _, text = view_of(shown)
    assert "loops: unchanged" in shown.stdout
    assert re.search(r"\d s  annotated", shown.stdout)
    assert re.search(r"3 \|     for .*\n +\| +\^ vectorised", text)
    again = kernel.run(cell.replace("OPTIONS", "-av"))
    assert view_of(again)[1].split("\n")[1:] == text.split("\n")[1:]
    assert "annotated" not in again.stdout
    assert kernel.run("loops.value()").result == "1"


C_CELL = (
    "void twice(double *x, long n) {\n    for (long i = 0; i < n; i++) x[i] *= 2;\n}\n"
    + c_module("loops")
)


def test_a_cell_that_fails_or_is_empty_shows_no_annotation(kernel: Kernel) -> None:
    assert kernel.run("%%cpp -a\nint f() { return nope; }\n").error == "BuildError"
    assert "the cell is empty" in kernel.run("%%cpp -a\n\n").message
    assert kernel.run("%%cpp -a -O0\n// a comment only\n").error == ""


def test_a_terminal_shows_it_in_colours(tmp_path: Path, shared_cache: Path) -> None:
    terminal = Terminal(tmp_path)
    try:
        terminal.wait_for(r"In \[1\]:")
        terminal.type("%load_ext cppmagic\n")
        terminal.wait_for(r"In \[2\]:")
        terminal.type("%%cpp -a\nint sum(int n) { int s = 0;\n")
        terminal.type("for (int i = 0; i < n; i++) s += i;\nreturn s; }\n\n\n")
        terminal.wait_for(r"In \[3\]:")
        terminal.wait_for(r"\^ vectorised")
        assert terminal.colour("^ vectorised, 16-byte vectors") == "green"
    finally:
        terminal.close()


def test_jupyterlab_shows_it_and_a_line_unfolds(tmp_path: Path, shared_cache: Path) -> None:
    with Lab(tmp_path / "lab", {"CPPMAGIC_CACHE_DIR": str(shared_cache)}) as lab:
        cells = [code_cell("%load_ext cppmagic"), code_cell(f"%%cpp -a\n{PLAIN}")]
        notebook = lab.open(cells)
        notebook.run_all()
        view = notebook.output(1).locator(".cppmagic-view")
        loop = view.locator("summary", has_text="for (double &value : x)")
        assert "vectorised, 16-byte vectors" in loop.inner_text()
        assert notebook.output(1).locator("pre:visible", has_text="mulpd").count() == 0
        view.locator("summary", has_text="value *= factor").first.click()
        notebook.output(1).locator("pre:visible", has_text="mulpd").first.wait_for()
        assert notebook.errors == []
