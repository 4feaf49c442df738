"""Notebooks built ahead: what "Run All" would build is put into the cache.

A notebook is read, not run. What only a running kernel knows is left for it: a line in which names
stand for values, a file that another cell writes, a directory that the notebook changes to.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from cppmagic import cells, pipeline
from cppmagic.cells import Cell
from cppmagic.config import BuildConfig
from cppmagic.errors import CppmagicError, OptionError, SourceError
from cppmagic.options import build_config, parse_line, parser_of
from cppmagic.settings import settings
from cppmagic.source import OPT_IN_WORDS, Source, from_text

# What IPython replaces in a magic's line by values: `{name}` and `$name`.
_VALUE = re.compile(r"\{[^{}]+\}|\$\w+")
_EXPRESSION = re.compile(r"^(?:[\w.]+[ \t]*=[ \t]*)?%cpp[ \t]+(\S.*)$", re.MULTILINE)
_MOVES = re.compile(r"\bchdir\s*\(|^[ \t]*%?(?:cd|pushd|popd)\b(?!\s*[=(.])", re.MULTILINE)
_WRITES_FILE = ("writefile", "file")
_TAG = "raises-exception"


@dataclass(frozen=True)
class Step:
    """One thing that a notebook builds when it is run.

    Attributes:
        notebook: absolute path.
        label: what messages call the cell: `In[4]` is the fourth that "Run All" runs.
        cell: its magic, the magic's line, and its text.
        is_tagged: whether the cell is meant to fail.
        doubt: why its build may fail here and not in the kernel; "" for no reason.
        unknown: why it cannot be built here at all; "" for no reason.
    """

    notebook: str
    label: str
    cell: Cell
    is_tagged: bool
    doubt: str = ""
    unknown: str = ""

    @property
    def directory(self) -> str:
        """The kernel's working directory."""
        return os.path.dirname(self.notebook)

    @property
    def writes_header(self) -> bool:
        """Whether later steps read what this one writes."""
        return self.cell.magic == "cppheader"

    @functools.cached_property
    def options(self) -> Namespace | None:
        """What the line of `%%cpp` or `%%cppimport` says; None for another magic.

        Raises:
            OptionError: it is not understood.
        """
        if self.cell.magic not in ("cpp", "cppimport"):
            return None
        return parse_line(parser_of(self.cell.magic), self.cell.line)

    @property
    def name(self) -> str:
        """What is built: a module, a header, an expression; "" for a cell without a name."""
        line = self.cell.line.strip()
        try:
            return line if self.options is None else self.options.modname or ""
        except OptionError:
            first = line.partition(" ")[0]
            return "" if first.startswith("-") else first


@dataclass(frozen=True)
class Notebook:
    """What is to know of a notebook.

    Attributes:
        path: absolute.
        kernel: name of the kernel that it asks for; "" if it does not say.
        language: of that kernel, in lower case; "" if it does not say.
        steps: what it builds, in its order.
    """

    path: str
    kernel: str
    language: str
    steps: tuple[Step, ...]


class State(Enum):
    """What became of a step."""

    BUILT = "built"
    WRITTEN = "wrote"
    LEFT = "left"
    EXPECTED = "failed as expected"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Outcome:
    """What became of a step, and why, where there is a reason."""

    step: Step
    state: State
    reason: str = ""
    error: CppmagicError | None = None


def read(path: str) -> Notebook:
    """Read what a notebook builds.

    Args:
        path: of the .ipynb file.

    Raises:
        SourceError: it is not a notebook of format 4.
    """
    path = os.path.abspath(path)
    content = _content(path)
    metadata = _mapping(content.get("metadata"))
    kernel, language = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    return Notebook(
        path,
        str(kernel.get("name") or ""),
        str(language.get("name") or kernel.get("language") or "").lower(),
        tuple(_steps(path, content["cells"])),
    )


def batches(notebooks: Iterable[Notebook]) -> Iterator[list[Step]]:
    """Yield the steps in groups whose members can be built at once, one group after the other.

    A header is written when all before it in its notebook is built, and before what follows it and
    what notebooks beside it build, which may include it. A group belongs to one directory, which is
    to be the working directory meanwhile.
    """
    by_directory: dict[str, list[Notebook]] = {}
    for notebook in notebooks:
        by_directory.setdefault(os.path.dirname(notebook.path), []).append(notebook)
    for group in by_directory.values():
        alone = [each for each in group if any(step.writes_header for step in each.steps)]
        together = [step for each in group if each not in alone for step in each.steps]
        parts = (part for each in alone for part in _parts(each.steps))
        yield from filter(None, [*parts, together])


def _parts(steps: Iterable[Step]) -> Iterator[list[Step]]:
    part: list[Step] = []
    for step in steps:
        if step.writes_header:
            yield part
            yield [step]
            part = []
        else:
            part.append(step)
    yield part


