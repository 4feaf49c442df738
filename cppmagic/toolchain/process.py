"""Run compilers so that Ctrl-C ends all of them at once."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from cppmagic.errors import ToolchainError
from cppmagic.log import logger

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Finished:
    """A process that has ended: its command, exit status, all that it printed, and its seconds."""

    command: tuple[str, ...]
    status: int
    output: str
    seconds: float


class Group:
    """Processes that are stopped together."""

    def __init__(self) -> None:
        _groups.add(self)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self,
        command: tuple[str, ...],
        directory: str | None = None,
        without_variables: tuple[str, ...] = (),
    ) -> Finished:
        """Run a command to its end.

        Raises:
            ToolchainError: it cannot be started.
            KeyboardInterrupt: the group was stopped.
        """
        logger.debug("%s", shlex.join(command))
        started = time.perf_counter()
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            child = _start(command, directory, without_variables)
            self._running.add(child)
        try:
            output, _ = child.communicate()
        except BaseException:
            _kill(child)
            raise
        finally:
            with self._lock:
                self._running.discard(child)
        text = output.decode("utf-8", "replace")
        if text.strip() and logger.isEnabledFor(logging.DEBUG):
            from cppmagic.toolchain.structured import readable

            said = readable(text).rstrip()
            if said:
                logger.debug("%s", said)
        return Finished(command, child.returncode, text, time.perf_counter() - started)

    def stop(self) -> None:
        """Kill what runs, with everything that it started, and let nothing more start."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for child in running:
            _kill(child)


_groups: weakref.WeakSet[Group] = weakref.WeakSet()


def stop_all() -> None:
    """Kill all compilers of this process, whichever thread started them."""
    for group in list(_groups):
        group.stop()


def run(
    command: tuple[str, ...],
    directory: str | None = None,
    without_variables: tuple[str, ...] = (),
) -> Finished:
    """Run one command to its end; Ctrl-C ends it (see `Group.run`)."""

    def work(group: Group, words: tuple[str, ...]) -> Finished:
        return group.run(words, directory, without_variables)

    (finished,) = in_parallel(work, [command], 1)
    return finished


def in_parallel(
    work: Callable[[Group, Item], Result], items: Sequence[Item], jobs: int
) -> Iterator[Result]:
    """Apply `work(group, item)` to all items, at most `jobs` at once; yield results in order.

    When one raises, or Ctrl-C comes, the processes of all are killed and the exception goes on.
    Processes are started by other threads even where there is one only: Ctrl-C, which comes to the
    main thread, could come between the start of a process and our knowing it.
    """
    group = Group()
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        futures: list[Future[Result]] = []
        try:
            futures += [pool.submit(work, group, item) for item in items]
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = [f for f in futures if f.done() and not f.cancelled() and f.exception()]
            if failed:
                raise failed[0].exception() or AssertionError
            yield from [future.result() for future in futures]
        except BaseException:
            group.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(
    command: tuple[str, ...], directory: str | None, without_variables: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    environment = {key: value for key, value in os.environ.items() if key not in without_variables}
    # Messages in English, so that they can be read by a program; file names in UTF-8.
    environment.pop("LC_ALL", None)
    environment.update(LC_MESSAGES="C", LANGUAGE="", LC_CTYPE="C.UTF-8")
    try:
        return subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own: a terminal's Ctrl-C must not reach the compiler before us, and
            # ending the group ends what the driver started (cc1plus, the linker).
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise ToolchainError(f"cannot run {command[0]}: {error.strerror}") from error


def _kill(child: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        child.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
