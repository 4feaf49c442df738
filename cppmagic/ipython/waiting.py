"""Shows what a build does and for how long, once it takes longer than a moment.

In a notebook this is a display that is updated in place, in a terminal one line that is written
again and again. When the build has ended, nothing of it is left, nor in the saved notebook.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol

from IPython.core.displaypub import CapturingDisplayPublisher

from cppmagic import progress

_PATIENCE_SECONDS = 0.4
_SECONDS_BETWEEN = 0.1


class Place(Protocol):
    """Where the line is shown."""

    def show(self, line: str) -> None:
        """Show the line in the place of the one before."""

    def clear(self) -> bool:
        """Leave no trace of it; return whether nothing else is shown, so that all is as before."""


class TerminalLine:
    """The present line of a terminal."""

    def show(self, line: str) -> None:
        """Write the line over the one before."""
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{line[:width]}")
        sys.stderr.flush()

    def clear(self) -> bool:
        """Erase the line."""
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
        return True


class NotebookDisplay:
    """A display in the cell's output.

    Args:
        shell: the kernel's.
        sent: how many messages the kernel had sent when the cell began.
    """

    def __init__(self, shell: Any, sent: int | None) -> None:
        self._shell, self._sent = shell, sent
        self._id = os.urandom(16).hex()
        self._shown = 0

    def show(self, line: str) -> None:
        """Show the line in the display."""
        self._publish(line)

    def clear(self) -> bool:
        """Remove the display; if the cell has shown other things as well, empty it."""
        sys.stdout.flush()
        sys.stderr.flush()
        sent = messages_sent(self._shell)
        if self._sent is not None and sent == self._sent + self._shown:
            self._shell.display_pub.clear_output()
            return True
        self._publish("")
        return False

    def _publish(self, line: str) -> None:
        self._shell.display_pub.publish(
            {"text/plain": line},
            transient={"display_id": self._id},
            update=self._shown > 0,
        )
        self._shown += 1


def messages_sent(shell: Any) -> int | None:
    """Return how many messages a kernel has sent, None if this is no kernel or it does not tell."""
    session = getattr(getattr(shell, "kernel", None), "session", None)
    count = getattr(session, "message_count", None)
    return count if isinstance(count, int) else None


@dataclass
class _Build:
    """One build that is going on."""

    started: float
    text: str


class Waiting:
    """The observer of builds for one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._lock = threading.RLock()
        self._builds: dict[str, _Build] = {}
        self._place: Place | None = None
        self._ended = threading.Event()
        self._sent: int | None = None

    def note_cell(self, info: object = None) -> None:
        """Remember what a kernel had sent when the cell began."""
        self._sent = messages_sent(self._shell)

    def begun(self, module: str) -> None:
        """See `progress.Observer`."""
        with self._lock:
            self._builds[module] = _Build(time.monotonic(), f"building {module}")
            if len(self._builds) == 1:
                self._ended = threading.Event()
                # In a kernel, the context says which cell this is.
                context = contextvars.copy_context()
                arguments = (self._watch, self._ended)
                threading.Thread(target=context.run, args=arguments, daemon=True).start()

    def changed(self, module: str, step: str, done: int, total: int) -> None:
        """See `progress.Observer`."""
        with self._lock:
            if module in self._builds:
                part = f" {min(done + 1, total)}/{total}" if total > 1 else ""
                self._builds[module].text = f"{step} {module}{part}"

    def ended(self, module: str) -> None:
        """See `progress.Observer`."""
        with self._lock:
            self._builds.pop(module, None)
            if not self._builds:
                self._ended.set()
                if self._place is not None:
                    with contextlib.suppress(Exception):  # no build fails for what is shown of it
                        if self._place.clear():
                            self.note_cell()  # for what else this cell may have to wait for
                    self._place = None

    def _watch(self, ended: threading.Event) -> None:
        wait = _PATIENCE_SECONDS
        while not ended.wait(wait):
            wait = _SECONDS_BETWEEN
            with self._lock:
                if ended.is_set():
                    return
                if self._place is None:
                    self._place = self._find_place()
                if self._place is None:
                    return
                try:
                    self._place.show(self._line())
                except Exception:
                    return

    def _line(self) -> str:
        now = time.monotonic()
        return ", ".join(
            f"{build.text} ... {now - build.started:.1f} s" for build in self._builds.values()
        )

    def _find_place(self) -> Place | None:
        if isinstance(self._shell.display_pub, CapturingDisplayPublisher):
            return None  # it would be captured
        if hasattr(self._shell, "kernel"):
            return NotebookDisplay(self._shell, self._sent)
        if sys.stderr is not None and sys.stderr.isatty():
            return TerminalLine()
        return None


_watched: dict[int, Waiting] = {}


def watch(shell: Any) -> None:
    """Show in this shell how far builds are."""
    waiting = _watched.setdefault(id(shell), Waiting(shell))
    if progress.observer is not waiting:
        shell.events.register("pre_run_cell", waiting.note_cell)
        progress.observer = waiting


def unwatch(shell: Any) -> None:
    """Show it no more."""
    waiting = _watched.pop(id(shell), None)
    if waiting is not None:
        shell.events.unregister("pre_run_cell", waiting.note_cell)
        if progress.observer is waiting:
            progress.observer = None
