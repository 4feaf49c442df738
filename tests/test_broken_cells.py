"""A corpus of broken cells, and what is said of each with g++ and with clang++.

Each file of `broken_cells/` is a cell, followed by sections: `=== call` (Python to run when the
cell was built), `=== hint` (what the message must also say), `=== g++` and `=== clang++` (the first
line of the message; of a failed build the first one below its title). With RECORD_BROKEN_CELLS=1
in the environment these two are written anew, to be looked at.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from cppmagic import settings
from cppmagic.errors import BuildError

CORPUS = Path(__file__).parent / "broken_cells"
# The words are those of these versions; places are the same in others.
KNOWN_VERSIONS = {"g++": "12", "clang++": "14"}


@dataclass(frozen=True)
class BrokenCell:
    """One file of the corpus: its cell, and its sections by name."""

    path: Path
    cell: str
    sections: dict[str, str]


def read(path: Path) -> BrokenCell:
    cell, *rest = re.split(r"^=== (.+)\n", path.read_text(), flags=re.MULTILINE)
    names = [name.strip() for name in rest[::2]]
    return BrokenCell(
        path, cell, dict(zip(names, (x.rstrip("\n") for x in rest[1::2]), strict=True))
    )


CELLS = {f"{path.parent.name}/{path.stem}": read(path) for path in sorted(CORPUS.glob("*/*.cell"))}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    os.environ["IPYTHONDIR"] = str(tmp_path_factory.mktemp("ipython"))
    made = InteractiveShell.instance(colors="nocolor")
    made.run_line_magic("load_ext", "cppmagic")
    yield made
    made.run_line_magic("unload_ext", "cppmagic")


def outcome(shell: InteractiveShell, text: str) -> BaseException | None:
    result = shell.run_cell(text, store_history=True)
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def first_line(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, BuildError):
        text = text.partition("\n")[2].lstrip("\n")
    line = text.split("\n")[0].replace(os.getcwd(), "/here")
    return f"{type(error).__name__}: " + re.sub(r"In\[\d+\]", "In[1]", line)


@pytest.mark.parametrize("compiler", KNOWN_VERSIONS)
@pytest.mark.parametrize("title", CELLS)
def test_what_is_said_of_a_broken_cell(
    title: str, compiler: str, shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    monkeypatch.chdir(tmp_path)
    settings.compiler = compiler
    broken = CELLS[title]
    error = outcome(shell, broken.cell)
    if "call" in broken.sections:
        assert error is None, error
        error = outcome(shell, broken.sections["call"])
    assert error is not None, "the cell is not broken"
    if os.environ.get("RECORD_BROKEN_CELLS"):
        record(broken.path, compiler, first_line(error))
        return
    said, expected = first_line(error), broken.sections[compiler]
    if version(compiler) != KNOWN_VERSIONS[compiler]:
        said, expected = (re.sub(r"(error|warning): .*", r"\1", line) for line in (said, expected))
    assert said == expected
    assert broken.sections.get("hint", "") in str(error)
    assert str(tmp_path.parent.parent / "shared cache") not in str(error)


def version(compiler: str) -> str:
    command = [compiler, "-dumpversion"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip().partition(".")[0]


def record(path: Path, compiler: str, line: str) -> None:
    broken = read(path)
    sections = {**broken.sections, compiler: line}
    order = ["call", "hint", "g++", "clang++"]
    written = [f"=== {name}\n{sections[name]}\n" for name in order if name in sections]
    path.write_text(broken.cell + "".join(written))


def test_the_corpus_is_whole() -> None:
    kinds = {title.partition("/")[0] for title in CELLS}
    assert kinds == {"syntax", "types", "templates", "linking", "loading", "calling"}
    assert len(CELLS) >= 40
    assert all({"g++", "clang++"} <= broken.sections.keys() for broken in CELLS.values())
