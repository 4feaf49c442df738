"""`%%cpp`, `%cpp`, `%%cppheader` and `%cppmagic bindings` in a real kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel import FROM_JUPYTER, Kernel, Shown

pytestmark = FROM_JUPYTER


def says_nothing(shown: Shown) -> bool:
    """Whether a cell printed nothing and did not fail."""
    return not (shown.stdout or shown.stderr or shown.result or shown.error)


POINT = """\
%%cpp -O 0
struct Point { double x = 0; };
double get(const Point &p) { return p.x; }
int gone() { return 1; }
"""


def test_the_names_of_a_cell_come_into_the_namespace_and_follow_an_edit(kernel: Kernel) -> None:
    assert says_nothing(kernel.run(POINT))
    assert (
        kernel.run("old = Point(x=2); alias = get; old, get(old)").result == "(Point(x=2.0), 2.0)"
    )
    edited = POINT.replace("return p.x", "return p.x + y()").replace("int gone()", "int y()")
    edited = edited.replace("double get", "int y();\ndouble get")
    shown = kernel.run(edited)
    assert shown.stderr == (
        "gone is stale: the new version of the cell has nothing of that name; what you hold still "
        "works\n"
    )
    assert kernel.run("get(Point(1)), alias(old)").result == "(2.0, 2.0)"
    shown = kernel.run("get(old)")
    assert shown.error == "TypeError"
    assert "this Point was made by version 1 of the cell that ran as In[" in shown.message
    assert "Point" in kernel.run("%cppmagic source get").stdout
    assert kernel.run("%cppmagic source get").stdout.count("Point") == 2


def test_a_named_cell_is_a_live_module_and_an_error_leaves_it(kernel: Kernel) -> None:
    cell = "%%cpp plainly -O 0\n#include <string>\nint f(int x, int k = 2) { return x * k; }\n"
    assert says_nothing(kernel.run(cell))
    assert kernel.run("import plainly as again; again.f(4), again.f(4, k=3)").result == "(8, 12)"
    shown = kernel.run(cell.replace("x * k", "x * j"))
    assert shown.error == "BuildError"
    assert ":3:38: error: 'j' was not declared" in shown.traceback
    assert "bindings" not in shown.traceback
    assert kernel.run("plainly.f(1)").result == "2"


def test_what_is_left_out_is_told_and_q_hides_it(kernel: Kernel) -> None:
    cell = "%%cpp leaving -O 0\nint f() { return 1; }\nvoid raw(double *p) {}\n"
    expected = (
        "raw is left out: its parameter `double *p` is a raw pointer; a std::span, which has a "
        "length, can be bound\n"
    )
    assert kernel.run(cell).stderr.endswith(":3: " + expected)
    assert kernel.run(cell).stderr.endswith(":3: " + expected), "when it is recalled as well"
    assert says_nothing(kernel.run(cell.replace("-O 0", "-O 0 -q")))
    shown = kernel.run("%%cpp -O 0\nstatic int variable = 1;\n")
    assert shown.stderr.endswith("there is nothing in this text that Python could use\n")
    shown = kernel.run("%%cpp -O 0\nint n, k;\nint main() { return n + k; }\n")
    nothing, variables = shown.stderr.splitlines()
    assert nothing.endswith("that Python could use; the option --main binds main")
    assert ":2: n, k are left out: Python would get a copy" in variables


def test_main_is_bound_when_asked_for(kernel: Kernel) -> None:
    cell = "%%cpp with_main -O 0 --main\nint main(int argc, char **argv) { return argc; }\n"
    assert says_nothing(kernel.run(cell))
    shown = kernel.run(cell.replace(" --main", ""))
    assert shown.stderr.endswith("that Python could use; the option --main binds main\n")
    assert says_nothing(kernel.run(cell))
    assert kernel.run("with_main.main(['a', 'b'])").result == "2"


def test_an_expression_has_a_value(kernel: Kernel) -> None:
    assert kernel.run("%cpp std::vector<int>{1, 2}").result == "[1, 2]"
    shown = kernel.run("%cpp nothing_known")
    assert shown.error == "BuildError"
    assert "'nothing_known' was not declared" in shown.traceback
    assert kernel.run("%cpp").stderr.startswith("UsageError: %cpp: an expression is missing")


def test_a_header_rebuilds_what_includes_it(kernel: Kernel, place: Path) -> None:
    header = "%%cppheader sizes.h\n#pragma once\nconst int size = 1;\n"
    assert says_nothing(kernel.run(header))
    assert (place / "sizes.h").read_text() == "#pragma once\nconst int size = 1;\n"
    cell = '%%cpp sized -O 0\n#include "sizes.h"\nint get() { return size; }\n'
    assert says_nothing(kernel.run(cell))
    assert says_nothing(kernel.run(header)), "nothing changed"
    shown = kernel.run(header.replace("= 1", "= 2"))
    assert shown.stderr.startswith("sized (In[")
    assert shown.stderr.endswith(") includes sizes.h: run again to follow the change\n")
    assert says_nothing(kernel.run(cell))
    assert kernel.run("sized.get()").result == "2"
    assert "takes the name of a header" in kernel.run("%%cppheader\nint x;").stderr


def test_a_file_that_is_pasted_may_begin_with_a_byte_order_mark(kernel: Kernel) -> None:
    assert says_nothing(kernel.run("%%cpp pasted -O 0\n\ufeff/// One.\nint one() { return 1; }\n"))
    assert kernel.run("pasted.one(), pasted.one.__doc__").result.startswith("(1, ")


def test_the_bindings_can_be_taken_over(kernel: Kernel) -> None:
    cell = "%%cpp bound -O 0\nint f(int x = 3) { return x; }\nstruct P { int a; };\n"
    assert says_nothing(kernel.run(cell))
    bindings = kernel.run("%cppmagic bindings bound").stdout
    assert "PYBIND11_MODULE(bound, cppmagic_module)" in bindings
    taken = cell.replace("%%cpp bound", "%%cppimport bound --std c++20") + bindings
    assert says_nothing(kernel.run(taken))
    assert kernel.run("bound.f(), bound.P(a=2)").result == "(3, P(a=2))"


def test_bindings_of_ones_own_and_wrong_options_are_told(kernel: Kernel) -> None:
    shown = kernel.run("%%cpp\nPYBIND11_MODULE(x, m) {}\n")
    assert shown.error == "SourceError"
    assert "use %%cppimport" in shown.traceback
    assert "%%cpp: unknown option --mian" in kernel.run("%%cpp --mian\nint f();\n").stderr
    assert "C is not bound automatically" in kernel.run("%%cpp --lang c\nint f();\n").traceback
    assert "Compile a cell of plain C++" in kernel.run("%%cpp --help\n\n").stdout


@pytest.mark.parametrize("above", ["# a comment\n", "%alias_magic t time\nimport os\n\n"])
def test_a_magic_below_the_first_line_is_named(kernel: Kernel, above: str) -> None:
    shown = kernel.run(f"{above}%%cpp misplaced\nint f() {{ return 1; }}")
    assert shown.error == "SyntaxError"
    assert shown.message.startswith("%%cpp must be in the first line of its cell")
    assert f"line {above.count(chr(10)) + 1}" in shown.message
    assert "Error in callback" not in shown.stdout + shown.stderr


def test_a_magic_in_a_string_or_in_another_magic_is_none(kernel: Kernel) -> None:
    assert kernel.run('text = """\n%%cpp\n"""\ntext').result == "'\\n%%cpp\\n'"
    assert kernel.run("%%writefile not_a_cell.txt\n%%cpp\n").error == ""
