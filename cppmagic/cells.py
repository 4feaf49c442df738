"""Cells of a notebook: which hold C++, and what is built of them.

A kernel and a build ahead of it make their sources here, so that both ask for the same artifacts.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex

from cppmagic import cache as caches
from cppmagic.config import BuildConfig
from cppmagic.errors import OptionError, SourceError
from cppmagic.light import dataclass
from cppmagic.source import Source, check_name

NAMELESS = "cpp_cell"
"""The name of the module behind a cell that has none."""

EXPRESSION = "cpp_expression"
"""The name of the module behind `%cpp EXPRESSION`."""

# What an expression may use without an #include.
_EXPRESSION_HEADERS = (
    *("algorithm", "bitset", "chrono", "climits", "cmath", "complex", "cstdint", "limits", "map"),
    *("numeric", "ratio", "set", "string", "tuple", "type_traits", "vector"),
)

# IPython skips empty lines before a magic.
_CPP_CELL = re.compile(r"\s*%%(?:cpp|cppimport|cppheader)(?!\w)")


def is_cpp_cell(text: str) -> bool:
    """Whether a cell's text is C++ for one of the magics."""
    return _CPP_CELL.match(text) is not None


def magic_line(text: str) -> int:
    """Return the number of the line, counted from 0, that a cell's magic stands in."""
    return text[: len(text) - len(text.lstrip())].count("\n")


def open_blocks(text: str) -> int:
    """Return how many brackets of a C++ cell are open at its end."""
    from cppmagic.lexical import code_only

    body = "\n".join(text.split("\n")[magic_line(text) + 1 :])
    depth = 0
    for bracket in re.findall(r"[][(){}]", code_only(body)):
        depth = depth + 1 if bracket in "[({" else max(depth - 1, 0)
    return depth


@dataclass(frozen=True)
class Cell:
    """A cell magic as IPython calls it.

    Attributes:
        magic: its name, without the percent signs.
        line: what stands behind the name.
        body: the lines below.
    """

    magic: str
    line: str
    body: str


def split(text: str) -> Cell | None:
    """Take a cell's text apart as IPython does; None if it does not begin with a cell magic."""
    if not text.endswith("\n"):
        text += "\n"
    lines = text.splitlines(keepends=True)[magic_line(text) :]
    if not lines or not re.match(r"%%\w+(?!\w*\?)", lines[0]):
        return None
    magic, _, line = lines[0][2:].rstrip().partition(" ")
    return Cell(magic, line, "".join(lines[1:]))


def cell_source(
    magic: str, options: argparse.Namespace, body: str, label: str, directory: str
) -> Source:
    """Return the source that a `%%cppimport` or `%%cpp` cell makes.

    Args:
        magic: "cppimport" or "cpp".
        options: of its line.
        body: the cell without that line.
        label: what messages call it.
        directory: the kernel's working directory.

    Raises:
        OptionError: its line does not say what the module is called.
        SourceError: no module can have that name, or the cell is empty.
    """
    name = options.modname
    if name is None:
        if magic != "cpp":
            raise OptionError(
                "%%cppimport: the module's name is missing: write %%cppimport NAME, with the name "
                "that PYBIND11_MODULE(NAME, m) has in the cell"
            )
        name = NAMELESS
    if "." in name:
        raise SourceError(
            f"{label}: {name!r} has a dot: a cell makes a module of its own, not one inside a "
            f"package; write {name.rpartition('.')[2]!r}"
        )
    check_name(name)
    if not body.strip():
        raise SourceError(f"{label}: the cell is empty: there is no C++ to build")
    # The first line of the cell is the magic's; the C++ keeps the line numbers that it has.
    text = "\n" + body.removeprefix("\ufeff")  # what was pasted from a file may begin with one
    extension = ".c" if options.lang == "c" else ".cpp"
    path = caches.current().store_cell(name, extension, text)
    binding = "auto" if magic == "cpp" else ""
    return Source(name, text, path, label, directory, options.lang, binding)


def expression_source(expression: str, label: str, directory: str) -> tuple[Source, BuildConfig]:
    """Return the source that `%cpp EXPRESSION` makes, and how it is built; see `cell_source`."""
    text = f"auto value() {{ return {expression.strip()}; }}\n"
    path = caches.current().store_cell(EXPRESSION, ".cpp", text)
    flags = [word for header in _EXPRESSION_HEADERS for word in ("-include", header)]
    config = BuildConfig(extra_compile_args=tuple(flags))
    return Source(EXPRESSION, text, path, label, directory, "c++", "auto"), config


def header_path(line: str, directory: str) -> str:
    """Return the absolute path of the header that a `%%cppheader` line names.

    Args:
        line: what stands behind the magic.
        directory: the kernel's working directory.

    Raises:
        OptionError: it does not name one file.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise OptionError(f"%%cppheader: {error}: {line}") from None
    if len(words) != 1 or words[0].startswith("-"):
        raise OptionError("%%cppheader takes the name of a header: %%cppheader points.h")
    return os.path.join(directory, words[0])


def has_content(path: str, text: str) -> bool:
    """Whether there is a file with exactly this text."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() == text
    except (OSError, ValueError):
        return False


def write_header(path: str, text: str, label: str) -> None:
    """Write a header, unless it has this text already.

    Raises:
        SourceError: it cannot be written there.
    """
    if has_content(path, text):
        return
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise SourceError(f"{label}: {path} cannot be written: {error.strerror}") from None
