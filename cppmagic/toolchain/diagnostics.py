"""What compilers and linkers print, as data and as readable text."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from dataclasses import replace

from cppmagic.errors import Diagnostic

_LOCATED = re.compile(
    r"^(?P<file>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<severity>fatal error|error|warning|note|remark): (?P<message>.*)$"
)
# What gcc says before an error in a template: `x.cpp:5:20:   required from here`.
_CONTEXT = re.compile(
    r"^(?P<file>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? {2,}(?P<message>\S.*)$"
)
_INCLUDED = re.compile(
    r"^(?:In file included| +) ?from (?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?[,:]$"
)
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
_UNLOCATED = re.compile(r"^(?:\S+: )?(?P<severity>fatal error|error|warning): (?P<message>.*)$")
_ONLY_SUMS_UP = re.compile(r"linker|ld returned|collect2|too many errors emitted")
_INCLUDED_HERE = "included from here"
_SHOWN_ERRORS = 8
_SHOWN_NOTES = 4

GENERATED_FILES = ("cppmagic bindings", "cppmagic declarations", "_bindings.cpp")
"""How the names of those files end which are no file of the user's, but code written for one."""

LabelOf = Callable[[str], str]
ReadLine = Callable[[str, int], "str | None"]


def parse(output: str, label_of: LabelOf, line_of: ReadLine) -> tuple[Diagnostic, ...]:
    """Read the text that gcc, clang or a linker printed.

    Args:
        output: all of it.
        label_of: gives the user's name of a file as the tool names it.
        line_of: gives the text of a line of such a file, or None.

    Returns:
        The diagnostics in their order. Notes are attached to what they explain; where a template
        was used and who included a header are notes too.
    """
    found: list[Diagnostic] = []
    context: list[Diagnostic] = []
    chain: list[Diagnostic] = []
    chains: dict[str, tuple[Diagnostic, ...]] = {}
    for text in output.replace("\u2018", "'").replace("\u2019", "'").splitlines():
        if match := _INCLUDED.match(text):
            note = _located(match, "note", _INCLUDED_HERE, label_of, line_of)
            # gcc begins with the innermost file and goes on with "from"; clang with the outermost.
            chain.insert(0 if text.startswith("In") else len(chain), note)
        elif match := _CONTEXT.match(text):
            context.append(_located(match, "note", match["message"], label_of, line_of))
        elif diagnostic := _read_line(text, label_of, line_of):
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
    return tuple(dict.fromkeys(found))


def _read_line(text: str, label_of: LabelOf, line_of: ReadLine) -> Diagnostic | None:
    if match := _LOCATED.match(text):
        return _located(match, match["severity"], match["message"], label_of, line_of)
    if match := _DUPLICATE.search(text):
        first = Diagnostic("note", "first defined here", match["first"].strip())
        return Diagnostic("error", match["message"], match["second"].strip(), notes=(first,))
    if match := _LINKER.search(text):
        return Diagnostic("error", match["message"])
    match = _UNLOCATED.match(text)
    if match and not _ONLY_SUMS_UP.match(match["message"]):
        return Diagnostic(match["severity"], match["message"])
    return None


def _located(
    match: re.Match[str], severity: str, message: str, label_of: LabelOf, line_of: ReadLine
) -> Diagnostic:
    line = int(match["line"])
    source_line = line_of(match["file"], line)
    column = int(match["column"]) if match["column"] else None
    if column and source_line is not None:
        # Compilers count bytes (see -fdiagnostics-column-unit).
        column = len(source_line.encode()[: column - 1].decode(errors="ignore")) + 1
    return Diagnostic(severity, message, label_of(match["file"]), line, column, source_line)


def is_about_generated(item: Diagnostic) -> bool:
    """Whether a diagnostic speaks of generated code, itself or in its notes."""
    return item.file.endswith(GENERATED_FILES) or any(map(is_about_generated, item.notes))


