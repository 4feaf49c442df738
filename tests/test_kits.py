"""What is prepared of pybind11 makes builds faster, and never wrong."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pybind11
import pytest
from conftest import KITS, lend_kits

import cppmagic
from cppmagic import BuildError, ahead, settings
from cppmagic.cache import Cache
from cppmagic.locks import lock
from cppmagic.pruning import clear
from cppmagic.toolchain import preparing
from cppmagic.toolchain.prepared import MANIFEST, _identifiers, load_kit

COMPILERS = ["g++", "clang++"]

TEXT = """\
{before}#include <pybind11/pybind11.h>
{after}
namespace py = pybind11;
struct Thing {{ int value; Thing(int v) : value(v) {{}} virtual ~Thing() = default; }};
struct Sub : Thing {{ using Thing::Thing; }};
PYBIND11_MODULE(kitted, m) {{
    py::class_<Thing>(m, "Thing").def(py::init<int>()).def_readwrite("value", &Thing::value);
    py::class_<Sub, Thing>(m, "Sub").def(py::init<int>());
    py::register_exception<std::domain_error>(m, "Strange");
    m.def("double", [](const Thing& t) {{ return 2 * t.value; }}, py::arg("t"));
    m.def("fail", []() {{ throw std::domain_error("strange"); }});
    m.def("back", [](const py::function& f, py::args args) {{ return f(*args); }});
    {body}
}}
"""


@pytest.fixture(scope="session")
def prepared(shared_cache: Path) -> Path:
    """Directory with a kit for pybind11.h alone, for each compiler; kept from run to run."""
    cache = Cache(str(KITS.parent.parent))
    before = settings.compiler
    try:
        for compiler in COMPILERS:
            settings.compiler = compiler
            kit = preparing.make(ahead.recipe_for_headers(()), cache)
            assert kit is not None
            assert kit.usable
    finally:
        settings.compiler = before
    return KITS


Built = Callable[..., tuple[ModuleType, bool]]


@pytest.fixture
def built(
    tmp_path: Path, own_cache: Path, prepared: Path, caplog: pytest.LogCaptureFixture
) -> Built:
    """Build TEXT with some parts filled in; return the module, and whether a kit was used."""
    lend_kits(own_cache, prepared)
    caplog.set_level(logging.DEBUG, logger="cppmagic")

    def build(**parts: str) -> tuple[ModuleType, bool]:
        caplog.clear()
        block = parts.pop("block", "")
        path = tmp_path / "kitted.cpp"
        text = TEXT.format(**{"before": "", "after": "", "body": "", **parts})
        path.write_text(text + (f"<%\n{block}\n%>\n" if block else ""))
        module = cppmagic.imp_from_filepath(path)
        links = [r.getMessage() for r in caplog.records if " -shared " in r.getMessage()]
        return module, "core.o" in links[-1]

    return build


def check(module: ModuleType) -> None:
    assert module.double(module.Thing(4)) == 8
    assert module.double(t=module.Sub(3)) == 6
    with pytest.raises(module.Strange, match="strange"):
        module.fail()
    with pytest.raises(TypeError, match="incompatible function arguments"):
        module.double("text")
    assert module.back(lambda *args: args, 1, "two") == (1, "two")
    with pytest.raises(ZeroDivisionError):
        module.back(lambda: 1 / 0)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_module_built_with_a_kit_works_as_one_built_without(
    compiler: str, built: Built, caplog: pytest.LogCaptureFixture
) -> None:
    settings.compiler = compiler
    module, kit_was_used = built()
    assert kit_was_used
    check(module)
    settings.accelerate = False
    module, kit_was_used = built(body="// edited")
    assert not kit_was_used
    check(module)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_messages_are_the_same_with_a_kit(compiler: str, built: Built) -> None:
    settings.compiler = compiler
    messages = []
    for accelerate in (True, False):
        settings.accelerate = accelerate
        with pytest.raises(BuildError) as caught:
            built(body='m.def("wrong", [](const Thing& t) { return t.valu; });')
        messages.append(str(caught.value))
        with pytest.raises(BuildError) as caught:
            built(body="py::class_<Thing, int, int, Unknown>(m);")
        messages.append(str(caught.value))
    assert messages[:2] == messages[2:]
    assert "kitted.cpp:13" in messages[0]


FITS = {
    "a macro that they do not mention": {"before": "#define KITTED_SIZE 3\n"},
    "comments, other headers": {"before": "// one\n/* two\n*/\n#include <deque>\n#pragma once\n"},
    "a macro of the command": {
        "block": "cfg['extra_compile_args'] = ['-DKITTED_SIZE=3', '-Wextra']"
    },
    "a header that the command includes first": {
        "block": "cfg['extra_compile_args'] = ['-include', 'algorithm', '-include', 'plain.h']"
    },
    "a header of the user's": {"before": '#include "plain.h"\n'},
    "another header of pybind11 after them": {"after": "#include <pybind11/operators.h>"},
}


@pytest.mark.parametrize("case", FITS)
def test_a_kit_is_used_where_it_fits(case: str, built: Built, tmp_path: Path) -> None:
    (tmp_path / "plain.h").write_text("#pragma once\n#define KITTED_PLAIN 1\nstruct Plain {};\n")
    module, kit_was_used = built(**FITS[case])
    assert kit_was_used
    check(module)


MENTIONED = "PYBIND11_DETAILED_ERROR_MESSAGES"
DOES_NOT_FIT = {
    "a macro that they mention": {"before": f"#define {MENTIONED} 1\n"},
    "the same in a header three deep": {"before": '#include "one.h"\n'},
    "the same on the command": {"block": f"cfg['extra_compile_args'] = ['-D{MENTIONED}']"},
    "a macro that is taken away": {"block": "cfg['extra_compile_args'] = ['-UNDEBUG']"},
    "another optimisation": {"block": "cfg['extra_compile_args'] = ['-O1']"},
    "another standard": {"block": "cfg['std'] = 'c++20'"},
    "code before them": {"before": "struct Before {};\n"},
    "a condition": {"before": "#if 1\n#endif\n"},
    "an own header of the same name": {"block": "cfg['include_dirs'] = ['shadow']"},
    "a file that is included first": {"block": "cfg['extra_compile_args'] = ['-include', 'one.h']"},
}


@pytest.mark.parametrize("case", DOES_NOT_FIT)
def test_a_kit_is_not_used_where_it_could_be_wrong(case: str, built: Built, tmp_path: Path) -> None:
    (tmp_path / "one.h").write_text('#pragma once\n#include "deep/two.h"\n')
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "two.h").write_text('#include "three.h"\n')
    (tmp_path / "deep" / "three.h").write_text(f"#define {MENTIONED} 1\n")
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "deque").write_text("#include_next <deque>\n")
    (tmp_path / "shadow" / "vector").write_text("#include_next <vector>\n#define SHADOWED 1\n")
    module, kit_was_used = built(**DOES_NOT_FIT[case])
    assert not kit_was_used
    check(module)


def test_a_header_that_appears_and_shadows_another_is_seen(built: Built, tmp_path: Path) -> None:
    settings.compiler = "g++"
    shadow = tmp_path / "vector"
    body = '#ifdef SHADOWED\n m.attr("shadowed") = true;\n#endif'
    module, kit_was_used = built(body=body)
    assert kit_was_used
    assert not hasattr(module, "shadowed")
    shadow.write_text("#include_next <vector>\n#define SHADOWED 1\n")
    module, kit_was_used = built(body=body)
    assert not kit_was_used
    assert module.shadowed


@contextlib.contextmanager
def damaged(own_cache: Path, damage: Callable[[Path], None]) -> Iterator[None]:
    """Let a cache have a kit that is damaged; it is repaired afterwards.

    A kit works where it was made only, so there is one for this, kept from run to run.
    """
    cache = Cache(str(KITS.parent.parent / "damaged"))
    kit = preparing.make(ahead.recipe_for_headers(()), cache)
    assert kit is not None
    place = own_cache / "v1" / "prepared"
    place.unlink()
    place.symlink_to(Path(kit.directory).parent)
    saved = own_cache / "saved"
    shutil.copytree(kit.directory, saved)
    _identifiers.cache_clear()
    try:
        damage(Path(kit.directory))
        yield
    finally:
        shutil.rmtree(kit.directory)
        shutil.copytree(saved, kit.directory)
        shutil.rmtree(saved)


def _precompiled(kit: Path) -> Path:
    return next(path for path in kit.iterdir() if path.suffix in (".gch", ".pch"))


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _of_other_flags(kit: Path) -> None:
    # As a compiler of another version: what it says of itself does not fit.
    recipe = json.loads((kit / MANIFEST).read_text())["recipe"]
    header = kit / "x.hpp"
    header.write_text("#include <pybind11/pybind11.h>\n")
    places = [word for place in recipe["include_dirs"] for word in ("-isystem", place)]
    flags = [word for word in recipe["flags"] if not word.startswith(("-O", "-std"))]
    command = [*recipe["command"], *flags, "-O0", "-std=c++14", *places]
    output = _precompiled(kit)
    subprocess.run([*command, "-x", "c++-header", str(header), "-o", str(output)], check=True)


def _with_changed_header(kit: Path) -> None:
    manifest = json.loads((kit / MANIFEST).read_text())
    manifest["inputs"][0][1:] = ["0" * 32, None]
    (kit / MANIFEST).write_text(json.dumps(manifest))


DAMAGES = {
    "the precompiled header is gone": lambda kit: _precompiled(kit).unlink(),
    "it is cut off": lambda kit: _truncate(_precompiled(kit)),
    "it is empty": lambda kit: os.truncate(_precompiled(kit), 0),
    "it was made with other flags": _of_other_flags,
    "the core is gone": lambda kit: (kit / "core.o").unlink(),
    "the core is cut off": lambda kit: _truncate(kit / "core.o"),
    "the list of names is gone": lambda kit: (kit / "identifiers.txt").unlink(),
    "the manifest is cut off": lambda kit: _truncate(kit / MANIFEST),
    "a header of pybind11 has changed": _with_changed_header,
}


@pytest.mark.parametrize(
    ("compiler", "damage"),
    [("g++", damage) for damage in DAMAGES] + [("clang++", damage) for damage in DAMAGES][:5],
)
def test_with_a_damaged_kit_a_module_is_built_the_plain_way(
    compiler: str, damage: str, built: Built, own_cache: Path
) -> None:
    settings.compiler = compiler
    with damaged(own_cache, DAMAGES[damage]):
        module, kit_was_used = built(before="#define KITTED_SIZE 3\n")
    assert not kit_was_used
    assert module.double(module.Thing(4)) == 8


@pytest.mark.slow
def test_headers_that_an_upgrade_replaces_are_seen(
    built: Built, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pybind11 and Python, each patched where they are; then another pybind11 elsewhere."""
    settings.compiler = "g++"
    (own_cache / "v1" / "prepared").unlink()
    paths = sysconfig.get_paths()
    site, python = tmp_path / "site", tmp_path / "python"
    shutil.copytree(Path(pybind11.__file__).parent, site / "pybind11")
    shutil.copytree(paths["include"], python)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(
        sysconfig,
        "get_paths",
        lambda: {**paths, "include": str(python), "platinclude": str(python)},
    )
    body = 'm.attr("seen") = PATCH_OF_PYBIND11 * 10 + PATCH_OF_PYTHON;'
    common = site / "pybind11" / "include" / "pybind11" / "detail" / "common.h"
    level = python / "patchlevel.h"
    texts = common.read_text(), level.read_text()

    def patch(pybind11_patch: int, python_patch: int) -> None:
        common.write_text(texts[0] + f"#define PATCH_OF_PYBIND11 {pybind11_patch}\n")
        level.write_text(texts[1] + f"#define PATCH_OF_PYTHON {python_patch}\n")

    patch(1, 1)
    kit = preparing.make(ahead.recipe_for_headers(()), Cache(str(own_cache)))
    assert kit is not None
    assert kit.usable
    module, kit_was_used = built(body=body)
    assert (module.seen, kit_was_used) == (11, True)
    patch(2, 1)
    module, kit_was_used = built(body=body)
    assert (module.seen, kit_was_used) == (21, False)
    patch(1, 2)
    module, kit_was_used = built(body=body)
    assert (module.seen, kit_was_used) == (12, False)
    patch(1, 1)
    module, kit_was_used = built(body=body + " // as it was")
    assert (module.seen, kit_was_used) == (11, True)

    other = tmp_path / "other"
    shutil.copytree(site, other)
    monkeypatch.syspath_prepend(str(other))
    common = other / "pybind11" / "include" / "pybind11" / "detail" / "common.h"
    patch(3, 1)
    module, kit_was_used = built(body=body)
    assert (module.seen, kit_was_used) == (31, False)


