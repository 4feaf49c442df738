"""`python -m cppmagic build` of notebooks, and running from what was built without a compiler."""

from __future__ import annotations

import ast
import functools
import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import Script, c_module, command_line
from IPython.core.inputtransformer2 import TransformerManager
from kernel import FROM_JUPYTER
from nbclient import NotebookClient

from cppmagic.cells import Cell, split

pytestmark = FROM_JUPYTER

HEADER = "#pragma once\n#define NUMBER 5\n"
READS_HEADER = c_module("reads", "NUMBER").replace("#include", '#include "number.h"\n#include', 1)


def c_cell(name: str, value: object, options: str = "") -> str:
    return f"%%cppimport {name} --lang c {options}\n" + c_module(name, value)


def write_notebook(path: Path, *texts: str, expected: tuple[int, ...] = (), **spec: str) -> Path:
    """Write a notebook with code cells; those whose positions are `expected` are meant to fail."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(text) for text in texts]
    for position in expected:
        notebook.cells[position].metadata["tags"] = ["raises-exception"]
    name, language = spec.get("name", "python3"), spec.get("language", "python")
    notebook.metadata.kernelspec = {"name": name, "language": language, "display_name": name}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def run_all(path: Path, **environment: str) -> list[Any]:
    """Run a notebook in its directory; return the outputs of its cells."""
    notebook = nbformat.read(path, as_version=4)
    load = nbformat.v4.new_code_cell("%load_ext cppmagic")
    notebook.cells.insert(0, load)
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
    client.execute(env={**os.environ, **environment})
    return [cell.outputs for cell in notebook.cells[1:]]


def compiled(cache: Path) -> dict[str, int]:
    """Return when each library and each object of a cache was made: a build shows in it."""
    kinds = [(cache / "v1" / kind).glob("*/*") for kind in ("artifacts", "objects")]
    return {str(path): path.stat().st_ctime_ns for found in kinds for path in found}


@pytest.fixture
def build(tmp_path: Path) -> Script:
    """Run `python -m cppmagic build` in the test's directory."""
    return functools.partial(command_line(tmp_path), "build")


@pytest.fixture
def no_compiler(tmp_path: Path) -> dict[str, str]:
    """An environment in which no compiler is found: not on PATH, and no zig in a wheel."""
    (tmp_path / "hiding").mkdir()
    (tmp_path / "hiding" / "ziglang.py").touch()  # not a package: the real one is behind it
    return {"PATH": str(tmp_path / "hiding"), "PYTHONPATH": str(tmp_path / "hiding")}


NOTEBOOK = (
    c_cell("options", "SET", "-D SET=7 -O 1 -c -fwrapv"),
    "%%cppheader number.h\n" + HEADER,
    "%%cppimport reads --lang c\n" + READS_HEADER,
    "\n  \n%%cpp -O 0\nint twice(int x) { return 2 * x; }\n\n",
    "%%cpp -O 0 --share-types named\nstruct Point { int x = 3; };",
    "%%cppheader number.h\n" + HEADER.replace("5", "6"),
    "%%cppimport reads --lang c\n" + READS_HEADER,
    "%%cppimport template --lang c -I inc\n<% value = open('value.txt').read() %>\n"
    + c_module("template", "INSIDE + ${value}").replace("#include", '#include "in.h"\n#include', 1),
    "value = %cpp 1 << 4",
    "print(options.value(), reads.value(), twice(4), named.Point().x, template.value(), value)",
)


