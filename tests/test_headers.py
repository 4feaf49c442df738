"""Which functions of a header one unit can keep for all, and what becomes of the header's text."""

from __future__ import annotations

import pytest

from cppmagic.toolchain.headers import declarations_only, definitions_emitted, movable_functions

LONG = "int total = 0;\n    for (int i = 0; i < n; ++i) { total += i * i - (total >> 1); }\n" + (
    "    total = total > 1000 ? total % 1000 : total; // and so on\n" * 3
)
BODY = f"{{\n    {LONG}    return total;\n}}\n"

MOVABLE = {
    "an inline function": f"inline int f(int n) {BODY}",
    "one in a namespace": f"namespace a {{ namespace b {{\ninline int f(int n) {BODY}}} }}\n",
    "a method": f"struct Thing {{\n    int f(int n) {BODY}}};\n",
    "a static method": f"struct Thing {{\n    static int f(int n) {BODY}}};\n",
    "a method defined outside": (
        f"struct Thing {{ int f(int n); }};\ninline int Thing::f(int n) {BODY}"
    ),
    "one declared before": f"int f(int n);\ninline int f(int n) {BODY}",
}
STAYING = {
    "a short one": "inline int f(int n) { return n; }\n",
    "a template": f"template <typename T> int f(int n) {BODY}",
    "a method of a template": f"template <typename T> struct Thing {{ int f(int n) {BODY}}};\n",
    "a static function": f"static int f(int n) {BODY}",
    "one declared static before": f"static int f(int n);\ninline int f(int n) {BODY}",
    "one in a nameless namespace": f"namespace {{\ninline int f(int n) {BODY}}}\n",
    "a virtual one": f"struct Thing {{ virtual int f(int n) {BODY}}};\n",
    "a constant one": f"constexpr int f(int n) {BODY}",
    "one whose type must be known": f"inline auto f(int n) {BODY}",
    "one with a directive in its head": f"inline int f(\n#ifdef A\nint n\n#endif\n) {BODY}",
    "the one on the way of calls": (
        f"struct gil_scoped_release {{ gil_scoped_release(int n) {BODY}}};\n"
    ),
}


@pytest.mark.parametrize("case", MOVABLE)
def test_what_one_unit_can_keep_is_declared_only_on_the_same_lines(case: str) -> None:
    text = MOVABLE[case]
    (function,) = movable_functions(text)
    assert text[function.head_end : function.end] == BODY.rstrip()
    declared = declarations_only(text)
    assert "total" not in declared
    assert declared.count("\n") == text.count("\n")
    assert "__attribute__((used))" in definitions_emitted(text)


@pytest.mark.parametrize("case", STAYING)
def test_what_must_be_seen_by_all_stays(case: str) -> None:
    assert movable_functions(STAYING[case]) == ()
    assert declarations_only(STAYING[case]) == definitions_emitted(STAYING[case]) == STAYING[case]


def test_a_header_that_is_not_understood_stays_as_it_is() -> None:
    text = f"inline int f(int n) {BODY} }}\n"
    assert declarations_only(text) == text


def test_initialisers_belong_to_the_definition_and_constructors_can_be_left_alone() -> None:
    text = f"struct Thing {{\n    int a;\n    Thing(int n) : a{{n}} {BODY}}};\n"
    assert "Thing(int n);" in declarations_only(text)
    assert declarations_only(text, constructors=False) == text
