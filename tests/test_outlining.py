"""An edited method compiles the user's unit again, and not the bindings."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import cppmagic
from cppmagic import BuildError, settings
from cppmagic.autobind.skeleton import skeleton

TEXT = """\
// cppmagic: auto
#include <vector>
namespace geometry {
class Shape {
  public:
    Shape(int n) : all(n) { fill(1); }
    ~Shape() { all.clear(); }
    void fill(double x) { for (auto &each : all) each = x; }
    int over(int) { return 1; }
    int over(double) { return 2; }
    [[nodiscard]] static const std::vector<double> &same(const std::vector<double> &v) noexcept {
        return v;
    }
    auto twice(int x) const -> int { return helper(2) * x; }
    auto deduced() { return 3; }
    constexpr int four() const { return 4; }
    inline int five() const { return 5; }
    virtual int six() const { return 6; }
    double sum(double scale = 1) const { /* } */ return scale * static_cast<double>(all.size()); }
    bool operator==(const Shape &other) const { return all.size() == other.all.size(); }
    Shape &operator=(const Shape &other) = default;
    int operator()(int x) const { return x + 7; }
    struct Inner { int v = 8; int get() const { return v; } };
    int through_private() { return Private().nine(); }
  private:
    int helper(int k) const { return k; }
    struct Private { int nine() { return 9; } };
    std::vector<double> all;
};
struct Derived : Shape { using Shape::Shape; int ten() { return 10; } };
}
#ifndef NEVER_DEFINED
struct Conditional { int eleven() { return 11; } };
#endif
template <class T> struct Box { T twelve() { return T(12); } };
template struct Box<int>;
int calls(geometry::Shape &shape) { return shape.through_private(); }
<%
cfg['optimize'] = '0'
%>
"""
OUTLINED = {
    *("fill", "same", "twice", "sum", "operator==", "operator()", "Inner::get"),
    *("through_private", "helper", "Private::nine"),
}


def test_what_decides_nothing_but_its_own_code_is_left_out() -> None:
    divided = skeleton(TEXT.partition("<%")[0])
    assert divided is not None
    assert set(divided.outlined) == {f"geometry::Shape::{name}" for name in OUTLINED}
    for number in ("3", "4", "5", "6", "10", "11", "12"):
        assert f"return {number};" in divided.text or f"T({number})" in divided.text
    for number in ("v", "all.size() == other", "x + 7"):
        assert f"return {number}" not in divided.text
    assert "Shape &operator=(const Shape &other) = default;" in divided.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("struct A { int f() { return 1; } };", "struct A { int f() { return g(); } };"),
        ("struct A { int f() { return 1; } };", "struct A {\nint f() // as\n{\nreturn 2;\n}\n};"),
        ("struct A { int f(int x = 1) { return x; } };", "struct A { int f(int x = 1) {} };"),
    ],
)
def test_the_binding_unit_does_not_depend_on_bodies(before: str, after: str) -> None:
    texts = [skeleton(each) for each in (before, after)]
    assert texts[0] is not None
    assert texts[1] is not None
    assert texts[0].text.split() == texts[1].text.split()


@pytest.mark.parametrize(
    "text",
    [
        "struct A : B { int f() { return 1; } };",  # f may be virtual
        "struct A { int f() { return 1; } int f(int) { return 1; } };",
        "struct A { int f() { return 1; } template <class T> void f(T) {} };",
        "struct A { int f() { return 1; } friend void f(A) {} };",
        "struct A { __attribute__((always_inline)) int f() { return 1; } };",
        "struct A { [[gnu::always_inline]] int f() { return 1; } };",
        "struct A { void *operator new(unsigned long n) { return 0; } };",
        "struct A { A &operator=(const A &) { return *this; } };",
        "struct A { int f(auto x) { return x; } };",
        "struct A { int f() try { return 1; } catch (...) { return 2; } };",
        "union { int f() { return 1; } } a;",
        "template <> struct A<int> { int f() { return 1; } };",
    ],
)
def test_what_might_decide_more_is_left_as_it_is(text: str) -> None:
    divided = skeleton(text)
    assert divided is None or divided.outlined == ()


Build = Callable[[str], tuple[ModuleType, list[str]]]


@pytest.fixture
def build(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Build:
    """Build a text; return the module, and which of its units were compiled."""
    caplog.set_level(logging.DEBUG, logger="cppmagic")

    def run(text: str) -> tuple[ModuleType, list[str]]:
        caplog.clear()
        path = tmp_path / "outlined.cpp"
        path.write_text(text)
        module = cppmagic.imp_from_filepath(path)
        commands = [record.getMessage().split() for record in caplog.records]
        names = ("outlined.cpp", "outlined_bindings.cpp")
        return module, [
            name for words in commands if "-c" in words for name in names if name in words
        ]

    return run


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_an_edited_method_compiles_the_users_unit_only(compiler: str, build: Build) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    settings.compiler = compiler
    module, compiled = build(TEXT)
    assert sorted(compiled) == ["outlined.cpp", "outlined_bindings.cpp"]
    geometry = module.geometry
    shape = geometry.Shape(3)
    assert (shape.over(1), shape.over(1.5), shape.same([1.0]), shape.twice(4)) == (1, 2, [1.0], 8)
    assert (shape.deduced(), shape.four(), shape.five(), shape.six()) == (3, 4, 5, 6)
    assert (shape.sum(), shape.sum(scale=2.0), shape == geometry.Shape(3), shape(1)) == (
        3,
        6,
        True,
        8,
    )
    assert (module.geometry.Shape.Inner().get(), shape.through_private()) == (8, 9)
    assert (geometry.Derived(1).ten(), geometry.Derived(2).sum()) == (10, 2)
    assert module.calls(shape) == 9
    edits = {
        "{ return v; }": "{ return v + 1; }",
        "{ return k; }": "{ return k + 1; }",
        "{ return 9; }": "{\n    // more\n    return 90;\n}",
        "scale * static_cast": "1 + scale * static_cast",
    }
    text = TEXT
    for old, new in edits.items():
        text = text.replace(old, new)
        module, compiled = build(text)
        assert compiled == ["outlined.cpp"], old
    shape = module.geometry.Shape(3)
    assert (module.geometry.Shape.Inner().get(), shape.twice(4), shape.through_private()) == (
        9,
        12,
        90,
    )
    assert shape.sum() == 4
    module, compiled = build(text.replace("return 6;", "return 60;"))
    assert sorted(compiled) == ["outlined.cpp", "outlined_bindings.cpp"]
    assert module.geometry.Shape(1).six() == 60


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("each = x;", "each = y;", ":8:"),
        ("return helper(2) * x;", "return helper(2) * x", ":14:"),
        ("int calls(", "int calls(Unknown u, ", ":37:"),
        ("return shape.through_private(); }", "return shape.through_private();", ":37:"),
    ],
)
def test_mistakes_are_told_as_ever(
    compiler: str, old: str, new: str, place: str, build: Build
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    settings.compiler = compiler
    with pytest.raises(BuildError) as caught:
        build(TEXT.replace(old, new))
    assert f"outlined.cpp{place}" in str(caught.value)
    assert "cppmagic" not in str(caught.value).replace(str(Path.cwd()), "")


def test_what_the_compiler_will_not_keep_elsewhere_is_bound_all_the_same(build: Build) -> None:
    text = (
        "// cppmagic: auto\n"
        "struct A { int g() { return 1; } };\n"
        "namespace cppmagic_kept { int Type = 1; template <class T, T> struct kept; }\n"
        "<%\ncfg['optimize'] = '0'\n%>\n"
    )
    module, _ = build(text)
    assert module.A().g() == 1