def test_what_was_built_ahead_is_what_the_kernel_asks_for(
    tmp_path: Path, own_cache: Path, build: Script, no_compiler: dict[str, str]
) -> None:
    place = tmp_path / "note books"
    write_notebook(place / "all of it.ipynb", *NOTEBOOK)
    (place / "inc").mkdir()
    (place / "inc" / "in.h").write_text("#define INSIDE 40\n")
    (place / "value.txt").write_text("2")
    done = build(str(place))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"built {os.path.join('note books', 'all of it.ipynb')} In[1] options\n" in done.stdout
    assert "all of it.ipynb In[2] number.h\n" in done.stdout
    assert "all of it.ipynb In[5] named\n" in done.stdout
    assert "all of it.ipynb In[9] 1 << 4\n" in done.stdout
    assert "7 built, 0 failed in" in done.stdout
    before = compiled(own_cache)
    assert run_all(place / "all of it.ipynb")[-1][0].text == "7 6 8 3 42 16\n"
    assert compiled(own_cache) == before  # also what the kernel builds for itself, the pump
    alone = run_all(place / "all of it.ipynb", **no_compiler)
    assert alone[-1][0].text == "7 6 8 3 42 16\n"


def test_what_the_compiler_did_is_found_out_ahead_and_warnings_are_kept(
    tmp_path: Path, own_cache: Path, build: Script, no_compiler: dict[str, str]
) -> None:
    loop = "static double sum(double *x, int n) {\n    double s = 0;\n"
    loop += "    for (int i = 0; i < n; i++) s += x[i];\n    return s;\n}\n"
    path = write_notebook(tmp_path / "x.ipynb", c_cell("noted", 1, "-a") + loop)
    assert build("x.ipynb").returncode == 0
    ((view, *more),) = run_all(path, **no_compiler)
    assert "-Wunused-function" in view.data["text/plain"]
    assert [" compiles it" in output.data["text/plain"] for output in more] == [True]


def test_without_a_compiler_only_what_was_built_is_there(
    tmp_path: Path, own_cache: Path, run_python: Script, no_compiler: dict[str, str]
) -> None:
    kept = c_module("kept", "VALUE").replace("#include", '#include "value.h"\n#include', 1)
    (tmp_path / "value.h").write_text("#define VALUE 1\n")
    (tmp_path / "kept.c").write_text(kept)
    use = "import cppmagic; print(cppmagic.imp_from_filepath('kept.c').value())"
    run_python(use)
    assert run_python(use, **no_compiler).stdout == "1\n"
    assert (
        "no C++ compiler was found"
        in run_python(use, CPPMAGIC_FORCE_REBUILD="1", **no_compiler).stderr
    )
    # Other flags would have given another library.
    assert "no C++ compiler" in run_python(use, CFLAGS="-DX", **no_compiler).stderr
    (tmp_path / "kept.c").write_text(kept + "// edited\n")
    assert "no C++ compiler was found" in run_python(use, **no_compiler).stderr
    (tmp_path / "kept.c").write_text(kept)
    assert run_python(use, **no_compiler).stdout == "1\n"
    (tmp_path / "value.h").write_text("#define VALUE 2\n")
    assert "no C++ compiler was found" in run_python(use, **no_compiler).stderr


def test_notebooks_and_files_and_trees_can_be_mixed(
    tmp_path: Path, own_cache: Path, build: Script
) -> None:
    write_notebook(tmp_path / "one" / "a.ipynb", c_cell("first", 1))
    write_notebook(tmp_path / "two" / "b.ipynb", "1 + 1", "", c_cell("second", 2))
    write_notebook(tmp_path / "two" / ".ipynb_checkpoints" / "b.ipynb", c_cell("third", 3))
    (tmp_path / "two" / "beside.c").write_text(c_module("beside"))
    done = build("one/a.ipynb", "two")
    assert done.returncode == 0, done.stderr
    said = sorted(done.stdout.splitlines())[1:]
    # An empty cell takes no number.
    assert said == [
        "built one/a.ipynb In[1] first",
        "built two/b.ipynb In[2] second",
        "built two/beside.c",
    ]
    assert build("-q").stdout == ""


def test_a_header_may_be_written_by_the_notebook_beside(
    tmp_path: Path, own_cache: Path, build: Script
) -> None:
    reads = "%%cppimport reads --lang c\n" + READS_HEADER
    write_notebook(tmp_path / "a_reader.ipynb", reads)
    write_notebook(tmp_path / "b_writer.ipynb", "%%cppheader number.h\n" + HEADER)
    done = build()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "wrote b_writer.ipynb In[1] number.h",
        "built a_reader.ipynb In[1] reads",
    ]


