"""compile_commands.json is what clangd needs to understand the modules of a tree."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import c_module

from cppmagic.cli import main

TEMPLATE = """\
// cppmagic
#include <Python.h>
#include <cppmagic/progress.hpp>
#include <pybind11/detail/common.h>
#include "beside.hpp"
int other();
int answer() { return other() + WANTED + BESIDE; }
auto text = u8"a type of its own since C++20: " + sizeof(char8_t);
/*
<%
setup_pybind11(cfg)
cfg['sources'] = ['parts/other.cpp']
cfg['std'] = 'c++20'
for name in ['WANTED']:
    cfg['extra_compile_args'] += [f'-D{name}=1']
%>
*/
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "a tree"
    (root / "package" / "parts").mkdir(parents=True)
    (root / "package" / "__init__.py").touch()
    (root / "package" / "fast.cpp").write_text(TEMPLATE)
    (root / "package" / "beside.hpp").write_text("#define BESIDE 2\n")
    (root / "package" / "parts" / "other.cpp").write_text("int other() { return WANTED; }\n")
    (root / "plain.c").write_text(c_module("plain"))
    (root / "not_opted_in.cpp").write_text("int a;\n")
    return root


def entries(file: Path) -> dict[str, dict[str, Any]]:
    found = json.loads(file.read_text())
    return {Path(entry["file"]).name: entry for entry in found}


def test_a_tree_gets_its_modules_and_their_sources(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile-commands", str(tree)]) == 0
    assert "compile_commands.json: 3 files" in capsys.readouterr().out
    found = entries(tree / "compile_commands.json")
    assert sorted(found) == ["fast.cpp", "other.cpp", "plain.c"]
    for entry in found.values():
        assert Path(entry["file"]).is_file()
        assert Path(entry["directory"]).is_dir()
        assert "-fno-gnu-unique" not in entry["arguments"]  # clang would refuse it
        done = subprocess.run(
            [*entry["arguments"], "-fsyntax-only"],
            cwd=entry["directory"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert "-DWANTED=1" in found["other.cpp"]["arguments"]
    assert "-std=c++20" in found["fast.cpp"]["arguments"]


@pytest.mark.skipif(shutil.which("clangd") is None, reason="clangd is not installed")
def test_clangd_understands_them(tree: Path) -> None:
    assert main(["compile-commands", str(tree), "-q"]) == 0
    for name in ("package/fast.cpp", "plain.c"):
        done = subprocess.run(
            ["clangd", f"--check={tree / name}", f"--compile-commands-dir={tree}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Compile command from CDB is:" in done.stderr
        assert "All checks completed, 0 errors" in done.stderr, done.stderr


def test_named_files_another_target_and_what_fails(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "elsewhere.json"
    named = [str(tree / "not_opted_in.cpp"), str(tree / "plain.c")]
    assert main(["compile-commands", *named, "-o", str(target), "-q"]) == 0
    assert sorted(entries(target)) == ["not_opted_in.cpp", "plain.c"]
    (tree / "package" / "fast.cpp").write_text("// cppmagic\n<%\ncfg['nope'] = 1\n%>\n")
    assert main(["compile-commands", str(tree), "-o", str(target)]) == 1
    assert "fast.cpp" in capsys.readouterr().err
    assert sorted(entries(target)) == ["plain.c"]
    assert main(["compile-commands", str(tree / "nowhere")]) == 1
    assert main(["compile-commands", str(tree), "-o", str(tmp_path / "no" / "where")]) == 1
    assert "cannot be written" in capsys.readouterr().err
