"""What C++ writes appears in the cell that called it, in order with what Python prints.

The descriptors 1 and 2 lead into the pump (native/pump.c) while `sys.stdout` and `sys.stderr` are
streams of Python's: in a kernel, under %%capture, under `contextlib.redirect_stdout`. Before each
write and flush of these streams, what has arrived is written to them: so nothing is out of order,
and nothing of it costs a call that does not print. (A kernel flushes its streams before it shows a
result, a figure or an error, and when the cell ends.) What arrives while Python does not print is
shown by a thread. In a terminal, where the stream is the descriptor, only buffers are flushed.
"""

from __future__ import annotations

import _thread
import atexit
import codecs
import contextlib
import os
import sys
import threading
import time
from collections import deque
from types import ModuleType
from typing import Any

from IPython.utils.capture import capture_output

from cppmagic.modules import version
from cppmagic.taps import Tap, reaches

_BATCH_SECONDS = 0.02

# After these, sys.stdout may be another stream.
_SWITCHES = (contextlib.redirect_stdout, contextlib.redirect_stderr, capture_output)


class Channel:
    """One of the two descriptors, and the stream that stands for it at present.

    Args:
        name: "stdout" or "stderr".
        descriptor: 1 or 2.
        pump: the native module.
    """

    def __init__(self, name: str, descriptor: int, pump: ModuleType) -> None:
        self._name, self._descriptor, self._pump = name, descriptor, pump
        self._lock = threading.RLock()
        self._stream: Any = None
        self._home: Any = getattr(sys, name)
        self._tap: Tap | None = None
        self._original: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting: deque[str] = deque()

    def follow(self) -> None:
        """Stand for the stream that `sys` has now; what has arrived belongs to the one before."""
        stream = getattr(sys, self._name)
        with self._lock:
            if stream is not self._stream:
                self.drain()
                self.untap()
                self._stream = stream
                if stream is not None:
                    self._lead(stream)
            if stream is not None and self._tap is None:
                self._tap = Tap(stream, self.drain, flushing=self._original is None)

    def drain(self, final: bool = False) -> None:
        """Write to the stream what has arrived.

        Args:
            final: do not wait for the rest of a character.
        """
        with self._lock:
            if self._original is None:
                self._pump.flush()
            else:
                self._write(self._pump.take(self._descriptor), final)

    def untap(self) -> None:
        """Leave the stream alone: IPython has replaced its `write` for the time of a cell too."""
        with self._lock:
            if self._tap is not None:
                self._tap.remove()
                self._tap = None

    def end(self) -> None:
        """Give stream and descriptor back."""
        with self._lock:
            self.drain()
            self._close()
            self.untap()
            self._stream = None

    def forget(self) -> None:
        """In a forked child: what arrives is the parent's, and its threads are not here."""
        self._lock = threading.RLock()
        self._original = None
        self._waiting.clear()

    def _lead(self, stream: Any) -> None:
        """Let the descriptor lead here, unless the stream itself is what it leads to."""
        if reaches(stream, self._descriptor, self._original):
            self._close()
        elif self._original is None:
            self._original = self._pump.open(self._descriptor)

    def _close(self) -> None:
        if self._original is not None:
            self._original = None
            self._write(self._pump.close(self._descriptor), final=True)

    def _write(self, data: bytes, final: bool) -> None:
        if not (data or final or self._waiting):
            return
        text = self._decoder.decode(data, final)
        if text:
            self._waiting.append(text)
        while self._waiting:  # so that an interrupt between taking and writing loses nothing
            self._write_text(self._waiting[0])
            self._waiting.popleft()

    def _write_text(self, text: str) -> None:
        if self._stream is None:
            return  # nobody wants to see it
        write = self._stream.write if self._tap is None else self._tap.write
        try:
            write(text)
        except Exception:
            # Closed under our hands, or it does not take text: then where the session shows it.
            if self._home is not self._stream:
                with contextlib.suppress(Exception):
                    self._home.write(text)


