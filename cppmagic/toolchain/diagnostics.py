"""What compilers and linkers print, as data.

Clang's text says all that it knows: places, ranges, fix-its, who included a header and which line
made a template's instance. GCC's JSON has the ranges and fix-its, its text the rest; see
`structured`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from cppmagic.errors import Diagnostic, FixIt, Range
from cppmagic.toolchain.sources import Sources

_PLACE = r"(?P<file>(?:[A-Za-z]:)?[^\s:][^:\n]*):(?P<line>\d+):"
_LOCATED = re.compile(
    rf"^{_PLACE}(?:(?P<column>\d+):)?(?:(?P<ranges>(?:\{{[\d:-]+\}})+):)? "
    r"(?P<severity>fatal error|error|warning|note|remark): (?P<message>.*)$"
)
# What gcc says before an error in a template: `x.cpp:5:20:   required from here`.
_CONTEXT = re.compile(rf"^{_PLACE}(?:(?P<column>\d+):)? {{2,}}(?P<message>\S.*)$")
_INCLUDED = re.compile(
    r"^(?:In file included| +) ?from (?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?[,:]$"
)
_RANGE = re.compile(r"\{(\d+):(\d+)-(\d+):(\d+)\}")
_FIX_IT = re.compile(r'^fix-it:"(?P<file>(?:\\.|[^"\\])*)":(?P<range>\{[\d:-]+\}):"(?P<text>.*)"$')
_DUPLICATE = re.compile(
    r"(?P<second>[^:]+):(?:\([^)]*\)|\d+): (?P<message>multiple definition of [^;]+); "
    r"(?P<first>[^:]+):.*first defined here$"
)
_LINKER = re.compile(
    r"(?:^|: )(?P<message>"
    r"undefined (?:reference to|symbol:?) .+"
    r"|multiple definition of .+|duplicate symbol:? .+"
    r"|cannot find -l\S+.*"
    r"|unable to find (?:library|dynamic system library) .+?(?= using strategy|$)"
    r"|unrecognized option .+|\S+: unknown option"
    r"|library not found for .+|cannot find \S+: No such file.*)"
)
_ASSEMBLER = re.compile(rf"^{_PLACE} (?P<severity>Error|Warning): (?P<message>.*)$")
_UNLOCATED = re.compile(r"^(?:\S+: )?(?P<severity>fatal error|error|warning): (?P<message>.*)$")
_ONLY_SUMS_UP = re.compile(r"linker|ld returned|collect2|too many errors emitted")
INCLUDED_HERE = "included from here"

DECLARATIONS_FILE = "cppmagic declarations"
"""The name, in a generated unit, of the part that repeats what the user's text declares."""

KEPT_FILE = "cppmagic kept"
"""The name of what is written behind the user's text, in the same unit."""

GENERATED_FILES = ("cppmagic bindings", DECLARATIONS_FILE, KEPT_FILE, "_bindings.cpp")
"""How the names of those files end which are no file of the user's, but code written for one."""


def parse(output: str, sources: Sources) -> tuple[Diagnostic, ...]:
    """Read the text that gcc, clang, an assembler or a linker printed.

    Args:
        output: all of it.
        sources: knows the files that it names.

    Returns:
        The diagnostics in their order. Notes are attached to what they explain; where a template
        was used and who included a header are notes too.
    """
    found: list[Diagnostic] = []
    context: list[Diagnostic] = []
    chain: list[Diagnostic] = []
    chains: dict[str, tuple[Diagnostic, ...]] = {}
    for text in plain_quotes(output).splitlines():
        if match := _INCLUDED.match(text):
            note = _located(match, "note", INCLUDED_HERE, sources)
            # gcc begins with the innermost file and goes on with "from"; clang with the outermost.
            chain.insert(0 if text.startswith("In") else len(chain), note)
        elif match := _FIX_IT.match(text):
            if found:
                found[-1] = _with_fix(found[-1], _fix_it(match, sources))
        elif match := _CONTEXT.match(text):
            context.append(_located(match, "note", match["message"], sources))
        elif diagnostic := _read_line(text, sources):
            if chain:
                # It is told once for all that is said of a file.
                chains[diagnostic.file] = tuple(chain)
                chain.clear()
            if diagnostic.severity == "note" and found:
                found[-1] = replace(found[-1], notes=(*found[-1].notes, diagnostic))
                continue
            notes = (*context, *chains.get(diagnostic.file, ()), *diagnostic.notes)
            found.append(replace(diagnostic, notes=notes))
            context.clear()
    return unique(found)


