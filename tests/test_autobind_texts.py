"""From C++ to the text of bindings, without a compiler; and what a broken text does."""

from __future__ import annotations

import random
import re
import subprocess
import sysconfig
from pathlib import Path

import pybind11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cppmagic import get_include
from cppmagic.autobind.bindings import HEADER, Options, bindings
from cppmagic.autobind.parse import parse
from cppmagic.autobind.parse.comments import clean_comment
from cppmagic.autobind.skeleton import skeleton
from cppmagic.autobind.syntax import without_disabled

CELLS = sorted((Path(__file__).parent / "plain_cells").rglob("*.cpp"))
TEXTS = [path.read_text() for path in CELLS]
PIECES = [
    *("{", "}", "(", ")", "<", ">", ";", ",", "::", "&", "&&", "*", "=", "...", "#if 0\n"),
    *("#endif\n", "#else\n", "template <class T> ", "static ", "const ", "operator", "namespace "),
    *("struct ", "class X : ", "enum ", '"', "'", "/*", "*/", "//", "\\\n", "\n", "auto ", "~"),
    *('R"(', "=delete;", "[[", "]]", "public:", "friend ", "using ", "0", "é", "\0", "%", "@"),
]


def texts_of(text: str) -> str:
    """Return the code that is generated for a text."""
    skeleton(text)
    return bindings(parse(text), Options("fuzzed", main=True, links=True))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_text_makes_it_raise(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 1, 2, 5, 40, 300])))
        text = text[:start] + data.draw(st.sampled_from([*PIECES, ""])) + text[end:]
    texts_of(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "int ", "f", "x", " "]), max_size=40))
def test_nor_does_what_is_no_cpp_at_all(words: list[str]) -> None:
    texts_of("".join(words))


def test_the_binding_unit_does_not_depend_on_function_bodies_or_comments_in_them() -> None:
    before = "/// One.\nint f(int x) { return x; }\nstruct P { int a; };\nint g() { return 1; }\n"
    after = (
        "/// One.\nint f(int x)\n{\n    // more\n    int y = x;\n    return y * 2;\n}\n\n"
        "struct P { int a; };\nint g() { return f(2); }\n"
    )
    assert skeleton(before) == skeleton(after)
    assert texts_of(before) == texts_of(after)
    assert texts_of(before) != texts_of(before.replace("int x", "long x"))


@pytest.mark.parametrize(
    "text",
    [
        "auto f(int x) { return x; }",
        "namespace { struct P { int x; }; }\nint f(const P &p) { return p.x; }",
        "int n = 1;\ninline int f() { return n; }",
        "int g() { return 1; }\nconst int n = g();",
        "#include <pybind11/pybind11.h>\nint f() { return 1; }",
    ],
)
def test_what_cannot_be_divided(text: str) -> None:
    assert skeleton(text) is None


def test_what_is_divided_has_no_bodies_and_no_private_things() -> None:
    text = """\
    #include <vector>
    int n = 1;
    static int helper(int x) { return x + n; }
    namespace { int more(int x) { return helper(x); } }
    [[nodiscard]] int f(int x, int y = 2) noexcept { return more(x) + y; }
    namespace a { template <class T> T twice(T x) { return x + x; } }
    template int a::twice(int);
    struct P { int x = 0; int get() const; static int made; };
    int P::made = 0;
    int P::get() const { return x; }
    int main() { return f(1); }
    """
    divided = skeleton(text)
    assert divided is not None
    lines = divided.text.splitlines()
    assert lines == [
        "#include <vector>",
        '__attribute__((visibility("hidden"))) int f(int x, int y = 2) noexcept;',
        "namespace a {",
        "template <class T> T twice(T x) { return x + x; }",
        "}",
        "extern template int a::twice(int);",
        "struct P { int x = 0; int get() const; static int made; };",
    ]


def test_comments_as_docstrings() -> None:
    assert clean_comment(["/// One.", "/// Two."]) == "One.\nTwo."
    text = "/**\n * @brief Find it.\n *\n * @param[in] x where\n * @returns it\n */"
    assert clean_comment([text]) == "Find it.\n\nx: where\nReturns: it"
    assert clean_comment(["// plain"]) == "plain"


