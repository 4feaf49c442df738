"""Cells as people keep them, each with what it must give.

What follows the C++ in a file is a session: `// >>> ` begins a statement or an expression,
`// ... ` continues it, and the other comments are what it shows. `// LEFT OUT name` names what
cannot be bound; all else must be.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from plain_builds import plain_module

from cppmagic.config import BuildConfig

CORPUS = sorted((Path(__file__).parent / "plain_cells" / "corpus").glob("*.cpp"))


@dataclass(frozen=True)
class Cell:
    """A file of the corpus: the C++, the statements with what they show, what is left out."""

    text: str
    session: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    main: bool


def read(path: Path) -> Cell:
    code, session, left_out, main = [], [], [], False
    for line in path.read_text().splitlines():
        if line.startswith("// LEFT OUT "):
            left_out.append(line.removeprefix("// LEFT OUT "))
        elif line == "// MAIN":
            main = True
        elif line.startswith("// >>> "):
            session.append([line.removeprefix("// >>> "), ""])
        elif session and line.startswith("// ... "):
            session[-1][0] += "\n" + line.removeprefix("// ... ")
        elif session and line.startswith("//"):
            session[-1][1] += line.removeprefix("//").removeprefix(" ") + "\n"
        else:
            code.append(line)
    pairs = tuple((statement, shown) for statement, shown in session)
    return Cell("\n".join(code) + "\n", pairs, tuple(left_out), main)


def raises(kind: type[BaseException], function: Callable[..., Any], *arguments: Any) -> str:
    """Return the message of the exception that a call raises."""
    with pytest.raises(kind) as caught:
        function(*arguments)
    return str(caught.value)


def run(statement: str, names: dict[str, Any]) -> str:
    """Return what a statement shows in an interactive session."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(statement + "\n", "<session>", "single"), names)
    return shown.getvalue()


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_cell(path: Path) -> None:
    check(read(path), None)


@pytest.mark.parametrize("path", CORPUS[::12], ids=lambda path: path.stem)
def test_a_cell_with_clang(path: Path) -> None:
    if shutil.which("clang++") is None:
        pytest.skip("clang++ is not installed")
    check(read(path), "clang++")


def check(cell: Cell, compiler: str | None) -> None:
    assert cell.session
    options = BuildConfig(optimize="0", bind_main=cell.main, compiler=compiler)
    module = plain_module(cell.text, options)
    left_out = sorted(shown for _, shown, _ in module.__cppmagic_left_out__)
    assert left_out == sorted(cell.left_out), module.__cppmagic_left_out__
    names: dict[str, Any] = {**vars(module), "raises": raises}
    for statement, expected in cell.session:
        assert run(statement, names) == expected, statement
