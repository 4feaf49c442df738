"""Run one cell again and again in an IPython shell of this process; print how long a run takes.

Arguments: the extension to load, a file with the cell, the name of the function that it makes.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

from IPython.core.interactiveshell import InteractiveShell

RUNS = 20


def run(cell: str) -> float:
    started = time.perf_counter()
    result = shell.run_cell(cell)  # type: ignore[no-untyped-call]
    duration = time.perf_counter() - started
    result.raise_error()
    return duration


shell = InteractiveShell.instance()
run(f"%load_ext {sys.argv[1]}")
cell = Path(sys.argv[2]).read_text(encoding="utf-8")
run("pass")

first = run(cell)
again = [run(cell) for _ in range(RUNS)]
empty = [run("pass") for _ in range(RUNS)]

value = eval(sys.argv[3], shell.user_ns)(0, 3.9)
figures = {"first": first, "again": median(again), "empty": median(empty), "value": value}
print(json.dumps(figures))