class Output:
    """Takes over what C++ writes, from the first C++ module that is loaded on.

    Args:
        shell: whose cells.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._pump: ModuleType | None = None
        self._is_beginning = False
        self._channels: tuple[Channel, ...] = ()
        self._replaced: list[tuple[type, str, Any]] = []
        self._depth = 0  # of cells that run cells

    def watch(self) -> None:
        """Wait for the first C++ module, unless there is one."""
        version.before_load.append(self._begin)
        version.after_load.append(self._find_cpp_streams)
        self._shell.events.register("pre_run_cell", self._begin_cell)
        self._shell.events.register("post_run_cell", self._finish_cell)
        if version.is_any_loaded():
            self._begin()
            self._find_cpp_streams()

    def end(self) -> None:
        """Give everything back."""
        version.before_load.remove(self._begin)
        version.after_load.remove(self._find_cpp_streams)
        self._shell.events.unregister("pre_run_cell", self._begin_cell)
        self._shell.events.unregister("post_run_cell", self._finish_cell)
        self._release()

    def follow(self) -> None:
        """See which streams `sys` has now."""
        for channel in self._channels:
            channel.follow()

    def _begin(self) -> None:
        if self._pump is None:
            if self._is_beginning:
                return  # the pump is loaded itself
            self._is_beginning = True
            from cppmagic.pump import prepare  # not before it is needed

            pump = prepare()
            if pump is None:
                return  # once is enough: looking for a compiler in vain takes time
            self._pump = pump
            self._is_beginning = False
            self._channels = (Channel("stdout", 1, pump), Channel("stderr", 2, pump))
            self._watch_switches()
            atexit.register(self._release)
            _take_along(self)
            self.follow()
            # Not a threading.Thread: ipykernel would give it the cell that happens to run now.
            _thread.start_new_thread(self._show_meanwhile, (pump, pump.begin()))

    def _find_cpp_streams(self) -> None:
        if self._pump is not None:
            self._pump.find()

    def _begin_cell(self, info: object = None) -> None:
        self._depth += 1
        self.follow()

    def _finish_cell(self, result: object = None) -> None:
        self._depth = max(0, self._depth - 1)  # the first one began before we were here
        for channel in self._channels:
            channel.drain(final=True)
            if self._depth == 0:
                channel.untap()

    def _show_meanwhile(self, pump: ModuleType, turn: int) -> None:
        while pump.wait(turn):
            time.sleep(_BATCH_SECONDS)
            for channel in self._channels:
                channel.drain()

    def _watch_switches(self) -> None:
        for owner in _SWITCHES:
            for name in ("__enter__", "__exit__"):
                self._replaced.append((owner, name, vars(owner).get(name)))
                setattr(owner, name, self._following(getattr(owner, name)))

    def _following(self, method: Any) -> Any:
        def switch(*arguments: Any) -> Any:
            result = method(*arguments)
            self.follow()
            return result

        return switch

    def _release(self) -> None:
        atexit.unregister(self._release)
        for channel in self._channels:
            channel.end()
        self._channels = ()
        for owner, name, method in self._replaced:
            if method is None:
                delattr(owner, name)
            else:
                setattr(owner, name, method)
        self._replaced.clear()
        if self._pump is not None:
            self._pump.stop()
            self._pump = None

    def forget(self) -> None:
        """In a forked child: leave descriptors and streams to the parent."""
        for channel in self._channels:
            channel.forget()


_living: list[Output] = []  # what a forked child must forget


def _take_along(output: Output) -> None:
    if not _living:
        os.register_at_fork(after_in_child=_forget_all)
    _living[:] = [output]


def _forget_all() -> None:
    for output in _living:
        output.forget()


_outputs: dict[int, Output] = {}


def watch(shell: Any) -> None:
    """Take over what C++ writes in the cells of a shell; once per shell."""
    if id(shell) not in _outputs:
        _outputs[id(shell)] = Output(shell)
        _outputs[id(shell)].watch()


def unwatch(shell: Any) -> None:
    """Give it back."""
    output = _outputs.pop(id(shell), None)
    if output is not None:
        output.end()
