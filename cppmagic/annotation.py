"""A source annotated with what the compiler did with it: as text, and what any form of it says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cppmagic.insight import TIMES_ROUND, Insight, LineInsight
from cppmagic.source import Source
from cppmagic.toolchain.remarks import GOOD, MISSED, NEUTRAL, Remark
from cppmagic.toolchain.rendering import Paint, counted, plain

_SHOWN_CALLS = 3
_COLOURS = {GOOD: "fix", MISSED: "hint", NEUTRAL: "note"}
# A loop that has others in it is not vectorised as a rule; those in it are.
_AS_EXPECTED = "not vectorised: there is more than one loop in it"

LEGEND = (
    f"Shares of the work in loops: a line's instructions, each counted {TIMES_ROUND} times for "
    "each loop around it."
)


@dataclass(frozen=True)
class Line:
    """One line of an annotated file.

    Attributes:
        number: counted from 1.
        text: of the source.
        said: what the compiler did with it: kind ("good", "missed", "neutral") and words.
        insight: all that is known, or None.
    """

    number: int
    text: str
    said: tuple[tuple[str, str], ...] = ()
    insight: LineInsight | None = None

    @property
    def share(self) -> float:
        """Of the work in loops, from 0 to 1."""
        return self.insight.share if self.insight else 0.0


@dataclass(frozen=True)
class Section:
    """One annotated file: its name, and its lines (of other files than the source, some)."""

    name: str
    lines: tuple[Line, ...]


def title(insight: Insight, source: Source) -> str:
    """Return what the annotated source is, and how it was compiled."""
    flags = f" with {insight.flags}" if insight.flags else ""
    return f"{source.label} as {compiler_name(insight.compiler)} compiles it{flags}"


def verdict(insight: Insight) -> str:
    """Return in a sentence how many loops were vectorised, or why there is nothing to tell."""
    told = [remark for file in insight.files for line in file.lines for remark in line.remarks]
    done = sum(
        any(r.summary.startswith("vectorised,") for r in line.remarks)
        for file in insight.files
        for line in file.lines
    )
    missed = sum(
        any(r.summary.startswith("not vectorised") for r in line.remarks)
        for file in insight.files
        for line in file.lines
    )
    if not told:
        level = next((word for word in insight.flags.split() if word.startswith("-O")), "")
        why = f" ({level} asks for no optimisation)" if level in ("-O0", "-O") else ""
        return f"The compiler's optimiser reports nothing about this code{why}."
    if not done and not missed:
        return "No loop to vectorise was found in this code."
    return f"{counted(done, 'loop')} vectorised, {missed} not."


def compiler_name(version: str) -> str:
    """Return "g++ 12.2.0" for the first line that a compiler prints of its version."""
    words = re.sub(r"\(.*?\)", "", version)
    number = re.search(r"\d+\.\d[\w.]*", words)
    name = "zig's clang" if version.startswith("zig") else ""
    name = name or ("clang" if "clang" in words else words.split(" ")[0])
    return f"{name} {number[0]}" if number else name


def sections(insight: Insight, source: Source) -> list[Section]:
    """Return the annotated files: all lines of the source, and of others those to tell of."""
    found = []
    for file in insight.files:
        known = {line.number: line for line in file.lines}
        if not file.path:
            texts = source.text.split("\n")
            numbers = _without_blank_ends(texts)
        else:
            texts = _lines_of(os.path.join(source.directory, file.path))
            numbers = [number for number in known if number <= len(texts)]
        lines = tuple(
            Line(
                number,
                texts[number - 1],
                tuple(_said(known.get(number), texts[number - 1])),
                known.get(number),
            )
            for number in numbers
        )
        if lines:
            found.append(Section(file.path, lines))
    return found


def _without_blank_ends(texts: list[str]) -> list[int]:
    filled = [number for number, text in enumerate(texts, start=1) if text.strip()]
    return list(range(filled[0], filled[-1] + 1)) if filled else []


def _lines_of(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().split("\n")
    except OSError:
        return []


def _said(line: LineInsight | None, text: str) -> Iterator[tuple[str, str]]:
    """Yield what is worth reading at first sight: loops, then calls that cost, then the others.

    Of the calls that were inlined, these are the ones that can be read on the line; not operators,
    iterators and what else a library has behind them.
    """
    if line is None:
        return
    loops = [remark for remark in line.remarks if remark.topic != "call"]
    yield from dict.fromkeys(_of_loops(loops))
    calls = [remark for remark in line.remarks if remark.topic == "call"]
    inlined = [r.summary.removeprefix("inlined ") for r in calls if r.kind == GOOD]
    others = dict.fromkeys(remark.summary for remark in calls if remark.kind != GOOD)
    # What was not inlined at first may have been later. Outside of loops a call costs nothing.
    missed = [text for text in others if text.partition(" not inlined")[0] not in inlined]
    yield from ((MISSED, text) for text in missed[: _SHOWN_CALLS if line.depth else 0])
    read = [name for name in dict.fromkeys(inlined) if _is_called(name, text)]
    if read:
        yield NEUTRAL, f"inlined {_some(read)}"


def _is_called(name: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(name.rpartition('::')[2])}\s*[(<]", text) is not None


def _of_loops(remarks: list[Remark]) -> Iterator[tuple[str, str]]:
    vectorised = [remark for remark in remarks if remark.summary.startswith("vectorised,")]
    # The first is the loop itself. Others are what does the rest of the elements behind it; but one
    # that adds in order is another instance of a template.
    rest = [remark for remark in vectorised[1:] if ";" not in remark.summary]
    for remark in remarks:
        is_rest = vectorised and remark.summary.startswith("unrolled completely")
        if not is_rest and remark not in rest:
            is_expected = remark.summary.startswith(_AS_EXPECTED)
            yield (NEUTRAL if is_expected else remark.kind), remark.summary


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN_CALLS
    shown = ", ".join(names[:_SHOWN_CALLS])
    return f"{shown} and {more} more" if more > 0 else shown


def render(insight: Insight, source: Source, paint: Paint = plain, code: bool = False) -> str:
    """Return the annotated source as text.

    Args:
        insight: what the compiler did.
        source: the source.
        paint: gives the parts their colours.
        code: whether to show the instructions of lines in loops too.
    """
    found = sections(insight, source)
    parts = [paint("title", title(insight, source)), verdict(insight)]
    parts += [LEGEND] if has_shares(found) else []
    for section in found:
        parts.append("")
        parts += [paint("title", section.name)] if section.name else []
        for line in section.lines:
            parts += _render_line(line, paint, code)
    return "\n".join(parts)


def has_shares(found: list[Section]) -> bool:
    """Return whether any line has a share of the work that is shown."""
    return any(percent(line.share) for section in found for line in section.lines)


def percent(share: float) -> str:
    """Return a share as "12%", or "" if it is less than half of one."""
    return f"{share:.0%}" if share >= 0.005 else ""


def _render_line(line: Line, paint: Paint, code: bool) -> Iterator[str]:
    share = percent(line.share)
    kind = "mark" if line.share >= 0.25 else "place"
    shown = paint(kind, f"{share:>5}") if share else " " * 5
    yield f"{shown} {line.number:5} | {line.text}".rstrip()
    margin = " " * (len(line.text) - len(line.text.lstrip()))
    for kind, words in line.said:
        yield f"{' ' * 11} | {margin}{paint(_COLOURS[kind], '^ ' + words)}"
    if code and line.insight and line.insight.depth:
        for passage in line.insight.passages:
            yield f"{' ' * 11} |   {paint('note', passage.function)}"
            for step in passage.steps:
                yield f"{' ' * 11} |     {step.text or '...'}"
