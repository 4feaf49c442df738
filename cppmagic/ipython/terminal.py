"""C++ cells while they are typed in IPython's terminal: colours, indentation, where they end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from cppmagic.cells import is_cpp_cell, open_blocks


class CellLexer(Lexer):
    """Gives C++ cells to a lexer of ours, and all other input to the one that was there."""

    def __init__(self, other: Lexer) -> None:
        self._other = other

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        chosen = _cpp_lexer() if is_cpp_cell(document.text) else self._other
        return chosen.lex_document(document)


def follow_cells(shell: Any) -> None:
    """Let a terminal shell treat C++ cells as C++, from its next prompt on."""
    options, check = shell._extra_prompt_options, shell.check_complete

    def with_lexer() -> dict[str, Any]:
        # IPython makes a new lexer for each prompt and has no place to register one.
        made: dict[str, Any] = options()
        return {**made, "lexer": CellLexer(made["lexer"])}

    def complete(code: str) -> tuple[str, str]:
        status: str
        indent: str
        status, indent = check(code)
        if is_cpp_cell(code):
            # Empty lines run a cell, but not while a bracket is open.
            depth = open_blocks(code)
            return ("incomplete" if depth else status), "    " * depth
        return status, indent

    shell._extra_prompt_options = with_lexer
    shell.check_complete = complete


def unfollow_cells(shell: Any) -> None:
    """Leave all cells to IPython again."""
    for name in ("_extra_prompt_options", "check_complete"):
        vars(shell).pop(name, None)


@functools.cache
def _cpp_lexer() -> Lexer:
    from prompt_toolkit.lexers import PygmentsLexer

    from cppmagic.ipython.lexers import CppCellLexer

    # From the beginning: what a line is depends on the magic's line and on comments above.
    return PygmentsLexer(CppCellLexer, sync_from_start=True)
