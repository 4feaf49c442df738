"""The colours of C++ cells wherever Pygments draws them: nbconvert, Sphinx, IPython's terminal.

The magic's line and Mako's blocks and control lines have the colours of Python, all else those of
C++. Pygments finds the lexer by its name, `cppmagic`, through an entry point of the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pygments.lexer import DelegatingLexer, RegexLexer, bygroups, default, using
from pygments.lexers.c_cpp import CppLexer
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Other, Whitespace

# `% for ...:` and its like. No line of C++ begins with such words behind a percent sign.
_CONTROL = (
    r"^[ \t]*%[ \t]*(?=(?:for|if|elif|else|while|with|try|except|finally"
    r"|end(?:for|if|while|with|try))\b)"
)


class _PartsLexer(RegexLexer):
    """Tells the parts of a cell apart; C++ is `Other`, which is lexed without the gaps."""

    name = "Parts of a C++ cell"
    flags = re.DOTALL | re.MULTILINE
    tokens: ClassVar[dict[str, Any]] = {
        "root": [
            (r"(\s*%%[^\n]*)(\n?)", bygroups(using(PythonLexer), Whitespace), "body"),
            default("body"),
        ],
        "body": [
            (r"(<%!?)(\s.*?)(%>)", bygroups(Comment.Preproc, using(PythonLexer), Comment.Preproc)),
            # What is not closed yet reaches to the end, as it does for Mako.
            (r"(<%!?)(\s.*)", bygroups(Comment.Preproc, using(PythonLexer))),
            (rf"({_CONTROL})([^\n]*)", bygroups(Comment.Preproc, using(PythonLexer))),
            (rf".+?(?=<%!?\s|{_CONTROL}|\Z)", Other),
        ],
    }


class CppCellLexer(DelegatingLexer):
    """A whole cell of `%%cpp`, `%%cppimport` or `%%cppheader`."""

    name = "C++ cell"
    aliases: ClassVar[list[str]] = ["cppmagic"]

    def __init__(self, **options: Any) -> None:
        super().__init__(CppLexer, _PartsLexer, **options)

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        # While a cell is typed its last line has no end yet, without which Pygments sees neither a
        # comment nor a directive there.
        for position, kind, value in super().get_tokens_unprocessed(text + "\n"):
            kept = value[: max(len(text) - position, 0)]
            if kept:
                yield position, kind, kept
