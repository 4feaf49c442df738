"""Libraries built ahead of time: release mode, and beside a source that may have changed."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from conftest import Script, c_module

import cppmagic

SUFFIX = EXTENSION_SUFFIXES[0]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def with_header(name: str) -> str:
    return c_module(name, "NUMBER").replace("#include", '#include "number.h"\n#include', 1)


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """An environment without a compiler and with an empty cache that cannot be made."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    plain_file = write(tmp_path / "plain file", "")
    return {
        "PATH": str(nothing),
        "CC": "no-such-compiler",
        "CXX": "no-such-compiler",
        "CPPMAGIC_CACHE_DIR": str(plain_file / "cache"),
    }


# Release mode


@pytest.mark.parametrize("variable", ["CPPMAGIC_RELEASE_MODE", "CPPIMPORT_RELEASE_MODE"])
def test_release_mode_needs_no_source_compiler_or_cache(
    project: Path, run_python: Script, production: dict[str, str], variable: str
) -> None:
    write(project / "shop" / "__init__.py", "")
    sources = [
        write(project / "alone.c", c_module("alone", 1)),
        write(project / "shop" / "inside.c", c_module("inside", 2)),
    ]
    cppmagic.build_all(project)
    for source in sources:
        source.unlink()
    script = """
        import sys
        sys.path.insert(0, sys.argv[1])
        import cppmagic
        assert cppmagic.settings.release_mode
        if sys.argv[2] == "hook":
            import cppmagic.import_hook
            import alone, shop.inside
            from shop import inside
        elif sys.argv[2] == "imp":
            alone, inside = cppmagic.imp("alone"), cppmagic.imp("shop.inside")
            import shop
            assert shop.inside is inside
        else:
            alone = cppmagic.imp_from_filepath(sys.argv[1] + "/alone.c")
            inside = cppmagic.imp_from_filepath(sys.argv[1] + "/shop/inside.c", "shop.inside")
        assert sys.modules["alone"] is alone and sys.modules["shop.inside"] is inside
        print(alone.value(), inside.value())
        heavy = {"setuptools", "mako", "filelock"} & set(sys.modules)
        assert not heavy, heavy
        """
    for face in ("hook", "imp", "filepath"):
        done = run_python(script, str(project), face, **production, **{variable: "1"})
        assert (done.stdout, done.stderr) == ("1 2\n", ""), face


def test_release_mode_checks_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project / "frozen.c", c_module("frozen", 1))
    cppmagic.build("frozen")
    write(project / "frozen.c", c_module("frozen", 2))
    monkeypatch.setenv("CC", "no-such-compiler")
    cppmagic.settings.cache_dir = str(project / "no cache")
    cppmagic.settings.release_mode = True
    cppmagic.install()
    frozen = importlib.import_module("frozen")
    assert frozen.value() == 1
    assert cppmagic.imp("frozen") is frozen
    assert not (project / "no cache").exists()


@pytest.mark.parametrize("face", ["hook", "imp", "filepath"])
def test_a_missing_library_raises_and_names_the_command_that_builds_it(
    project: Path, run_python: Script, face: str
) -> None:
    place = project / "with space"
    write(place / "absent.c", c_module("absent", 5))
    statement = {
        "hook": "import cppmagic.import_hook, absent",
        "imp": "absent = cppmagic.imp('absent')",
        "filepath": "absent = cppmagic.imp_from_filepath('absent.c')",
    }[face]
    script = (
        "import sys, cppmagic\nsys.path.insert(0, '')\n"
        f"try:\n    {statement}\n    print(absent.value())\n"
        "except cppmagic.ReleaseModeError as error:\n"
        "    assert isinstance(error, ImportError)\n    print(error)\n"
    )
    release = {"CPPMAGIC_RELEASE_MODE": "true"}
    message = run_python(script, cwd=place, **release).stdout
    assert "absent" in message
    assert "release mode is on" in message
    command = re.search(r"Build it: (.+)", message)
    assert command is not None
    subprocess.run(command[1], shell=True, check=True, cwd=place, capture_output=True)
    assert (place / f"absent{SUFFIX}").exists()
    assert run_python(script, cwd=place, **release).stdout == "5\n"


def test_in_release_mode_a_file_that_did_not_opt_in_is_still_nobodys(
    project: Path, run_python: Script
) -> None:
    write(project / "foreign.c", "// not for us\n")
    done = run_python(
        "import sys; sys.path.insert(0, sys.argv[1]); import cppmagic.import_hook, foreign",
        str(project),
        CPPMAGIC_RELEASE_MODE="1",
    )
    assert "ModuleNotFoundError: No module named 'foreign'" in done.stderr


def test_a_library_that_does_not_load_says_how_to_build_it_again(project: Path) -> None:
    write(project / f"broken{SUFFIX}", "no library\n")
    cppmagic.settings.release_mode = True
    with pytest.raises(cppmagic.LoadError, match="-m cppmagic build") as caught:
        cppmagic.imp("broken")
    assert str(project / f"broken{SUFFIX}") in str(caught.value)
    assert "broken" not in sys.modules