def test_what_fails_is_reported_and_what_is_meant_to_is_not_a_failure(
    tmp_path: Path, own_cache: Path, build: Script
) -> None:
    broken = c_cell("broken", "nonsense")
    write_notebook(tmp_path / "meant.ipynb", broken, c_cell("good", 1), expected=(0,))
    meant = build("meant.ipynb")
    assert meant.returncode == 0, meant.stderr
    assert "failed as expected meant.ipynb In[1] broken\n" in meant.stdout
    assert "1 built, 0 failed, 1 failed as expected in" in meant.stdout
    assert "nonsense" not in meant.stderr
    assert "In[1]:4:" in build("-v", "meant.ipynb").stdout
    write_notebook(
        tmp_path / "not_meant.ipynb",
        broken,
        "%%cppimport --optimise 3\nint x;",
        "%%cppimport\nint x;",
        "%%cpp empty\n",
        "%%cppheader\nint x;",
        "%%cppimport 'unclosed\nint x;",
    )
    failed = build("not_meant.ipynb")
    assert failed.returncode == 1
    assert "FAILED not_meant.ipynb In[1] broken\n" in failed.stderr
    assert "In[1]:4:" in failed.stderr
    assert "unknown option --optimise (did you mean '--optimize'?)" in failed.stderr
    assert "the module's name is missing" in failed.stderr
    assert "In[4]: the cell is empty" in failed.stderr
    assert "takes the name of a header" in failed.stderr
    assert "No closing quotation" in failed.stderr
    assert "0 built, 6 failed in" in failed.stdout
    assert "Traceback" not in failed.stderr


def test_what_only_a_kernel_knows_is_left_for_it(
    tmp_path: Path, own_cache: Path, build: Script
) -> None:
    reads = "%%cppimport reads --lang c\n" + READS_HEADER
    write_notebook(
        tmp_path / "left.ipynb",
        "%%cppimport values --lang c {flags}\n" + c_module("values"),
        "%%cppimport values --lang c -l $library\n" + c_module("values"),
        "%%cppheader {name}.h\n",
        "%%time\n" + c_cell("timed", 1),
        "%%cppimport --help",
        "%%writefile plain.c\n" + c_module("plain").replace("cppmagic", "mine"),
        "%%writefile written.c\n" + c_module("written", 4),
        reads,
        "os.chdir('elsewhere')",
        c_cell("known", 1),
    )
    done = build("left.ipynb")
    assert done.returncode == 0, done.stderr
    left = "left for the kernel: left.ipynb"
    assert f"{left} In[1] values: only a kernel knows what {{flags}} stands for\n" in done.stdout
    assert f"{left} In[2] values: only a kernel knows what $library stands for\n" in done.stdout
    assert f"{left} In[3] {{name}}.h: only a kernel" in done.stdout
    assert f"{left} In[4] timed: %%time stands above it" in done.stdout
    assert "In[5]" not in done.stdout
    assert "plain.c" not in done.stdout
    assert "built left.ipynb In[7] written.c\n" in done.stdout
    assert f"{left} In[8] reads: In[6] writes a file that it may need\n" in done.stdout
    assert "built left.ipynb In[10] known\n" in done.stdout
    assert "2 built, 0 failed, 5 left for the kernel in" in done.stdout
    assert not (tmp_path / "written.c").exists()
    assert "number.h" in build("-v", "left.ipynb").stdout  # why it was left


def test_a_written_file_is_built_as_its_import_asks_for_it(
    tmp_path: Path, own_cache: Path, build: Script
) -> None:
    written = "%%writefile written.c\n" + c_module("written", 4)
    use = "import cppmagic.import_hook, written\nprint(written.value())"
    write_notebook(tmp_path / "writes.ipynb", written, use)
    build("writes.ipynb")
    before = compiled(own_cache)
    assert run_all(tmp_path / "writes.ipynb")[-1][0].text == "4\n"
    assert compiled(own_cache) == before


