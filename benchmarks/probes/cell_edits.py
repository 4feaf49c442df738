"""Run edited cells in an IPython shell of this process; print how long those of each kind took.

Arguments: the extension to load, or "numba"; a JSON file with a list for each kind of edit, of
cells and what logistic(0, 3.9) returns after each. The first two of each kind are not counted.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from statistics import median

from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
if sys.argv[1] == "numba":
    shell.user_ns["numba"] = importlib.import_module("numba")
else:
    shell.run_cell(f"%load_ext {sys.argv[1]}").raise_error()  # type: ignore[no-untyped-call]


def run(cell: str, value: float) -> float:
    started = time.perf_counter()
    result = shell.run_cell(cell)  # type: ignore[no-untyped-call]
    result.raise_error()
    returned = shell.user_ns["logistic"](0, 3.9)
    duration = time.perf_counter() - started
    assert returned == value, (returned, value)
    return duration


kinds = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
print(json.dumps({kind: median([run(*c) for c in cells][2:]) for kind, cells in kinds.items()}))
