"""A module is built again exactly when something that decides it has changed."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Script, c_module

import cppmagic
from cppmagic import BuildError, ConfigError, pipeline, settings
from cppmagic.cache import Artifact
from cppmagic.config import BuildConfig
from cppmagic.source import from_file

Use = Callable[[Path], tuple[int, int]]
Scenario = Callable[[Path, pytest.MonkeyPatch], Iterator[None]]

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def use(caplog: pytest.LogCaptureFixture) -> Use:
    """Import a file and return its value() and how many builds that took."""
    caplog.set_level(logging.INFO, logger="cppmagic")

    def import_and_count(path: Path) -> tuple[int, int]:
        caplog.clear()
        value = cppmagic.imp_from_filepath(path).value()
        builds = [r for r in caplog.records if r.getMessage().startswith("building ")]
        return value, len(builds)

    return import_and_count


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def module(before: str = "", value: str = "V", name: str = "x") -> str:
    return before + "\n" + c_module(name, value)


def block(*lines: str) -> str:
    return "<%\n" + "\n".join(lines) + "\n%>\n"


def static_library(path: Path, value: int, function: str = "v") -> None:
    """Make a static library (or, by the name, an object or a shared one) with one function."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.parent / "v_source.c"
    source.write_text(f"int {function}(void) {{ return {value}; }}\n")
    made = path if path.suffix == ".o" else path.with_suffix(".o")
    kind = ["-shared"] if path.suffix == ".so" else ["-c"]
    target = path if path.suffix == ".so" else made
    subprocess.run(["gcc", "-fPIC", *kind, source, "-o", target], check=True)
    if path.suffix == ".a":
        path.unlink(missing_ok=True)
        subprocess.run(["ar", "rcs", path, made], check=True)
        made.unlink()
    source.unlink()


# Each scenario makes x.c (or x.cpp) whose value is 1, stops, and then makes the value 2.


def the_text(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module(value="1"))
    yield
    write(here / "x.c", module(value="2"))


