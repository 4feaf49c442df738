"""Which compiler builds, and what is said when there is none."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from conftest import Script, pybind11_module

import cppmagic

MODULE = """\
// cppmagic
#include <Python.h>
#ifdef __cplusplus
#define LANGUAGE "c++"
#else
#define LANGUAGE "c"
#endif
#ifdef __clang__
#define KIND "clang"
#else
#define KIND "gcc"
#endif
static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "{name}", "", -1, 0}};
PyMODINIT_FUNC PyInit_{name}(void) {{
    PyObject *module = PyModule_Create(&definition);
    PyModule_AddStringConstant(module, "built", KIND " " LANGUAGE);
    PyModule_AddStringConstant(module, "version", __VERSION__);
    return module;
}}
"""
IMPORT = """\
import sys
sys.path.insert(0, sys.argv[1])
import cppmagic
module = cppmagic.imp(sys.argv[2])
print(module.built, module.version, sep="; ")
"""

needs_clang = pytest.mark.skipif(not shutil.which("clang++"), reason="clang is not installed")
needs_gcc = pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
needs_zig = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed"
)

Build = Callable[[str], ModuleType]


@pytest.fixture
def build(project: Path) -> Build:
    """Import a module of this file name that knows how it was built."""

    def run(file_name: str) -> ModuleType:
        path = project / file_name
        path.write_text(MODULE.format(name=path.stem))
        return cppmagic.imp_from_filepath(path)

    return run


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has no compiler."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    return {"PATH": str(nothing)}


@pytest.fixture
def no_zig(tmp_path: Path) -> dict[str, str]:
    """An environment in which `ziglang` is a module, so that the package is not found behind it."""
    place = tmp_path / "hiding"
    place.mkdir()
    (place / "ziglang.py").write_text("")
    known = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(place), *([known] if known else [])])}


# By environment variables


@needs_gcc
def test_by_default_each_file_is_built_in_its_language(build: Build) -> None:
    assert build("first.c").built.endswith(" c")
    assert build("second.cpp").built.endswith(" c++")


@needs_clang
@pytest.mark.parametrize(
    ("variables", "c", "cpp"),
    [
        ({"CC": "clang", "CXX": "clang++"}, "clang c", "clang c++"),
        ({"CC": "clang"}, "clang c", "clang c++"),
        ({"CXX": "clang++"}, "clang c", "clang c++"),
        ({"CC": "gcc", "CXX": "clang++"}, "gcc c", "clang c++"),
        ({"CC": "clang", "CXX": "g++"}, "clang c", "gcc c++"),
        ({"CC": "gcc -m64"}, "gcc c", "gcc c++"),
        ({"CXX": "env clang++ -DX=1"}, "clang c", "clang c++"),
        ({"CC": "/usr/bin/env clang"}, "clang c", "clang c++"),
    ],
)
def test_cc_and_cxx_name_the_compilers_and_one_gives_the_other(
    build: Build, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], c: str, cpp: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert build("one.c").built == c
    assert build("two.cpp").built == cpp


def test_a_compiler_in_the_environment_that_is_not_there_is_an_error(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-c++")
    with pytest.raises(cppmagic.ToolchainError, match=r"CXX .*'no-such-c\+\+'"):
        build("absent.cpp")
    monkeypatch.setenv("CC", "no-such-cc")
    with pytest.raises(cppmagic.ToolchainError, match=r"CC .*'no-such-cc'"):
        build("absent.c")


def test_a_missing_cc_is_named_when_it_would_give_the_c_plus_plus_compiler(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-cc")
    with pytest.raises(cppmagic.ToolchainError, match=r"CC .*'no-such-cc'"):
        build("absent.cpp")


# By the setting and in the file


@needs_clang
@needs_gcc
@pytest.mark.parametrize(
    ("compiler", "kind"),
    [
        ("g++", "gcc"),
        ("gcc", "gcc"),
        ("g++ -m64", "gcc"),
        ("clang++", "clang"),
        ("clang", "clang"),
        (shutil.which("clang++") or "", "clang"),
        ("env clang++", "clang"),
    ],
)
def test_the_setting_takes_a_name_a_path_and_a_command_line(
    build: Build, monkeypatch: pytest.MonkeyPatch, compiler: str, kind: str
) -> None:
    other = ("gcc", "g++") if kind == "clang" else ("clang", "clang++")
    monkeypatch.setenv("CC", other[0])
    monkeypatch.setenv("CXX", other[1])
    cppmagic.settings.compiler = compiler
    assert build("one.c").built == f"{kind} c"
    assert build("two.cpp").built == f"{kind} c++"


@needs_gcc
def test_the_words_of_a_command_line_are_passed_on(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "cppmagic")
    cppmagic.settings.compiler = "g++ -DPASSED=1"
    build("passed.cpp")
    commands = [r.getMessage() for r in caplog.records if " -c passed.cpp" in r.getMessage()]
    assert len(commands) == 1
    assert commands[0].startswith("g++ -DPASSED=1 ")


@needs_gcc
def test_a_path_may_have_spaces(build: Build, tmp_path: Path) -> None:
    place = tmp_path / "my tools"
    place.mkdir()
    for name in ("gcc", "g++"):
        (place / name).symlink_to(shutil.which(name) or "")
    cppmagic.settings.compiler = str(place / "g++")
    assert build("one.c").built == "gcc c"
    assert build("two.cpp").built == "gcc c++"


@needs_clang
def test_the_files_own_block_wins_over_the_setting(build: Build, project: Path) -> None:
    cppmagic.settings.compiler = "g++"
    text = MODULE.format(name="own") + "// <% cfg['compiler'] = 'clang++' %>\n"
    (project / "own.cpp").write_text(text)
    assert cppmagic.imp("own").built == "clang c++"


@needs_clang
@needs_gcc
def test_another_compiler_is_another_artifact(
    build: Build, own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cppmagic")
    for compiler, kind in (("g++", "gcc"), ("clang++", "clang")):
        cppmagic.settings.compiler = compiler
        assert build("both.cpp").built == f"{kind} c++"
    assert len(list((own_cache / "v1" / "artifacts").glob("*/*"))) == 2
    caplog.clear()
    cppmagic.settings.compiler = "g++"
    assert build("both.cpp").built == "gcc c++"
    assert caplog.text == ""


@needs_clang
@needs_gcc
def test_a_compiler_that_was_replaced_builds_again(build: Build, tmp_path: Path) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text('#!/bin/sh\nexec gcc "$@"\n')
    compiler.chmod(0o755)
    cppmagic.settings.compiler = str(compiler)
    assert build("upgraded.c").built == "gcc c"
    compiler.write_text('#!/bin/sh\nexec clang "$@"\n')
    assert build("upgraded.c").built == "clang c"


@needs_clang
def test_pybind11_builds_with_clang(project: Path) -> None:
    cppmagic.settings.compiler = "clang++"
    text = pybind11_module(
        "clanged",
        'py::class_<Point>(m, "Point").def(py::init<>()).def_readwrite("x", &Point::x);'
        'm.def("fail", [] { throw std::invalid_argument("as asked"); });'
        'm.attr("kind") = __VERSION__;',
        "#include <stdexcept>\nstruct Point { int x = 5; };",
    )
    (project / "clanged.cpp").write_text(text)
    clanged = cppmagic.imp("clanged")
    assert clanged.Point().x == 5
    assert "lang" in clanged.kind
    with pytest.raises(ValueError, match="as asked"):
        clanged.fail()


# What is not there


def test_an_unknown_compiler_is_named_with_those_that_were_found(build: Build) -> None:
    cppmagic.settings.compiler = "icpc -O2"
    with pytest.raises(cppmagic.ToolchainError) as caught:
        build("unknown.cpp")
    assert isinstance(caught.value, ImportError)
    message = str(caught.value)
    assert "'icpc -O2'" in message
    for name in ("g++", "clang++"):
        assert (name in message) == bool(shutil.which(name))
    assert "zig" in message


@pytest.mark.parametrize("compiler", ["/no/such/place/g++", "'", "   ", "/"])
def test_a_setting_that_names_no_program_is_an_error_of_ours(build: Build, compiler: str) -> None:
    cppmagic.settings.compiler = compiler
    with pytest.raises(cppmagic.CppmagicError) as caught:
        build("nonsense.cpp")
    assert repr(compiler) in str(caught.value)


@pytest.mark.parametrize("variable", ["CC", "CXX", "CFLAGS", "LDFLAGS"])
def test_a_variable_that_is_no_command_line_is_named(
    build: Build, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "-DX='unfinished")
    with pytest.raises(cppmagic.ToolchainError, match=f"{variable} in the environment"):
        build("unfinished.cpp" if variable == "CXX" else "unfinished.c")


def test_a_compiler_that_does_not_run_says_what_it_said(build: Build, tmp_path: Path) -> None:
    compiler = tmp_path / "sick"
    compiler.write_text("#!/bin/sh\necho no licence today >&2\nexit 3\n")
    compiler.chmod(0o755)
    cppmagic.settings.compiler = str(compiler)
    with pytest.raises(cppmagic.ToolchainError, match="no licence today") as caught:
        build("sickly.cpp")
    assert str(compiler) in str(caught.value)


def test_without_any_compiler_the_error_says_which_command_gets_one(
    project: Path, run_python: Script, own_cache: Path, bare: dict[str, str], no_zig: dict[str, str]
) -> None:
    (project / "lost.cpp").write_text(MODULE.format(name="lost"))
    done = run_python(IMPORT, str(project), "lost", **bare, **no_zig)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("cppmagic.errors.ToolchainError: no C++ compiler was found")
    assert last.endswith(f"{sys.executable} -m pip install 'cppmagic[zig]'")
    assert "No module named" not in last


def test_without_a_compiler_the_platforms_package_manager_is_named(
    project: Path, run_python: Script, own_cache: Path, bare: dict[str, str], no_zig: dict[str, str]
) -> None:
    (project / "lost.cpp").write_text(MODULE.format(name="lost"))
    manager = Path(bare["PATH"], "dnf")
    manager.write_text("#!/bin/sh\n")
    manager.chmod(0o755)
    done = run_python(IMPORT, str(project), "lost", **bare, **no_zig)
    assert "Install one: sudo dnf install gcc-c++" in done.stderr


def test_zig_that_is_asked_for_and_missing_says_how_to_get_it(
    project: Path, run_python: Script, no_zig: dict[str, str]
) -> None:
    (project / "zagged.c").write_text(MODULE.format(name="zagged"))
    done = run_python(IMPORT, str(project), "zagged", CPPMAGIC_COMPILER="zig", **no_zig)
    last = done.stderr.splitlines()[-1]
    assert "'zig'" in last
    assert last.endswith(f"{sys.executable} -m pip install 'cppmagic[zig]' gets it")


# zig, the compiler in a wheel


@needs_zig
def test_zig_by_name(build: Build) -> None:
    cppmagic.settings.compiler = "zig"
    zigged = build("zigged.c")
    assert zigged.built == "clang c"
    assert "Clang" in zigged.version


@needs_zig
def test_zig_is_chosen_when_there_is_no_other(
    project: Path, run_python: Script, own_cache: Path, bare: dict[str, str]
) -> None:
    (project / "rescued.c").write_text(MODULE.format(name="rescued"))
    done = run_python(IMPORT, str(project), "rescued", **bare)
    assert done.stdout.startswith("clang c; "), done.stderr
    again = run_python(IMPORT, str(project), "rescued", **bare, CPPMAGIC_JOBS="1")
    assert again.stdout == done.stdout


@needs_zig
@needs_gcc
def test_a_system_compiler_is_preferred_to_zig(build: Build) -> None:
    from cppmagic import cache
    from cppmagic.toolchain.compilers import available_compilers, find_compiler

    assert "zig" in available_compilers()
    assert not find_compiler(None, "c++", cache.current()).is_zig
    assert not find_compiler(None, "c", cache.current()).is_zig
