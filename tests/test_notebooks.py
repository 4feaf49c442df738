"""The notebooks, executed from a clean kernel as a reader's "Run All" does; and as committed."""

from __future__ import annotations

import ctypes.util
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from kernel import FROM_JUPYTER
from nbclient import NotebookClient

pytestmark = FROM_JUPYTER

FOLDER = Path(__file__).parent.parent / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
QUICKSTART, EXISTING_CODE, HOT_RELOAD = "01-quickstart", "02-existing-code", "03-hot-reload"
PLAIN_CPP, COMPILER = "04-plain-cpp", "05-reading-the-compiler"

# Run before the cell of this id.
PROBES = {"edited": 'attractor_before = hasattr(logistic, "attractor")'}

# What a reader of the quickstart is told, as the kernel sees it when all cells have run.
QUICKSTART_FACTS = """{
    "agree": in_python == in_cpp == logistic.iterate(3.9, 0.5, steps),
    "seconds": [stepwise.best, python.best, batched.best],
    "attractor_before": attractor_before,
    "attractors": [sorted(set(row.round(6).tolist())) for row in logistic.attractor([2.5, 3.2])],
    "drawn": visited.shape,
}"""
EXISTING_CODE_FACTS = """{"results": results, "cost": cost}"""
HOT_RELOAD_FACTS = """{
    "calls": calls,
    "old": [old.area(), copy.area()],
    "new": [area(new), area(again), in_workers],
    "is_instance": [isinstance(old, shapes.Box), isinstance(again, shapes.Box)],
    "file": [before, length(1)],
    "thread": [second, still_running, first],
}"""
PLAIN_CPP_FACTS = """{
    "shape": smoothed.shape,
    "smooth": bool(abs(smoothed[40:]).max() < 1.5),
    "centered": bool(abs(signal.mean()) < 1e-9),
    "path": path.shape,
    "numbers": numbers,
}"""
COMPILER_FACTS = """{
    "results": results,
    "with_nan": [bool(np.isnan(each)) for each in with_nan],
    "seconds": seconds,
}"""
FACTS = {
    COMPILER: COMPILER_FACTS,
    PLAIN_CPP: PLAIN_CPP_FACTS,
    QUICKSTART: QUICKSTART_FACTS,
    EXISTING_CODE: EXISTING_CODE_FACTS,
    HOT_RELOAD: HOT_RELOAD_FACTS,
}


@dataclass(frozen=True)
class Executed:
    """A notebook that has run to its end, and what the kernel then knew."""

    notebook: nbformat.NotebookNode
    facts: dict[str, Any]

    def cell(self, identity: str) -> nbformat.NotebookNode:
        """Return the cell of this id."""
        return next(cell for cell in self.notebook.cells if cell.id == identity)

    def text(self, identity: str) -> str:
        """Return what a cell printed."""
        return "".join(item.get("text", "") for item in self.cell(identity).outputs)

    def shown(self, identity: str) -> str:
        """Return the text of what a cell displayed."""
        data = (item.get("data", {}) for item in self.cell(identity).outputs)
        return "".join(each.get("text/plain", "") for each in data)