def the_config(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", block("cfg['extra_compile_args'] = ['-DV=1']") + module())
    yield
    write(here / "x.c", block("cfg['extra_compile_args'] = ['-DV=2']") + module())


def an_extra_source(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", block("cfg['sources'] = ['more/v.c']") + module("int v(void);", "v()"))
    write(here / "more" / "v.c", "int v(void) { return 1; }")
    yield
    write(here / "more" / "v.c", "int v(void) { return 2; }")


def a_header_of_an_extra_source(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", block("cfg['sources'] = ['more/v.c']") + module("int v(void);", "v()"))
    write(here / "more" / "v.c", '#include "v.h"\nint v(void) { return V; }')
    write(here / "more" / "v.h", "#define V 1")
    yield
    write(here / "more" / "v.h", "#define V 2")


def a_header(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module('#include "v.h"'))
    write(here / "v.h", "#define V 1\n")
    yield
    write(here / "v.h", "#define V 2\n")


def a_header_of_the_same_size_and_time(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from a_change_that_restores_size_and_time(here / "v.h", here, 0.0)


def a_settled_header_of_the_same_size_and_time(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    # Old enough that the status of the file is relied upon.
    yield from a_change_that_restores_size_and_time(here / "v.h", here, 2.1)


def a_change_that_restores_size_and_time(header: Path, here: Path, age: float) -> Iterator[None]:
    write(here / "x.c", module('#include "v.h"'))
    write(header, "#define V 1\n")
    while time.time() < header.stat().st_ctime + age:
        time.sleep(0.05)
    yield
    before = header.stat()
    with header.open("r+") as file:
        file.write("#define V 2\n")
    os.utime(header, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (header.stat().st_size, header.stat().st_mtime) == (before.st_size, before.st_mtime)


def a_header_that_is_replaced_by_a_rename(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module('#include "v.h"'))
    write(here / "v.h", "#define V 1\n")
    yield
    write(here / "v.new", "#define V 2\n").rename(here / "v.h")


def a_header_three_includes_deep(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module('#include "a/a.h"'))
    write(here / "a" / "a.h", '#include "../b/b.h"')
    write(here / "b" / "b.h", '#include "c.h"')
    write(here / "b" / "c.h", "#define V 1")
    yield
    write(here / "b" / "c.h", "#define V 2")


def a_header_from_a_directory_outside(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    outside = here.parent / "out side" / "größe"
    config = block(f"cfg['include_dirs'] = [{str(outside)!r}]")
    write(here / "x.c", config + module("#include <v.h>"))
    write(outside / "v.h", "#define V 1")
    yield
    write(outside / "v.h", "#define V 2")


def a_header_from_a_relative_directory(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", block("cfg['include_dirs'] = ['../relative']") + module("#include <v.h>"))
    write(here.parent / "relative" / "v.h", "#define V 1")
    yield
    write(here.parent / "relative" / "v.h", "#define V 2")


def a_header_behind_a_symbolic_link(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module('#include "v.h"'))
    write(here / "one.h", "#define V 1")
    write(here / "two.h", "#define V 2")
    (here / "v.h").symlink_to("one.h")
    yield
    (here / "v.h").unlink()
    (here / "v.h").symlink_to("two.h")


def an_included_template(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", '<%include file="v.mako"/>\n' + module())
    write(here / "v.mako", "#define V 1")
    yield
    write(here / "v.mako", "#define V 2")


def a_header_that_appears_earlier_on_the_path(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    dirs = block("cfg['include_dirs'] = ['early', 'late']")
    write(here / "x.c", dirs + module("#include <sub/v.h>"))
    (here / "early").mkdir()
    write(here / "late" / "sub" / "v.h", "#define V 1")
    yield
    write(here / "early" / "sub" / "v.h", "#define V 2")


def a_directory_that_appears_earlier_on_the_path(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    dirs = block("cfg['include_dirs'] = ['early', 'late']")
    write(here / "x.c", dirs + module("#include <v.h>"))
    write(here / "late" / "v.h", "#define V 1")
    yield
    write(here / "early" / "v.h", "#define V 2")


def a_header_that_appears_beside_the_source(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    write(here / "x.c", block("cfg['include_dirs'] = ['late']") + module('#include "v.h"'))
    write(here / "late" / "v.h", "#define V 1")
    yield
    write(here / "v.h", "#define V 2")


def a_header_that_appears_beside_its_includer(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    dirs = block("cfg['include_dirs'] = ['inner', 'late']")
    write(here / "x.c", dirs + module("#include <part/a.h>"))
    write(here / "inner" / "part" / "a.h", '#include "v.h"')
    write(here / "late" / "v.h", "#define V 1")
    yield
    write(here / "inner" / "part" / "v.h", "#define V 2")


def a_header_that_hides_one_of_the_compilers(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    write(here / "x.c", module("#include <fenv.h>\n#ifndef V\n#define V 1\n#endif"))
    yield
    write(here / "fenv.h", "#define V 2")


def the_order_of_include_directories(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    text = block("cfg['include_dirs'] = ['{}', '{}']") + module("#include <v.h>").replace("{", "{{")
    text = text.replace("}", "}}").replace("'{}}'", "'{}'")
    write(here / "one" / "v.h", "#define V 1")
    write(here / "two" / "v.h", "#define V 2")
    write(here / "x.c", text.format("one", "two"))
    yield
    write(here / "x.c", text.format("two", "one"))


def the_environments_cflags(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module())
    patch.setenv("CFLAGS", "-DV=1")
    yield
    patch.setenv("CFLAGS", "-DV=2")


def the_environments_cppflags(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module())
    patch.setenv("CPPFLAGS", "-DV=1")
    yield
    patch.setenv("CPPFLAGS", "-DV=2")


def the_environments_cxxflags(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.cpp", module())
    patch.setenv("CXXFLAGS", "-DV=1")
    yield
    patch.setenv("CXXFLAGS", "-DV=2")


def the_environments_include_path(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module("#include <v.h>"))
    write(here / "one" / "v.h", "#define V 1")
    write(here / "two" / "v.h", "#define V 2")
    patch.setenv("CPATH", str(here / "one"))
    yield
    patch.setenv("CPATH", str(here / "two"))


def a_header_on_the_environments_include_path(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    write(here / "x.c", module("#include <v.h>"))
    write(here / "one" / "v.h", "#define V 1")
    patch.setenv("C_INCLUDE_PATH", str(here / "one"))
    yield
    write(here / "one" / "v.h", "#define V 2")


def wrapper(path: Path, value: int) -> None:
    write(path, f'#!/bin/sh\nexec gcc -DV={value} "$@"\n').chmod(0o755)


def the_compiler_behind_a_path(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module())
    wrapper(here / "bin" / "wrapper", 1)
    settings.compiler = str(here / "bin" / "wrapper")
    yield
    wrapper(here / "bin" / "wrapper", 2)


def the_compiler_behind_a_path_with_its_time_kept(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    write(here / "x.c", module())
    wrapper(here / "bin" / "wrapper", 1)
    settings.compiler = str(here / "bin" / "wrapper")
    yield
    before = (here / "bin" / "wrapper").stat()
    wrapper(here / "bin" / "wrapper", 2)
    os.utime(here / "bin" / "wrapper", ns=(before.st_atime_ns, before.st_mtime_ns))


def the_compiler_that_the_path_gives(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.c", module())
    wrapper(here / "one" / "wrapper", 1)
    wrapper(here / "two" / "wrapper", 2)
    settings.compiler = "wrapper"
    path = os.environ["PATH"]
    patch.setenv("PATH", f"{here / 'one'}{os.pathsep}{path}")
    yield
    patch.setenv("PATH", f"{here / 'two'}{os.pathsep}{path}")


def a_header_that_appears_earlier_among_the_arguments(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    flags = [f"-I{here / 'early'}", "-isystem", f"{here / 'late'}"]
    write(here / "x.c", block(f"cfg['extra_compile_args'] = {flags}") + module("#include <v.h>"))
    (here / "early").mkdir()
    write(here / "late" / "v.h", "#define V 1")
    yield
    write(here / "early" / "v.h", "#define V 2")


def a_header_that_appears_earlier_in_the_environment(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    write(here / "x.c", module("#include <v.h>"))
    (here / "early").mkdir()
    write(here / "late" / "v.h", "#define V 1")
    patch.setenv("CPATH", f"{here / 'early'}{os.pathsep}{here / 'late'}")
    yield
    write(here / "early" / "v.h", "#define V 2")


def a_header_of_a_relative_argument(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    flags = ["-Iinclude", "-include", "forced.h"]
    write(here / "x.c", block(f"cfg['extra_compile_args'] = {flags}") + module("#include <w.h>"))
    write(here / "include" / "w.h", "#define V W")
    write(here / "forced.h", "#define W 1")
    yield
    write(here / "forced.h", "#define W 2")


def the_compiler_that_the_environment_names(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    write(here / "x.c", module("#ifdef __clang__\n#define V 2\n#else\n#define V 1\n#endif"))
    patch.setenv("CC", "gcc")
    yield
    patch.setenv("CC", "clang")


def a_library_in_library_dirs(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    config = block("cfg['libraries'] = ['v']", "cfg['library_dirs'] = ['lib']")
    write(here / "x.c", config + module("int v(void);", "v()"))
    static_library(here / "lib" / "libv.a", 1)
    yield
    static_library(here / "lib" / "libv.a", 2)


def a_library_that_appears_in_an_earlier_directory(
    here: Path, patch: pytest.MonkeyPatch
) -> Iterator[None]:
    config = block("cfg['libraries'] = ['v']", "cfg['library_dirs'] = ['early', 'late']")
    write(here / "x.c", config + module("int v(void);", "v()"))
    static_library(here / "late" / "libv.a", 1)
    yield
    static_library(here / "early" / "libv.a", 2)


def a_library_among_the_link_arguments(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    config = block("cfg['extra_link_args'] = ['lib/libv.a']")
    write(here / "x.c", config + module("int v(void);", "v()"))
    static_library(here / "lib" / "libv.a", 1)
    yield
    static_library(here / "lib" / "libv.a", 2)


def a_library_named_by_link_flags(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    config = block("cfg['linker_args'] = ['-Llib', '-lv']")
    write(here / "x.c", config + module("int v(void);", "v()"))
    static_library(here / "lib" / "libv.a", 1)
    yield
    static_library(here / "lib" / "libv.a", 2)


def a_response_file_for_the_compiler(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    flags = write(here / "flags.txt", "-DV=1")
    write(here / "x.c", block(f"cfg['extra_compile_args'] = ['@{flags}']") + module())
    yield
    write(flags, "-DV=2")


def a_response_file_for_the_linker(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    flags = write(here / "flags.txt", "one.o")
    write(
        here / "x.c", block("cfg['extra_link_args'] = ['@flags.txt']") + module("int v();", "v()")
    )
    static_library(here / "one.o", 1)
    static_library(here / "two.o", 2)
    yield
    write(flags, "two.o")


def an_object_among_the_sources(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    config = block("cfg['sources'] = ['v.o']")
    write(here / "x.c", config + module("int v(void);", "v()"))
    static_library(here / "v.o", 1)
    yield
    static_library(here / "v.o", 2)


def a_static_library_among_the_sources(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    config = block("cfg['sources'] = ['libv.a']")
    write(here / "x.c", config + module("int v(void);", "v()"))
    static_library(here / "libv.a", 1)
    yield
    static_library(here / "libv.a", 2)


def a_package_with_headers(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.cpp", module("#include <pybind11/pybind11.h>"))
    for number in (1, 2):
        package = here / f"site{number}" / "pybind11"
        write(package / "__init__.py", "")
        write(package / "include" / "pybind11" / "pybind11.h", f"#define V {number}")
    patch.syspath_prepend(str(here / "site1"))
    yield
    patch.syspath_prepend(str(here / "site2"))


def a_header_of_a_package(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    write(here / "x.cpp", module("#include <pybind11/pybind11.h>"))
    package = here / "site" / "pybind11"
    write(package / "__init__.py", "")
    write(package / "include" / "pybind11" / "pybind11.h", "#define V 1")
    patch.syspath_prepend(str(here / "site"))
    yield
    write(package / "include" / "pybind11" / "pybind11.h", "#define V 2")


def a_header_of_python(here: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another Python of the same version: its headers were patched."""
    paths = sysconfig.get_paths()
    headers = here / "python"
    shutil.copytree(paths["include"], headers)
    patch.setattr(
        sysconfig,
        "get_paths",
        lambda: {**paths, "include": str(headers), "platinclude": str(headers)},
    )
    write(here / "x.c", module(value="PATCHED"))
    version = headers / "patchlevel.h"
    text = version.read_text()
    version.write_text(text + "#define PATCHED 1\n")
    yield
    version.write_text(text + "#define PATCHED 2\n")


SCENARIOS = [
    *(the_text, the_config, an_extra_source, a_header_of_an_extra_source),
    *(a_header, a_header_of_the_same_size_and_time, a_settled_header_of_the_same_size_and_time),
    *(a_header_that_is_replaced_by_a_rename, a_header_three_includes_deep),
    *(a_header_from_a_directory_outside, a_header_from_a_relative_directory),
    *(a_header_behind_a_symbolic_link, an_included_template),
    *(a_header_that_appears_earlier_on_the_path, a_directory_that_appears_earlier_on_the_path),
    *(a_header_that_appears_beside_the_source, a_header_that_appears_beside_its_includer),
    *(a_header_that_hides_one_of_the_compilers, the_order_of_include_directories),
    *(the_environments_cflags, the_environments_cppflags, the_environments_cxxflags),
    *(the_environments_include_path, a_header_on_the_environments_include_path),
    *(a_header_that_appears_earlier_among_the_arguments, a_header_of_a_relative_argument),
    a_header_that_appears_earlier_in_the_environment,
    *(the_compiler_behind_a_path, the_compiler_behind_a_path_with_its_time_kept),
    *(the_compiler_that_the_path_gives, the_compiler_that_the_environment_names),
    *(a_library_in_library_dirs, a_library_that_appears_in_an_earlier_directory),
    *(a_library_among_the_link_arguments, a_library_named_by_link_flags),
    *(a_response_file_for_the_compiler, a_response_file_for_the_linker),
    *(an_object_among_the_sources, a_static_library_among_the_sources),
    *(a_package_with_headers, a_header_of_a_package, a_header_of_python),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_change_is_built_once(
    scenario: Scenario, tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    steps = scenario(here, monkeypatch)
    next(steps)
    (path,) = here.glob("x.c*")
    assert use(path) == (1, 1)
    assert use(path) == (1, 0)
    assert next(steps, None) is None
    importlib.invalidate_caches()
    assert use(path) == (2, 1)
    assert use(path) == (2, 0)


@pytest.mark.parametrize(
    "change", [the_text, the_config, a_header, a_header_of_an_extra_source, an_included_template]
)
def test_going_back_to_what_was_costs_no_build(
    change: Scenario, tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = change(tmp_path, monkeypatch)
    next(steps)
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert use(tmp_path / "x.c") == (1, 1)
    next(steps, None)
    assert use(tmp_path / "x.c") == (2, 1)
    for path, data in kept.items():
        if "own cache" not in path.parts:
            path.write_bytes(data)
    assert use(tmp_path / "x.c") == (1, 0)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize(
    "name",
    ["a b", "a#b", "a$b", "a$$b", "a:b", "a%b", "a=b", "a,b", "'a'", '"a"', "ä€"],
)
def test_a_header_and_a_library_in_an_oddly_named_directory(
    name: str, compiler: str, tmp_path: Path, use: Use
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    settings.compiler = compiler
    config = block(f"cfg['include_dirs'] = [{name!r}]", f"cfg['sources'] = [{name + '/s.c'!r}]")
    text = module("#include <v.h>\nint s(void);", "V + s()")
    path = write(tmp_path / name / "x.c", config + text)
    inner = path.parent / name
    write(inner / "v.h", "#define V 1")
    write(inner / "s.c", '#include "v.h"\nint s(void) { return V; }')
    assert use(path) == (2, 1)
    assert use(path) == (2, 0)
    write(inner / "v.h", "#define V 2")
    assert use(path) == (4, 1)


@pytest.mark.parametrize("name", ["a b", "a#b", "a$b", "a%b", "a=b", "a,b", "'a'", "ä€"])
def test_a_shared_library_in_an_oddly_named_directory_is_found(
    name: str, tmp_path: Path, use: Use
) -> None:
    config = block("cfg['libraries'] = ['v']", f"cfg['library_dirs'] = [{name!r}]")
    path = write(tmp_path / "x.c", config + module("int v(void);", "v()"))
    static_library(tmp_path / name / "libv.so", 6)
    assert use(path) == (6, 1)


@pytest.mark.parametrize(
    ("gone", "error"),
    [
        ("v.h", BuildError),
        ("v.c", ConfigError),
        ("libw.a", BuildError),
        ("x.c", cppmagic.SourceNotFoundError),
    ],
)
def test_a_file_that_is_gone_is_an_error_and_no_old_artifact_is_used(
    gone: str, error: type[Exception], tmp_path: Path, use: Use
) -> None:
    config = block(
        "cfg['sources'] = ['v.c']", "cfg['libraries'] = ['w']", "cfg['library_dirs'] = ['.']"
    )
    text = module('#include "v.h"\nint v(void), w(void);', "V + v() + w()")
    path = write(tmp_path / "x.c", config + text)
    write(tmp_path / "v.h", "#define V 1")
    write(tmp_path / "v.c", "int v(void) { return 1; }")
    static_library(tmp_path / "libw.a", 1, "w")
    assert use(path) == (3, 1)
    (tmp_path / gone).rename(tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(error):
            use(path)
    (tmp_path / "elsewhere").rename(tmp_path / gone)
    assert use(path) == (3, 0)


def test_a_changed_path_without_another_compiler_costs_no_build(
    tmp_path: Path, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x.c", module(value="1"))
    assert use(path) == (1, 1)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert use(path) == (1, 0)


def test_files_that_are_touched_but_not_changed_cost_no_build(tmp_path: Path, use: Use) -> None:
    config = block("cfg['sources'] = ['v.c']", "cfg['dependencies'] = ['data.txt']")
    path = write(tmp_path / "x.c", config + module('#include "v.h"\nint v(void);', "V + v()"))
    others = [
        write(tmp_path / "v.h", "#define V 1"),
        write(tmp_path / "v.c", "int v(void) { return 1; }"),
        write(tmp_path / "data.txt", "data"),
    ]
    assert use(path) == (2, 1)
    for file in (path, *others):
        os.utime(file, (1, 1))
        assert use(path) == (2, 0)
        file.write_bytes(file.read_bytes())
        assert use(path) == (2, 0)
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("own cache"))
    assert use(tmp_path / "copy" / "x.c") == (2, 0)


def test_files_that_nobody_reads_cost_no_build(tmp_path: Path, use: Use) -> None:
    config = block("cfg['include_dirs'] = ['inc']")
    path = write(tmp_path / "x.c", config + module("#include <v.h>"))
    write(tmp_path / "inc" / "v.h", "#define V 1\n#ifdef NEVER\n#include <w.h>\n#endif")
    assert use(path) == (1, 1)
    write(tmp_path / "inc" / "w.h", "#error never read")
    write(tmp_path / "other.c", "no C")
    assert use(path) == (1, 0)


def test_what_appears_later_on_the_path_costs_no_build(tmp_path: Path, use: Use) -> None:
    config = block("cfg['include_dirs'] = ['early', 'late']")
    path = write(tmp_path / "x.c", config + module("#include <v.h>"))
    write(tmp_path / "early" / "v.h", "#define V 1")
    assert use(path) == (1, 1)
    write(tmp_path / "late" / "v.h", "#define V 2")
    assert use(path) == (1, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (block("cfg['std'] = 'c11'", "cfg['libraries'] = ['m']"),) * 2,
        (
            block("cfg['std'] = 'c11'", "cfg['libraries'] = ['m']"),
            block("cfg['libraries'] = ['m']", "cfg['std'] = 'c11'"),
        ),
        (block("cfg['parallel'] = True"), block("cfg['parallel'] = False")),
        (block("cfg['compiler_args'] = ['-DA']"), block("cfg['extra_compile_args'] = ['-DA']")),
        (block("# one thing"), block("# another")),
    ],
)
def test_blocks_that_say_the_same_give_the_same_artifact(
    first: str, second: str, tmp_path: Path, use: Use
) -> None:
    path = write(tmp_path / "x.c", first + module(value="3"))
    assert use(path) == (3, 1)
    path.write_text(second + module(value="3"))
    assert use(path) == (3, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("one.txt", None),
        ("sub/größe one.txt", None),
        ("cfg['dependencies'] = ['1.2']", "cfg['dependencies'] = ['1.3']"),
        ("cfg['dependencies'] = ['1', '2']", "cfg['dependencies'] = ['12']"),
        ("cfg['dependencies'] = []", "cfg['dependencies'] = ['1.3']"),
    ],
)
def test_declared_dependencies_are_files_or_any_text(
    first: str, second: str | None, tmp_path: Path, use: Use
) -> None:
    config = f"cfg['dependencies'] = [{first!r}]" if second is None else first
    path = write(tmp_path / "x.c", block(config) + module("", "4"))
    if second is None:
        write(tmp_path / first, "content")
    assert use(path) == (4, 1)
    if second is None:
        write(tmp_path / first, "another")
    else:
        write(path, block(second) + module("", "4"))
    assert use(path) == (4, 1)
    assert use(path) == (4, 0)


def test_a_declared_file_that_comes_or_goes_is_seen(tmp_path: Path, use: Use) -> None:
    path = write(tmp_path / "x.c", block("cfg['dependencies'] = ['a.txt']") + module("", "4"))
    assert use(path) == (4, 1)
    write(tmp_path / "a.txt", "here")
    assert use(path) == (4, 1)
    (tmp_path / "a.txt").unlink()
    assert use(path) == (4, 0)  # as it was at first
    write(tmp_path / "a.txt", "here, and new")
    assert use(path) == (4, 1)


@pytest.mark.parametrize(
    "options",
    [
        {"extra_compile_args": ("-DA",)},
        {"optimize": "0"},
        {"std": "c11"},
        {"debug": True},
        {"libraries": ("m",)},
        {"extra_link_args": ("-Wl,-z,now",)},
        {"include_dirs": ("/nowhere",)},
        {"library_dirs": ("/nowhere",)},
        {"dependencies": ("2.0",)},
        {"compiler": "clang"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_each_option_makes_an_artifact_of_its_own(
    options: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = from_file(write(tmp_path / "x.c", module(value="1")))
    plain = pipeline.obtain(source)
    other = pipeline.obtain(source, BuildConfig(**options))
    assert other.fingerprint != plain.fingerprint
    with caplog.at_level(logging.INFO, "cppmagic"):
        assert pipeline.obtain(source, BuildConfig(**options)) == other
        assert pipeline.obtain(source) == plain
    assert caplog.messages == []


def obtained(directory: Path, cache: Path, text: str, options: BuildConfig) -> Artifact:
    settings.cache_dir = str(cache)
    config = block(
        "import os",
        "cfg['sources'] = ['sub/v.c']",
        "cfg['include_dirs'] = [os.path.join(os.path.dirname(filepath), 'inc')]",
    )
    path = write(directory / "x.c", config + text)
    write(directory / "sub" / "v.c", "#include <v.h>\nint v(void) { return V; }")
    write(directory / "inc" / "v.h", "static const char *where = __FILE__;\n#define V where[0]")
    return pipeline.obtain(from_file(path), options)


@pytest.mark.parametrize("flags", [(), ("-UNDEBUG", "-O0")], ids=["default", "assertions"])
def test_the_same_inputs_elsewhere_give_the_same_artifact_byte_for_byte(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    text = module("#include <assert.h>\nint v(void);", "(assert(v()), __FILE__[0])")
    options = BuildConfig(extra_compile_args=flags)
    one = obtained(tmp_path / "one", tmp_path / "cache one", text, options)
    two = obtained(tmp_path / "two" / "deep er", tmp_path / "cache two", text, options)
    assert one.library != two.library
    assert one.fingerprint == two.fingerprint
    assert Path(one.library).read_bytes() == Path(two.library).read_bytes()


def test_the_same_inputs_elsewhere_cost_no_build(tmp_path: Path) -> None:
    text = module("int v(void);", "v()")
    one = obtained(tmp_path / "one", tmp_path / "cache", text, BuildConfig())
    two = obtained(tmp_path / "two", tmp_path / "cache", text, BuildConfig())
    assert one == two


def test_debug_information_knows_its_own_directory(tmp_path: Path) -> None:
    text = module("int v(void);", "v()")
    for name in ("one", "two"):
        made = obtained(tmp_path / name, tmp_path / "cache", text, BuildConfig(debug=True))
        assert os.fsencode(tmp_path / name) in Path(made.library).read_bytes()


def test_force_builds_again_and_gives_the_same(tmp_path: Path, use: Use) -> None:
    path = write(tmp_path / "x.c", module(value="5"))
    assert use(path) == (5, 1)
    before = pipeline.obtain(from_file(path))
    cppmagic.force_rebuild()
    assert use(path) == (5, 1)
    assert use(path) == (5, 1)
    cppmagic.force_rebuild(False)
    assert use(path) == (5, 0)
    assert pipeline.obtain(from_file(path), force=True).fingerprint == before.fingerprint


def test_force_sees_a_change_that_nothing_else_shows(tmp_path: Path, use: Use) -> None:
    text = '#if __has_include("v.h")\n#define V 2\n#else\n#define V 1\n#endif'
    path = write(tmp_path / "x.c", module(text))
    assert use(path) == (1, 1)
    write(tmp_path / "v.h", "")
    settings.force_rebuild = True
    assert use(path) == (2, 1)
    settings.force_rebuild = False
    assert use(path) == (2, 0)


# Published means finished, and is never changed


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted((root / "v1" / "artifacts").rglob("*"))
        if path.is_file()
    }


def test_a_new_version_leaves_the_old_library_untouched(tmp_path: Path, own_cache: Path) -> None:
    path = write(tmp_path / "x.c", module(value="1"))
    cppmagic.imp_from_filepath(path)
    before = tree(own_cache)
    first = pipeline.obtain(from_file(path))
    inode = os.stat(first.library).st_ino
    path.write_text(module(value="2"))
    assert cppmagic.imp_from_filepath(path).value() == 2
    settings.force_rebuild = True
    assert cppmagic.imp_from_filepath(path).value() == 2
    assert before.items() <= tree(own_cache).items()
    assert os.stat(first.library).st_ino == inode
    assert len(tree(own_cache)) == 2 * len(before)


@pytest.mark.parametrize(
    "text", [module(value="no_such_name"), module("void nowhere(void);", "(nowhere(), 1)")]
)
def test_a_failed_build_leaves_nothing_and_changes_nothing(
    text: str, tmp_path: Path, own_cache: Path
) -> None:
    path = write(tmp_path / "x.c", module(value="1"))
    loaded = cppmagic.imp_from_filepath(path)
    before = tree(own_cache)
    path.write_text(block("cfg['extra_link_args'] = ['-Wl,-z,defs']") + text)
    for _ in range(2):
        with pytest.raises(BuildError):
            cppmagic.imp_from_filepath(path)
    assert loaded.value() == 1
    assert sys.modules["x"] is loaded
    assert tree(own_cache) == before
    assert list((own_cache / "v1" / "work").iterdir()) == []


def test_a_killed_builder_leaves_nothing_that_delays_the_next(
    tmp_path: Path, own_cache: Path, use: Use
) -> None:
    path = write(tmp_path / "x.c", module(value="6"))
    os.mkfifo(tmp_path / "started")
    os.mkfifo(tmp_path / "never")
    hanging = write(
        tmp_path / "hanging",
        '#!/bin/sh\ncase "$*" in *" -c "*) echo > started_; read word < never_;; esac\n'
        'exec gcc "$@"\n'.replace("started_", f"'{tmp_path}/started'").replace(
            "never_", f"'{tmp_path}/never'"
        ),
    )
    hanging.chmod(0o755)
    script = f"import cppmagic; cppmagic.imp_from_filepath({str(path)!r})"
    environment = {**os.environ, "CPPMAGIC_COMPILER": str(hanging)}
    builder = subprocess.Popen([sys.executable, "-c", script], env=environment)
    (tmp_path / "started").read_text()  # returns when the compiler has started
    assert list((own_cache / "v1" / "work").iterdir())
    builder.send_signal(signal.SIGKILL)
    builder.wait()
    (tmp_path / "never").write_text("end\n")  # lets the orphaned compiler end
    settings.lock_timeout = 5
    write(hanging, '#!/bin/sh\nexec gcc "$@"\n')
    settings.compiler = str(hanging)
    assert use(path) == (6, 1)
    assert list((own_cache / "v1" / "work").iterdir()) == []


def test_a_new_process_builds_nothing(tmp_path: Path, use: Use, run_python: Script) -> None:
    config = block("cfg['sources'] = ['v.c']")
    path = write(tmp_path / "x.c", config + module('#include "v.h"\nint v(void);', "V + v()"))
    write(tmp_path / "v.h", "#define V 1")
    write(tmp_path / "v.c", "int v(void) { return 1; }")
    assert use(path) == (2, 1)
    done = run_python(
        f"""
        import logging
        logging.basicConfig(level=logging.INFO)
        import cppmagic
        print(cppmagic.imp_from_filepath({str(path)!r}).value())
        """
    )
    assert (done.stdout, done.stderr) == ("2\n", "")
