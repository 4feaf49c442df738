"""Compile and link errors: as data, and as text that a user can act on."""

from __future__ import annotations

import importlib.util
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import c_module

import cppmagic
from cppmagic import BuildError, LoadError, pipeline, settings
from cppmagic.errors import Diagnostic
from cppmagic.modules.version import load
from cppmagic.source import from_file
from cppmagic.toolchain import hints

pytestmark = pytest.mark.usefixtures("compiler")

PYTHON = "#include <Python.h>\n"


@pytest.fixture(params=["g++", "clang++", "zig"])
def compiler(request: pytest.FixtureRequest) -> str:
    """Each compiler that is here, chosen in the settings."""
    name: str = request.param
    there = importlib.util.find_spec("ziglang") if name == "zig" else shutil.which(name)
    if not there:
        pytest.skip(f"{name} is not installed")
    settings.compiler = name
    return name


@dataclass(frozen=True)
class Failure:
    """A build that failed: its error, its errors alone, and the file."""

    error: BuildError
    path: Path

    @property
    def text(self) -> str:
        return str(self.error)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return self.error.diagnostics

    @property
    def first(self) -> Diagnostic:
        return next(item for item in self.diagnostics if item.is_error)


def fail(path: Path, text: str) -> Failure:
    path.write_text(text)
    with pytest.raises(BuildError) as caught:
        cppmagic.imp_from_filepath(path)
    return Failure(caught.value, path)


def block(config: str) -> str:
    return f"<% {config} %>\n"


def link_failure(path: Path, config: str, before: str = "", value: str = "1") -> Failure:
    return fail(path, block(config) + before + c_module(path.stem, value))


# Compile errors as data

# Text, line and column in characters (of g++ and of the clangs), message of either.
ERRORS = {
    "a missing semicolon": ("int f() {\n  return 1\n}\n", 2, (11,), "expected ';'"),
    "an undeclared name": ("int f() { return count; }\n", 1, (18,), "count"),
    "a wrong type": ("\n\nconst char *s = 3;\n", 3, (17, 13), "'const char ?[*]'"),
    "a wrong type in a call": ("void g(int *);\nvoid f() {\n  g('a'); }", 3, (5, 3), "g|char"),
    "an unclosed brace": ("int f() {\n  return 1;\n", 2, (12, 11), "expected '}'"),
    "a directive": ('int a;\n#error my "reason": 3 > 2\n', 2, (2,), 'my "reason": 3 > 2'),
    "a static assertion": ('static_assert(1 > 2, "too few");', 1, (17, 1, 15), "too few"),
    "the last line without its end": ("int x = nope;", 1, (9,), "nope"),
}


@pytest.mark.parametrize("title", ERRORS)
def test_an_error_is_data(title: str, tmp_path: Path) -> None:
    text, line, columns, message = ERRORS[title]
    failure = fail(tmp_path / "x.cpp", text)
    found = failure.first
    assert found.severity == "error"
    assert re.search(message, found.message)
    assert (found.file, found.line) == (str(failure.path), line)
    assert found.column in columns
    assert found.source_line == text.split("\n")[line - 1]


@pytest.mark.parametrize(
    "before",
    [
        "int f() { return ",
        "int f() {\treturn\t",
        "\t\tint f() { return ",
        'const char *s = "größe"; int x = ',
        'const char *s = "€ 𝄞 ẞ"; int x = ',
        "/* ä\tö */\tint x = ",
        "\tint größe = ",
    ],
)
@pytest.mark.parametrize(
    "above",
    ["", "\t\t\t\t// ääää\n", "/* €€€€€ */ /*\t\t\t\t*/\n"],
    ids=["alone", "below tabs", "below wide characters"],
)
def test_columns_count_characters(above: str, before: str, tmp_path: Path) -> None:
    # What stands on the lines around must not matter.
    text = above + before + "nope; }\n\t€\n"
    found = fail(tmp_path / "x.cpp", text).first
    assert found.line == above.count("\n") + 1
    assert found.column == len(before) + 1
    assert found.source_line == before + "nope; }"


def caret_target(text: str) -> str:
    """Return what stands above the first caret, up to the end of the line."""
    lines = text.split("\n")
    number = next(i for i, line in enumerate(lines) if re.fullmatch(r"\s*\| \s*\^~*\s*", line))
    return lines[number - 1][lines[number].index("^") :]


