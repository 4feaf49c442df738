"""A magic below its cell's first line: IPython leaves it to Python, which calls it invalid.

A comment or an import above `%%cpp` is an easy mistake, and "invalid syntax" does not help.
"""

from __future__ import annotations

import ast
import re

_MAGIC = re.compile(r"\s*(%%(?:cppimport|cppheader|cpp))\b")
_OF_IPYTHON = re.compile(r"^(\s*)[%!?].*", re.MULTILINE)


def check_first_line(lines: list[str]) -> list[str]:
    """Return a cell's lines as they are: an input transformer for IPython.

    Raises:
        SyntaxError: one of our magics follows whole statements or comments.
    """
    if lines and lines[0].startswith("%%"):  # what follows is the magic's own
        return lines
    for number, line in enumerate(lines):
        found = _MAGIC.match(line)
        if found and _is_whole("".join(lines[:number])):
            raise SyntaxError(
                f"{found[1]} must be in the first line of its cell: put what is above it, comments "
                "too, into another cell",
                ("<cell>", number + 1, line.index("%") + 1, line),
            )
    return lines


def _is_whole(text: str) -> bool:
    """Whether a text of Python is complete, so that no string or bracket goes on behind it."""
    try:
        ast.parse(_OF_IPYTHON.sub(r"\1pass", text))
    except SyntaxError:
        return False
    return True
