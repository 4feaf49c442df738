"""Load an extension in a new IPython shell of this process; print how long that took."""

import json
import sys
import time

from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_cell("pass")  # type: ignore[no-untyped-call]
started = time.perf_counter()
shell.run_cell(f"%load_ext {sys.argv[1]}").raise_error()  # type: ignore[no-untyped-call]
print(json.dumps({"load": time.perf_counter() - started}))
