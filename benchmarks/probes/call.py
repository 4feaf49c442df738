"""Call hello.logistic often; print what one call costs, by the fastest batch.

Argument: the hook's module, or "-" to import the library as Python does without a hook.
"""

import importlib
import json
import sys
import time

BATCHES = 50
CALLS = 20_000

if sys.argv[1] != "-":
    importlib.import_module(sys.argv[1])
import hello  # type: ignore[import-not-found]  # noqa: E402


def by_attribute() -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        hello.logistic(1, 3.9)
    return (time.perf_counter() - started) / CALLS


def by_name() -> float:
    logistic = hello.logistic
    started = time.perf_counter()
    for _ in range(CALLS):
        logistic(1, 3.9)
    return (time.perf_counter() - started) / CALLS


rounds = [(by_attribute(), by_name()) for _ in range(BATCHES)]
figures = {
    "by_attribute": min(item[0] for item in rounds),
    "by_name": min(item[1] for item in rounds),
    "value": hello.logistic(0, 3.9),
}
print(json.dumps(figures))