def test_a_comment_belongs_to_what_is_directly_below_it() -> None:
    text = """\
int before(); // not of f
int f() { return 1; }

// a heading

int g() { return 1; }
// of h
int h() { return 1; }
"""
    docs = {function.name: function.doc for function in parse(text).functions}
    assert docs == {"before": "", "f": "", "g": "", "h": "of h"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("int a = 0, *b, c[3], d{1};", "a b c d"),
        (
            "thread_local int a = 1; inline int b = 2; volatile int c; alignas(16) float d[4];",
            "abcd",
        ),
        ("extern int a;\nint a = 1;\nextern int b;", "a b"),
        ('extern "C" { int a; }\nextern "C" int b;', "a b"),
        ("struct P { int x; } a, b[2];\nenum { X, Y } c;\nstruct { int x; } d;", "a b c d"),
        ("int (*a)(int) = nullptr;\nint (*b[3])(int);\nstd::function<int(int)> c;", "a b c"),
        ("const int n = 3;\nint a;\nV b(n), c(3);\nV d(a, n);", "a b c d"),
        ("namespace inner { std::vector<double> a; }", "a"),
        ("extern const int a;\nextern const int n;\nconst int n = 1;", "a"),
        ("std::vector<int> known(int), also(Thing);\nint *pointer(int), n();", ""),
        ("#define real double\nreal f(real);\nreal f(real x) { return x; }", ""),
        (
            "static int a; static thread_local int b;\n"
            "namespace { int c; }\nnamespace detail { int d; }",
            "",
        ),
        ('const int a = 1; constexpr int b = 2; const char *c = "c"; static const int d = 4;', ""),
        ("struct S { static int a; };\nint S::a = 1;\nint f() { static int b = 1; return b; }", ""),
        ("std::mt19937 a(1);\nstd::mutex b;\nstd::normal_distribution<> c;\nstd::ofstream d;", ""),
    ],
)
def test_variables_are_told_once_and_private_ones_not_at_all(text: str, told: str) -> None:
    assert {left.shown for left in parse(text).left_out} == set(told) - {" "}
    assert len(parse(text).left_out) == len(set(told) - {" "})


def test_disabled_lines_are_not_read() -> None:
    text = "a\n#if 0\nx {\n#if 1\ny\n#endif\n#else\nb\n#endif\nc"
    assert [line for line in without_disabled(text).split("\n") if line] == [
        *("a", "#if 0", "#else", "b", "#endif", "c"),
    ]


def test_lines_are_those_of_line_directives() -> None:
    declared = parse('#line 5 "a.cpp"\nint f() { return 1; }\n#line 50 "a.cpp"\n\nint g();\n')
    assert declared.lines == (5, 51)


TYPES = [
    *(
        "int",
        "double",
        "bool",
        "char",
        "unsigned long",
        "std::string",
        "const char *",
        "long double",
    ),
    *("std::vector<int>", "const std::vector<std::string> &", "std::map<std::string, int>"),
    *("std::optional<double>", "std::pair<int, std::string>", "const Thing &", "Thing", "Kind"),
    *("std::function<int(int)>", "std::complex<double>", "std::array<double, 3>", "Thing &"),
    *("std::vector<double> &", "std::span<const double>", "std::span<int>", "int *", "int &"),
    *("Thing *", "std::vector<Thing>", "std::unique_ptr<Thing>", "std::shared_ptr<Thing>"),
    *("std::string &&", "Unknown &", "std::ostream &", "void *", "std::variant<int, bool>"),
]
RESULTS = [kind for kind in TYPES if "&" not in kind or "Thing &" in kind]


def generated(seed: int) -> str:
    """Return a text with functions and methods of many kinds. None has a body that runs."""
    choice = random.Random(seed).choice
    number = random.Random(seed + 1).randint

    def function(name: str, ending: str = "") -> str:
        parameters = [f"{choice(TYPES)} {choice('abcxyz')}{i}" for i in range(number(0, 4))]
        if choice([True, False]):
            parameters.append(choice(["int n = 3", "double k = {}", 'std::string s = "a, b"']))
        head = choice(["", "", "inline ", "[[nodiscard]] "]) if not ending else ""
        return f"{head}{choice(RESULTS)} {name}({', '.join(parameters)}){ending} {{ throw 1; }}"

    includes = (
        *("array", "complex", "functional", "iostream", "map", "memory", "optional", "span"),
        *("string", "utility", "variant", "vector"),
    )
    lines = [f"#include <{name}>" for name in includes]
    lines += ["struct Unknown;", "enum class Kind { A, B };"]
    lines += ["struct Thing { int a = 1; std::vector<double> b; };"]
    lines += [function(f"f{i % 12}_{i}") for i in range(25)]
    lines += ["namespace inner {", *(function(f"g{i}") for i in range(8)), "}"]
    lines += ["class Big {", "public:", "Big(int n = 1) {}", "virtual ~Big() = default;"]
    endings = ["", " const", " noexcept", " const noexcept", " &", " const &"]
    lines += [function(f"m{i}", choice(endings) or " ") for i in range(12)]
    lines += ["virtual int v(const Thing &t, double x) { return 1; }", "};"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_code_compiles_whatever_types_there_are(seed: int, tmp_path: Path) -> None:
    text = generated(seed)
    file = tmp_path / "fuzzed.cpp"
    file.write_text(HEADER + text + bindings(parse(text), Options("fuzzed")))
    places = [get_include(), pybind11.get_include(), sysconfig.get_paths()["include"]]
    flags = ["-std=c++20", "-fsyntax-only", *(f"-I{place}" for place in places)]
    done = subprocess.run(["g++", *flags, str(file)], capture_output=True, text=True, check=False)
    assert not re.findall("error: .*", done.stderr), done.stderr[:3000] + text