@pytest.mark.parametrize(
    "before", ["int f() { return ", "\tint\tx = ", 'const char *s = "größe"; int x = ']
)
def test_the_text_shows_the_line_with_a_caret_below_the_place(before: str, tmp_path: Path) -> None:
    failure = fail(tmp_path / "x.cpp", "\n" + before + "nope; }\n")
    place, source, caret = failure.text.split("\n")[2:5]
    assert place.startswith(f"{failure.path}:2:{len(before) + 1}: error: ")
    assert source.startswith("    2 | ")
    assert re.fullmatch(r" +\| +\^~~~", caret)
    assert caret_target(failure.text) == "nope; }"


def test_the_first_line_says_what_did_not_compile(tmp_path: Path) -> None:
    failure = fail(tmp_path / "x.cpp", "int a = nope;\nint b = nope_too;\n")
    assert failure.text.split("\n")[0] == "x did not compile (2 errors)"
    assert [item.line for item in failure.diagnostics if item.is_error] == [1, 2]
    assert "nope_too" in failure.text


def test_the_command_and_all_of_its_output_are_kept(tmp_path: Path) -> None:
    failure = fail(tmp_path / "x.cpp", "int a = nope;\n")
    assert {"-c", "x.cpp"} <= set(failure.error.command)
    assert "nope" in failure.error.output
    assert isinstance(failure.error, ImportError)


def test_notes_belong_to_their_error(tmp_path: Path) -> None:
    text = "struct A {};\nint a = nope;\nstruct A {};\nint b = nope_too;\n"
    failure = fail(tmp_path / "x.cpp", text)
    errors = [item for item in failure.diagnostics if item.is_error]
    assert [(item.line, len(item.notes)) for item in errors] == [(2, 0), (3, 1), (4, 0)]
    (note,) = errors[1].notes
    assert (note.severity, note.line, note.source_line) == ("note", 1, "struct A {};")
    assert f"  {failure.path}:1:8: note: previous definition" in failure.text


def test_all_candidates_are_notes_of_one_error(tmp_path: Path) -> None:
    text = "void g(int);\nvoid g(const char *, int);\nvoid f() {\n  g(1, 2, 3);\n}\n"
    failure = fail(tmp_path / "x.cpp", text)
    assert [item.line for item in failure.diagnostics] == [4]
    assert {note.line for note in failure.first.notes} == {1, 2}


def test_many_errors_are_counted_and_the_text_stays_short(tmp_path: Path) -> None:
    failure = fail(tmp_path / "x.cpp", "".join(f"int a{i} = nope{i};\n" for i in range(18)))
    assert failure.text.startswith("x did not compile (18 errors)")
    assert len(failure.diagnostics) == 18
    assert re.search(r"^\.\.\. and \d+ more$", failure.text, re.MULTILINE)
    assert len(failure.text.split("\n")) < 40


def test_a_compiler_that_gives_up_is_not_an_error_of_the_users(tmp_path: Path) -> None:
    failure = fail(tmp_path / "x.cpp", "".join(f"int a{i} = nope{i};\n" for i in range(99)))
    assert {item.message.count("nope") for item in failure.diagnostics} == {1}
    assert f"({len(failure.diagnostics)} errors)" in failure.text


def test_warnings_are_data_and_not_in_the_text_of_an_error(tmp_path: Path) -> None:
    text = (
        "static int f() { int never_used = 1; return 2; }\nint g() { return f(); }\n#error stop\n"
    )
    failure = fail(tmp_path / "x.cpp", text)
    assert "never_used" not in failure.text
    warnings = [item for item in failure.diagnostics if item.severity == "warning"]
    assert [(item.line, item.is_error) for item in warnings] in ([], [(1, False)])