def test_a_directory_that_the_notebook_changes_to_is_unknown(
    tmp_path: Path, own_cache: Path, build: Script
) -> None:
    reads = "%%cppimport reads --lang c\n" + READS_HEADER
    write_notebook(tmp_path / "moves.ipynb", "%cd elsewhere", reads, c_cell("known", 1))
    done = build("moves.ipynb")
    assert done.returncode == 0, done.stderr
    why = "In[1] changes the working directory"
    assert f"left for the kernel: moves.ipynb In[2] reads: {why}\n" in done.stdout
    assert "built moves.ipynb In[3] known\n" in done.stdout


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("not JSON {", "bad.ipynb is not a notebook: "),
        (b"\xff\xfe", "bad.ipynb is not a notebook: "),
        (json.dumps({"nbformat": 3, "worksheets": []}), "is a notebook of format 3"),
        (json.dumps([1]), "is not a notebook: it has no list of cells"),
        (json.dumps({"nbformat": 4}), "is not a notebook: it has no list of cells"),
    ],
)
def test_what_is_no_notebook_is_named_and_the_rest_is_built(
    tmp_path: Path, own_cache: Path, build: Script, content: str | bytes, expected: str
) -> None:
    (tmp_path / "bad.ipynb").write_bytes(content.encode() if isinstance(content, str) else content)
    write_notebook(tmp_path / "good.ipynb", c_cell("good", 1))
    done = build("bad.ipynb", "good.ipynb")
    assert done.returncode == 1
    assert done.stderr.startswith("FAILED bad.ipynb\n")
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert "built good.ipynb In[1] good\n" in done.stdout


def test_odd_cells_are_passed_over(tmp_path: Path, own_cache: Path, build: Script) -> None:
    cells: list[Any] = [None, {"cell_type": "code"}, {"cell_type": "raw", "source": "%%cpp"}]
    cells += [{"cell_type": "code", "source": "%%cpp?", "metadata": {"tags": None}}]
    (tmp_path / "odd.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
    done = build("odd.ipynb")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no notebook has C++ cells" in done.stdout


def test_kernels_of_other_languages_and_names_are_told(
    tmp_path: Path, own_cache: Path, build: Script
) -> None:
    write_notebook(tmp_path / "other.ipynb", c_cell("other", 1), name="ir", language="R")
    write_notebook(tmp_path / "named.ipynb", c_cell("named", 1), name="py310")
    done = build()
    assert done.returncode == 0, done.stderr
    assert "skipped other.ipynb: its cells are r\n" in done.stdout
    assert "named.ipynb asks for the kernel 'py310'; it is built for this Python" in done.stdout
    assert "1 built, 0 failed" in done.stdout
    assert "other.c" not in str(compiled(own_cache))


@pytest.mark.parametrize(
    "text",
    [
        "%%cpp",
        "%%cpp  spaced  \nint x;",
        "%%cppimport a b\n\n\nint f();\n\n",
        "\n \n%%cppimport a\nint f();",
        "%%cpp a\n  %%cpp b\n",
        "%%cpp a\\\nb\nint x;",
        "%%cppheader 'a b.h'\n#pragma once",
        "%%cpp?",
        "%%cpp??",
        "%cpp 1",
        "x = 1\n%%cpp",
        "",
    ],
)
def test_cells_are_taken_apart_as_ipython_does(text: str) -> None:
    code = TransformerManager().transform_cell(text)
    tree = ast.parse(code).body
    expected = None
    if len(tree) == 1 and "run_cell_magic" in code:
        call = tree[0].value  # type: ignore[attr-defined]
        expected = Cell(*(ast.literal_eval(argument) for argument in call.args))
    assert split(text) == expected


def test_reading_notebooks_needs_no_ipython(tmp_path: Path, run_python: Script) -> None:
    write_notebook(tmp_path / "n.ipynb", c_cell("plain", 1))
    script = """
        import sys, cppmagic.cli
        cppmagic.cli.main(["build", "n.ipynb"])
        print("IPython" in sys.modules, "nbformat" in sys.modules)
        """
    assert run_python(script).stdout.endswith("False False\n")
