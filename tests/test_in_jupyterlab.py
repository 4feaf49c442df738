"""What a user sees in a real JupyterLab: errors, waiting, bars, interrupts, the notebooks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import c_module
from gates import wait_until
from lab import CHROMIUM, TREE, Lab, code

NOTEBOOKS = sorted((TREE / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

MISTAKE = """\
%%cpp -O 0
#include <algorithm>
#include <list>

std::list<int> in_order(std::list<int> numbers) {
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}
"""
ENDLESS = """\
%%cpp -O 0
#include <cppmagic/progress.hpp>
void wait_for_ever() {
    for (long i : cppmagic::progress(1L << 60, "endless")) (void)i;
}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Lab]:
    environment = {"CPPMAGIC_CACHE_DIR": str(shared_cache)}
    with Lab(tmp_path_factory.mktemp("lab"), environment) as running:
        yield running


def test_an_error_is_a_view_in_which_the_librarys_part_unfolds(lab: Lab) -> None:
    notebook = lab.open([code("%load_ext cppmagic"), code(MISTAKE)])
    notebook.run_all()
    view = notebook.output(1).locator(".cppmagic-view")
    assert view.locator(".cppmagic-title").first.inner_text() == "cpp_cell did not compile"
    place = view.locator(".cppmagic-place").first
    assert re.fullmatch(r"In\[2\]:6:\d+", place.inner_text())
    marked = view.locator(".cppmagic-mark").first
    colours = {
        element.evaluate("element => getComputedStyle(element).color")
        for element in (place, marked)
    }
    assert len(colours) == 2  # the mark stands out
    library = view.get_by_text("stl_algo.h")
    assert library.locator("visible=true").count() == 0
    view.locator("summary").first.click()
    library.locator("visible=true").first.wait_for()
    assert notebook.errors == []
    notebook.close()


def test_a_build_shows_what_it_does_and_leaves_no_trace(lab: Lab, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    compiler = tmp_path / "waiting-cc"
    compiler.write_text(
        f'#!/bin/sh\ncase "$*" in *" -c "*) while [ ! -e "{gate}" ]; do sleep 0.05; done;; esac\n'
        'exec gcc "$@"\n'
    )
    compiler.chmod(0o755)
    cell = f"%%cppimport awaited --lang c --compiler {compiler}\n" + c_module("awaited", 5)
    notebook = lab.open([code("%load_ext cppmagic"), code(cell), code("awaited.value()")])
    notebook.start_all()
    notebook.output(1).get_by_text(re.compile(r"compiling awaited.* \d+\.\d s")).wait_for()
    gate.touch()
    notebook.output(2).get_by_text("5", exact=True).wait_for()
    assert notebook.output(1).inner_text().strip() == ""
    notebook.close()


def test_a_bar_moves_and_the_menus_interrupt_reaches_the_loop(lab: Lab) -> None:
    notebook = lab.open([code("%load_ext cppmagic"), code(ENDLESS), code("wait_for_ever()")])
    notebook.start_all()
    bar = notebook.output(2).get_by_text("endless")
    bar.first.wait_for()
    before = notebook.output(2).inner_text()
    wait_until(lambda: notebook.output(2).inner_text() != before)
    notebook.interrupt()
    notebook.output(2).get_by_text("KeyboardInterrupt").first.wait_for()
    notebook.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebooks_run(lab: Lab, path: Path, tmp_path: Path) -> None:
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    notebook = lab.open(cleared(path, tmp_path))
    notebook.run_all_to_the_end()
    cells = [cell for cell in notebook.save().cells if cell.cell_type == "code"]
    for cell in cells:
        failed = [output.ename for output in cell.outputs if output.output_type == "error"]
        assert bool(failed) == ("raises-exception" in cell.metadata.get("tags", ())), cell.source
        assert cell.execution_count
    assert notebook.errors == []
    notebook.close()


def cleared(path: Path, directory: Path) -> Path:
    """Return a copy of a notebook in which nothing has been run."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    copy = directory / path.name
    nbformat.write(notebook, copy)
    return copy


def test_a_notebook_that_is_opened_has_its_cpp_in_colours(lab: Lab) -> None:
    notebook = lab.open(next(path for path in NOTEBOOKS if path.stem.startswith("04")))
    cells = notebook.save().cells
    sources = [cell.source if cell.cell_type == "code" else "" for cell in cells]
    index = next(n for n, text in enumerate(sources) if "%%cpp" in text and "return " in text)
    notebook.cell(index)  # scrolled into view
    drawn = [piece for line in notebook.lines(index) for piece in line if piece.text == "return"]
    assert drawn
    assert drawn[0].colour == notebook.colour_named("keyword")
    notebook.close()
