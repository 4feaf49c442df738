"""Real modules of every kind, with every compiler that is here."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import Script, c_module, pybind11_module

import cppmagic
from cppmagic import BuildError, ConfigError, ToolchainError, pipeline, settings
from cppmagic.cache import Artifact
from cppmagic.config import BuildConfig
from cppmagic.source import from_file

COMPILERS = [
    pytest.param(
        name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"{name} is not installed")
    )
    for name in ("g++", "clang++")
]
ZIG = pytest.param(
    "zig",
    marks=pytest.mark.skipif(
        importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed"
    ),
)
SLOW_ZIG = pytest.param("zig", marks=[*ZIG.marks, pytest.mark.slow])


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def block(*lines: str) -> str:
    return "<%\n" + "\n".join(lines) + "\n%>\n"


def shared_library(path: Path, code: str) -> None:
    source = write(path.with_suffix(".c"), code)
    subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", path], check=True)
    source.unlink()


def obtain(path: Path, **options: object) -> Artifact:
    return pipeline.obtain(from_file(path), BuildConfig(**options))  # type: ignore[arg-type]


# Kinds of modules


@pytest.mark.parametrize("compiler", [*COMPILERS, ZIG])
@pytest.mark.parametrize("extension", [".c", ".cpp"])
def test_a_raw_extension(compiler: str, extension: str, tmp_path: Path) -> None:
    settings.compiler = compiler
    path = write(tmp_path / f"raw{extension}", c_module("raw", "'a'"))
    module = cppmagic.imp_from_filepath(path)
    assert module.value() == 97
    assert (module.__doc__, module.value.__doc__) == ("A module.", "the value")


@pytest.mark.parametrize("compiler", [*COMPILERS, SLOW_ZIG])
def test_a_pybind11_module(compiler: str, tmp_path: Path) -> None:
    settings.compiler = compiler
    body = (
        'm.doc() = "Shapes."; m.def("area", &area, py::arg("s"), "The area.");'
        'm.def("fail", [] { throw std::out_of_range("too far"); });'
        'py::class_<Square>(m, "Square").def(py::init<double>())'
        '.def_readwrite("side", &Square::side);'
    )
    before = (
        "struct Square { double side; explicit Square(double s) : side(s) {} };\n"
        "static double area(const Square &s) { return s.side * s.side; }\n"
    )
    path = write(tmp_path / "shapes.cpp", pybind11_module("shapes", body, before))
    module = cppmagic.imp_from_filepath(path)
    assert module.area(s=module.Square(3)) == 9.0
    assert module.__doc__ == "Shapes."
    with pytest.raises(IndexError, match="too far"):
        module.fail()
    with pytest.raises(TypeError, match="incompatible function arguments"):
        module.area("3")
    assert obtain(path).warnings == ""


@pytest.mark.parametrize("compiler", [*COMPILERS, ZIG])
@pytest.mark.parametrize(
    "config",
    [
        ("cfg['std'] = 'c++20'",),
        ("cfg['std'] = 'c11'",),
        ("cfg['extra_compile_args'] = ['-std=c++20']",),
        ("cfg['std'] = '20'", "cfg['parallel'] = True"),
    ],
    ids=["c++20", "c11", "argument", "number"],
)
@pytest.mark.parametrize("extension", [".c", ".cpp"])
def test_c_and_cplusplus_sources_mix(
    extension: str, config: tuple[str, ...], compiler: str, tmp_path: Path
) -> None:
    if config[0].endswith("'20'") and extension == ".c":
        config = ("cfg['std'] = '17'", *config[1:])
    settings.compiler = compiler
    declare = '#ifdef __cplusplus\nextern "C"\n#endif\nint {0}(void);\n'
    head = block("cfg['sources'] = ['more/one.c', 'two.cpp']", *config)
    text = head + declare.format("one") + declare.format("two") + c_module("mixed", "one() + two()")
    path = write(tmp_path / f"mixed{extension}", text)
    write(tmp_path / "more" / "one.c", '#include "own.h"\nint one(void) { return OWN; }')
    write(tmp_path / "more" / "own.h", "#define OWN 100")
    write(tmp_path / "two.cpp", 'extern "C" int two() { struct T { int a; }; return T{11}.a; }')
    assert cppmagic.imp_from_filepath(path).value() == 111


def test_sources_of_the_same_name_in_two_directories(tmp_path: Path) -> None:
    head = block("cfg['sources'] = ['a/part.c', 'b/part.c', 'b/same.c']")
    declarations = "int a(void); int b(void); int c(void);\n"
    path = write(tmp_path / "same.c", head + declarations + c_module("same", "a() + b() + c()"))
    write(tmp_path / "a" / "part.c", "int a(void) { return 1; }")
    write(tmp_path / "b" / "part.c", "int b(void) { return 10; }")
    write(tmp_path / "b" / "same.c", "int c(void) { return 100; }")
    assert cppmagic.imp_from_filepath(path).value() == 111


def test_a_quoted_include_looks_beside_the_file_first(tmp_path: Path) -> None:
    head = block("cfg['include_dirs'] = ['include']")
    path = write(tmp_path / "quoted.c", head + '#include "v.h"\n' + c_module("quoted", "V"))
    write(tmp_path / "v.h", "#define V 1")
    write(tmp_path / "include" / "v.h", "#define V 2")
    assert cppmagic.imp_from_filepath(path).value() == 1
    path.write_text(path.read_text().replace('"v.h"', "<v.h>"))
    assert cppmagic.imp_from_filepath(path).value() == 2


def test_a_source_that_is_missing_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.c", block("cfg['sources'] = ['nowhere.c']") + c_module("x"))
    with pytest.raises(ConfigError, match=rf"{tmp_path}/nowhere\.c in cfg does not exist"):
        cppmagic.imp_from_filepath(path)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("objects", "cfg['sources'] = ['lib/v.o', 'helper.c']"),
        ("archive", "cfg['sources'] = ['lib/libv.a', 'helper.c']"),
        (
            "by_name",
            "cfg['sources'] = ['helper.c']; cfg['libraries'] = ['v']; "
            "cfg['library_dirs'] = ['lib']",
        ),
        ("link_argument", "cfg['sources'] = ['helper.c']; cfg['extra_link_args'] = ['lib/libv.a']"),
    ],
)
def test_finished_objects_and_static_libraries_are_linked(
    name: str, config: str, tmp_path: Path
) -> None:
    path = write(tmp_path / f"{name}.c", block(config) + "int h(void);\n" + c_module(name, "h()"))
    write(tmp_path / "helper.c", "int v(void);\nint h(void) { return v() + 1; }")
    source = write(tmp_path / "lib" / "v.c", "int v(void) { return 41; }")
    subprocess.run(["gcc", "-fPIC", "-c", source, "-o", tmp_path / "lib" / "v.o"], check=True)
    archive = ["ar", "rcs", "libv.a", "v.o"]
    subprocess.run(archive, cwd=tmp_path / "lib", check=True)
    assert cppmagic.imp_from_filepath(path).value() == 42


def test_a_prebuilt_shared_library_is_found_in_a_new_process(
    tmp_path: Path, run_python: Script
) -> None:
    place = tmp_path / "a place" / "größe"
    place.mkdir(parents=True)
    shared_library(place / "libprebuilt.so", "int v(void) { return 43; }")
    config = block("cfg['libraries'] = ['prebuilt']", "cfg['library_dirs'] = ['a place/größe']")
    path = write(tmp_path / "linked.c", config + "int v(void);\n" + c_module("linked", "v()"))
    script = f"import cppmagic; print(cppmagic.imp_from_filepath({str(path)!r}).value())"
    for _ in range(2):  # built, then from the cache
        done = run_python(script, cwd=Path("/"), LD_LIBRARY_PATH="")
        assert (done.stdout, done.stderr) == ("43\n", "")
    assert cppmagic.imp_from_filepath(path).value() == 43


# Helpers


def test_setup_numpy(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    text = (
        block("setup_numpy(cfg)")
        + """\
