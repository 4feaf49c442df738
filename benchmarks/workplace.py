"""A place to measure in, and how samples are taken in it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environments import Side, Sides, environment
from benchmarks.report import Figure, Result

_HERE = Path(__file__).resolve().parent
HELLO = (_HERE / "hello.cpp").read_text(encoding="utf-8")
START = "double x = 0.5;"  # the line of hello.cpp that an edit changes; logistic(0, r) returns it

Sample = dict[str, float]
Pairs = list[tuple[Sample, Sample]]


class ProbeError(Exception):
    """A measured process failed, or did something other than what was to be measured."""


@dataclass(frozen=True)
class Workplace:
    """A project directory of one side, with caches of its own, and an hour old.

    Attributes:
        side: whose it is.
        home: what the processes take for the home directory; the caches are in it.
        project: directory of `hello.cpp` and of the script that runs.
        variables: of the environment, beside the usual ones.
    """

    side: Side
    home: Path
    project: Path
    variables: dict[str, str] = field(default_factory=dict)

    def write_hello(self, text: str) -> None:
        """Write `hello.cpp`."""
        self.write("hello.cpp", text)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, and return its path."""
        path = self.project / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, probe: str, *arguments: str, value: float | None = 0.5) -> Sample:
        """Run a script of `probes/` as the project's own, in a new process.

        Args:
            probe: the script's name.
            arguments: its arguments.
            value: what `logistic(0, r)` must return; None for a probe that does not call it.

        Raises:
            ProbeError: it failed, or another value came out.
        """
        script = self.project / f"{probe}.py"
        shutil.copyfile(_HERE / "probes" / script.name, script)
        # Nobody imports in the very second in which a directory was made; finders know the clock's
        # tick and do not keep what they saw of a directory that changed just now.
        an_hour_ago = time.time() - 3600
        os.utime(self.project, (an_hour_ago, an_hour_ago))
        done = subprocess.run(
            [str(self.side.python), script.name, *arguments],
            cwd=self.project,
            env={**environment(self.home), **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProbeError(f"{probe} with {self.side.name} failed:\n{done.stdout}{done.stderr}")
        sample: Sample = json.loads(done.stdout.splitlines()[-1])
        if value is not None and sample["value"] != value:
            raise ProbeError(
                f"{probe} with {self.side.name}: logistic(0, r) is {sample['value']}, not {value}"
            )
        return sample

    def import_hello(self, value: float = 0.5) -> Sample:
        """Import hello in a new process."""
        return self.run("import_hello", self.side.hook, value=value)

    def libraries(self) -> dict[str, int]:
        """Return the libraries built so far, with their times."""
        return {str(path): path.stat().st_mtime_ns for path in self.home.rglob("*.so")}


@contextmanager
def workplace(side: Side, text: str = HELLO) -> Iterator[Workplace]:
    """Make a workplace with nothing built yet; it is gone afterwards."""
    with TemporaryDirectory(prefix="benchmark-") as directory:
        place = Workplace(side, Path(directory), Path(directory, "project"))
        place.project.mkdir()
        place.home.joinpath(".cache").mkdir()
        place.write_hello(text)
        yield place


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: as on the command line.
        repetitions: pairs of samples, unless the command line says otherwise.
        measure: takes the sides and the number of pairs.
    """

    name: str
    repetitions: int
    measure: Callable[[Sides, int], Result]


def alternate(ours: Callable[[], Sample], theirs: Callable[[], Sample], repetitions: int) -> Pairs:
    """Sample in pairs: what slows the machine for a while then slows both sides."""
    return [(ours(), theirs()) for _ in range(repetitions)]


def run(command: Sequence[object], place: Workplace) -> float:
    """Run a command in a project, and return how many seconds it took.

    Raises:
        ProbeError: it failed.
    """
    words = [str(word) for word in command]
    started = time.perf_counter()
    done = subprocess.run(
        words,
        cwd=place.project,
        env=environment(place.home),
        capture_output=True,
        text=True,
        check=False,
    )
    spent = time.perf_counter() - started
    if done.returncode != 0:
        raise ProbeError(f"{shlex.join(words)} failed:\n{done.stdout}{done.stderr}")
    return spent


def figure(
    name: str, pairs: Pairs, value: Callable[[Sample], float], target: float | None = None
) -> Figure:
    ours = tuple(value(sample) for sample, _ in pairs)
    theirs = tuple(value(sample) for _, sample in pairs)
    return Figure(name, ours, theirs, target)


def columns(
    name: str, samples: Sequence[Sample], ours: str, theirs: str, target: float | None = None
) -> Figure:
    """Return a figure of two values of each sample."""
    return Figure(
        name,
        tuple(sample[ours] for sample in samples),
        tuple(sample[theirs] for sample in samples),
        target,
    )


def value_of(key: str) -> Callable[[Sample], float]:
    return lambda sample: sample[key]


def edit(number: int, text: str = HELLO) -> tuple[float, str]:
    """Return the n-th edit: what logistic(0, r) returns after it, and the whole text."""
    start = f"0.{number + 501}"
    edited_text = text.replace(START, f"double x = {start};")
    assert edited_text != text
    return float(start), edited_text
