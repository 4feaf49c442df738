"""C++ cells in a real JupyterLab and Notebook 7: colours, indentation, brackets; and the wheel."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import c_module
from kernel import FROM_JUPYTER
from lab import TREE, Lab, OpenNotebook, Piece, code

pytestmark = FROM_JUPYTER

MAGIC_LINE = '%%cppimport smooth -O2 --std c++20 -l "m" -c=-Wextra'
BODY = """\
#include <vector>

// and so on
template <typename T>
T twice(T value) {
    return value + value;
}
"""
MAKO = """\
/*
<%
if True: cfg['libraries'] = ['m']
%>
*/
char brace() { return '}'; }
% for name in ["one", "two"]:
// of ${name}
% endfor
int rest(int x) {
    return x
        % 2;
}
"""

BUILT = TREE / "share/jupyter/labextensions/cppmagic"
SOURCE = TREE / "labextension"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Lab]:
    environment = {"CPPMAGIC_CACHE_DIR": str(shared_cache)}
    with Lab(tmp_path_factory.mktemp("lab"), environment) as running:
        yield running


@pytest.fixture(scope="module", params=["lab", "notebook"])
def notebook(lab: Lab, request: pytest.FixtureRequest) -> Iterator[OpenNotebook]:
    cells = [
        code(f"{MAGIC_LINE}\n{BODY}"),
        code(MAGIC_LINE.replace("cppimport", "cppimported")),
        code(f"%%cpp\n{MAKO}"),
        code("for value in range(3):\n    pass"),
        code(f"\n%%cppheader twice.h\n{BODY}"),
    ]
    opened = lab.open(cells, request.param)
    wait_for_colours(opened, 4)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[OpenNotebook]:
    opened = lab.open([code("%%cpp\n// first")])
    # What the first C++ cell of a page has loaded is there at once for all others.
    opened.editor(0).get_by_text("// first", exact=True).wait_for()
    yield opened
    opened.close()


@pytest.fixture
def empty(page: OpenNotebook) -> OpenNotebook:
    """A notebook whose last cell is new, with the cursor in it."""
    page.select(-1)
    page.command("notebook:insert-cell-below")
    page.edit(-1)
    return page


def wait_for_colours(notebook: OpenNotebook, index: int) -> None:
    """Wait until the words of a cell are told apart."""
    notebook.cell(index).locator(".cm-line span").first.wait_for()


def piece(notebook: OpenNotebook, index: int, text: str) -> Piece:
    """Return the first piece of a cell that is drawn as one and has this text."""
    pieces = [piece for line in notebook.lines(index) for piece in line]
    return next(piece for piece in pieces if piece.text.strip() == text)


def colour(notebook: OpenNotebook, index: int, text: str) -> str:
    return piece(notebook, index, text).colour


def type_lines(notebook: OpenNotebook, *lines: str) -> None:
    """Type lines, with the Enter key between them."""
    for number, line in enumerate(lines):
        if number:
            notebook.page.keyboard.press("Enter")
        notebook.page.keyboard.type(line)


def test_the_body_has_the_colours_of_cpp(notebook: OpenNotebook) -> None:
    for index in (0, 4):
        keyword = notebook.colour_named("keyword")
        for word in ("template", "typename", "return"):
            assert piece(notebook, index, word) == Piece(word, keyword, "700")
        assert colour(notebook, index, "#include") == notebook.colour_named("meta")
        assert colour(notebook, index, "// and so on") == notebook.colour_named("comment")
        assert colour(notebook, index, "T") == notebook.colour_named("variable-3")
        assert colour(notebook, index, "twice") == notebook.colour_named("def")


def test_the_line_of_the_magic_is_drawn_as_in_a_cell_of_python(notebook: OpenNotebook) -> None:
    line, plain = notebook.lines(0)[0], notebook.lines(1)[0]
    assert len(line) > 5
    assert line[1:] == plain[1:]
    assert line[0].colour == plain[0].colour
    assert colour(notebook, 0, '"m"') == notebook.colour_named("string")


def test_blocks_of_mako_are_python_and_do_not_disturb_the_cpp(notebook: OpenNotebook) -> None:
    assert colour(notebook, 2, "<%") == notebook.colour_named("meta")
    assert colour(notebook, 2, "if") == notebook.colour_named("keyword")
    assert colour(notebook, 2, "'libraries'") == notebook.colour_named("string")
    assert colour(notebook, 2, "*/") == notebook.colour_named("comment")
    assert colour(notebook, 2, "'}'") == notebook.colour_named("string")


def test_control_lines_of_mako_are_python_and_a_remainder_is_cpp(notebook: OpenNotebook) -> None:
    assert colour(notebook, 2, "for") == notebook.colour_named("keyword")
    assert colour(notebook, 2, '"one"') == notebook.colour_named("string")
    assert colour(notebook, 2, "// of ${name}") == notebook.colour_named("comment")
    assert colour(notebook, 2, "2") == notebook.colour_named("number")
    assert colour(notebook, 2, "return") == notebook.colour_named("keyword")


def test_a_cell_of_python_stays_python(notebook: OpenNotebook) -> None:
    assert colour(notebook, 3, "for") == notebook.colour_named("keyword")
    assert colour(notebook, 3, "range") == notebook.colour_named("builtin")


def test_nothing_of_ours_throws(notebook: OpenNotebook) -> None:
    assert [error for error in notebook.errors if "labextensions/cppmagic" in error] == []


def test_the_first_cell_of_cpp_gets_its_colours_while_typed(lab: Lab) -> None:
    notebook = lab.open([code("")])
    notebook.edit(0)
    type_lines(notebook, "%%cppimport m", "// and so on")
    notebook.editor(0).get_by_text("// and so on", exact=True).wait_for()
    assert colour(notebook, 0, "// and so on") == notebook.colour_named("comment")
    notebook.close()


def test_colours_follow_each_key(empty: OpenNotebook) -> None:
    comment, operator = empty.colour_named("comment"), empty.colour_named("operator")
    keys = empty.page.keyboard
    type_lines(empty, "x // y")
    wait_for_colours(empty, -1)
    assert colour(empty, -1, "//") == operator
    keys.press("Control+Home")
    type_lines(empty, "%%cppimport m", "")
    assert colour(empty, -1, "// y") == comment
    keys.press("Control+Home")
    keys.press("Delete")
    assert colour(empty, -1, "//") == operator
    keys.type("%")
    assert colour(empty, -1, "// y") == comment
    keys.press("Control+Home")
    for _ in "%%cppimport":
        keys.press("ArrowRight")
    keys.type("ed")
    assert colour(empty, -1, "//") == operator
    for _ in "imported":
        keys.press("Backspace")
    assert empty.text(-1) == "%%cpp m\nx // y"
    assert colour(empty, -1, "// y") == comment


def test_cells_whose_type_changes_have_the_colours_of_the_type(empty: OpenNotebook) -> None:
    type_lines(empty, "%%cpp", "// and so on")
    comment = empty.colour_named("comment")
    for kind in ("raw", "code", "markdown", "code"):
        empty.page.keyboard.press("Escape")
        empty.command(f"notebook:change-cell-to-{kind}")
        if kind == "code":
            empty.editor(-1).get_by_text("// and so on", exact=True).wait_for()
        pieces = [piece for line in empty.lines(-1) for piece in line]
        found = [each.text for each in pieces if each.colour == comment]
        assert found == (["// and so on"] if kind == "code" else [])


def test_indentation_follows_cpp(empty: OpenNotebook) -> None:
    type_lines(empty, "%%cpp", "struct Box {", "int side() {", "while (n) {", "if (m)", "f(")
    assert empty.text(-1).splitlines()[1:] == [
        "struct Box {",
        "    int side() {",
        "        while (n) {",
        "            if (m)",
        "                f(",
    ]
    type_lines(empty, "1);", "}", "}", "};", "int x;")
    assert empty.text(-1).splitlines()[5:] == [
        "                f(1);",
        "        }",
        "    }",
        "};",
        "int x;",
    ]


def test_indentation_follows_cpp_behind_a_block_of_mako(empty: OpenNotebook) -> None:
    type_lines(empty, "%%cpp", "<%", "pass", "%>", "struct Box {", "int f() {", "return 1;", "}")
    assert empty.text(-1).splitlines()[4:] == [
        "struct Box {",
        "    int f() {",
        "        return 1;",
        "    }",
    ]


def test_indentation_of_python_is_as_before(empty: OpenNotebook) -> None:
    type_lines(empty, "if x:", "pass")
    assert empty.text(-1) == "if x:\n    pass"


def test_brackets_match_as_in_cpp(empty: OpenNotebook) -> None:
    type_lines(empty, "%%cpp", "void f() { char c = '}'; /* } */ }")
    matching = empty.editor(-1).locator(".cm-matchingBracket")
    matching.first.wait_for()
    starts = matching.evaluate_all(
        """all => all.map(each => {
            const range = document.createRange();
            range.setStart(each.closest('.cm-line'), 0);
            range.setEndBefore(each);
            return range.toString().length;
        })"""
    )
    line = empty.text(-1).splitlines()[1]
    assert starts == [line.index("{"), len(line) - 1]


def test_comments_are_toggled_in_the_language_of_the_line(empty: OpenNotebook) -> None:
    type_lines(empty, "%%cpp", "int x;")
    empty.page.keyboard.press("Control+/")
    assert empty.text(-1) == "%%cpp\n// int x;"


def test_run_all_runs_the_cpp_and_stops_at_a_mistake(lab: Lab) -> None:
    notebook = lab.open(
        [
            code("%load_ext cppmagic"),
            code("%%cppimport seven --lang c\n" + c_module("seven", 7)),
            code("seven.value()"),
            code("%%cppimport seven --lang c\n" + c_module("seven", "undeclared")),
            code("'never'"),
        ]
    )
    notebook.run_all()
    assert notebook.output(2).inner_text().split() == ["[3]:", "7"]
    assert "BuildError" in notebook.output(3).inner_text()
    saved = notebook.save().cells
    assert saved[2].outputs[0].data["text/plain"] == "7"
    assert saved[3].outputs[-1].ename == "BuildError"
    assert saved[4].outputs == []
    notebook.close()


def test_a_plain_cell_without_a_name_is_known_by_its_place_in_the_notebook(lab: Lab) -> None:
    """Two cells with the same names are two; one with all other names is an edit of what it was."""
    count = "from cppmagic.ipython import plain; [len(l.numbers) for l in plain.nameless()]"
    notebook = lab.open(
        [
            code("%load_ext cppmagic"),
            code("%%cpp -O 0\nint one() { return 1; }"),
            code("%%cpp -O 0\nint one() { return 2; }"),
            code(f"{count}, one()"),
        ]
    )
    notebook.run_all()
    assert "([1, 1], 2)" in notebook.output(3).inner_text()
    notebook.set_text(1, "%%cpp -O 0\nint other() { return 3; }")
    notebook.run(1)
    notebook.run(3)
    assert "([2, 1], 2)" in notebook.output(3).inner_text()
    notebook.close()


def test_a_running_cell_is_interrupted(lab: Lab) -> None:
    notebook = lab.open([code("print('begun', flush=True)\nwhile True: pass")])
    notebook.start_all()
    notebook.output(0).get_by_text("begun").wait_for()
    notebook.interrupt()
    notebook.output(0).get_by_text("KeyboardInterrupt").first.wait_for()
    notebook.close()


def test_the_wheel_brings_the_extension(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TREE / name, tree)
    for name in ("cppmagic", "share"):
        shutil.copytree(TREE / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), "."], cwd=tree, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        data = [name.partition(".data/data/") for name in archive.namelist()]
        read = {below: archive.read(head + middle + below) for head, middle, below in data if below}
    package = json.loads(read["share/jupyter/labextensions/cppmagic/package.json"])
    load = package["jupyterlab"]["_build"]["load"]
    assert f"share/jupyter/labextensions/cppmagic/{load}" in read
    for name, content in read.items():
        assert content == (TREE / name).read_bytes()
    shipped = {TREE / name for name in read}
    built = {path for path in (TREE / "share").rglob("*") if path.is_file()}
    assert built - shipped == {BUILT / "source.sha256"}
    assert sum(map(len, read.values())) < 200_000


def test_the_built_extension_is_that_of_its_source() -> None:
    digest = hashlib.sha256()
    names = ["build.config.js", "finish.mjs", "install.json", "package-lock.json", "package.json"]
    names += [f"src/{path.name}" for path in sorted((SOURCE / "src").iterdir())]
    for name in [*names, "tsconfig.json"]:
        digest.update(f"{name}\n".encode() + (SOURCE / name).read_bytes())
    recorded = (BUILT / "source.sha256").read_text().strip()
    assert recorded == digest.hexdigest(), "labextension/ has changed: run `make labextension`"


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    assert len(lock["packages"]) > 100
    assert [name for name, each in lock["packages"].items() if "resolved" in each] == []
    versions = {name: each.get("version") for name, each in lock["packages"].items()}
    assert "://" not in json.dumps(versions)
