"""Call `logistic`, and print, in cells whose C++ output is taken over, and in cells without that.

Argument: a file with the cell that makes `hello`. What is printed goes to %%capture in both cases.
"""

import json
import os
import sys
from pathlib import Path
from statistics import quantiles

from IPython.core.interactiveshell import InteractiveShell

ROUNDS = 120
MEASURE = """\
%%capture
from time import perf_counter as clock
def calls():
    started = clock()
    for _ in range(4_000):
        hello.logistic(1, 3.9)
    return (clock() - started) / 4_000
def prints():
    started = clock()
    for _ in range(500):
        print("x")
    return (clock() - started) / 500
call, line, inode = calls(), prints(), os.fstat(1).st_ino
"""

shell = InteractiveShell.instance()


def run(cell: str) -> None:
    shell.run_cell(cell).raise_error()  # type: ignore[no-untyped-call]


run("import os\n%load_ext cppmagic")
run(Path(sys.argv[1]).read_text(encoding="utf-8"))
outside = os.fstat(1).st_ino
samples: dict[str, list[float]] = {}
for number in range(ROUNDS):
    way = ("with", "without")[number % 2]
    run("%load_ext cppmagic" if way == "with" else "%unload_ext cppmagic")
    run(MEASURE)
    names = shell.user_ns
    assert (names["inode"] != outside) == (way == "with"), "it is not what was to be measured"
    samples.setdefault(f"call_{way}", []).append(names["call"])
    samples.setdefault(f"print_{way}", []).append(names["line"])

# What disturbs only adds.
figures = {name: quantiles(values, n=10)[0] for name, values in samples.items()}
print(json.dumps({**figures, "value": shell.user_ns["hello"].logistic(0, 3.9)}))
