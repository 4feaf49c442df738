"""The colours of C++ cells while they are typed in IPython's terminal."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from cppmagic.ipython.cells import is_cpp_cell


class CellLexer(Lexer):
    """Gives C++ cells to a lexer of ours, and all other input to the one that was there."""

    def __init__(self, other: Lexer) -> None:
        self._other = other

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        chosen = _cpp_lexer() if is_cpp_cell(document.text) else self._other
        return chosen.lex_document(document)


def colour_cells(shell: Any) -> None:
    """Let a terminal shell draw C++ cells in the colours of C++, from its next prompt on."""
    options = shell._extra_prompt_options

    def with_lexer() -> dict[str, Any]:
        # IPython makes a new lexer for each prompt and has no place to register one.
        made: dict[str, Any] = options()
        return {**made, "lexer": CellLexer(made["lexer"])}

    shell._extra_prompt_options = with_lexer


def uncolour_cells(shell: Any) -> None:
    """Leave all cells to IPython's own lexer again."""
    vars(shell).pop("_extra_prompt_options", None)


@functools.cache
def _cpp_lexer() -> Lexer:
    from prompt_toolkit.lexers import PygmentsLexer

    from cppmagic.ipython.lexers import CppCellLexer

    # From the beginning: what a line is depends on the magic's line and on comments above.
    return PygmentsLexer(CppCellLexer, sync_from_start=True)
