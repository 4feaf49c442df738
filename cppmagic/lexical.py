"""As much of C++'s lexical structure as other rooms need: where comments and literals are."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<comment> //(?:\\\n|[^\n])* | /\*.*?(?:\*/|\Z) )
  | (?P<raw> \b(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?(?:\)(?P=delimiter)"|\Z) )
  | (?P<string> "(?:\\.|[^"\\\n])*"? )
  | (?P<number> \b\d(?:'?[\w.])* )
  | (?P<character> '(?:\\.|[^'\\\n])*'? )
    """,
    re.DOTALL | re.VERBOSE,
)


def lines_inside_tokens(text: str) -> set[int]:
    """Return the lines (counted from 1) that begin inside a comment, a literal or a spliced line.

    A preprocessor directive cannot be put before these.
    """
    inside: set[int] = set()
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "number" and "\n" in match.group():
            first = text.count("\n", 0, match.start()) + 1
            inside.update(range(first + 1, first + match.group().count("\n") + 1))
    for splice in re.finditer(r"\\\n", text):
        inside.add(text.count("\n", 0, splice.end()) + 1)
    return inside


def code_only(text: str) -> str:
    """Return the text with comments and literals blanked, every line in its place."""

    def blank(match: re.Match[str]) -> str:
        if match.group("number"):
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return _TOKEN.sub(blank, text)


def without_comments(text: str) -> str:
    """Return the text with comments blanked, every line in its place."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match[0]) if match["comment"] else match[0]

    return _TOKEN.sub(blank, text)


def line_that_uses(symbol: str, text: str) -> int | None:
    """Return the last line that calls a function, which stands behind its declaration, or None.

    Args:
        symbol: its demangled name, such as `far::away(double)`.
        text: C++.
    """
    name = re.search(r"([\w~]+)(?:\[abi:\w+\])*$", re.sub(r"\(.*|<.*", "", symbol))
    found = list(re.finditer(rf"\b{re.escape(name[1])}\s*[(<]", code_only(text))) if name else []
    return text.count("\n", 0, found[-1].start()) + 1 if found else None
