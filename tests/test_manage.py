"""`%cppmagic`: what is loaded, where it came from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import c_module
from kernel import FROM_JUPYTER, Kernel, Shown

pytestmark = FROM_JUPYTER


@pytest.fixture(scope="module")
def kernel(kernel: Kernel, place: Path) -> Kernel:
    """A kernel with a cell that has been edited, a file, and a cell under a taken name."""
    assert kernel.run("%cppmagic list").stdout == "no C++ module is loaded\n"
    for value in (1, 2, 3, 2):
        assert kernel.run(c_cell("listed", value)) == Shown()
    (place / "onfile.c").write_text(c_module("onfile", 8))
    kernel.run("import cppmagic.import_hook, onfile")
    kernel.run(c_cell("colorsys", 4))
    return kernel


def c_cell(name: str, value: int) -> str:
    return f"%%cppimport {name} --lang c\n" + c_module(name, value)


def test_the_list_has_versions_origins_sizes_and_times(kernel: Kernel, place: Path) -> None:
    header, *rows = kernel.run("%cppmagic list").stdout.splitlines()
    assert header.split("  ")[0] == "module"
    assert [row.split()[0] for row in rows] == ["colorsys", "listed", "onfile"]
    number = r"\d+ kB +\d+\.\d\d s +cppmagic\.versions\._[0-9a-f]{16}"
    assert re.fullmatch(rf"colorsys +1 of 1 +In\[\d+\] +{number}\.colorsys", rows[0])
    assert re.fullmatch(rf"listed +2 of 3 +In\[\d+\] +{number}\.listed", rows[1])
    assert re.fullmatch(
        rf"onfile +1 of 1 +{re.escape(str(place / 'onfile.c'))} +{number}\.onfile", rows[2]
    )


def test_the_name_in_the_list_can_be_imported(kernel: Kernel) -> None:
    row = kernel.run("%cppmagic list").stdout.splitlines()[2]
    kernel.run(f"import importlib; version = importlib.import_module({row.split()[-1]!r})")
    assert kernel.run("version.value() == listed.value() == 2").result == "True"


def test_source_shows_the_newest_text(kernel: Kernel) -> None:
    assert kernel.run("%cppmagic source listed").stdout.strip() == c_module("listed", 2).strip()
    assert "PyLong_FromLong(8)" in kernel.run("%cppmagic source onfile").stdout


def test_path_shows_the_library_that_is_loaded(kernel: Kernel) -> None:
    path = kernel.run("%cppmagic path listed").stdout.strip()
    assert Path(path).is_file()
    with open(f"/proc/{kernel.manager.provisioner.pid}/maps") as file:  # type: ignore[union-attr]
        assert path in file.read()


@pytest.mark.parametrize("line", ["%cppmagic", "%cppmagic help"])
def test_help_names_all_commands(kernel: Kernel, line: str) -> None:
    shown = kernel.run(line)
    assert shown.error == ""
    for command in ("list", "source NAME", "path NAME", "autoreload on", "autoreload off"):
        assert f"%cppmagic {command}" in shown.stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%cppmagic lsit", "there is no command 'lsit' (did you mean 'list'?)"),
        ("%cppmagic nonsense", "it has list, source, bindings, path, autoreload, help"),
        ("%cppmagic source", "name one module"),
        ("%cppmagic path", "name one module"),
        ("%cppmagic source listed onfile", "name one module"),
        ("%cppmagic path lsited", "there is no C++ module 'lsited' (did you mean 'listed'?)"),
        ("%cppmagic source json", "there is: colorsys, listed, onfile"),
        ("%cppmagic autoreload maybe", "takes on or off"),
    ],
)
def test_wrong_words_are_said(kernel: Kernel, line: str, message: str) -> None:
    shown = kernel.run(line)
    text = shown.message + shown.stderr + shown.traceback
    assert message in text
    assert "Traceback" not in text


def test_the_extension_can_be_loaded_again_and_unloaded(kernel: Kernel) -> None:
    assert kernel.run("%reload_ext cppmagic") == Shown()
    assert kernel.run(c_cell("listed", 4)) == Shown()
    kernel.run("from listed import value")
    assert "listed    3" not in kernel.run("%cppmagic list").stdout
    assert re.search(r"listed +4 of 4", kernel.run("%cppmagic list").stdout)
    kernel.run("%reload_ext cppmagic")
    assert kernel.run(c_cell("listed", 5)) == Shown()
    assert kernel.run("value()").result == "5"
    assert kernel.run("%unload_ext cppmagic") == Shown()
    assert "not found" in kernel.run("%cppmagic list").stderr
    assert kernel.run("listed.value()").result == "5"
    assert kernel.run("%load_ext cppmagic") == Shown()
    assert kernel.run(c_cell("listed", 6)) == Shown()
    assert kernel.run("listed.value(), value()").result == "(6, 6)"
