"""What is prepared of the standard library's headers makes builds faster, and never different."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from conftest import KITS, Script, c_module, lend_kits

import cppmagic
from cppmagic import BuildError, ahead, settings
from cppmagic.cache import Cache
from cppmagic.config import BuildConfig
from cppmagic.toolchain import preparing
from cppmagic.toolchain.prepared import MANIFEST

COMPILERS = ["g++", "clang++"]
INCLUDES = "#include <cmath>\n#include <vector>\n"
VALUE = "static_cast<long>(std::vector<double>(3, std::sqrt(4.0)).size())"


def text(before: str = "", after: str = "", value: str = VALUE, includes: str = INCLUDES) -> str:
    """Return a module of C++ without pybind11."""
    module = c_module("standing", value)
    return module.replace("#include <Python.h>", f"{before}{includes}{after}#include <Python.h>")


@dataclass(frozen=True)
class Built:
    """A module, its library, and which kit it was built with: "" for none."""

    module: ModuleType
    library: bytes
    kit: str


Build = Callable[..., Built]


@pytest.fixture(scope="session")
def prepared(shared_cache: Path) -> Path:
    """Directory with a kit for INCLUDES, for each compiler; kept from run to run."""
    before = settings.compiler
    try:
        for compiler in COMPILERS:
            settings.compiler = compiler
            make_kit(KITS.parent.parent)
    finally:
        settings.compiler = before
    return KITS


def make_kit(cache: Path, *names: str) -> Path:
    """Make a kit, and return its directory."""
    recipe = ahead.recipe_for_standard_headers(names or ("cmath", "vector"))
    kit = preparing.make(recipe, Cache(str(cache)))
    assert kit is not None
    assert kit.usable
    return Path(kit.directory)


@pytest.fixture
def build(tmp_path: Path, own_cache: Path, caplog: pytest.LogCaptureFixture) -> Build:
    """Build a module's text in a cache without any kit."""
    caplog.set_level(logging.DEBUG, logger="cppmagic")

    def run(written: str) -> Built:
        caplog.clear()
        path = tmp_path / "standing.cpp"
        path.write_text(written)
        module = cppmagic.imp_from_filepath(path)
        commands = [record.getMessage().split() for record in caplog.records]
        (command,) = [words for words in commands if "standing.cpp" in words and "-c" in words]
        kit = next((Path(word).parent.name for word in command if "prepared.hpp" in word), "")
        return Built(module, Path(str(module.__file__)).read_bytes(), kit.partition("-")[2])

    return run


@pytest.fixture
def with_kit(own_cache: Path, prepared: Path) -> None:
    """Let the test's cache have the kit for INCLUDES."""
    lend_kits(own_cache, prepared)


@pytest.mark.usefixtures("with_kit")
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_library_is_the_same_to_the_byte(compiler: str, build: Build) -> None:
    settings.compiler = compiler
    first = build(text())
    assert first.kit == "cmath+vector"
    assert first.module.value() == 3
    settings.accelerate = False
    settings.force_rebuild = True
    plain = build(text())
    assert plain.kit == ""
    assert plain.library == first.library


@pytest.mark.usefixtures("with_kit")
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize(
    "value",
    [
        "std::sqrt(4.0",
        "std::vector<double>(3).sizes()",
        "std::accumulate(nullptr, nullptr, 0)",
        "std::make_unique<int>(1)",
        "unknown_name",
        "std::vector<void>().size()",
    ],
)
def test_messages_are_the_same(compiler: str, value: str, build: Build) -> None:
    settings.compiler = compiler
    messages = []
    for accelerate in (True, False):
        settings.accelerate = accelerate
        with pytest.raises(BuildError) as caught:
            build(text(value=value))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.usefixtures("with_kit")
def test_a_mistake_in_the_users_line_is_told_by_one_compilation(build: Build) -> None:
    with pytest.raises(BuildError) as caught:
        build(text(value="unknown_name"))
    assert "prepared.hpp" in " ".join(caught.value.command)


OWN = "#pragma once\n#define STANDING_OWN 1\n#include <string>\nstruct Own {};\n"
FITS = {
    "a macro that they do not mention": {"before": "#define STANDING_SIZE 3\n"},
    "comments, and others of their kind": {"before": "// one\n/* two\n*/\n#include <deque>\n"},
    "a header of the user's": {"before": '#include "own.h"\n'},
    "what follows them": {"after": "#if 1\n#define NDEBUG 1\n#endif\n#include <map>\n"},
    "names in quotes": {"includes": '#include "vector"\n#include"cmath"\n'},
}


