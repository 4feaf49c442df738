"""Samples become figures, figures become a table and a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_MULTIPLES = ((1e6, "MB"), (1e3, "kB"), (1.0, "B"))


@dataclass(frozen=True)
class Figure:
    """One thing that was measured on both sides, alternately.

    Attributes:
        name: what was measured.
        ours: seconds or bytes, one for each repetition.
        theirs: the same; `theirs[i]` was measured right after `ours[i]`.
        target: the largest ratio that is wanted, or None.
        unit: "s" or "B".
    """

    name: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    target: float | None = None
    unit: str = "s"

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
        facts: what else is to be kept in the JSON file: curves, the text of a failure.
    """

    case: str
    title: str
    peer: str
    figures: tuple[Figure, ...]
    facts: dict[str, Any] = field(default_factory=dict)


def table(results: Sequence[Result]) -> str:
    """Return a readable table: medians with (min to max), ratios with their targets."""
    blocks = [_block(result) for result in results]
    return "\n\n".join(blocks) + "\n"


def write_json(path: Path, results: Sequence[Result], machine: dict[str, Any]) -> None:
    """Write everything that was measured, and on what machine."""
    data = {"machine": machine, "results": [_as_json(result) for result in results]}
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def update_json(
    path: Path, results: Sequence[Result], machine: dict[str, Any], order: Sequence[str]
) -> None:
    """Put results in the place of those of the same cases; the file keeps the others, in order.

    Each result that was put in later says on what machine and commit it was measured.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    by_case = {item["case"]: item for item in data["results"]}
    for result in results:
        by_case[result.case] = {**_as_json(result), "machine": machine}
    data["results"] = [by_case[case] for case in order if case in by_case]
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def quantity(value: float, unit: str = "s") -> str:
    """Return a duration or a size in the unit that suits it, with three digits."""
    units = _UNITS if unit == "s" else _MULTIPLES
    scale, unit = next((item for item in units if abs(value) >= item[0]), units[-1])
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
    spreads = (_spread(values, figure.unit) for values in (figure.ours, figure.theirs))
    return (figure.name, *spreads, ratio, target)


def _spread(values: Sequence[float], unit: str) -> str:
    middle, low, high = (quantity(f(values), unit) for f in (median, min, max))
    return f"{middle} ({low} to {high})" if len(values) > 1 else middle


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "case": result.case,
        "title": result.title,
        "peer": result.peer,
        "figures": [
            {
                "name": figure.name,
                "unit": figure.unit,
                "ours": _summary(figure.ours),
                "theirs": _summary(figure.theirs),
                "ratios": [_rounded(value) for value in figure.ratios],
                "ratio": _rounded(figure.ratio),
                "target": figure.target,
                "met": figure.is_met,
            }
            for figure in result.figures
        ],
        **({"facts": result.facts} if result.facts else {}),
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
