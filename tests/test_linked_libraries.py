"""Modules that link a library which lies beside them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Script, c_module

LINKED = (
    c_module("linked", "answer()")
    .replace(
        "// cppmagic\n",
        "// cppmagic\n<% cfg.update(libraries=['answer'], library_dirs=['.']) %>\n",
    )
    .replace("#include <Python.h>", "#include <Python.h>\nint answer(void);")
)

# Within one process, the loader would give every module the libanswer.so that came first.
USE = """
    import logging, sys, cppmagic
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(message)s")
    print("value", cppmagic.imp_from_filepath(sys.argv[1]).value())
    print("loaded", *{line.split()[-1] for line in open("/proc/self/maps") if "libanswer" in line})
"""


def make_library(directory: Path) -> None:
    """Put libanswer.so and the same linked.c into a directory."""
    directory.mkdir()
    (directory / "answer.c").write_text("int answer(void) { return 42; }\n")
    command = ["cc", "-shared", "-fPIC", "-o", "libanswer.so", "answer.c"]
    subprocess.run(command, cwd=directory, check=True)
    (directory / "linked.c").write_text(LINKED)


@pytest.mark.parametrize("first_stays", [True, False], ids=["both there", "first one gone"])
def test_a_library_beside_the_source_is_found_there_and_not_where_it_was_first_built(
    tmp_path: Path, own_cache: Path, run_python: Script, first_stays: bool
) -> None:
    for name in ("first", "second"):
        make_library(tmp_path / name)
        done = run_python(USE, str(tmp_path / name / "linked.c"))
        assert "value 42" in done.stdout, done.stderr
        assert f"loaded {tmp_path / name / 'libanswer.so'}\n" in done.stdout
        if not first_stays:
            shutil.rmtree(tmp_path / name)


def test_the_same_library_in_the_same_place_needs_no_new_build(
    tmp_path: Path, own_cache: Path, run_python: Script
) -> None:
    make_library(tmp_path / "place")
    path = str(tmp_path / "place" / "linked.c")
    assert "building linked" in run_python(USE, path).stdout
    again = run_python(USE, path).stdout
    assert "value 42" in again
    assert "building" not in again