def test_a_kit_in_a_moved_cache_is_not_used(built: Built, own_cache: Path, prepared: Path) -> None:
    place = own_cache / "v1" / "prepared"
    place.unlink()
    shutil.copytree(prepared, place)
    assert built()[1] is False


def test_what_the_compiler_cannot_prepare_is_remembered(own_cache: Path, built: Built) -> None:
    from dataclasses import replace

    recipe = replace(ahead.recipe_for_headers(()), flags=("-fno-such-option",))
    cache = Cache(str(own_cache))
    (own_cache / "v1" / "prepared").unlink()
    with pytest.raises(cppmagic.ToolchainError, match="cannot be prepared"):
        preparing.make(recipe, cache)
    kit = load_kit(cache.prepared_path(recipe.name))
    assert kit is not None
    assert not kit.usable
    assert preparing.make(recipe, cache) == kit


def test_only_one_process_makes_a_kit(own_cache: Path) -> None:
    recipe = ahead.recipe_for_headers(())
    cache = Cache(str(own_cache))
    with lock(cache, "kit-" + recipe.name, "a kit"):
        assert preparing.make(recipe, cache) is None


@pytest.mark.slow
def test_a_first_build_has_a_kit_made_and_a_later_one_uses_it(
    built: Built, own_cache: Path
) -> None:
    place = own_cache / "v1" / "prepared"
    place.unlink()
    settings.background = True
    assert built()[1] is False
    manifest = place / ahead.recipe_for_headers(()).name / MANIFEST
    deadline = time.monotonic() + 300
    while not manifest.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert manifest.exists()
    module, kit_was_used = built(body="// edited")
    assert kit_was_used
    check(module)


def test_unusual_flags_have_a_kit_made_at_the_second_build(
    built: Built, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "cppmagic.background.start", lambda *words, cache_dir: started.append(words)
    )
    for body in ("// one", "// two"):
        assert [words for words in started if words[0] == "prepare"] == []
        built(body=body, block="cfg['extra_compile_args'] = ['-O0']")
    assert len([words for words in started if words[0] == "prepare"]) == 1


def test_a_cleared_cache_has_no_kits(own_cache: Path, prepared: Path, built: Built) -> None:
    place = own_cache / "v1" / "prepared"
    place.unlink()
    shutil.copytree(prepared, place)
    cache = Cache(str(own_cache))
    assert cache.prepared()
    clear(cache)
    assert not cache.prepared()
