"""Import a hook (its module is the argument), then hello; print how long each took."""

import sys
import time

hook = sys.argv[1]
started = time.perf_counter()
__import__(hook)
hooked = time.perf_counter()
import hello  # type: ignore[import-not-found]  # noqa: E402

logistic = hello.logistic
ready = time.perf_counter()
ready_at = time.time()

import json  # noqa: E402

figures = {
    "hook": hooked - started,
    "import": ready - hooked,
    "ready_at": ready_at,
    "value": logistic(0, 3.9),
}
print(json.dumps(figures))