# Release mode off


def test_beside_an_unchanged_source_the_library_is_used_without_compiler_or_cache(
    project: Path, run_python: Script, tmp_path: Path, production: dict[str, str]
) -> None:
    write(project / "number.h", "#define NUMBER 3\n")
    write(project / "current.c", with_header("current"))
    cppmagic.build("current")
    production["CPPMAGIC_CACHE_DIR"] = str(tmp_path / "empty cache")
    done = run_python(
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        import cppmagic.import_hook
        import current
        print(current.value(), cppmagic.imp("current") is current)
        """,
        str(project),
        **production,
    )
    assert done.stdout == "3 True\n", done.stderr
    assert not (tmp_path / "empty cache" / "v1" / "artifacts").exists()


@pytest.mark.parametrize("changed", ["changed.c", "number.h"])
def test_beside_a_source_or_header_that_changed_it_is_not_used(
    project: Path, run_python: Script, changed: str
) -> None:
    write(project / "number.h", "#define NUMBER 3 /* old */\n")
    write(project / "changed.c", with_header("changed"))
    cppmagic.build("changed")
    if changed == "number.h":
        write(project / "number.h", "#define NUMBER 4\n")
    else:
        write(project / "changed.c", with_header("changed").replace("(NUMBER)", "(NUMBER + 1)"))
    script = """
        import logging, sys
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        sys.path.insert(0, sys.argv[1])
        import cppmagic.import_hook
        import changed
        print(changed.value())
        """
    done = run_python(script, str(project))
    assert done.stdout == "4\n", done.stderr
    lines = [line for line in done.stderr.splitlines() if "is older than" in line]
    assert len(lines) == 1
    assert f"changed{SUFFIX}" in lines[0]
    assert str(project / changed) in lines[0]
    assert "in the cache" in lines[0]


def test_a_library_that_we_did_not_build_is_not_used_beside_an_opted_in_source(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cppmagic")
    write(project / "strange.c", c_module("strange", 2))
    write(project / f"strange{SUFFIX}", "somebody else's\n")
    cppmagic.install()
    assert importlib.import_module("strange").value() == 2
    assert f"strange{SUFFIX} was not built by cppmagic" in caplog.text
    assert (project / f"strange{SUFFIX}").read_text() == "somebody else's\n"


def test_an_edit_after_loading_the_prebuilt_library_is_followed(project: Path) -> None:
    write(project / "ahead.c", c_module("ahead", 1))
    cppmagic.build("ahead")
    cppmagic.install()
    ahead = importlib.import_module("ahead")
    held = ahead.value
    write(project / "ahead.c", c_module("ahead", 2))
    assert importlib.reload(ahead).value() == 2
    assert held() == 1
    cppmagic.build("ahead")
    assert importlib.reload(ahead).value() == 2


def test_without_the_hook_python_imports_it_as_any_extension(
    project: Path, run_python: Script, production: dict[str, str]
) -> None:
    write(project / "usual.c", c_module("usual", 8))
    library = cppmagic.build("usual")
    done = run_python(
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        import usual
        print(usual.value(), usual.__file__, type(usual.__loader__).__name__)
        assert not [name for name in sys.modules if name.partition(".")[0] == "cppmagic"]
        """,
        str(project),
        **production,
    )
    assert done.stdout == f"8 {library} ExtensionFileLoader\n", done.stderr


def test_a_deployed_tree_works_at_another_place(
    project: Path, run_python: Script, tmp_path: Path, production: dict[str, str]
) -> None:
    write(project / "number.h", "#define NUMBER 6\n")
    write(project / "moved.c", with_header("moved"))
    cppmagic.build("moved")
    target = tmp_path / "deployed"
    project.rename(target)
    production["CPPMAGIC_CACHE_DIR"] = str(tmp_path / "empty cache")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import cppmagic.import_hook, moved; print(moved.value())"
    )
    assert run_python(script, str(target), **production).stdout == "6\n"


def test_building_again_without_a_change_leaves_the_library_alone(project: Path) -> None:
    write(project / "idle.c", c_module("idle"))
    library = cppmagic.build("idle")
    before = os.stat(library)
    assert cppmagic.build("idle") == library
    after = os.stat(library)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_library_of_the_cache_and_one_beside_the_source_are_one_build(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cppmagic")
    write(project / "shared.c", c_module("shared", 321))
    cppmagic.imp("shared")
    caplog.clear()
    cppmagic.build("shared")
    assert "building" not in caplog.text


def test_in_release_mode_a_foreign_module_is_not_taken_for_it(tmp_path: Path) -> None:
    path = write(tmp_path / "json.c", c_module("json", 4))
    cppmagic.build_filepath(path)
    cppmagic.settings.release_mode = True
    assert cppmagic.imp_from_filepath(path).value() == 4
    assert sys.modules["json"] is json