def execute(name: str, place: Path, **environment: str) -> Executed:
    """Run a notebook in a new kernel whose working directory is `place`, which stays empty."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    for position, cell in reversed(list(enumerate(notebook.cells))):
        if cell.id in PROBES:
            notebook.cells.insert(position, nbformat.v4.new_code_cell(PROBES[cell.id], id="probe"))
    code = f"import json\nprint(json.dumps({FACTS[name]}))"
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    settings = ("CPPMAGIC_", "CPPIMPORT_", "CC", "CXX", "CFLAGS", "CPPFLAGS", "LDFLAGS")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(settings)}
    kept["XDG_CACHE_HOME"] = str(place.parent / "user-cache")
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(place)}}
    )
    client.execute(env={**kept, **environment})
    assert list(place.iterdir()) == [], "the notebook leaves files where it ran"
    return Executed(notebook, json.loads(notebook.cells.pop().outputs[-1].text))


@pytest.fixture(scope="module")
def quickstart(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Executed:
    place = tmp_path_factory.mktemp("quickstart")
    return execute(QUICKSTART, place, CPPMAGIC_CACHE_DIR=str(shared_cache))


@pytest.fixture(scope="module")
def existing_code(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Executed:
    place = tmp_path_factory.mktemp("existing-code")
    return execute(EXISTING_CODE, place, CPPMAGIC_CACHE_DIR=str(shared_cache))


@pytest.fixture(scope="module")
def hot_reload(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Executed:
    place = tmp_path_factory.mktemp("hot-reload")
    return execute(HOT_RELOAD, place, CPPMAGIC_CACHE_DIR=str(shared_cache))


@pytest.fixture(scope="module")
def plain_cpp(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Executed:
    place = tmp_path_factory.mktemp("plain-cpp")
    return execute(PLAIN_CPP, place, CPPMAGIC_CACHE_DIR=str(shared_cache))


@pytest.fixture(scope="module")
def compiler(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Executed:
    place = tmp_path_factory.mktemp("compiler")
    return execute(COMPILER, place, CPPMAGIC_CACHE_DIR=str(shared_cache))


def test_the_quickstart_computes_in_cpp_what_python_does(quickstart: Executed) -> None:
    facts = quickstart.facts
    assert facts["agree"]
    stepwise, python, batched = facts["seconds"]
    assert batched < python < stepwise


def test_the_quickstart_goes_on_with_the_edited_cell(quickstart: Executed) -> None:
    facts = quickstart.facts
    assert not facts["attractor_before"]
    # Theory: a fixed point at 1 - 1/r below r = 3, then a cycle of two.
    fixed, cycle = facts["attractors"]
    assert fixed == [0.6]
    assert cycle == [0.513045, 0.799455]
    assert len(facts["drawn"]) == 2


def test_the_quickstart_shows_a_mistake_with_its_line(quickstart: Executed) -> None:
    view, error = quickstart.cell("mistake").outputs
    assert {"text/html", "text/plain"} == set(view.data)
    assert error.ename == "BuildError"
    assert re.search(r"^In\[\d+\]:5:26: error: .*\bstep\b", error.evalue, re.MULTILINE)


def test_every_binding_of_the_existing_code_gives_the_same(existing_code: Executed) -> None:
    facts = existing_code.facts
    expected = {"Python", "ctypes", "CFFI", "C API", "pybind11", "Cython"}
    library = f"boost_python{sys.version_info.major}{sys.version_info.minor}"
    if Path("/usr/include/boost/python.hpp").exists() and ctypes.util.find_library(library):
        expected.add("Boost.Python")
    assert facts["results"] == dict.fromkeys(expected, 15.0)
    assert facts["cost"].keys() == expected


def test_name_mangling_is_shown(existing_code: Executed) -> None:
    shown = existing_code.text("not-found")
    assert "undefined symbol: cppmult" in shown
    assert re.search(r"\bT cmult\r?$", shown, re.MULTILINE)
    assert re.search(r"\bT _Z7cppmultif\r?$", shown, re.MULTILINE)
    assert "cppmult(int, float)" in existing_code.text("mangled")


def test_hot_reload_goes_on_with_the_edited_class(hot_reload: Executed) -> None:
    facts = hot_reload.facts
    # Boxes of 1 x 2 x 3, and of 1 x 1 x n; `area` was imported before the edit.
    assert facts["new"] == [22.0, 22.0, [2.0, 6.0, 10.0, 14.0]]
    assert facts["calls"] == [1, 2, 3]
    assert re.search(r"count starts at: +1$", hot_reload.text("use-2"), re.MULTILINE)
    assert "version" not in hot_reload.cell("use-1").outputs[0].data["text/plain"]
    assert re.search(r"^shapes +2 of 2 ", hot_reload.text("list"), re.MULTILINE)
    assert "double depth, width, height;" in hot_reload.text("source")


def test_hot_reload_keeps_old_objects_and_does_not_mix_them(hot_reload: Executed) -> None:
    facts = hot_reload.facts
    assert facts["old"] == [6.0, 6.0]  # 2 x 3
    assert facts["is_instance"] == [False, True]
    assert "made by version 1" in hot_reload.cell("keeps-working").outputs[0].data["text/plain"]
    (error,) = hot_reload.cell("mixed").outputs
    assert error.ename == "TypeError"
    assert "this Box was made by version 1 of shapes" in error.evalue
    assert "Make it again with shapes.Box" in error.evalue


def test_hot_reload_follows_a_file_and_leaves_a_running_thread_alone(hot_reload: Executed) -> None:
    facts = hot_reload.facts
    assert facts["file"] == [3.0, 6.2831853]
    assert facts["thread"] == ["the second version", True, "the first version"]


def test_plain_cpp_is_called_from_python(plain_cpp: Executed) -> None:
    facts = plain_cpp.facts
    assert (facts["shape"], facts["smooth"], facts["centered"]) == ([600], True, True)
    assert facts["path"] == [12000, 2]
    assert facts["numbers"] == [1, 2, 3]


def test_plain_cpp_says_what_is_left_out_and_what_does_not_fit(plain_cpp: Executed) -> None:
    assert "raw is left out: its parameter `const double *x`" in plain_cpp.text("functions")
    assert "came as one of int64" in plain_cpp.text("refused")
    assert "Crash: too close to the sun" in plain_cpp.text("crash")


def read_the_compiler(notebook: Executed) -> None:
    """Check what holds for every compiler: errors, warnings, a loop on its way to vectors."""
    facts = notebook.facts
    assert facts["results"] == pytest.approx([facts["results"][0]] * 4, rel=1e-12)
    assert facts["with_nan"] == [True] * 4
    assert len(facts["seconds"]) == 4
    assert "did you mean 'values'?" in notebook.shown("misspelt")
    assert re.search(r"^In\[\d+\]:6:\d+: error: ", notebook.shown("template"), re.MULTILINE)
    assert re.search(r"^In\[\d+\]:\d+:\d+: warning: .*count", notebook.shown("warned"), re.M)
    assert "^ not vectorised: " in notebook.shown("step-1")
    assert "added in order" in notebook.shown("step-2")
    for step in ("step-3", "step-4"):
        assert re.search(r"\^ vectorised, (?!.*in order)", notebook.shown(step))


def test_the_compiler_is_read(compiler: Executed) -> None:
    read_the_compiler(compiler)
    assert "In[5] as g++ " in compiler.shown("step-1")


@pytest.mark.slow
def test_another_compiler_is_read(shared_cache: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    notebook = execute(COMPILER, here, CPPMAGIC_CACHE_DIR=str(shared_cache), CXX="clang++")
    read_the_compiler(notebook)
    assert "In[5] as clang " in notebook.shown("step-1")


def test_the_quickstart_runs_where_zig_is_the_only_compiler(tmp_path: Path) -> None:
    facts = without_compilers(QUICKSTART, tmp_path).facts
    assert facts["agree"]
    assert not facts["attractor_before"]
    assert facts["attractors"][0] == [0.6]


def test_existing_code_says_what_is_missing_where_zig_is_the_only_compiler(tmp_path: Path) -> None:
    notebook = without_compilers(EXISTING_CODE, tmp_path)
    assert notebook.facts["results"].keys() == {"Python", "ctypes", "CFFI", "C API", "pybind11"}
    assert "nm (of the package binutils) is not installed" in notebook.text("not-found")
    for skipped in ("cython", "boost"):
        assert notebook.text(skipped) == "skipped: this needs a system compiler, such as g++\n"


def without_compilers(name: str, place: Path) -> Executed:
    """Execute a notebook with no program on PATH, so that only the zig from PyPI is there."""
    nothing, here = place / "nothing", place / "here"
    nothing.mkdir()
    here.mkdir()
    cache = str(place / "cache")
    return execute(name, here, CPPMAGIC_CACHE_DIR=cache, PATH=str(nothing))


def test_the_committed_quickstart_shows_what_running_it_shows(quickstart: Executed) -> None:
    assert shown_as_committed(QUICKSTART) == shown(quickstart.notebook)


def test_the_committed_existing_code_shows_what_running_it_shows(existing_code: Executed) -> None:
    assert shown_as_committed(EXISTING_CODE) == shown(existing_code.notebook)


def test_the_committed_hot_reload_shows_what_running_it_shows(hot_reload: Executed) -> None:
    assert shown_as_committed(HOT_RELOAD) == shown(hot_reload.notebook)


def test_the_committed_compiler_shows_what_running_it_shows(compiler: Executed) -> None:
    assert shown_as_committed(COMPILER) == shown(compiler.notebook)


def test_the_committed_plain_cpp_shows_what_running_it_shows(plain_cpp: Executed) -> None:
    assert shown_as_committed(PLAIN_CPP) == shown(plain_cpp.notebook)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_notebook_was_run_from_top_to_bottom(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_notebook_names_no_place_of_the_machine_that_ran_it(name: str) -> None:
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    places = r"/(?:tmp|root|home|work|Users|builds?|private)/[\w.-]+|[A-Z]:\\\\\w+"
    assert re.findall(places, text) == []


def shown_as_committed(name: str) -> dict[str, set[str]]:
    """Return what each cell shows in the repository."""
    return shown(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4))


def shown(notebook: nbformat.NotebookNode) -> dict[str, set[str]]:
    """Return for each cell what it shows, less the content: stdout, error, image/png, ..."""
    found: dict[str, set[str]] = {}
    for cell in notebook.cells:
        # What %%needs runs may be absent on one machine and installed on the other.
        if (
            cell.cell_type == "code"
            and cell.id != "probe"
            and not cell.source.startswith("%%needs")
        ):
            found[cell.id] = set()
            for output in cell.outputs:
                found[cell.id].update(output.get("data") or [output.get("name") or "error"])
    return found
