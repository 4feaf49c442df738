"""The files that a tool's messages speak of, as the user knows them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

_LINE_DIRECTIVE = re.compile(r'#line (\d+) "((?:\\.|[^"\\])*)"')


class Sources:
    """Finds labels, lines and columns for the places that compilers name.

    Args:
        name: what the rendered source's directives call the user's source.
        label: what messages call it: its path, or In[3].
        text: of the user's source.
        rendered: what the compiler saw of it.
        directory: where relative names resolve.
    """

    def __init__(self, name: str, label: str, text: str, rendered: str, directory: str) -> None:
        self._name, self._label, self._directory = name, label, directory
        self._lines = {name: text.split("\n")}
        self._rendered = rendered.split("\n")
        self._presumed = list(_presumed(self._rendered, name))
        self._written: dict[tuple[str, int], list[str]] = {}
        for place, line in zip(self._presumed, self._rendered, strict=True):
            self._written.setdefault(place, []).append(line)

    def label(self, file: str) -> str:
        """Return the user's name of a file as the tool names it."""
        return self._label if file == self._name else self.path(file)

    def message(self, text: str) -> str:
        """Return a message with the user's name of the source: `lambda at In[3]:7:19`."""
        return re.sub(rf"(?<![\w./]){re.escape(self._name)}(?=:\d)", lambda _: self._label, text)

    def path(self, file: str) -> str:
        """Return the absolute path of a file as the tool names it, as it is written."""
        return os.path.normpath(os.path.join(self._directory, file)) if file else ""

    def line(self, file: str, line: int) -> str | None:
        """Return the text of a line of such a file, or None."""
        if file not in self._lines:
            self._lines[file] = _read_lines(self.path(file))
        lines = self._lines[file]
        return lines[line - 1] if 0 < line <= len(lines) else None

    def column(self, file: str, line: int, byte_column: int | None) -> int | None:
        """Return a column in characters for one in bytes, both counted from 1.

        None where the template wrote something else in the place of the user's line: the column
        is one that the user does not see.
        """
        text = self.line(file, line)
        if not byte_column or text is None:
            return byte_column or None
        if text not in self._written.get((file, line), [text]):
            return None
        return len(text.encode()[: byte_column - 1].decode(errors="ignore")) + 1

    def presumed_line(self, file: str, line: int) -> int:
        """Return the user's line for a line of the rendered text, if that is what `file` names.

        Clang counts the lines of ranges and fix-its in the text that it reads, whatever `#line`
        says.
        """
        if any(name == file for name, _ in self._written) and line <= len(self._presumed):
            return self._presumed[line - 1][1]
        return line


def _presumed(lines: Iterable[str], name: str) -> Iterable[tuple[str, int]]:
    """Yield what the `#line` directives call each line of the rendered text."""
    line = 1
    for text in lines:
        yield name, line
        line += 1
        if directive := _LINE_DIRECTIVE.match(text):
            line, name = int(directive[1]), re.sub(r"\\(.)", r"\1", directive[2])


def _read_lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().split("\n")
    except OSError:
        return []
