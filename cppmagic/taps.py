"""Taps: let something happen before each write to a Python stream, whoever holds the stream.

The methods of the stream object itself are replaced, not `sys.stdout`: logging handlers, pdb and
others keep the object that they found there.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any


class Tap:
    """Replaces `write` and `flush` of a stream until it is removed.

    Args:
        stream: any object with these two methods; one that lets no attribute be set stays as it is.
        before: called before each write and flush.
        flushing: flush after each write, so that nothing is held back from what others write.
    """

    def __init__(self, stream: Any, before: Callable[[], None], flushing: bool = False) -> None:
        self._stream = stream
        self._own: dict[str, tuple[Any, Any]] = {}
        self._active = True
        self.write = write = stream.write
        flush = stream.flush

        def tapped_write(text: Any) -> Any:
            if not self._active:
                return write(text)
            before()
            written = write(text)
            if flushing:
                flush()
            return written

        def tapped_flush() -> Any:
            if self._active:
                before()
            return flush()

        for name, method in (("write", tapped_write), ("flush", tapped_flush)):
            with contextlib.suppress(AttributeError, TypeError):
                replaced = vars(stream).get(name)
                setattr(stream, name, method)
                self._own[name] = (method, replaced)

    def remove(self) -> None:
        """Give the stream its methods back; where another one has replaced ours, let them pass."""
        self._active = False
        for name, (method, replaced) in self._own.items():
            if vars(self._stream).get(name) is not method:
                continue
            if replaced is None:
                delattr(self._stream, name)
            else:
                setattr(self._stream, name, replaced)


def reaches(stream: Any, descriptor: int, original: int | None = None) -> bool:
    """Whether what is written to a stream goes where writing to the descriptor goes.

    Args:
        stream: a Python stream.
        descriptor: 1 or 2.
        original: a copy of what the descriptor was, if it has been taken over.
    """
    try:
        number = stream.fileno()
        if number == descriptor:
            return True
        before = os.fstat(descriptor if original is None else original)
        return os.path.samestat(os.fstat(number), before)
    except Exception:  # not a file, closed, or somebody's own idea of a stream
        return False


def order_for_pytest() -> None:
    """Keep the order of what C++ and Python write in a process that runs pytest.

    C's buffer would give what was written in one test to a later one, or to the end of the run.
    """
    import ctypes

    libc = ctypes.CDLL(None)
    with contextlib.suppress(ValueError):  # another C library, which names it otherwise
        stdout = ctypes.c_void_p.in_dll(libc, "stdout")
        libc.fflush(stdout)
        unbuffered = 2  # _IONBF
        libc.setvbuf(stdout, None, unbuffered, 0)
    if sys.stdout is not None and reaches(sys.stdout, 1):
        Tap(sys.stdout, lambda: None, flushing=True)
