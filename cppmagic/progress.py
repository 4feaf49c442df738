"""How far builds are: building tells, and a face that wants to show it observes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

_NATIVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "native")


class Observer(Protocol):
    """What a face implements, to be called from any thread."""

    def begun(self, module: str) -> None:
        """The build of a module begins, in the thread that waits for it."""

    def changed(self, module: str, step: str, done: int, total: int) -> None:
        """So many parts of a step ("compiling", "linking") are done."""

    def ended(self, module: str) -> None:
        """The build has ended, in the thread that waited for it."""


observer: Observer | None = None


@contextmanager
def observed(module: str) -> Iterator[None]:
    """Let the observer know of a build while the context lasts."""
    watching = observer
    if watching is None:
        yield
        return
    watching.begun(module)
    try:
        yield
    finally:
        watching.ended(module)


@contextmanager
def unobserved() -> Iterator[None]:
    """Build something of our own, which tells the user nothing."""
    global observer
    watching, observer = observer, None
    try:
        yield
    finally:
        observer = watching


def report(module: str, step: str, done: int = 0, total: int = 1) -> None:
    """Tell the observer what a build is doing."""
    if observer is not None:
        observer.changed(module, step, done, total)


class Steps:
    """Counts what is done side by side.

    Args:
        module: what is being built.
        step: what is done to each file.
        files: the files; those of cppmagic itself are not counted.
    """

    def __init__(self, module: str, step: str, files: Sequence[str]) -> None:
        self._module, self._step = module, step
        self._done, self._total = 0, sum(not _is_ours(path) for path in files)
        self._lock = threading.Lock()
        report(module, step, 0, self._total)

    def finish(self, path: str) -> None:
        """Count a file as done."""
        with self._lock:
            self._done += not _is_ours(path)
            report(self._module, self._step, self._done, self._total)


def _is_ours(path: str) -> bool:
    return path.startswith(_NATIVE + os.sep)