@pytest.mark.usefixtures("with_kit")
@pytest.mark.parametrize("case", FITS)
def test_it_is_used_where_it_fits(case: str, build: Build, tmp_path: Path) -> None:
    (tmp_path / "own.h").write_text(OWN)
    built = build(text(**FITS[case]))
    assert built.kit == "cmath+vector"
    assert built.module.value() == 3


DOES_NOT_FIT = {
    "a macro that they mention": {"before": "#define _GLIBCXX_ASSERTIONS 1\n"},
    "the same in a header of the user's": {"before": '#include "mentions.h"\n'},
    "the same on the command": {"block": "cfg['extra_compile_args'] = ['-D_GLIBCXX_DEBUG']"},
    "a header that decides what they declare": {"before": "#include <Python.h>\n"},
    "a header of the system": {"before": "#include <sys/types.h>\n"},
    "code before them": {"before": "struct Before {};\n"},
    "a condition": {"before": "#if 1\n#endif\n"},
    "one of them less": {"includes": "#include <vector>\n#define NOTHING\nlong one;\n"},
    "another standard": {"block": "cfg['std'] = 'c++14'"},
    "another optimisation": {"block": "cfg['extra_compile_args'] = ['-O1']"},
    "a header of the user's of the same name": {"block": "cfg['include_dirs'] = ['shadow']"},
}


@pytest.mark.usefixtures("with_kit")
@pytest.mark.parametrize("case", DOES_NOT_FIT)
def test_it_is_not_used_where_it_could_be_wrong(case: str, build: Build, tmp_path: Path) -> None:
    (tmp_path / "mentions.h").write_text("#define _GLIBCXX_ASSERTIONS 1\n")
    (tmp_path / "shadow" / "bits").mkdir(parents=True)
    (tmp_path / "shadow" / "bits" / "stl_vector.h").write_text(
        "#define SHADOWED\n#include_next <bits/stl_vector.h>\n"
    )
    parts = dict(DOES_NOT_FIT[case])
    block = parts.pop("block", "")
    value = "3" if "includes" in parts else VALUE
    built = build(text(**parts, value=value) + (f"<%\n{block}\n%>\n" if block else ""))
    assert built.kit == ""
    assert built.module.value() == 3


@pytest.mark.usefixtures("with_kit")
def test_a_file_that_appears_and_shadows_one_of_them_is_seen(build: Build, tmp_path: Path) -> None:
    value = f"0\n#ifdef SHADOWED\n+ 4\n#else\n+ {VALUE}\n#endif\n"
    built = build(text(value=value))
    assert (built.kit, built.module.value()) == ("cmath+vector", 3)
    (tmp_path / "vector").write_text("#define SHADOWED\n#include_next <vector>\n")
    built = build(text(value=value))
    assert (built.kit, built.module.value()) == ("", 4)


