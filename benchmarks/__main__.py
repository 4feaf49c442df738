"""`python -m benchmarks`: run the cases, print a table, write the figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.environments import ROOT, machine, prepare
from benchmarks.plot import draw_ratios, draw_versions
from benchmarks.report import table, update_json, write_json
from benchmarks.summary import update_readme

RESULTS = ROOT / "benchmarks" / "results.json"
PLOT = "versions.svg"
RATIOS = "ratios.svg"


def main(arguments: list[str] | None = None) -> int:
    """Run the cases that the command line names. A target that is missed is no failure."""
    chosen = _parser().parse_args(arguments)
    names = chosen.case or list(CASES)
    sides = prepare()
    results = []
    for name in names:
        case = CASES[name]
        repetitions = chosen.repetitions or case.repetitions
        print(f"{name}: {repetitions} pairs", file=sys.stderr)
        result = case.measure(sides, repetitions)
        print(table([result]), flush=True)
        results.append(result)
    # A part must not take the place of a whole run's figures.
    output = chosen.output or (None if chosen.case or chosen.repetitions else RESULTS)
    if chosen.update:
        output = output or RESULTS
        update_json(output, results, machine(sides), list(CASES))
    elif output is not None:
        write_json(output, results, machine(sides))
    if output is not None:
        print(f"written to {output}", file=sys.stderr)
        written = json.loads(output.read_text(encoding="utf-8"))
        draw_ratios(written["results"], output.with_name(RATIOS))
        if output == RESULTS:
            update_readme(ROOT / "README.md", written)
        for result in results:
            if result.case == "versions":
                draw_versions(result.facts, output.with_name(PLOT))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "-c", "--case", action="append", choices=list(CASES), help="run only this one (repeatable)"
    )
    parser.add_argument(
        "-r", "--repetitions", type=_positive, help="pairs of samples, instead of each case's own"
    )
    parser.add_argument(
        "-o", "--output", type=Path, help="JSON file; default: results.json, after a whole run only"
    )
    parser.add_argument(
        "-u", "--update", action="store_true", help="replace these cases in the JSON file"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