def render(diagnostics: tuple[Diagnostic, ...], own: Collection[str] = ()) -> str:
    """Return diagnostics as text: place, message, source line with a caret, notes.

    Args:
        diagnostics: what to show; of many, the first.
        own: the user's sources, as diagnostics name them: notes that lead there come first when
            there are too many.
    """
    told: set[Diagnostic] = set()
    parts = []
    for item in diagnostics[:_SHOWN_ERRORS]:
        notes = [note for note in _useful_notes(item, own) if note not in told]
        told.update(note for note in notes if note.message == _INCLUDED_HERE)
        shown = sorted(notes, key=lambda note: _importance(note, own))[:_SHOWN_NOTES]
        parts.append(_render_one(item))
        parts += [_render_one(note, "  ") for note in notes if note in shown]
        if len(notes) > len(shown):
            parts.append(f"  ... and {len(notes) - len(shown)} more notes")
    if len(diagnostics) > _SHOWN_ERRORS:
        parts.append(f"... and {len(diagnostics) - _SHOWN_ERRORS} more")
    return "\n".join(parts)


def _useful_notes(item: Diagnostic, own: Collection[str]) -> tuple[Diagnostic, ...]:
    """Leave out who included a header where other notes lead to the user's source."""
    others = tuple(note for note in item.notes if note.message != _INCLUDED_HERE)
    return others if any(note.file in own for note in others) else item.notes


def _importance(note: Diagnostic, own: Collection[str]) -> int:
    """Rank a note: 0 for the place in the user's source that leads to an error elsewhere."""
    if note.file not in own:
        return 2
    return 0 if note.message.endswith(" here") else 1


def _render_one(item: Diagnostic, indent: str = "") -> str:
    place = item.file
    if item.line is not None:
        place += f":{item.line}" + (f":{item.column}" if item.column else "")
    lines = [f"{indent}{place + ': ' if place else ''}{item.severity}: {item.message}"]
    if item.source_line is not None and item.line is not None:
        source = item.source_line.replace("\t", " ")
        lines.append(f"{indent}{item.line:5} | {source}")
        if item.column and item.column <= len(source) + 1:
            lines.append(f"{indent}      | {' ' * (item.column - 1)}^")
    return "\n".join(lines)


def hint(output: str, step: str) -> str:
    """Return what to do next for failures whose cause is known, or "".

    Args:
        output: of the tool, with plain quotes.
        step: "compile" or "link".
    """
    for pattern, advice in _HINTS:
        if re.search(pattern, output):
            return advice.format(flags=_FLAGS[step])
    return ""


_FLAGS = {
    "compile": "extra_compile_args in cfg, or the option -c",
    "link": "extra_link_args in cfg, or the option --link-args",
}


_HINTS = (
    (
        r"Python\.h: No such file|'Python\.h' file not found",
        "Python's C headers are missing: install them (Debian: apt install python3-dev).",
    ),
    (
        r"omp\.h: No such file|'omp\.h' file not found|cannot find -l?omp|unable to find \S* ?omp",
        "This compiler has no OpenMP: install it (Debian, for clang: apt install libomp-dev), or "
        "use g++.",
    ),
    (
        r"fatal error: ([\w./+-]+): No such file|fatal error: '([\w./+-]+)' file not found",
        "Name the directory that has this header: include_dirs in cfg, or the option -I.",
    ),
    (
        r"cannot find -l|unable to find (?:dynamic system )?library|library not found for -l",
        "Name the directory that has this library: library_dirs in cfg, or the option -L; if it "
        "is not installed, install its development package.",
    ),
    (
        r"undefined (?:reference|symbol)",
        "What defines it is not linked: name its library (libraries in cfg, the option -l) or its "
        "source (sources in cfg, the option -S).",
    ),
    (
        r"multiple definition of|duplicate symbol",
        "It is defined twice: name each source once, and make a function that a header defines "
        "`inline` (in C: `static inline`).",
    ),
    (
        r"'array_t' is not a member|no template named 'array_t'",
        "Add #include <pybind11/numpy.h>.",
    ),
    (
        r"unrecogni[sz]ed (?:command[- ]line )?option|unknown argument|unsupported option"
        r"|unknown (?:clang |command line )?option|unsupported linker arg"
        r"|invalid (?:integral )?value .* in '-|bad value .* for '-|unknown CPU",
        "A flag is not known to this compiler: look at {flags}.",
    ),
)


def line_reader(texts: dict[str, str], directory: str) -> ReadLine:
    """Return a function that gives a line of a file as a tool names it.

    Args:
        texts: by name, those that are not read from disk.
        directory: where relative names resolve.
    """
    known = {name: text.split("\n") for name, text in texts.items()}

    def read(path: str, line: int) -> str | None:
        if path not in known:
            known[path] = _lines(os.path.join(directory, path))
        lines = known[path]
        return lines[line - 1] if 0 < line <= len(lines) else None

    return read


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().split("\n")
    except OSError:
        return []
