"""Let a hook (its module is the argument) look for a module that does not exist.

Printed, in seconds per call: `find_spec`, its first call (nothing is known yet), and what a whole
failing `import` costs with the hook and without it.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from statistics import median

BATCHES = 100
CALLS = 20  # in a batch: the clock's own cost must not count


def fail_to_import() -> None:
    try:  # noqa: SIM105 -- contextlib.suppress would be measured along
        import no_such_module_xyz  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        pass


def per_call(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - started) / CALLS


before = list(sys.meta_path)
importlib.import_module(sys.argv[1])
(hook,) = [finder for finder in sys.meta_path if finder not in before]

started = time.perf_counter()
hook.find_spec("no_such_module_xyz", None)
first = time.perf_counter() - started

find_spec, with_hook, without_hook = [], [], []
for _ in range(BATCHES):
    find_spec.append(per_call(lambda: hook.find_spec("no_such_module_xyz", None)))
    with_hook.append(per_call(fail_to_import))
    sys.meta_path.remove(hook)
    without_hook.append(per_call(fail_to_import))
    sys.meta_path.insert(0, hook)

figures = {
    "first": first,
    "find_spec": median(find_spec),
    "with_hook": median(with_hook),
    "without_hook": median(without_hook),
}
print(json.dumps(figures))
