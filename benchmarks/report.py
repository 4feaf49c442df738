"""Samples become figures, figures become a table and a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


@dataclass(frozen=True)
class Figure:
    """One thing that was measured on both sides, alternately.

    Attributes:
        name: what was measured.
        ours: seconds, one for each repetition.
        theirs: seconds; `theirs[i]` was measured right after `ours[i]`.
        target: the largest ratio that is wanted, or None.
    """

    name: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    target: float | None = None

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours over theirs, pair by pair: what slows the machine for a while slows both."""
        return tuple(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return median(self.ratios)

    @property
    def is_met(self) -> bool | None:
        """Whether the ratio meets its target; None without one."""
        return None if self.target is None else self.ratio <= self.target


@dataclass(frozen=True)
class Result:
    """What one case measured.

    Attributes:
        case: its name.
        title: what it is about, in one line.
        peer: what cppmagic is compared with.
        figures: the measurements.
    """

    case: str
    title: str
    peer: str
    figures: tuple[Figure, ...]


def table(results: Sequence[Result]) -> str:
    """Return a readable table: medians with (min to max), ratios with their targets."""
    blocks = [_block(result) for result in results]
    return "\n\n".join(blocks) + "\n"


def write_json(path: Path, results: Sequence[Result], machine: dict[str, Any]) -> None:
    """Write everything that was measured, and on what machine."""
    data = {"machine": machine, "results": [_as_json(result) for result in results]}
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def seconds(value: float) -> str:
    """Return a duration in the unit that suits it, with three digits."""
    scale, unit = next((item for item in _UNITS if abs(value) >= item[0]), _UNITS[-1])
    number = value / scale
    return f"{number:.{0 if abs(number) >= 99.95 else 1 if abs(number) >= 9.995 else 2}f} {unit}"


def _block(result: Result) -> str:
    header = ("", "cppmagic", result.peer, "ratio", "target")
    rows = [header, *(_row(figure) for figure in result.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([f"{result.case}: {result.title}", *("  " + line for line in lines)])


def _row(figure: Figure) -> tuple[str, ...]:
    target = ""
    if figure.target is not None:
        target = f"at most {figure.target:g}: {'met' if figure.is_met else 'NOT MET'}"
    ratio = f"{figure.ratio:.3g}x"
    return (figure.name, _spread(figure.ours), _spread(figure.theirs), ratio, target)


def _spread(values: Sequence[float]) -> str:
    return f"{seconds(median(values))} ({seconds(min(values))} to {seconds(max(values))})"


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "case": result.case,
        "title": result.title,
        "peer": result.peer,
        "figures": [
            {
                "name": figure.name,
                "unit": "s",
                "ours": _summary(figure.ours),
                "theirs": _summary(figure.theirs),
                "ratios": [_rounded(value) for value in figure.ratios],
                "ratio": _rounded(figure.ratio),
                "target": figure.target,
                "met": figure.is_met,
            }
            for figure in result.figures
        ],
    }


def _summary(values: Sequence[float]) -> dict[str, Any]:
    return {
        "median": _rounded(median(values)),
        "min": _rounded(min(values)),
        "max": _rounded(max(values)),
        "samples": [_rounded(value) for value in values],
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