def unique(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return each diagnostic once: a template is complained of with every type that it takes."""
    first: dict[object, Diagnostic] = {}
    for item in found:
        key = (item.place, item.message)
        known = first.setdefault(key, item)
        if item.is_error and not known.is_error:  # gcc says some things as a warning first
            first[key] = item
    return tuple(first.values())


def plain_quotes(text: str) -> str:
    """Return the text with ASCII quotes, and without the colours that a flag may have asked for."""
    text = re.sub(r"\x1b\[[0-9;]*[mK]", "", text)
    text = text.replace("\u2018", "'").replace("\u2019", "'")
    return re.sub(r"`([^`'\n]*)'", r"'\1'", text)  # as linkers and assemblers quote


def _read_line(text: str, sources: Sources) -> Diagnostic | None:
    if match := _LOCATED.match(text):
        return _located(match, match["severity"], match["message"], sources)
    if match := _ASSEMBLER.match(text):
        return _located(match, match["severity"].lower(), match["message"], sources)
    if match := _DUPLICATE.search(text):
        first = Diagnostic("note", "first defined here", match["first"].strip())
        return Diagnostic("error", match["message"], match["second"].strip(), notes=(first,))
    if match := _LINKER.search(text):
        return Diagnostic("error", match["message"])
    match = _UNLOCATED.match(text)
    if match and not _ONLY_SUMS_UP.match(match["message"]):
        return Diagnostic(match["severity"], match["message"])
    return None


def _located(match: re.Match[str], severity: str, message: str, sources: Sources) -> Diagnostic:
    file, line, groups = match["file"], int(match["line"]), match.groupdict()
    found = Diagnostic(
        severity,
        sources.message(message),
        sources.label(file),
        line,
        sources.column(file, line, int(groups.get("column") or 0)),
        sources.line(file, line),
    )
    if found.column is None:
        return found
    written = _RANGE.finditer(groups.get("ranges") or "")
    return replace(found, ranges=tuple(_range(item, file, sources) for item in written))


def _range(match: re.Match[str], file: str, sources: Sources) -> Range:
    line, column, end_line, end_column = (int(match[number]) for number in range(1, 5))
    line, end_line = sources.presumed_line(file, line), sources.presumed_line(file, end_line)
    return Range(
        line,
        sources.column(file, line, column) or column,
        end_line,
        sources.column(file, end_line, end_column) or end_column,
    )


def _fix_it(match: re.Match[str], sources: Sources) -> FixIt:
    file = _unescaped(match["file"])
    written = _RANGE.match(match["range"])
    assert written is not None
    return FixIt(sources.label(file), _range(written, file, sources), _unescaped(match["text"]))


def _unescaped(text: str) -> str:
    """Undo the C escapes of a fix-it: bytes that are not printable are octal numbers."""
    plain = {b"n": b"\n", b"t": b"\t"}

    def character(match: re.Match[bytes]) -> bytes:
        word = match[1]
        return bytes([int(word, 8)]) if word.isdigit() else plain.get(word, word)

    return re.sub(rb"\\([0-7]{1,3}|.)", character, text.encode()).decode(errors="replace")


def _with_fix(item: Diagnostic, fix: FixIt) -> Diagnostic:
    """Add a fix-it to what was said last."""
    if item.notes and item.notes[-1].severity == "note" and item.notes[-1].message != INCLUDED_HERE:
        return replace(item, notes=(*item.notes[:-1], _with_fix(item.notes[-1], fix)))
    return replace(item, fixes=(*item.fixes, fix))


def is_about_generated(item: Diagnostic) -> bool:
    """Whether a diagnostic speaks of generated code, itself or in its notes."""
    return item.file.endswith(GENERATED_FILES) or any(map(is_about_generated, item.notes))
