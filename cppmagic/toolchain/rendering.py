"""Diagnostics as text: plain, or in a terminal's colours."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from typing import TextIO

from cppmagic.errors import BuildError, Diagnostic, FixIt
from cppmagic.toolchain.diagnostics import INCLUDED_HERE

SHOWN_ERRORS = 8
_SHOWN_NOTES = 4
_IDLE = "each undeclared identifier is reported only once"
_SHOWN_FOREIGN_NOTES = 2

_WORD = re.compile(r"\w+|[-+*/%<>=!&|^~]+")

Paint = Callable[[str, str], str]
"""Takes what a text is ("error", "place", "mark", ...) and the text, and returns it coloured."""

_COLOURS = {
    "error": "1;31",
    "fatal error": "1;31",
    "warning": "1;35",
    "note": "36",
    "remark": "36",
    "place": "1",
    "title": "1",
    "mark": "1;31",
    "fix": "32",
    "hint": "33",
}


def plain(kind: str, text: str) -> str:
    """Return the text as it is."""
    return text


def coloured(kind: str, text: str) -> str:
    """Return the text in the colour of its kind, as terminals read it."""
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if text else ""


def paint_for(stream: TextIO) -> Paint:
    """Return how to colour what goes to a stream; NO_COLOR is respected (https://no-color.org)."""
    return coloured if stream.isatty() and colours_are_wanted() else plain


def colours_are_wanted() -> bool:
    """Whether the environment lets a terminal have colours."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_error(error: BuildError, paint: Paint = plain) -> str:
    """Return the whole message of a build error."""
    if paint is plain:
        return str(error)
    errors = tuple(item for item in error.diagnostics if item.is_error)
    if not errors:
        return str(error)
    parts = [paint("title", error.title), render(errors, error.own, paint)]
    return "\n\n".join(parts + ([paint("hint", error.hint)] if error.hint else []))


def render(
    diagnostics: tuple[Diagnostic, ...], own: Collection[str] = (), paint: Paint = plain
) -> str:
    """Return diagnostics as text: place, message, source line with a caret, fix-its, notes.

    Args:
        diagnostics: what to show; of many, the first.
        own: the user's sources, as diagnostics name them: notes that lead there come first when
            there are too many.
        paint: gives the parts their colours.
    """
    told: set[Diagnostic] = set()
    parts = []
    for item in diagnostics[:SHOWN_ERRORS]:
        notes = [note for note in useful_notes(item, own) if note not in told]
        told.update(note for note in notes if note.message == INCLUDED_HERE)
        shown = _chosen(notes, own)
        parts.append(_render_one(item, paint))
        parts += [_render_one(note, paint, "  ") for note in shown]
        if len(notes) > len(shown):
            parts.append(f"  ... and {counted(len(notes) - len(shown), 'more note')}")
    if len(diagnostics) > SHOWN_ERRORS:
        parts.append(f"... and {len(diagnostics) - SHOWN_ERRORS} more")
    return "\n".join(parts)


def counted(number: int, word: str) -> str:
    """Return "1 note", "2 notes"."""
    return f"{number} {word}" + ("" if number == 1 else "s")


def _chosen(notes: list[Diagnostic], own: Collection[str]) -> list[Diagnostic]:
    """Return the notes that say most, in their order."""
    ranked = sorted(notes, key=lambda note: importance(note, own))[:_SHOWN_NOTES]
    foreign = [note for note in ranked if note.file not in own]
    return [note for note in notes if note in ranked and note not in foreign[_SHOWN_FOREIGN_NOTES:]]


def useful_notes(item: Diagnostic, own: Collection[str]) -> tuple[Diagnostic, ...]:
    """Leave out who included a header where other notes lead to the user's source."""
    notes = dict.fromkeys(note for note in item.notes if not note.message.startswith(_IDLE))
    others = tuple(note for note in notes if note.message != INCLUDED_HERE)
    return others if any(note.file in own for note in (item, *others)) else tuple(notes)


def importance(note: Diagnostic, own: Collection[str]) -> int:
    """Rank a note: 0 for a change that it proposes, and for the place that leads elsewhere."""
    if note.fixes:
        return 0
    if note.message.startswith(" "):
        return 3  # why gcc passed over one of many candidates
    if note.file not in own:
        return 2
    return 0 if leads(note) else 1


def leads(note: Diagnostic) -> bool:
    """Whether a note names a line that led to an error elsewhere."""
    return note.message.endswith(" here") or note.message.startswith("required ")


def headline(item: Diagnostic, paint: Paint = plain) -> str:
    """Return place, severity and message in one line."""
    place = f"{item.place}: " if item.file else ""
    return f"{paint('place', place)}{paint(item.severity, item.severity + ':')} {item.message}"


def _render_one(item: Diagnostic, paint: Paint, indent: str = "") -> str:
    lines = [headline(item, paint)]
    changed = changed_lines(item)
    if item.source_line is not None and item.line is not None and not _is_only_a_fix(item):
        lines.append(f"{item.line:5} | {_marked(item, paint)}")
        marks = caret_line(item)
        if marks:
            lines.append(f"      | {_in_blanks(marks, paint)}")
    lines += [f"    + | {paint('fix', shown(line))}" for line in changed]
    return "\n".join(indent + line for line in lines)


def _is_only_a_fix(item: Diagnostic) -> bool:
    """Whether it is a note that says what to insert: the line where it goes says nothing."""
    return item.severity == "note" and bool(item.fixes)


def shown(text: str) -> str:
    """Return a source line with tabs one blank wide."""
    return text.replace("\t", " ")


def spans(item: Diagnostic) -> list[tuple[int, int]]:
    """Return what is marked of the source line: first and last columns, counted from 0."""
    text = item.source_line or ""
    found = set()
    for number, part in enumerate(item.ranges):
        if part.line != item.line or (number and item.column is None):
            continue
        end = part.end_column - 1 if part.end_line == part.line else len(text)
        if 0 < part.column <= end <= len(text):
            found.add((part.column - 1, end))
    place = (item.column or 0) - 1
    # Clang names no range where it is the word or the operator itself.
    word = _WORD.match(text, max(place, 0))
    if item.column and word and not any(start <= place < end for start, end in found):
        found.add(word.span())
    return sorted(found)


def caret_line(item: Diagnostic) -> str:
    """Return what stands below the source line: `^` at the place, `~` below the ranges."""
    text = item.source_line or ""
    if not item.column or item.column > len(text) + 1:
        return ""
    marks = [" "] * (len(text) + 1)
    for start, end in spans(item):
        marks[start:end] = "~" * (end - start)
    marks[item.column - 1] = "^"
    # Of two columns in a terminal: Chinese, Japanese, emoji. Of none: combining accents.
    wide = "".join(mark * _width(letter) for mark, letter in zip(marks, text + " ", strict=True))
    return wide.rstrip()


def _width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _marked(item: Diagnostic, paint: Paint) -> str:
    text, result, position = shown(item.source_line or ""), "", 0
    for start, end in spans(item):
        if start >= position:
            result += text[position:start] + paint("mark", text[start:end])
            position = end
    return result + text[position:]


def _in_blanks(marks: str, paint: Paint) -> str:
    start = len(marks) - len(marks.lstrip())
    return marks[:start] + paint("mark", marks[start:])


def changed_lines(item: Diagnostic) -> list[str]:
    """Return the lines that the fix-its of a diagnostic make: new ones, and the changed one."""
    text = item.source_line
    inserted, changed = [], text
    for fix in sorted(_usable(item), key=lambda fix: fix.range.column, reverse=True):
        if fix.text.endswith("\n"):
            inserted.append(fix.text.rstrip("\n"))
        elif changed is not None and fix.range.line == item.line:
            start, end = fix.range.column - 1, fix.range.end_column - 1
            changed = changed[:start] + fix.text + changed[end:]
    return inserted + ([changed] if changed is not None and changed != text else [])


def _usable(item: Diagnostic) -> Iterator[FixIt]:
    for fix in item.fixes:
        in_one_line = fix.range.line == fix.range.end_line
        if fix.file == item.file and in_one_line and "\n" not in fix.text.rstrip("\n"):
            yield fix