@pytest.mark.parametrize(
    ("text", "needs_more"),
    [
        ("int f() { return nope; }\n", False),
        ("template <class T> T g(T t) { return t; }\nint f() { return nope; }\n", False),
        ("template <class T> T g(T t) {\n return t.x();\n}\nint f() { return g(1); }\n", True),
        ("auto g = [](auto t) {\n return t.x();\n};\nint f() { return g(1); }\n", True),
        ("#define BAD nope\nint f() { return BAD; }\n", True),
        ("#define GOOD 1\nint f() { return nope; }\n", False),
    ],
)
def test_gcc_is_asked_again_only_for_what_its_json_does_not_say(
    text: str, needs_more: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if settings.compiler != "g++":
        pytest.skip("clang says all at once")
    with caplog.at_level("DEBUG", logger="cppmagic"):
        failure = fail(tmp_path / "x.cpp", text)
    asked = [line for line in caplog.messages if "-fsyntax-only" in line]
    assert len(asked) == needs_more
    assert ("required from here" in failure.text) == ("g(1)" in text)
    # What is shown with -v can be read.
    assert not any('"kind"' in line for line in caplog.messages)


def test_what_a_template_wrote_has_no_column_in_the_users_line(tmp_path: Path) -> None:
    text = "<% name = 'nope' %>\nint y = 1; int x = ${name};\nint z = nope;\n"
    failure = fail(tmp_path / "x.cpp", text)
    written, plain = (item for item in failure.diagnostics if item.is_error)
    assert (written.line, written.column, written.ranges) == (2, None, ())
    assert written.source_line == "int y = 1; int x = ${name};"
    assert (plain.line, plain.column) == (3, 9)


def test_fixes_are_placed_behind_a_block(tmp_path: Path) -> None:
    text = "<%\ncfg['std'] = 'c++14'\n%>\nint f() {\n    return 1\n}\n"
    failure = fail(tmp_path / "x.cpp", text)
    assert "    5 |     return 1\n      |             ^\n    + |     return 1;" in failure.text


# Warnings


def warnings_of(path: Path, text: str) -> str:
    path.write_text(text + c_module(path.stem))
    return pipeline.obtain(from_file(path)).warnings


def test_a_warning_is_shown_once_with_its_line(tmp_path: Path) -> None:
    text = "template <class T> static int f(T t) {\n    int never_used = 1;\n    return 2;\n}\n"
    text += "int g() { return f(1) + f(2.0) + f('3'); }\n"
    found = warnings_of(tmp_path / "warned.cpp", text)
    assert found.count("never_used") == 2  # in the message and in the line
    assert found.startswith(f"{tmp_path}/warned.cpp:2:9: warning: unused variable 'never_used'")
    assert "    2 |     int never_used = 1;" in found


def test_warnings_of_the_users_headers_are_shown_and_those_of_others_not(tmp_path: Path) -> None:
    (tmp_path / "mine.h").write_text(
        "static inline int mine(void) { int mine_unused; return 1; }\n"
    )
    other = tmp_path / "other" / "theirs.h"
    other.parent.mkdir()
    other.write_text("static inline int theirs(void) { int theirs_unused; return 1; }\n")
    config = f"cfg['extra_compile_args'] = ['-isystem', {str(other.parent)!r}]"
    text = block(config) + '#include "mine.h"\n#include <theirs.h>\n'
    found = warnings_of(tmp_path / "both.c", text)
    assert "mine_unused" in found
    assert "theirs_unused" not in found


# Errors that are not in the file itself


def test_an_error_in_a_header_names_the_header(tmp_path: Path) -> None:
    header = tmp_path / "sub dir" / "größe.h"
    header.parent.mkdir()
    header.write_text("\n\nint bad = nope;\n")
    found = fail(tmp_path / "x.cpp", '#include "sub dir/größe.h"\n').first
    assert (found.file, found.line, found.column) == (str(header), 3, 11)
    assert found.source_line == "int bad = nope;"


def test_an_error_in_a_header_names_who_included_it(tmp_path: Path) -> None:
    (tmp_path / "outer.h").write_text('\n#include "inner.h"\n')
    (tmp_path / "inner.h").write_text("int bad = nope;\n")
    failure = fail(tmp_path / "x.cpp", 'int a;\n\n#include "outer.h"\n')
    places = {(note.file, note.line) for note in failure.first.notes}
    assert (str(failure.path), 3) in places
    assert f"{failure.path}:3" in failure.text


def test_an_error_in_a_template_names_where_it_was_used(tmp_path: Path) -> None:
    text = "template <class T> int g(T t) {\n  return t.size();\n}\n\nint f() { return g(3); }\n"
    failure = fail(tmp_path / "x.cpp", text)
    assert failure.first.line == 2
    assert 5 in {note.line for note in failure.first.notes}
    assert f"{failure.path}:5:" in failure.text


def test_an_error_in_a_macro_names_both_places(tmp_path: Path) -> None:
    text = "#define BAD(x) ((x) + nope)\n\nint f() { return BAD(1); }\n"
    found = fail(tmp_path / "x.cpp", text).first
    assert {found.line, *(note.line for note in found.notes)} == {1, 3}


def test_an_error_in_an_extra_source_names_it(tmp_path: Path) -> None:
    extra = tmp_path / "more" / "extra.c"
    extra.parent.mkdir()
    extra.write_text("int fine;\nint bad = nope;\n")
    found = fail(tmp_path / "x.c", block("cfg['sources'] = ['more/extra.c']") + PYTHON).first
    assert (found.file, found.line, found.column) == (str(extra), 2, 11)
    assert found.source_line == "int bad = nope;"


@pytest.mark.parametrize("form", ["<no/such_header.h>", '"no/such_header.h"'])
def test_a_missing_header_is_named_with_what_to_do(form: str, tmp_path: Path) -> None:
    failure = fail(tmp_path / "x.cpp", f"int a;\n#include {form}\n")
    found = failure.first
    assert (found.severity, found.line, found.column) == ("fatal error", 2, 10)
    assert "no/such_header.h" in found.message
    assert failure.text.endswith("include_dirs in cfg, or the option -I.")


# Linker errors


@pytest.mark.parametrize(
    ("extension", "declaration", "call", "name"),
    [
        (".c", "void nowhere(void);\n", "nowhere()", "nowhere"),
        (".cpp", "namespace far { int away(double); }\n", "far::away(1.0)", "far::away(double)"),
    ],
)
def test_an_undefined_symbol(
    extension: str, declaration: str, call: str, name: str, tmp_path: Path
) -> None:
    config = "cfg['extra_link_args'] = ['-Wl,--no-undefined']"
    # No function of Python's, which are undefined too until the library is loaded.
    function = f"PyMODINIT_FUNC PyInit_x(void) {{ {call}; return 0; }}\n"
    failure = fail(tmp_path / f"x{extension}", block(config) + PYTHON + declaration + function)
    assert failure.text.startswith("x did not link\n")
    assert failure.first.severity == "error"
    assert re.match("undefined (reference|symbol)", failure.first.message)
    assert name in failure.first.message
    assert "the option -l" in failure.text
    assert "the option -S" in failure.text
    assert "/v1/work/" not in failure.text


def test_a_duplicate_symbol(tmp_path: Path) -> None:
    (tmp_path / "other.c").write_text("int twice(void) { return 2; }\n")
    twice = "int twice(void) { return 1; }\n"
    failure = link_failure(tmp_path / "x.c", "cfg['sources'] = ['other.c']", twice)
    assert re.match("multiple definition|duplicate symbol", failure.first.message)
    assert "twice" in failure.first.message
    assert "/v1/work/" not in failure.text


def test_a_missing_library(tmp_path: Path) -> None:
    failure = link_failure(tmp_path / "x.c", "cfg['libraries'] = ['no_such_library']")
    assert "no_such_library" in failure.first.message
    assert len(failure.first.message) < 80
    assert "library_dirs in cfg, or the option -L" in failure.text


def test_a_missing_object_among_the_link_arguments(tmp_path: Path) -> None:
    failure = link_failure(tmp_path / "x.c", "cfg['extra_link_args'] = ['no_such.o']")
    assert "no_such.o" in failure.first.message


@pytest.mark.parametrize("tools", [True, False], ids=["with c++filt", "without"])
def test_a_loader_error_is_demangled_and_names_the_call(
    tools: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "loaded.cpp"
    text = f"{PYTHON}namespace far {{ int away(double); }}\n"
    path.write_text(f"{text}PyMODINIT_FUNC PyInit_loaded() {{\n  far::away(1);\n  return 0;\n}}\n")
    artifact = pipeline.obtain(from_file(path))
    if not tools:
        monkeypatch.setenv("PATH", "")
    with pytest.raises(LoadError) as caught:
        load(artifact, str(path))
    assert f"undefined symbol: far::away(double), used in {path}:4." in str(caught.value)


# Flags


@pytest.mark.parametrize("flag", ["-fno-such-flag", "--no-such-flag", "-std=c++99"])
def test_a_wrong_compile_flag(flag: str, tmp_path: Path) -> None:
    path = tmp_path / "x.cpp"
    failure = fail(path, block(f"cfg['extra_compile_args'] = [{flag!r}]") + PYTHON)
    assert flag.removeprefix("-std=") in failure.first.message
    assert failure.first.line is None
    assert "extra_compile_args" in failure.text


def test_a_wrong_link_flag(tmp_path: Path) -> None:
    failure = link_failure(tmp_path / "x.c", "cfg['extra_link_args'] = ['-Wl,--no-such-flag']")
    assert "--no-such-flag" in failure.first.message
    assert "extra_link_args" in failure.text


# Hints


@pytest.mark.parametrize(
    ("symbol", "advice"),
    [
        ("fftw_plan_dft_1d", "-l fftw3."),
        ("fftwf_malloc", "-l fftw3f"),
        ("dgemm_", "-l blas"),
        ("dgesv_", "-l lapack"),
        ("GOMP_parallel", "--openmp"),
        ("boost::filesystem::detail::status(boost::filesystem::path const&)", "boost_filesystem"),
        ("typeinfo for cv::Mat", "opencv_core"),
        ("my_own_function(int)", "the option -S"),
    ],
)
def test_the_library_of_a_missing_function_is_named(symbol: str, advice: str) -> None:
    assert advice in hints.missing_symbol(symbol)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("#include <iostream>\nvoid f() {\n  cout << 1;\n}\n", "std::cout"),
        ("void f() {\n  cout << 1;\n}\n", "Write std::cout, and add #include <iostream>."),
        ("import numpy as np\nint a;\n", "looks like Python"),
        ("void f() { m.def('name', 1); }\n", "double quotes"),
        ("int f() {\n  int a = 1 +\n  ;\n  return a }\n", ""),
        ("int f(int a)\n\n// told\nint g() { return 1; }\n", "';'"),
        ("typedef int Size\nSize f();\n", "';'"),
    ],
)
def test_frequent_mistakes_have_a_hint(text: str, advice: str, tmp_path: Path) -> None:
    assert advice in fail(tmp_path / "x.cpp", text).text


