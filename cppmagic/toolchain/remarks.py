"""What optimisers say of the loops and calls that they met, in words."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from cppmagic.toolchain.demangling import short_name

GOOD, MISSED, NEUTRAL = "good", "missed", "neutral"


@dataclass(frozen=True)
class Remark:
    """What an optimiser did with a line, or did not.

    Attributes:
        kind: "good", "missed" or "neutral".
        topic: "loop", "block" for what is in no loop, or "call".
        summary: in words.
        said: what the compiler wrote, line by line.
        file: as the compiler names it.
        line: counted from 1 in that file.
        function: in which it was, by its symbol; "" where the compiler does not tell.
        scope: where that function begins, as far as the compiler tells.
    """

    kind: str
    topic: str
    summary: str
    said: tuple[str, ...]
    file: str
    line: int
    function: str = ""
    scope: tuple[str, int] | None = None


_SYMBOL = re.compile(r"\b_Z[\w$.]+")


def symbols(remarks: list[Remark]) -> set[str]:
    """Return the mangled names that summaries mention."""
    return {word for remark in remarks for word in _SYMBOL.findall(remark.summary)}


def with_names(remark: Remark, names: dict[str, str]) -> Remark:
    """Return a remark whose summary has names of C++ in the place of symbols."""
    summary = _SYMBOL.sub(lambda match: short_name(names[match[0]]), remark.summary)
    return replace(remark, summary=summary)


def where(at: str, number: int, file: str) -> str:
    """Return the place that is before a message, as readers of `file` need it."""
    return f"line {number}: " if at == file else f"{os.path.basename(at)}:{number}: "


_CALL_REASONS = (
    ("body not available", "its body is not known here"),
    ("definition is unavailable", "its body is not known here"),
    ("recursive", "it calls itself"),
    ("too large|code size|limit|too costly|cost=", "it is too large"),
    ("unlikely", "the call is unlikely"),
    ("noinline|never", "it is marked as never to be inlined"),
)


def not_inlined(callee: str, reason: str) -> str:
    """Return the words for a call that was not inlined."""
    why = (words for pattern, words in _CALL_REASONS if re.search(pattern, reason))
    return f"{callee} not inlined: {next(why, reason.strip())}"
