"""A real IPython in a pseudo-terminal for tests: keys go in, what its screen shows comes out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte


class Terminal:
    """IPython in a pseudo-terminal, and what its screen shows."""

    def __init__(self, directory: Path) -> None:
        self._screen = pyte.Screen(100, 40)
        self._stream = pyte.Stream(self._screen)
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--no-banner", "--colors=linux", "--no-confirm-exit"],
            cwd=directory,
            env={**os.environ, "TERM": "xterm-256color", "IPYTHONDIR": str(directory)},
            dimensions=(40, 100),
            encoding="utf-8",
            timeout=60,
        )

    def type(self, text: str) -> None:
        """Press keys."""
        self._child.send(text.replace("\n", "\r"))

    def wait_for(self, pattern: str) -> None:
        """Wait until the screen shows a pattern."""
        self._wait_until(lambda: re.search(pattern, "\n".join(self._screen.display)) is not None)

    def wait_for_colour(self, text: str, colour: str) -> None:
        """Wait until the last place where a text is shown has a colour."""
        self._wait_until(lambda: self.colour(text) == colour)

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            try:
                self._stream.feed(self._child.read_nonblocking(4096))
            except (pexpect.EOF, pexpect.TIMEOUT):
                raise AssertionError("\n".join(self._screen.display).rstrip()) from None

    def colour(self, text: str) -> str:
        """Return the colour of the last place where the screen shows a text in one colour."""
        for row in reversed(range(40)):
            column = self._screen.display[row].rfind(text)
            if column >= 0:
                cells = self._screen.buffer[row]
                found = {cells[column + offset].fg for offset in range(len(text))}
                return found.pop() if len(found) == 1 else "several"
        return "none: it is not there"

    def close(self) -> None:
        """End IPython."""
        self._child.close(force=True)