@pytest.mark.parametrize(
    ("config", "advice"),
    [("cfg['optimize'] = '4x'", "-O (optimize in cfg)"), ("cfg['std'] = 'c++77'", "--std")],
)
def test_options_of_ours_are_named_by_the_hint(config: str, advice: str, tmp_path: Path) -> None:
    path = tmp_path / "x.cpp"
    path.write_text(block(config) + "int a;\n")
    with pytest.raises(cppmagic.CppmagicError) as caught:
        cppmagic.imp_from_filepath(path)
    assert advice in str(caught.value)


def test_missing_openmp_is_explained(compiler: str, tmp_path: Path) -> None:
    path = tmp_path / "x.c"
    path.write_text(block("setup_openmp(cfg)") + "#include <omp.h>\n" + c_module("x", 1))
    try:
        cppmagic.imp_from_filepath(path)
    except BuildError as error:
        text = str(error)
    else:
        pytest.skip(f"{compiler} has OpenMP here")
    assert "This compiler has no OpenMP" in text


def test_a_compiler_that_dies_is_reported_with_its_command(tmp_path: Path) -> None:
    dying = tmp_path / "dying"
    dying.write_text('#!/bin/sh\ncase "$*" in *" -c "*) kill -9 $$;; esac\nexec gcc "$@"\n')
    dying.chmod(0o755)
    settings.compiler = str(dying)
    failure = fail(tmp_path / "x.c", c_module("x", 1))
    assert str(dying) in failure.text
    assert failure.diagnostics == ()


@pytest.mark.parametrize("name", ["größe und mehr", "a:b", "with 'quote'", "per%cent"])
def test_odd_directories_do_not_hide_the_place(name: str, tmp_path: Path) -> None:
    path = tmp_path / name / "x.cpp"
    path.parent.mkdir()
    failure = fail(path, "int a = nope;\n")
    assert (failure.first.file, failure.first.line) == (str(path), 1)
    assert failure.first.source_line == "int a = nope;"
