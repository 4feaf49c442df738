"""What became of each line of a source: the nouns; see `examining` for how it is found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cppmagic.toolchain.remarks import Remark

TIMES_ROUND = 10
"""How often each loop is taken to go round, when lines are weighed."""


@dataclass(frozen=True)
class Step:
    """One instruction of a line, or a label: its text, and in how many loops it is."""

    text: str
    depth: int


@dataclass(frozen=True)
class Passage:
    """Instructions that a line became in one function.

    Attributes:
        function: its name in C++.
        steps: the instructions in their order; one without text stands for those of other lines.
    """

    function: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class LineInsight:
    """What became of one line.

    Attributes:
        number: counted from 1 in its file.
        share: of the work in all loops, from 0 to 1: of their instructions, each counted
            `TIMES_ROUND` times for each loop that it is in.
        depth: in how many loops its innermost instruction is.
        count: how many instructions there are, also where `passages` have not all of them.
        remarks: of the optimiser.
        passages: the instructions.
    """

    number: int
    share: float
    depth: int
    count: int
    remarks: tuple[Remark, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class FileInsight:
    """What became of the lines of one file.

    Attributes:
        path: "" for the source itself; else relative to the source's directory, or absolute.
        lines: those of which there is something to tell.
    """

    path: str
    lines: tuple[LineInsight, ...]


@dataclass(frozen=True)
class Insight:
    """What became of a source.

    Attributes:
        compiler: the first line of what it says of its version.
        flags: those of its flags that decide how it optimises.
        files: the source first, then own headers and further sources.
    """

    compiler: str
    flags: str
    files: tuple[FileInsight, ...]


def from_json(data: Any) -> Insight | None:
    """Return the insight that `dataclasses.asdict` described, or None if it is none."""
    try:
        files = tuple(
            FileInsight(item["path"], tuple(_line(line) for line in item["lines"]))
            for item in data["files"]
        )
        return Insight(data["compiler"], data["flags"], files)
    except (KeyError, TypeError):
        return None  # not there, or unreadable: it is made anew


def _line(data: dict[str, Any]) -> LineInsight:
    told = tuple(Remark(**{**item, "said": tuple(item["said"])}) for item in data["remarks"])
    passages = tuple(
        Passage(item["function"], tuple(Step(**step) for step in item["steps"]))
        for item in data["passages"]
    )
    return LineInsight(**{**data, "remarks": told, "passages": passages})
