"""Templates: what a Mako block may say, and that lines stay the user's lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import Script, c_module, pybind11_module

import cppmagic
from cppmagic import BuildError, ConfigError, SourceError, TemplateError
from cppmagic.config import BuildConfig
from cppmagic.source import from_file
from cppmagic.template import Rendered, render

NO_OPTIONS = BuildConfig()


def rendered(
    directory: Path, text: str, name: str = "x.c", fullname: str | None = None
) -> Rendered:
    path = directory / name
    path.write_text(text)
    return render(from_file(path, fullname), NO_OPTIONS)


def without_directives(text: str) -> str:
    return re.sub(r"^#line .*\n", "", text, flags=re.MULTILINE)


# What cfg takes


@pytest.mark.parametrize(
    ("block", "key", "expected"),
    [
        ("cfg['sources'] = ['a.c', 'b.cpp']", "sources", ("a.c", "b.cpp")),
        ("cfg['include_dirs'] += ['inc']", "include_dirs", ("inc",)),
        ("cfg['extra_compile_args'].append('-DA')", "extra_compile_args", ("-DA",)),
        ("cfg['compiler_args'] = ['-DA']", "extra_compile_args", ("-DA",)),
        ("cfg['compiler_args'].append('-DA')", "extra_compile_args", ("-DA",)),
        ("cfg['extra_link_args'].extend(['-s'])", "extra_link_args", ("-s",)),
        ("cfg['linker_args'] = ['-s']", "extra_link_args", ("-s",)),
        ("cfg['libraries'] = ('m',)", "libraries", ("m",)),
        ("cfg['library_dirs'] = [d for d in ['lib']]", "library_dirs", ("lib",)),
        ("cfg['dependencies'] = ['data.txt', 'v1.2']", "dependencies", ("data.txt", "v1.2")),
        ("import pathlib; cfg['sources'] = [pathlib.Path('a.c')]", "sources", ("a.c",)),
        ("cfg['parallel'] = True", "parallel", True),
        ("cfg['std'] = 'c11'", "std", "c11"),
        ("cfg['optimize'] = 0", "optimize", "0"),
        ("cfg['debug'] = True", "debug", True),
        ("cfg['compiler'] = 'clang'", "compiler", "clang"),
        ("cfg['sources'] = ['a.c']; del cfg['sources']", "sources", ()),
        ("cfg.update(libraries=['m'])", "libraries", ("m",)),
        ("cfg.setdefault('linker_args', ['-s'])", "extra_link_args", ()),
    ],
)
def test_the_block_fills_the_build_config(
    block: str, key: str, expected: object, tmp_path: Path
) -> None:
    config = rendered(tmp_path, f"int x;\n<%\n{block}\n%>\n").config
    assert getattr(config, key) == expected


def test_old_and_new_names_are_one(tmp_path: Path) -> None:
    made = rendered(
        tmp_path,
        "<% cfg['compiler_args'] = ['-DA']; cfg['extra_compile_args'] += ['-DB'] %>\n"
        "// ${len(cfg['compiler_args'])} ${'compiler_args' in cfg} ${len(cfg)}\nint x;",
    )
    assert made.config.extra_compile_args == ("-DA", "-DB")
    assert f"// 2 True {len(vars(NO_OPTIONS))}" in made.text


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("cfg['librarys'] = ['m']", "cfg has no key 'librarys' .did you mean 'libraries'"),
        ("cfg['librarys']", "cfg has no key 'librarys' .did you mean 'libraries'"),
        ("cfg['linker_arg'] = []", "cfg has no key 'linker_arg' .did you mean 'linker_args'"),
        ("cfg['zzz'] = []", "cfg has no key 'zzz'; it has sources, include_dirs,"),
    ],
)
def test_an_unknown_key_names_the_line_and_the_nearest_key(
    block: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"x\.c:3: {reason}"):
        rendered(tmp_path, f"int x;\n<%\n{block}\n%>\n")


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("cfg['sources'] = 'a.c'", r"takes a list of strings, not 'a\.c'; write \['a\.c'\]"),
        ("cfg['sources'] = 3", "takes a list of strings, not 3"),
        ("cfg['sources'] = None", "takes a list of strings, not None"),
        ("cfg['libraries'] = ['m', 3]", "takes strings, but 3 is of type int"),
        ("cfg['libraries'].append(['m'])", r"takes strings, but \['m'\] is of type list"),
        ("cfg['std'] = 17", "takes a string, not 17"),
        ("cfg['compiler'] = ['g++']", "takes a string, not"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_the_reason(
    block: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"x\.c: cfg\['\w+'\] {reason}"):
        rendered(tmp_path, f"int x;\n<% {block} %>\n")


def test_where_block_and_options_both_speak_the_option_wins(tmp_path: Path) -> None:
    path = tmp_path / "x.c"
    path.write_text("<% cfg['std'] = 'c99'; cfg['libraries'] = ['a']; cfg['debug'] = True %>int x;")
    config = render(from_file(path), BuildConfig(std="c11", libraries=("b",))).config
    assert (config.std, config.libraries, config.debug) == ("c11", ("a", "b"), True)


# What a template can see and do


def test_a_template_knows_its_name_and_its_file(tmp_path: Path) -> None:
    made = rendered(tmp_path, "// ${fullname} ${filepath}\nint x;", fullname="package.x")
    assert f"// package.x {tmp_path / 'x.c'}" in made.text


def test_without_a_block_pybind11_is_found_and_setup_pybind11_changes_nothing(
    tmp_path: Path,
) -> None:
    plain = rendered(tmp_path, "int x;", "x.cpp")
    asked = rendered(tmp_path, "int x;\n<% setup_pybind11(cfg) %>", "x.cpp")
    assert plain.config == asked.config
    assert (Path(plain.config.include_dirs[0]) / "pybind11" / "pybind11.h").is_file()


def test_cppimports_first_example_works_as_it_is(tmp_path: Path) -> None:
    text = """\