@contextlib.contextmanager
def working_directory(directory: str) -> Iterator[None]:
    """Be where the kernel of a notebook would be: a template may open files."""
    before = os.getcwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def build(step: Step, force: bool = False) -> Outcome:
    """Put what a cell builds into the cache, as running it would; load nothing.

    Args:
        step: which.
        force: build even if nothing changed.
    """
    if step.unknown:
        return Outcome(step, State.LEFT, step.unknown)
    try:
        if step.writes_header:
            path = cells.header_path(step.cell.line, step.directory)
            cells.write_header(path, step.cell.body, step.label)
            return Outcome(step, State.WRITTEN)
        _obtain(step, force)
    except CppmagicError as error:
        if step.is_tagged:
            return Outcome(step, State.EXPECTED, f"the cell is tagged {_TAG}", error)
        if step.doubt:
            return Outcome(step, State.LEFT, step.doubt, error)
        return Outcome(step, State.FAILED, "", error)
    return Outcome(step, State.BUILT)


def _obtain(step: Step, force: bool) -> None:
    source, config = _source(step)
    artifact = pipeline.obtain(source, config, force=force)
    if step.options is not None and step.options.annotate:
        from cppmagic import examining

        examining.explain(artifact, source, config, fresh=force)


def _source(step: Step) -> tuple[Source, BuildConfig]:
    cell = step.cell
    if cell.magic in _WRITES_FILE:
        return from_text(cell.body, os.path.join(step.directory, cell.line.strip())), BuildConfig()
    if step.options is None:
        return cells.expression_source(cell.line, step.label, step.directory)
    source = cells.cell_source(cell.magic, step.options, cell.body, step.label, step.directory)
    return source, build_config(step.options)


def _content(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", path=path) from error
    except ValueError as error:  # neither JSON nor UTF-8
        raise SourceError(f"{path} is not a notebook: {error}", path=path) from None
    version = content.get("nbformat") if isinstance(content, dict) else None
    if version == 4 and isinstance(content.get("cells"), list):
        return dict(content)
    if isinstance(version, int) and version != 4:
        raise SourceError(
            f"{path} is a notebook of format {version}, and only format 4 is read; jupyter "
            "nbconvert --to notebook --inplace brings an older one there",
            path=path,
        )
    raise SourceError(f"{path} is not a notebook: it has no list of cells", path=path)


def _steps(path: str, listed: list[Any]) -> Iterator[Step]:
    """Yield what the cells build; what they do besides decides what can be known of the next."""
    number, doubt = 0, ""
    for item in map(_mapping, listed):
        text = _text(item.get("source"))
        if item.get("cell_type") != "code" or not text.strip():
            continue  # an empty cell is not run, and takes no number
        number += 1
        label = f"In[{number}]"
        tags = _mapping(item.get("metadata")).get("tags")
        is_tagged = isinstance(tags, list) and _TAG in tags
        cell = cells.split(text)
        if cell is None:
            for match in _EXPRESSION.finditer(text):
                expression = Cell(cells.EXPRESSION, match[1].strip(), "")
                yield Step(path, label, expression, is_tagged, doubt)
            if _MOVES.search(text):
                doubt = doubt or f"{label} changes the working directory"
        elif cell.magic in _WRITES_FILE:
            if _is_module(cell):
                yield Step(path, label, cell, is_tagged, doubt or "the cell writes it only")
            doubt = doubt or f"{label} writes a file that it may need"
        elif cells.is_cpp_cell(text):
            if not {"-h", "--help"} & set(cell.line.split()):
                yield Step(path, label, cell, is_tagged, doubt, _unknown(cell))
        else:
            inner = cells.split(cell.body)
            if inner is not None and cells.is_cpp_cell(cell.body):
                why = f"%%{cell.magic} stands above it, and decides what becomes of it"
                yield Step(path, label, inner, is_tagged, doubt, why)


def _unknown(cell: Cell) -> str:
    value = None if cell.magic == "cpp" else _VALUE.search(cell.line)  # {1, 2} is C++
    return f"only a kernel knows what {value[0]} stands for" if value else ""


def _is_module(cell: Cell) -> bool:
    """Whether a cell writes a file that the import hook would build."""
    words = cell.line.split()
    return (
        len(words) == 1
        and not _VALUE.search(cell.line)
        and os.path.splitext(words[0])[1] in settings.file_exts
        and any(word in cell.body.partition("\n")[0].encode() for word in OPT_IN_WORDS)
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


def other_interpreter(notebook: Notebook) -> str:
    """Return a line that says for which Python a notebook's cells are built, "" if it is plain."""
    if notebook.kernel in ("", "python3"):
        return ""
    version = ".".join(map(str, sys.version_info[:3]))
    return f"asks for the kernel {notebook.kernel!r}; it is built for this Python, {version}"
