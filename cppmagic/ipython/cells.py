"""Which cells hold C++."""

from __future__ import annotations

import re

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