def damaged(kit: Path, damage: str) -> None:
    header = next(path for path in kit.iterdir() if path.suffix in (".gch", ".pch"))
    if damage == "gone":
        header.unlink()
    elif damage == "cut off":
        os.truncate(header, header.stat().st_size // 2)
    elif damage == "empty":
        os.truncate(header, 0)
    else:
        (kit / "identifiers.txt").unlink()


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("damage", ["gone", "cut off", "empty", "without its names"])
def test_with_a_damaged_kit_a_module_is_built_the_plain_way(
    compiler: str, damage: str, build: Build, own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.compiler = compiler
    damaged(make_kit(own_cache), damage)
    path = own_cache.parent / "standing.cpp"
    path.write_text(text(before="#define STANDING_SIZE 3\n"))
    assert cppmagic.imp_from_filepath(path).value() == 3


def test_a_kit_in_a_moved_cache_is_not_used(build: Build, own_cache: Path, prepared: Path) -> None:
    place = lend_kits(own_cache, prepared)
    place.unlink()
    shutil.copytree(prepared, place)
    assert build(text()).kit == ""


def test_the_second_build_with_the_same_headers_has_them_prepared(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "cppmagic.background.start", lambda *words, cache_dir: started.append(words)
    )

    def asked() -> int:
        return len([words for words in started if words[0] == "prepare"])

    build(text())
    build(text(includes="#include <cmath>\n#include <vector>\n#include <string>\n"))
    assert asked() == 0, "each set has come once"
    build(text(value="3"))
    assert asked() == 1
    build(text(includes="", value="4"))
    assert asked() == 1, "there is nothing to prepare"


def test_the_largest_set_that_fits_is_used(build: Build, own_cache: Path) -> None:
    for names in (("vector",), ("cmath", "vector"), ("cmath", "string", "vector")):
        make_kit(own_cache, *names)
    assert build(text()).kit == "cmath+vector"
    assert build(text(includes="#include <vector>\n#include <map>\n", value="1")).kit == "vector"
    assert build(text(includes=INCLUDES + "#include <map>\n")).kit == "cmath+vector"


def test_very_many_headers_have_a_kit_too(build: Build, own_cache: Path) -> None:
    names = (
        *("algorithm", "array", "atomic", "bitset", "chrono", "cmath", "complex", "deque"),
        *("condition_variable", "cstdint", "cstdlib", "cstring", "exception", "forward_list"),
        *("functional", "initializer_list", "iterator", "limits", "list", "map", "memory"),
        *("numeric", "optional", "queue", "stdexcept", "string", "string_view", "vector"),
    )
    kit = make_kit(own_cache, *names)
    assert len(kit.name) < 60
    built = build(text(includes="".join(f"#include <{name}>\n" for name in reversed(names))))
    assert built.kit == kit.name.partition("-")[2]


def test_a_module_of_several_units_keeps_its_objects_with_or_without(
    build: Build, own_cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kit = make_kit(own_cache)
    (tmp_path / "part.cpp").write_text(INCLUDES + f"long part() {{ return {VALUE}; }}\n")
    block = "<%\ncfg['sources'] = ['part.cpp']\n%>\n"

    def module(value: str) -> str:
        return text(value=value, after="long part();\n") + block

    assert build(module("part()")).module.value() == 3
    compiled = [r.getMessage() for r in caplog.records if r.getMessage().strip().startswith("0.")]
    assert len([line for line in compiled if line.endswith("with prepared headers")]) == 2
    shutil.rmtree(kit)
    assert build(module("part() + 1")).module.value() == 4
    assert any("recalled the object of part.cpp" in r.getMessage() for r in caplog.records)


@pytest.mark.usefixtures("with_kit")
def test_an_edited_plain_text_uses_both_kinds_of_kit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = BuildConfig(optimize="0")
    recipe = ahead.recipe_for_standard_headers(("cmath", "vector"), config, plain=True)
    assert preparing.make(recipe, Cache(str(KITS.parent.parent)))
    caplog.set_level(logging.DEBUG, logger="cppmagic")
    path = tmp_path / "both.cpp"
    path.write_text(
        f"// cppmagic: auto\n{INCLUDES}double norm(const std::vector<double> &v) {{\n"
        "    double sum = 0;\n    for (double each : v) { sum += each * each; }\n"
        "    return std::sqrt(sum);\n}\n<%\ncfg['optimize'] = '0'\n%>\n"
    )
    assert cppmagic.imp_from_filepath(path).norm([3.0, 4.0]) == 5.0
    said = [record.getMessage() for record in caplog.records]
    for name in ("both.cpp", "both_bindings.cpp"):
        assert any(f"compiled {name} with prepared headers" in line for line in said)


def test_a_set_is_prepared_by_command(own_cache: Path, run_python: Script) -> None:
    done = run_python(
        "from cppmagic.cli import main; raise SystemExit(main(['prepare', '--plain', 'vector',"
        " 'cmath', '-O', '1']))",
        CPPMAGIC_CACHE_DIR=str(own_cache),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("prepared cmath vector (")
    (kit,) = (own_cache / "v1" / "prepared").iterdir()
    assert kit.name.endswith("-cmath+vector")
    assert (kit / MANIFEST).is_file()


def test_a_set_that_is_none_is_refused(own_cache: Path, run_python: Script) -> None:
    done = run_python(
        "from cppmagic.cli import main; raise SystemExit(main(['prepare', '--plain', 'fftw3.h']))",
        CPPMAGIC_CACHE_DIR=str(own_cache),
    )
    assert done.returncode == 1
    assert "fftw3.h is no header of the standard library" in done.stderr
