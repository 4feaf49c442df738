"""What compilers and linkers print, as data and as readable text."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace

from cppmagic.errors import Diagnostic

_LOCATED = re.compile(
    r"^(?P<file>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<severity>fatal error|error|warning|note|remark): (?P<message>.*)$"
)
_LINKER = re.compile(
    r"(?:^|: )(?P<message>"
    r"undefined (?:reference to|symbol:?) .+"
    r"|multiple definition of .+|duplicate symbol:? .+"
    r"|cannot find -l\S+.*|unable to find (?:library|dynamic system library) .+"
    r"|library not found for .+|cannot find \S+: No such file.*)$"
)
_UNLOCATED = re.compile(r"^(?:\S+: )?(?P<severity>fatal error|error|warning): (?P<message>.*)$")
_SHOWN_ERRORS = 8
_SHOWN_NOTES = 4

ReadLine = Callable[[str, int], "str | None"]


def parse(output: str, label_of: Callable[[str], str], line_of: ReadLine) -> tuple[Diagnostic, ...]:
    """Read the text that gcc, clang or a linker printed.

    Args:
        output: all of it.
        label_of: gives the user's name of a file as the tool names it.
        line_of: gives the text of a line of such a file, or None.

    Returns:
        The diagnostics in their order; notes are attached to what they explain.
    """
    found: list[Diagnostic] = []
    for text in output.replace("\u2018", "'").replace("\u2019", "'").splitlines():
        diagnostic = _read_line(text, label_of, line_of)
        if diagnostic is None:
            continue
        if diagnostic.severity == "note" and found:
            found[-1] = replace(found[-1], notes=(*found[-1].notes, diagnostic))
        elif diagnostic not in found:
            found.append(diagnostic)
    return tuple(found)


def _read_line(text: str, label_of: Callable[[str], str], line_of: ReadLine) -> Diagnostic | None:
    located = _LOCATED.match(text)
    if located:
        line = int(located["line"])
        return Diagnostic(
            severity=located["severity"],
            message=located["message"],
            file=label_of(located["file"]),
            line=line,
            column=int(located["column"]) if located["column"] else None,
            source_line=line_of(located["file"], line),
        )
    linker = _LINKER.search(text)
    if linker:
        return Diagnostic("error", linker["message"])
    unlocated = _UNLOCATED.match(text)
    if unlocated and not re.match(r"(linker|ld returned|collect2)", unlocated["message"]):
        return Diagnostic(unlocated["severity"], unlocated["message"])
    return None


def render(diagnostics: tuple[Diagnostic, ...]) -> str:
    """Return diagnostics as text: place, message, source line with a caret, notes."""
    shown = diagnostics[:_SHOWN_ERRORS]
    parts = [_render_one(item) for item in shown]
    if len(diagnostics) > len(shown):
        parts.append(f"... and {len(diagnostics) - len(shown)} more")
    return "\n".join(parts)


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
    # A note that only repeats where a macro or template came from is of use near its line only.
    for note in item.notes[:_SHOWN_NOTES]:
        lines.append(_render_one(note, indent + "  "))
    if len(item.notes) > _SHOWN_NOTES:
        lines.append(f"{indent}  ... and {len(item.notes) - _SHOWN_NOTES} more notes")
    return "\n".join(lines)


def hint(output: str) -> str:
    """Return what to do next for failures whose cause is known, or ""."""
    for pattern, advice in _HINTS:
        match = re.search(pattern, output)
        if match:
            return advice.format(*match.groups())
    return ""


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
        r"cannot find -l(\S+)|unable to find (?:dynamic system )?library '?(?:-l)?([\w.+-]+)'?",
        "Name the directory that has this library: library_dirs in cfg, or the option -L; if it "
        "is not installed, install its development package.",
    ),
    (
        r"undefined (?:reference|symbol)",
        "What defines it is not linked: name its library (libraries in cfg, the option -l) or its "
        "source (sources in cfg, the option -S).",
    ),
    (
        r"'array_t' is not a member|no template named 'array_t'",
        "Add #include <pybind11/numpy.h>.",
    ),
    (
        r"unrecogni[sz]ed command[- ]line option|unknown argument|unsupported option",
        "A flag is not known to this compiler: look at extra_compile_args in cfg, or the option "
        "-c.",
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