<%
setup_pybind11(cfg)
%>
#include <pybind11/pybind11.h>

namespace py = pybind11;

int square(int x) {
    return x * x;
}

PYBIND11_MODULE(somecode, m) {
    m.def("square", &square);
}
"""
    (tmp_path / "somecode.cpp").write_text(text)
    assert cppmagic.imp_from_filepath(tmp_path / "somecode.cpp").square(9) == 81


def test_loops_expressions_conditions_and_defs_generate_code(tmp_path: Path) -> None:
    text = """\
<% names = ['one', 'two'] %>
<%def name="declare(n)">int ${n};</%def>
% for i, name in enumerate(names):
    % if i:
${declare(name.upper())}
    % else:
${declare(name)}
    % endif
% endfor
## not seen by the compiler
<%doc> nor this </%doc>
<%text>${as it is}</%text>
"""
    lines = without_directives(rendered(tmp_path, text).text).split()
    assert lines == ["int", "one;", "int", "TWO;", "${as", "it", "is}"]


def test_generated_functions_run(tmp_path: Path) -> None:
    text = c_module("generated", "${' + '.join(f'part_{i}()' for i in range(4))}")
    text = text.replace(
        "static PyObject",
        "% for i in range(4):\nstatic long part_${i}(void) { return 1${'0' * i}; }\n"
        "% endfor\nstatic PyObject",
        1,
    )
    (tmp_path / "generated.c").write_text(text)
    assert cppmagic.imp_from_filepath(tmp_path / "generated.c").value() == 1111


def test_include_resolves_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.mako").write_text('int a;\n<%include file="b.mako"/>\n')
    (tmp_path / "parts" / "b.mako").write_text("int b;\n")
    made = rendered(tmp_path, '<%include file="parts/a.mako"/>\nint x;')
    assert without_directives(made.text).split() == ["int", "a;", "int", "b;", "int", "x;"]
    assert set(made.inputs) == {str(tmp_path / "parts" / name) for name in ("a.mako", "b.mako")}


# Lines are the user's lines. In each case the compiler meets @HERE@ (with what follows the colon
# in its name), and must say the line on which it stands in the file that it stands in.

BLOCK = "<%\ncfg['extra_compile_args'] = ['-DA']\nnumber = 1\n%>\n"
LINE_CASES = {
    "no template": "\n\n@HERE@\n@MODULE@",
    "block at the top": BLOCK + "@HERE@\n@MODULE@",
    "block at the top, code on its last line": BLOCK.rstrip() + "@HERE@\n@MODULE@",
    "one-line block": "<% a = 1 %>@HERE@\n@MODULE@",
    "block in the middle": "int a;\n" + BLOCK + "int b;\n\n@HERE@\n@MODULE@",
    "block at the end": "\n@HERE@\n@MODULE@" + BLOCK,
    "module block": "<%!\nimport os\n%>\n@HERE@\n@MODULE@",
    "blocks one after the other": BLOCK + BLOCK + "\n" + BLOCK + "@HERE@\n@MODULE@",
    "before a loop": "@HERE@\n% for i in range(3):\nint a${i};\n% endfor\n@MODULE@",
    "after a loop": "% for i in range(3):\nint a${i};\nint b${i};\n% endfor\n@HERE@\n@MODULE@",
    "after an empty loop": "% for i in []:\nint a;\n\n% endfor\n@HERE@\n@MODULE@",
    "inside a loop, first round": (
        "% for i in ['', 'again']:\nint a${i};\n@HERE:${i}@\nint b${i};\n% endfor\n@MODULE@"
    ),
    "inside a loop, last round": (
        "% for i in ['first', '']:\nint a${i};\n@HERE:${i}@\nint b${i};\n% endfor\n@MODULE@"
    ),
    "first in a loop of one line": "\n% for i in ['', 'again']:\n@HERE:${i}@\n% endfor\n@MODULE@",
    "inside a condition": "% if False:\nint a;\n% else:\nint b;\n@HERE@\n% endif\n@MODULE@",
    "after an expression of many lines": (
        "${chr(10).join(f'int b{i};' for i in range(5))}\n@HERE@\n@MODULE@"
    ),
    "after an expression written on many lines": "int a = ${sum([1,\n2,\n3])};\n@HERE@\n@MODULE@",
    "after a comment of Mako's": "## one\n## two\n@HERE@\n@MODULE@",
    "after a doc block": "<%doc>\none\n\n</%doc>\n@HERE@\n@MODULE@",
    "after a text block": "<%text>\nint a;\n\n</%text>\n@HERE@\n@MODULE@",
    "inside a text block": "<%text>\nint a;\n\n@HERE@\n</%text>\n@MODULE@",
    "after a def": "<%def name='f()'>\nint a;\n</%def>\n${f()}\n@HERE@\n@MODULE@",
    "inside a def": "<%def name='f()'>\n\n@HERE@\n</%def>\n\n\n${f()}\n\n@MODULE@",
    "after a macro of many lines": "#define M(x) \\\n  x \\\n  + x\n@HERE@\n@MODULE@",
    "after a macro of many lines, in a template": (
        BLOCK + "#define M(x) \\\n  x \\\n  + x\n@HERE@\n@MODULE@"
    ),
    "after a comment of many lines around a block": (
        "/* one\n" + BLOCK + "two */\n@HERE@\n@MODULE@"
    ),
    "after a comment with an apostrophe": BLOCK + "// don't\nint a; /* won't */\n@HERE@\n@MODULE@",
    "after a number with separators": BLOCK + "int a = 1'000'000;\n@HERE@\n@MODULE@",
    "after a raw string": BLOCK + 'auto s = R"x(\n" )" \\\n#line 99\n)x";\n@HERE@\n@MODULE@',
    "after a raw string around a loop": (
        'auto s = R"(\n% for i in range(3):\n"${i}\n% endfor\n)";\n@HERE@\n@MODULE@'
    ),
    "after a string with escapes": BLOCK + 'const char *s = "\\"\\\\";\n@HERE@\n@MODULE@',
    "after an include": '<%include file="three.mako"/>\n@HERE@\n@MODULE@',
    "after a macro's arguments with a loop in them": (
        "#define ID(...) __VA_ARGS__\nint many[] = { ID(\n% for i in range(3):\n${i},\n% endfor\n"
        "<% a = 1 %>\n5) };\n@HERE@\n@MODULE@"
    ),
    "in code that is left out and is no C": (
        "<% a = 1 %>\n#if 0\nnothing here\n% if True:\n#error no /* C */\n% endif\n#endif\n"
        "@HERE@\n@MODULE@"
    ),
    "after a block that writes": ("<% context.write('int a;' + chr(10) * 5) %>\n@HERE@\n@MODULE@"),
    "within a function after a condition": (
        "long f(void) {\nlong a = 1;\n% if True:\na += 1;\n% endif\n  return a;\n}\n"
        "@HERE@\n@MODULE@"
    ),
}
CPLUSPLUS_ONLY = ("raw string", "separators")


def placed(case: str, marker: str, module: str = "") -> tuple[str, int]:
    """Return the text of a case and the line of its marker."""
    line = case[: case.index("@HERE")].count("\n") + 1
    text = re.sub(r"@HERE:?(.*?)@", lambda match: marker.replace("NAME", match[1]), case)
    return text.replace("@MODULE@", module), line


def extension(title: str) -> str:
    return ".cpp" if any(word in title for word in CPLUSPLUS_ONLY) else ".c"


@pytest.mark.parametrize("title", LINE_CASES)
def test_the_compiler_names_the_users_line(title: str, tmp_path: Path) -> None:
    text, line = placed(LINE_CASES[title], "int hereNAME = no_such_name;")
    path = tmp_path / ("lines" + extension(title))
    path.write_text(text)
    (tmp_path / "three.mako").write_text("int one;\nint two;\nint three;\n")
    with pytest.raises(BuildError) as caught:
        cppmagic.imp_from_filepath(path)
    first = caught.value.diagnostics[0]
    assert "no_such_name" in first.message
    assert (first.file, first.line) == (str(path), line)
    assert first.source_line == text.split("\n")[line - 1]
    assert {item.line for item in caught.value.diagnostics} == {line}


@pytest.mark.parametrize("title", LINE_CASES)
def test_the_line_macro_is_the_users_line_at_run_time(title: str, tmp_path: Path) -> None:
    marker = "static long hereNAME = __LINE__;"
    text, line = placed(LINE_CASES[title], marker, c_module("lines", "here"))
    path = tmp_path / ("lines" + extension(title))
    path.write_text(text)
    (tmp_path / "three.mako").write_text("int one;\nint two;\nint three;\n")
    assert cppmagic.imp_from_filepath(path).value() == line


@pytest.mark.parametrize(
    "part",
    ["int a;\n@HERE@\n", BLOCK + "@HERE@\n", "% for i in range(3):\nint a${i};\n% endfor\n@HERE@"],
)
def test_an_error_in_an_included_template_names_that_file_and_line(
    part: str, tmp_path: Path
) -> None:
    text, line = placed(part, "int here = no_such_name;")
    included = tmp_path / "parts" / "part.mako"
    included.parent.mkdir()
    included.write_text(text)
    path = tmp_path / "lines.c"
    path.write_text('\n\nint before;\n<%include file="parts/part.mako"/>\nint after = also_not;\n')
    with pytest.raises(BuildError) as caught:
        cppmagic.imp_from_filepath(path)
    places = [(item.file, item.line) for item in caught.value.diagnostics if item.is_error]
    assert places == [(str(included), line), (str(path), 5)]
    assert caught.value.diagnostics[0].source_line == "int here = no_such_name;"


def test_the_file_macro_and_assert_show_the_files_own_name(tmp_path: Path) -> None:
    text = c_module("named", "0").replace("PyLong_FromLong(0)", "PyUnicode_FromString(__FILE__)")
    (tmp_path / "named.c").write_text(BLOCK + text)
    assert cppmagic.imp_from_filepath(tmp_path / "named.c").value() == "named.c"


@pytest.mark.parametrize("title", ["block in the middle", "after a loop", "after a raw string"])
def test_lines_are_right_in_a_file_from_windows(title: str, tmp_path: Path) -> None:
    text, line = placed(LINE_CASES[title], "static long here = __LINE__;", c_module("win", "here"))
    path = tmp_path / ("win" + extension(title))
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert cppmagic.imp_from_filepath(path).value() == line


def test_a_file_name_with_quotes_and_backslashes_does_not_break_lines(tmp_path: Path) -> None:
    path = tmp_path / 'odd " \\ name.c'
    path.write_text(BLOCK + "int a = no_such_name;\n")
    with pytest.raises(BuildError) as caught:
        cppmagic.imp_from_filepath(path, "odd")
    first = caught.value.diagnostics[0]
    assert (first.file, first.line) == (str(path), 5)


def test_text_that_looks_like_a_template_but_is_none_stays_as_it_is(tmp_path: Path) -> None:
    text = '// 100 % sure, $x {y} # z\nconst char *s = "a%db $ ##";\nint m = 7 %\n 3;\n'
    assert without_directives(rendered(tmp_path, text).text) == text


# Templates that fail


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("int x;\n<%\nraise ValueError('my reason')\n%>", 3, "ValueError: my reason"),
        ("<%\na = 1\nb = a / 0\n%>\nint x;", 3, "ZeroDivisionError: division by zero"),
        ("int x;\nint y = ${1 / 0};\n", 2, "ZeroDivisionError: division by zero"),
        ("int x;\n% for i in range(3):\nint ${i + 'a'};\n% endfor", 3, "TypeError: unsupported"),
        ("int x;\n\n% for i in 3:\n% endfor", 3, "TypeError: 'int' object is not iterable"),
        ("int x;\nint ${undefined_name};\n", 2, "undefined_name"),
        ("int x;\n<%\nprint(undefined_name)\n%>", 3, "undefined_name"),
        ("int x;\n<% def broken(: %>", 2, "invalid syntax"),
        ("int x;\n<%\na = 1\nb = = 2\n%>", 4, "rendered: SyntaxError: invalid syntax"),
        ("int x;\n% for i in range(3):\nint a;\n", 2, "for"),
        ("int x;\n\n% endfor\n", 3, "endfor"),
        ("int x;\n<%\na = 1\n", 2, "Expected: %>"),
        ("int x;\n${1 + }\n", 2, "invalid syntax"),
        ("int x;\n<%nosuchtag/>\n", 2, "nosuchtag"),
        ("int x;\n<%include file='nowhere.mako'/>\n", 2, "nowhere.mako"),
        ("<%\nimport no_such_package\n%>\nint x;", 2, "No module named 'no_such_package'"),
    ],
)
def test_a_template_error_names_the_templates_line_and_pythons_message(
    text: str, line: int, message: str, tmp_path: Path
) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(tmp_path, text)
    assert caught.value.line == line
    first, *rest = str(caught.value).split("\n")
    assert first.startswith(f"{tmp_path / 'x.c'}:{line}: the template cannot be rendered: ")
    assert message in first
    assert "<unknown>" not in first
    assert rest[0].endswith(f"| {text.split(chr(10))[line - 1]}")


def test_an_error_in_an_included_template_names_the_included_file(tmp_path: Path) -> None:
    (tmp_path / "part.mako").write_text("int a;\n\n${1 / 0}\n")
    with pytest.raises(TemplateError) as caught:
        rendered(tmp_path, 'int x;\n<%include file="part.mako"/>\n')
    assert f"{tmp_path / 'part.mako'}:3: " in str(caught.value)
    assert "ZeroDivisionError" in str(caught.value)


def test_an_included_template_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "part.mako").write_bytes(b"int a;\n// caf\xe9\n")
    with pytest.raises(SourceError, match=r"part\.mako.*(?i:utf-8)"):
        rendered(tmp_path, 'int x;\n<%include file="part.mako"/>\n')


@pytest.mark.parametrize("file", ["nowhere.mako", "../up.mako", "/nowhere/part.mako"])
def test_an_include_that_cannot_be_found_is_named(file: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(tmp_path, f'int x;\n<%include file="{file}"/>\n')
    assert file.lstrip("/") in str(caught.value).split("\n")[0]
    assert caught.value.line == 2
    assert "in a C++ string" not in str(caught.value)


def test_a_line_that_begins_with_a_percent_sign_gets_advice(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="A line that begins with % is Mako's") as caught:
        rendered(tmp_path, "int x = 7\n    % 3;\n")
    assert caught.value.line == 2


def test_a_missing_part_of_a_helper_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"x\.c:3: pkg-config cannot give .*no_such_package"):
        rendered(tmp_path, "int x;\n<%\npkg_config(cfg, 'no_such_package')\n%>")


def test_a_template_that_fails_leaves_the_module_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "steady.c"
    path.write_text(c_module("steady", 1))
    module = cppmagic.imp_from_filepath(path)
    path.write_text(c_module("steady", 2) + "<% 1 / 0 %>")
    with pytest.raises(TemplateError, match="division by zero"):
        cppmagic.imp_from_filepath(path)
    assert module.value() == 1


# What is rendered again


@pytest.mark.parametrize(
    ("text", "reusable"),
    [
        ("int x;", True),
        (BLOCK, True),
        ("<% setup_pybind11(cfg) %>", True),
        ("<% setup_openmp(cfg) %>", True),
        ("% for i in range(3):\nint a${i};\n% endfor", True),
        ("${fullname}", True),
        ("<%\nimport os\nx = os.environ.get('A')\n%>", False),
        ("<%!\nimport os\n%>\n${os.getcwd()}", False),
        ("<% x = __import__('os') %>", False),
        ("<% x = open %>", False),
        ("<% cfg.__class__ %>", False),
        ("<% getattr(cfg, 'freeze') %>", False),
        ("<% x = eval('1') %>", False),
        ("<% exec('y = 1') %>", False),
        ("${filepath}", False),
        ("<% x = pkg_config %>", False),
    ],
)
def test_only_what_depends_on_its_text_alone_is_reusable(
    text: str, reusable: bool, tmp_path: Path
) -> None:
    assert rendered(tmp_path, text + "\nint y;").reusable is reusable


def test_a_block_that_reads_the_environment_is_rendered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_python: Script
) -> None:
    block = "<%\nimport os\ncfg['extra_compile_args'] = ['-DV=' + os.environ['V']]\n%>\n"
    path = tmp_path / "environment.c"
    path.write_text(block + c_module("environment", "V"))
    script = f"import cppmagic; print(cppmagic.imp_from_filepath({str(path)!r}).value())"
    monkeypatch.setenv("V", "1")
    module = cppmagic.imp_from_filepath(path)
    assert module.value() == 1
    monkeypatch.setenv("V", "2")
    assert cppmagic.imp_from_filepath(path).value() == 2
    assert run_python(script, V="3").stdout == "3\n"
    assert run_python(script, V="1").stdout == "1\n"


@pytest.mark.parametrize(
    # Names that no other test has: this is about the first build and the next.
    ("name", "text"),
    [
        ("pure.c", BLOCK + c_module("pure", "A", "<% cfg['libraries'] += ['m'] %>\n")),
        ("of_plain_c.c", c_module("of_plain_c")),
        ("pure_binding.cpp", "<% setup_pybind11(cfg) %>\n" + pybind11_module("pure_binding")),
    ],
)
def test_a_cached_import_needs_neither_mako_nor_setuptools(
    name: str, text: str, project: Path, run_python: Script
) -> None:
    (project / name).write_text(text)
    script = """
        import sys
        sys.path.insert(0, sys.argv[1])
        import cppmagic
        cppmagic.imp(sys.argv[2])
        heavy = "mako setuptools pybind11 filelock platformdirs IPython subprocess".split()
        print(*[name for name in heavy if name in sys.modules])
    """
    stem = name.partition(".")[0]
    first = run_python(script, str(project), stem)
    assert first.stderr == ""
    assert "setuptools" in first.stdout
    cached = run_python(script, str(project), stem)
    assert (cached.stdout, cached.stderr) == ("\n", "")


def test_an_included_template_that_changes_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "including.c"
    path.write_text('<%include file="part.mako"/>\n' + c_module("including", "PART"))
    (tmp_path / "part.mako").write_text("#define PART 1\n")
    assert cppmagic.imp_from_filepath(path).value() == 1
    (tmp_path / "part.mako").write_text("#define PART 2\n")
    assert cppmagic.imp_from_filepath(path).value() == 2