#include <Python.h>
#include <numpy/arrayobject.h>
static long size(void) {
    npy_intp shape[] = {2, 3};
    if (_import_array() < 0) return -1;
    PyObject *array = PyArray_ZEROS(2, shape, NPY_DOUBLE, 0);
    long size = PyArray_SIZE((PyArrayObject *)array);
    Py_DECREF(array);
    return size;
}
"""
    )
    path = write(tmp_path / "with_numpy.c", text + c_module("with_numpy", "size()"))
    assert cppmagic.imp_from_filepath(path).value() == 6
    assert obtain(path).warnings == ""


NANOBIND = """\
// cppmagic
<% setup_nanobind(cfg) %>
#include <nanobind/nanobind.h>
namespace nb = nanobind;
struct Thing {{ {before} long value = {value}; }};
NB_MODULE(nano, m) {{
    nb::class_<Thing>(m, "Thing").def(nb::init<>()).def_rw("value", &Thing::value);
    m.def("read", [](const Thing &thing) {{ return thing.value; }});
}}
"""


def test_setup_nanobind_and_a_second_version_of_a_class(tmp_path: Path) -> None:
    pytest.importorskip("nanobind")
    path = write(tmp_path / "nano.cpp", NANOBIND.format(before="", value=1))
    module = cppmagic.imp_from_filepath(path)
    old_thing, old_read = module.Thing(), module.read
    assert module.read(old_thing) == 1
    path.write_text(NANOBIND.format(before="char pad[4096] = {};", value=2))
    assert cppmagic.imp_from_filepath(path) is module
    assert module.read(module.Thing()) == 2
    assert old_read(old_thing) == 1
    with pytest.raises(TypeError):
        module.read(old_thing)
    with pytest.raises(TypeError):
        old_read(module.Thing())


needs_pkg_config = pytest.mark.skipif(
    not shutil.which("pkg-config")
    or subprocess.run(["pkg-config", "--exists", "fftw3"], check=False).returncode != 0,
    reason="pkg-config or fftw3 is not installed",
)


@needs_pkg_config
def test_pkg_config(tmp_path: Path) -> None:
    text = "#include <fftw3.h>\n" + c_module("with_fftw", "fftw_alignment_of((double *)0)")
    path = write(tmp_path / "with_fftw.c", block("pkg_config(cfg, 'fftw3')") + text)
    assert cppmagic.imp_from_filepath(path).value() == 0


@needs_pkg_config
def test_pkg_config_follows_its_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = block("pkg_config(cfg, 'made_up')") + c_module("follows", "V")
    path = write(tmp_path / "follows.c", text)
    for value in (1, 2):
        place = tmp_path / f"pc{value}"
        write(
            place / "made_up.pc",
            f"Name: made_up\nDescription: x\nVersion: 1\nCflags: -DV={value} -I${{pcfiledir}}\n",
        )
        monkeypatch.setenv("PKG_CONFIG_PATH", str(place))
        assert cppmagic.imp_from_filepath(path).value() == value
    write(tmp_path / "pc2" / "made_up.pc", "Name: x\nDescription: x\nVersion: 1\nCflags: -DV=3\n")
    assert cppmagic.imp_from_filepath(path).value() == 3


@needs_pkg_config
def test_a_package_that_pkg_config_does_not_know_is_named(tmp_path: Path) -> None:
    text = block("pkg_config(cfg, 'fftw3', 'no_such_package')") + c_module("x")
    with pytest.raises(ConfigError, match=r"x\.c:2: .*no_such_package") as caught:
        cppmagic.imp_from_filepath(write(tmp_path / "x.c", text))
    assert "PKG_CONFIG_PATH" in str(caught.value)


@pytest.mark.parametrize("tool", ["no-such-pkg-config", "/nowhere/pkg-config --static"])
def test_a_missing_pkg_config_is_named(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PKG_CONFIG", tool)
    text = block("pkg_config(cfg, 'fftw3')") + c_module("x")
    with pytest.raises(ConfigError, match=f"{tool.split()[0]} is not installed") as caught:
        cppmagic.imp_from_filepath(write(tmp_path / "x.c", text))
    assert "apt install pkg-config" in str(caught.value)


@pytest.mark.parametrize("helper", ["setup_numpy", "setup_nanobind"])
def test_a_helper_whose_package_is_missing_says_how_to_install_it(
    helper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x.c", block(f"{helper}(cfg)") + c_module("x"))
    assert importlib.util.find_spec("mako")
    cppmagic.imp_from_filepath(write(tmp_path / "warm.c", block("a = 1") + c_module("warm")))
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "site-packages" not in p])
    name = helper.removeprefix("setup_")
    with pytest.raises(ConfigError, match=rf"x\.c:2: .*'{name}' is not installed") as caught:
        cppmagic.imp_from_filepath(path)
    assert f"-m pip install {name}" in str(caught.value)


def test_setup_openmp(tmp_path: Path) -> None:
    text = block("setup_openmp(cfg)") + "#include <omp.h>\n"
    text += "static int threads(void) { int n = 0;\n#pragma omp parallel num_threads(3)\n"
    text += "#pragma omp atomic\nn++;\nreturn n; }\n" + c_module("parallel", "threads()")
    settings.compiler = "g++"
    assert cppmagic.imp_from_filepath(write(tmp_path / "parallel.c", text)).value() == 3


@pytest.mark.skipif(
    not os.path.exists("/usr/include/boost/python.hpp"), reason="Boost.Python is not installed"
)
def test_boost_python_by_libraries(tmp_path: Path) -> None:
    library = f"boost_python{sys.version_info.major}{sys.version_info.minor}"
    if not list(Path("/usr/lib").glob(f"*/lib{library}.so")):
        pytest.skip(f"{library} is not installed: the distribution's Python is another one")
    text = block(f"cfg['libraries'] = [{library!r}]") + (
        "#include <boost/python.hpp>\nstatic int twice(int x) { return 2 * x; }\n"
        'BOOST_PYTHON_MODULE(boosted) { boost::python::def("twice", twice); }\n'
    )
    assert cppmagic.imp_from_filepath(write(tmp_path / "boosted.cpp", text)).twice(21) == 42


# Default flags, and how to change them

FACTS = """\
#ifdef __OPTIMIZE__
#define OPTIMIZED 1
#else
#define OPTIMIZED 0
#endif
#ifdef NDEBUG
#define ASSERTS 0
#else
#define ASSERTS 1
#endif
#ifdef __cplusplus
#define STANDARD __cplusplus
extern "C"
#else
#define STANDARD __STDC_VERSION__
#endif
int seen_from_outside(void) { return 1; }
"""


def facts(directory: Path, extension: str, **options: object) -> dict[str, int]:
    """Build a module and ask it, and the file, how it was built."""
    value = "STANDARD * 100 + OPTIMIZED * 10 + ASSERTS"
    path = write(directory / f"facts{extension}", FACTS + c_module("facts", value))
    artifact = obtain(path, **options)
    from cppmagic.modules.version import load

    number = load(artifact).module.value()
    sections = subprocess.run(
        ["readelf", "-S", "-W", artifact.library], capture_output=True, text=True, check=True
    )
    return {
        "standard": number // 100,
        "optimized": number // 10 % 10,
        "asserts": number % 10,
        "debug": int(".debug_info" in sections.stdout),
    }


@pytest.mark.parametrize("compiler", [*COMPILERS, ZIG])
def test_the_default_is_cplusplus_17_optimised_and_without_debug_information(
    compiler: str, tmp_path: Path
) -> None:
    found = facts(tmp_path, ".cpp", compiler=compiler)
    assert found.pop("standard") >= 201703
    assert found == {"optimized": 1, "asserts": 0, "debug": 0}
    found = facts(tmp_path, ".c", compiler=compiler)
    assert found.pop("standard") >= 199901
    assert found == {"optimized": 1, "asserts": 0, "debug": 0}


@pytest.mark.parametrize("compiler", [*COMPILERS, ZIG])
@pytest.mark.parametrize(
    ("extension", "options", "expected"),
    [
        (".cpp", {"std": "c++20"}, {"standard": 202002}),
        (".cpp", {"std": "20"}, {"standard": 202002}),
        (".cpp", {"std": "c++14"}, {"standard": 201402}),
        (".cpp", {"extra_compile_args": ("-std=c++14",)}, {"standard": 201402}),
        (".c", {"std": "c99"}, {"standard": 199901}),
        (".c", {"std": "11"}, {"standard": 201112}),
        (".c", {"std": "gnu11"}, {"standard": 201112}),
        (".c", {"optimize": "0"}, {"optimized": 0, "asserts": 0, "debug": 0}),
        (".c", {"optimize": "s"}, {"optimized": 1}),
        (".c", {"extra_compile_args": ("-O0",)}, {"optimized": 0}),
        (".c", {"debug": True}, {"debug": 1, "asserts": 1, "optimized": 1}),
        (".c", {"debug": True, "optimize": "0"}, {"debug": 1, "optimized": 0}),
        (".c", {"extra_compile_args": ("-g",)}, {"debug": 1, "asserts": 0}),
    ],
)
def test_standard_optimisation_and_debugging_are_as_asked(
    extension: str,
    options: dict[str, object],
    expected: dict[str, int],
    compiler: str,
    tmp_path: Path,
) -> None:
    found = facts(tmp_path, extension, compiler=compiler, **options)
    assert {name: found[name] for name in expected} == expected


def test_the_level_is_three_by_default(
    tmp_path: Path, own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "cppmagic"):
        obtain(write(tmp_path / "x.c", c_module("x")))
    (command,) = [line.split() for line in caplog.messages if " -c " in line]
    assert [word for word in command if re.match(r"-(O|g\d?$)", word)] == ["-O3"]


@pytest.mark.parametrize("compiler", [*COMPILERS, ZIG])
@pytest.mark.parametrize("extension", [".c", ".cpp"])
def test_only_the_init_function_is_visible(compiler: str, extension: str, tmp_path: Path) -> None:
    extra = ""
    if extension == ".cpp":
        extra = (
            "inline int count() { static int n = 0; return ++n; }\n"
            "template <class T> T &global() { static T t; return t; }\n"
            "int use() { return count() + global<int>(); }\n"
        )
    path = write(tmp_path / f"x{extension}", FACTS + c_module("x", "0", extra))
    library = obtain(path, compiler=compiler).library
    done = subprocess.run(
        ["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True
    )
    symbols = {line.split()[-1] for line in done.stdout.splitlines()}
    assert "PyInit_x" in symbols
    assert symbols <= {"PyInit_x", "_init", "_fini", "__bss_start", "_edata", "_end"}


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_new_version_does_not_go_on_with_the_statics_of_the_old_one(
    compiler: str, tmp_path: Path
) -> None:
    settings.compiler = compiler
    counter = (
        'template <class T> struct __attribute__((visibility("default"))) Counter {\n'
        "    static int next() { static int count = 0; return ++count; }\n};\n"
    )
    path = write(tmp_path / "counts.cpp", counter + c_module("counts", "Counter<int>::next()"))
    module = cppmagic.imp_from_filepath(path)
    assert [module.value(), module.value()] == [1, 2]
    write(path, counter + c_module("counts", "Counter<int>::next() + 10"))
    assert cppmagic.imp_from_filepath(path).value() == 11


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_users_code_gets_warnings_and_headers_of_others_none(
    compiler: str, tmp_path: Path
) -> None:
    text = "#include <Python.h>\n#include <pybind11/detail/common.h>\n" + (
        "static int f(int n) { int never_used = n; return n; }\n" + c_module("warned", "f(1)")
    )
    path = write(tmp_path / "warned.cpp", text)
    words = ("-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wold-style-cast")
    for flags in ((), words):
        warnings = obtain(path, compiler=compiler, extra_compile_args=flags).warnings
        assert f"{path}:3:" in warnings
        assert "never_used" in warnings
        places = re.findall(r"^\s*(\S+?):\d+:\d+: warning", warnings, re.MULTILINE)
        assert set(places) == {str(path)}


def test_warnings_of_the_users_own_headers_are_shown(tmp_path: Path) -> None:
    write(tmp_path / "mine.h", "static int g(int n) { int never_used = n; return n; }\n")
    path = write(tmp_path / "x.c", '#include "mine.h"\n' + c_module("x", "g(2)"))
    assert f"{tmp_path / 'mine.h'}:1:" in obtain(path).warnings


# Which compiler


def said(directory: Path) -> str:
    name = "CLANG ? 2 : 1"
    text = "#ifdef __clang__\n#define CLANG 1\n#else\n#define CLANG 0\n#endif\n"
    path = write(directory / "which.c", text + c_module("which", name))
    return {1: "gcc", 2: "clang"}[cppmagic.imp_from_filepath(path).value()]


needs_clang = pytest.mark.skipif(not shutil.which("clang++"), reason="clang++ is not installed")


@needs_clang
@pytest.mark.parametrize(
    ("variables", "setting", "expected"),
    [
        ({"CC": "clang"}, "", "clang"),
        ({"CXX": "clang++"}, "", "clang"),
        ({"CC": "gcc", "CXX": "clang++"}, "", "gcc"),
        ({"CC": "clang -O1"}, "", "clang"),
        ({"CC": "clang"}, "g++", "gcc"),
        ({}, "clang++", "clang"),
        ({}, "clang", "clang"),
        ({}, "env clang", "clang"),
        ({}, "env -u HOME g++", "gcc"),
        ({}, shutil.which("clang++") or "", "clang"),
    ],
)
def test_the_compiler_is_the_one_that_is_named(
    variables: dict[str, str],
    setting: str,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings.compiler = setting
    assert said(tmp_path) == expected


@needs_clang
def test_the_cells_own_compiler_goes_before_the_setting(tmp_path: Path) -> None:
    settings.compiler = "g++"
    text = block("cfg['compiler'] = 'clang++'") + "#ifndef __clang__\n#error\n#endif\n"
    path = write(tmp_path / "own.c", text + c_module("own", 1))
    assert cppmagic.imp_from_filepath(path).value() == 1


@pytest.mark.parametrize("name", ["no-such-compiler", "/nowhere/g++", "no-such-ccache g++"])
def test_a_compiler_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    settings.compiler = name
    with pytest.raises(ToolchainError, match=re.escape(f"'{name}' was asked for")) as caught:
        cppmagic.imp_from_filepath(write(tmp_path / "x.c", c_module("x", "987")))
    assert "found: g++" in str(caught.value)


def test_a_compiler_of_the_environment_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ToolchainError, match=r"CXX in .* names .*'no-such-compiler'"):
        cppmagic.imp_from_filepath(write(tmp_path / "x.cpp", c_module("x", "986")))


def test_a_program_that_is_no_compiler_is_named(tmp_path: Path) -> None:
    settings.compiler = "false"
    with pytest.raises(ToolchainError, match="the compiler false does not run"):
        cppmagic.imp_from_filepath(write(tmp_path / "x.c", c_module("x", "985")))


def without_compilers(script: str) -> str:
    """Return a script for a process in which no compiler is on PATH."""
    return f"import os, sys\nos.environ['PATH'] = '/nowhere'\n{script}"


@pytest.mark.skipif(*ZIG.marks[0].args, reason="ziglang is not installed")
def test_zig_is_taken_when_there_is_no_other_compiler(
    tmp_path: Path, run_python: Script, own_cache: Path
) -> None:
    path = write(tmp_path / "x.c", "#ifndef __clang__\n#error\n#endif\n" + c_module("x", "7"))
    script = f"import cppmagic; print(cppmagic.imp_from_filepath({str(path)!r}).value())"
    done = run_python(without_compilers(script))
    assert (done.stdout, done.stderr) == ("7\n", "")


def test_without_any_compiler_one_command_is_named_that_gets_one(
    tmp_path: Path, run_python: Script, own_cache: Path
) -> None:
    path = write(tmp_path / "x.c", c_module("x", "8"))
    # Stands before the real one on the path, and has no compiler in it.
    write(tmp_path / "empty" / "ziglang" / "__init__.py", "")
    script = f"import cppmagic; cppmagic.imp_from_filepath({str(path)!r})"
    done = run_python(without_compilers(script), PYTHONPATH=str(tmp_path / "empty"))
    last = done.stderr.splitlines()[-1]
    assert "no C++ compiler was found on PATH. Install one: " in last
    assert "pip install 'cppmagic[zig]'" in last


# What goes wrong when a library is loaded


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize(
    ("before", "value", "message"),
    [
        ("void nowhere(void);\n", "(nowhere(), 1)", "undefined symbol: nowhere"),
    ],
)
def test_an_undefined_symbol_at_load_says_what_to_link(
    before: str, value: str, message: str, compiler: str, tmp_path: Path
) -> None:
    settings.compiler = compiler
    path = write(tmp_path / "x.c", before + c_module("x", value))
    with pytest.raises(cppmagic.LoadError, match=message) as caught:
        cppmagic.imp_from_filepath(path)
    assert "the option -l" in str(caught.value)


def test_an_undefined_cplusplus_symbol_is_shown_as_it_was_written(tmp_path: Path) -> None:
    text = "namespace far { int away(double); }\n" + c_module("x", "far::away(1.0)")
    with pytest.raises(cppmagic.LoadError, match=r"undefined symbol: far::away\(double\)"):
        cppmagic.imp_from_filepath(write(tmp_path / "x.cpp", text))


def test_an_exception_in_the_initialisation_is_shown(tmp_path: Path) -> None:
    text = c_module("x").replace(
        "return PyModule_Create",
        'PyErr_SetString(PyExc_ValueError, "not today"); return 0; return PyModule_Create',
    )
    with pytest.raises(cppmagic.LoadError, match="ValueError: not today"):
        cppmagic.imp_from_filepath(write(tmp_path / "x.c", text))


def test_a_shared_library_that_is_gone_at_load_is_named(tmp_path: Path) -> None:
    shared_library(tmp_path / "libgone.so", "int v(void) { return 1; }")
    config = block("cfg['libraries'] = ['gone']", "cfg['library_dirs'] = ['.']")
    path = write(tmp_path / "x.c", config + "int v(void);\n" + c_module("x", "v()"))
    obtain(path)
    hidden = (tmp_path / "libgone.so").rename(tmp_path / "hidden")
    with pytest.raises((cppmagic.LoadError, BuildError), match="gone"):
        cppmagic.imp_from_filepath(path)
    hidden.rename(tmp_path / "libgone.so")
    assert cppmagic.imp_from_filepath(path).value() == 1


def test_the_library_has_this_pythons_suffix(tmp_path: Path) -> None:
    library = obtain(write(tmp_path / "x.c", c_module("x"))).library
    assert library.endswith("x" + sysconfig.get_config_var("EXT_SUFFIX"))
