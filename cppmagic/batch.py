"""Many files and cells built at once, and what is shown of that in a shell."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cppmagic.errors import CppmagicError
from cppmagic.settings import settings

if TYPE_CHECKING:
    from cppmagic.notebooks import Notebook, Step


def build(paths: list[str], force: bool, quiet: bool, verbose: bool) -> int | None:
    """Build files and the cells of notebooks, several at once; say what became of each.

    Args:
        paths: absolute.
        force: build even if nothing changed.
        quiet: whether to say failures only.
        verbose: whether to say why cells fail that are meant to.

    Returns:
        How many failed; None if there was nothing to build.
    """
    from cppmagic import ahead, notebooks, pump

    files = [path for path in paths if not path.endswith(ahead.NOTEBOOK)]
    read, failures = _read_notebooks([path for path in paths if path not in files], quiet)
    groups = [("", [_file_job(path, force) for path in files])]
    for steps in notebooks.batches(read):
        groups.append((steps[0].directory, [_step_job(step, force, verbose) for step in steps]))
    if not any(jobs for _, jobs in groups):
        return failures or None
    if len(groups) > 1:
        pump.prepare()  # a kernel builds it, too
    return failures + _run_jobs(groups, quiet)


def _read_notebooks(paths: list[str], quiet: bool) -> tuple[list[Notebook], int]:
    """Return the notebooks with cells for us, and how many of them cannot be read."""
    from cppmagic import notebooks

    found: list[Notebook] = []
    failures = 0
    for path in paths:
        shown = os.path.relpath(path)
        try:
            notebook = notebooks.read(path)
        except CppmagicError as error:
            failures += 1
            print(f"FAILED {shown}\n{_indented(str(error))}", file=sys.stderr)
            continue
        if notebook.language not in ("", "python"):
            said = f"skipped {shown}: its cells are {notebook.language}"
        elif notebook.steps:
            found.append(notebook)
            said = notebooks.other_interpreter(notebook)
            said = f"{shown} {said}" if said else ""
        else:
            said = ""
        if said and not quiet:
            print(said)
    return found, failures


@dataclass(frozen=True)
class _Done:
    """What became of one file or cell: "built", "failed", ..., and the line that says so."""

    state: str
    line: str


_Job = Callable[[], _Done]


def _file_job(path: str, force: bool) -> _Job:
    from cppmagic import ahead

    shown = os.path.relpath(path)

    def job() -> _Done:
        try:
            ahead.build_beside(path, None, force)
        except CppmagicError as error:
            return _Done("failed", f"FAILED {shown}\n{_indented(message_of(error))}")
        return _Done("built", f"built {shown}")

    return job


def _step_job(step: Step, force: bool, verbose: bool) -> _Job:
    from cppmagic import notebooks

    shown = " ".join(filter(None, [os.path.relpath(step.notebook), step.label, step.name]))

    def job() -> _Done:
        outcome = notebooks.build(step, force)
        state = outcome.state.value
        line = f"{state} {shown}"
        if outcome.state is notebooks.State.LEFT:
            line = f"left for the kernel: {shown}: {outcome.reason}"
        if outcome.error is not None and (state == "FAILED" or verbose):
            line += f"\n{_indented(message_of(outcome.error))}"
        return _Done(state.lower(), line)

    return job


_FURTHER = {"left": "left for the kernel", "failed as expected": "failed as expected"}


def _run_jobs(groups: list[tuple[str, list[_Job]]], quiet: bool) -> int:
    """Do the jobs of one group after the other, several at once; return how many failed.

    Args:
        groups: the working directory that a group needs ("" for any), and its jobs.
        quiet: whether to report failures only.
    """
    from cppmagic import notebooks
    from cppmagic.toolchain import process

    progress = _Progress(sum(len(jobs) for _, jobs in groups), quiet)
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(settings.jobs or os.cpu_count() or 1) as pool:
        started = time.perf_counter()
        try:
            for directory, jobs in groups:
                with notebooks.working_directory(directory or os.getcwd()):
                    for future in as_completed([pool.submit(job) for job in jobs]):
                        done = future.result()
                        counts[done.state] += 1
                        (progress.fail if done.state == "failed" else progress.report)(done.line)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            process.stop_all()
            raise
    seconds = time.perf_counter() - started
    further = "".join(
        f", {counts[state]} {text}" for state, text in _FURTHER.items() if counts[state]
    )
    built = f"{counts['built']} built, {counts['failed']} failed{further}"
    progress.end(f"{built} in {seconds:.1f} s")
    return counts["failed"]


def message_of(error: CppmagicError) -> str:
    """Return an error's text, in colours if it goes to a terminal."""
    from cppmagic.errors import BuildError
    from cppmagic.toolchain import rendering

    if not isinstance(error, BuildError):
        return str(error)
    return rendering.render_error(error, rendering.paint_for(sys.stderr))


class _Progress:
    """One line that counts, on a terminal; plain lines elsewhere."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total, self._done, self._quiet = total, 0, quiet
        self._live = sys.stderr.isatty() and not quiet
        self._show()

    def report(self, line: str) -> None:
        self._done += 1
        if not self._quiet:
            self._clear()
            print(line, flush=True)
            self._show()

    def fail(self, text: str) -> None:
        self._done += 1
        self._clear()
        print(text, file=sys.stderr, flush=True)
        self._show()

    def end(self, line: str) -> None:
        self._clear()
        if self._total and not self._quiet:
            print(line)

    def _show(self) -> None:
        if self._live and self._done < self._total:
            sys.stderr.write(f"[{self._done}/{self._total}] building ...")
            sys.stderr.flush()

    def _clear(self) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")


def _indented(text: str) -> str:
    return "\n".join("    " + line if line else "" for line in text.split("\n"))
