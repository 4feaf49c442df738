"""`%cppmagic`: what is loaded, where it came from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Script, c_module
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


def c_cell(name: str, value: int, options: str = "") -> str:
    return f"%%cppimport {name} --lang c {options}\n" + c_module(name, value)


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
    commands = ("list", "source NAME", "path NAME", "autoreload on", "autoreload off", "clear NAME")
    for command in (*commands, "config KEY=VALUE", "doctor"):
        assert f"%cppmagic {command}" in shown.stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%cppmagic lsit", "there is no command 'lsit' (did you mean 'list'?)"),
        ("%cppmagic nonsense", "it has list, source, bindings, path, clear, config, doctor,"),
        ("%cppmagic source", "name one module"),
        ("%cppmagic path", "name one module"),
        ("%cppmagic source listed onfile", "name one module"),
        ("%cppmagic path lsited", "there is no C++ module 'lsited' (did you mean 'listed'?)"),
        ("%cppmagic source json", "there is: colorsys, listed, onfile"),
        ("%cppmagic autoreload maybe", "takes on or off"),
        (
            "%cppmagic clear lsited",
            "nothing of a module 'lsited' is in the cache (did you",
        ),
        ("%cppmagic clear listed onfile", "takes one module, or none for all"),
        ("%cppmagic config acelerate=1", "no setting 'acelerate' (did you mean 'accelerate'?)"),
        ("%cppmagic config acelerate", "no setting 'acelerate' (did you mean 'accelerate'?)"),
        ("%cppmagic config accelerate=ture", "accelerate cannot be 'ture': expected true or false"),
        ("%cppmagic config jobs 3", "takes KEY=VALUE, a key, or nothing"),
        ("%cppmagic config =3", "takes KEY=VALUE, a key, or nothing"),
        ("%cppmagic doctor now", "takes no words"),
    ],
)
def test_wrong_words_are_said(kernel: Kernel, line: str, message: str) -> None:
    shown = kernel.run(line)
    text = shown.message + shown.stderr + shown.traceback
    assert message in text
    assert "Traceback" not in text


@pytest.fixture
def clearing(tmp_path: Path, own_cache: Path) -> Iterator[Kernel]:
    """A kernel with a cache that nobody else has."""
    running = Kernel(cwd=str(tmp_path), env={**os.environ, "CPPMAGIC_CACHE_DIR": str(own_cache)})
    yield running
    running.stop()


def cached(root: Path, name: str) -> int:
    """Return how many libraries of this name are in a cache."""
    return len(list((root / "v1" / "artifacts").glob(f"*/*/{name}.*")))


def test_what_is_cleared_is_built_anew_and_what_is_loaded_stays(
    clearing: Kernel, own_cache: Path, run_python: Script
) -> None:
    for name in ("mine", "spared"):
        assert clearing.run(c_cell(name, 3)) == Shown()
    source = own_cache.parent / "mine.c"
    source.write_text(c_module("mine", 4))  # another one of this name, of a process that has ended
    run_python("import cppmagic; cppmagic.imp_from_filepath('mine.c')", cwd=source.parent)
    assert cached(own_cache, "mine") == 2

    shown = clearing.run("%cppmagic clear mine").stdout
    assert re.match(r"mine: its next run builds anew; freed [1-9][\d.]* kB\n", shown)
    assert "(1 library that running processes have loaded" in shown
    assert cached(own_cache, "mine") == 1
    assert clearing.run("mine.value()").result == "3"
    assert "building mine" in clearing.run(c_cell("mine", 3, "-v")).stdout
    assert "building" not in clearing.run(c_cell("mine", 3, "-v")).stdout
    assert "building" not in clearing.run(c_cell("spared", 3, "-v")).stdout
    assert clearing.run("mine.value(), spared.value()").result == "(3, 3)"

    assert "all modules: their next run builds anew" in clearing.run("%cppmagic clear").stdout
    for name in ("mine", "spared"):
        assert f"building {name}" in clearing.run(c_cell(name, 3, "-v")).stdout


def test_a_cell_without_a_name_is_cleared_by_what_it_defines(clearing: Kernel) -> None:
    cell = "%%cpp -v -O 0\nint twice(int x) { return 2 * x; }\n"
    clearing.run(cell)
    assert "twice: its next run builds anew; freed" in clearing.run("%cppmagic clear twice").stdout
    again = clearing.run(cell).stdout
    assert "-c cpp_cell.cpp" in again  # no unit is left over
    assert "-c cpp_cell_bindings.cpp" in again
    assert clearing.run("twice(4)").result == "8"


def test_config_shows_where_values_come_from_and_sets_them(clearing: Kernel) -> None:
    shown = clearing.run("%cppmagic config").stdout
    assert re.search(r"^accelerate = True  \(default\)\n    Use what is prepared", shown, re.M)
    assert re.search(r"^cache_dir = '.*'  \(from CPPMAGIC_CACHE_DIR\)$", shown, re.M)
    ours = "  (set in this session)\n"
    assert clearing.run("%cppmagic config accelerate=off").stdout == f"accelerate = False{ours}"
    sized = clearing.run("%cppmagic config cache_size_limit = 3 GB").stdout
    assert sized == f"cache_size_limit = 3000000000{ours}"
    clearing.run("import cppmagic")
    assert clearing.run("cppmagic.settings.accelerate").result == "False"
    assert clearing.run("%cppmagic config accelerate").stdout == f"accelerate = False{ours}"
    quoted = clearing.run("%cppmagic config compiler='g++ -m64'").stdout
    assert quoted == f"compiler = 'g++ -m64'{ours}"
    assert clearing.run("%cppmagic config compiler=").stdout == "compiler = ''  (default)\n"


def test_doctor_says_what_the_command_line_says(kernel: Kernel) -> None:
    shown = kernel.run("%cppmagic doctor").stdout
    assert re.search(r"ok +C\+\+ compiler +\S+: .*\d+\.\d+", shown)
    assert re.search(r"ok +trial build +.*\d s", shown)


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
