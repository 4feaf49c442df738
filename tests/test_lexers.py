"""The colours of C++ cells in IPython's terminal and in what nbconvert writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path

import nbformat
import pytest
from conftest import Script
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Operator, String, Token
from terminal import Terminal

TREE = Path(__file__).parent.parent

CELL = """\
%%cppimport smooth -O2 -l "m"
#include <vector>
/*
<%
cfg['libraries'] = ['m']  # Python's
%>
*/
double half(double x) { return x / 2; } // C++'s
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    running = Terminal(tmp_path)
    yield running
    running.close()


def test_cpp_is_coloured_while_it_is_typed_in_the_terminal(terminal: Terminal) -> None:
    terminal.wait_for(r"In \[1\]:")
    terminal.type("%load_ext cppmagic\n")
    terminal.wait_for(r"In \[2\]:")
    terminal.type("'a' # of Python")
    terminal.wait_for("# of Python")
    string, comment = terminal.colour("'a'"), terminal.colour("# of Python")
    assert string != comment
    terminal.type("\x15%%cppimport m -l 'a'\nreturn '}'; // of C++")
    terminal.wait_for_colour("// of C++", comment)
    terminal.wait_for_colour("'a'", string)
    assert terminal.colour("cppimport") not in (string, comment)
    terminal.type("\x03%unload_ext cppmagic\n")
    terminal.wait_for(r"In \[3\]:")
    terminal.type("%%cppimport m\n1 // once")
    terminal.wait_for("once")
    assert terminal.colour("once") != comment


def test_empty_lines_run_a_cell_in_the_terminal_only_when_all_brackets_are_closed(
    terminal: Terminal,
) -> None:
    terminal.wait_for(r"In \[1\]:")
    terminal.type("%load_ext cppmagic\n")
    terminal.wait_for(r"In \[2\]:")
    terminal.type("%%cppimport 1 -q\nint f() { // {\n\n\nif (1)\nreturn g(\n'('")
    terminal.wait_for(r"\.\.\.:     if \(1\)")
    terminal.wait_for(r"\.\.\.:         '\('")
    terminal.type(");\n}\n\n\n")
    terminal.wait_for("SourceError")
    terminal.wait_for(r"In \[3\]:")


def tokens_of(text: str) -> list[tuple[object, str]]:
    """Return the tokens of a cell, without spaces."""
    lexer = get_lexer_by_name("cppmagic")
    return [(kind, value) for kind, value in lexer.get_tokens(text) if value.strip()]


def test_pygments_finds_the_lexer_and_it_knows_both_languages() -> None:
    found = tokens_of(CELL)
    assert found[:4] == [*[(Operator, "%")] * 2, (Name, "cppimport"), (Name, "smooth")]
    assert "".join(value for kind, value in found if kind is String.Double) == '"m"'
    assert (Comment.Preproc, "include") in found
    assert (Name, "cfg") in found
    assert (Comment.Single, "# Python's") in found
    assert (Comment.Multiline, "*/") in [(kind, value.strip()) for kind, value in found]
    assert (Keyword.Type, "double") in found
    assert (Comment.Single, "// C++'s") in [(kind, value.rstrip()) for kind, value in found]
    assert Token.Error not in [kind for kind, _ in found]


def test_control_lines_of_mako_are_python_and_a_remainder_is_cpp() -> None:
    found = tokens_of("%%cppimport m\n% for n in ['a']:\nint n;\n  % endfor\nint r = 7\n  % 2;\n")
    assert found[4:7] == [(Comment.Preproc, "% "), (Keyword, "for"), (Name, "n")]
    assert (String.Single, "a") in found
    assert (Comment.Preproc, "  % ") in found
    assert found.count((Keyword.Type, "int")) == 2
    assert (Operator, "%") in found[found.index((Name, "r")) :]


@pytest.mark.parametrize(
    "text",
    ["", "%%cpp", "%%cpp\n", "\n\n%%cpp m\n<% ", "int x; <%", "%%cpp\n// no end", "%%cpp\n%  for"],
)
def test_the_lexer_loses_nothing_of_an_unfinished_cell(text: str) -> None:
    lexer = get_lexer_by_name("cppmagic", stripnl=False, ensurenl=False)
    assert "".join(value for _, value in lexer.get_tokens(text)) == text


def test_html_of_nbconvert_is_coloured(tmp_path: Path, run_python: Script) -> None:
    metadata = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    cells = [nbformat.v4.new_code_cell(text) for text in (CELL, "half(2)  # Python's")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), tmp_path / "a.ipynb")
    shared = {"JUPYTER_PATH": str(TREE / "share/jupyter")}
    script = "from nbconvert.nbconvertapp import main; main(['--to', 'html', 'a.ipynb'])"
    result = run_python(script, **shared)
    assert result.returncode == 0, result.stderr
    html = (tmp_path / "a.html").read_text()
    assert '<span class="kt">double</span><span class="w"> </span><span class="nf">half' in html
    assert '<span class="cp">#include' in html
    assert '<span class="s2">"m"</span>' in html.replace("&quot;", '"')
    assert "No lexer found" not in result.stderr
    assert html.count('<span class="c1"># Python') == 2


def test_our_template_takes_nothing_of_nbconvert_s_own() -> None:
    # An installed file of the same name would be lost.
    (shared,) = (TREE / "share/jupyter/nbconvert").rglob("*.*")
    below = shared.relative_to(TREE).as_posix()
    assert [str(path) for path in files("nbconvert") or () if str(path).endswith(below)] == []
    languages = json.loads(shared.read_text())["preprocessors"]["cppmagic"]["languages"]
    assert languages.keys() == {"%%cpp", "%%cppimport", "%%cppheader"}
