"""The pump: takes over the standard file descriptors without needing the GIL (native/pump.c).

It is a raw C module that is built like any other, in a tenth of a second, once for each cache.
"""

from __future__ import annotations

import os
from types import ModuleType

from cppmagic import progress
from cppmagic.errors import CppmagicError
from cppmagic.log import logger
from cppmagic.settings import settings

_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "native", "pump.c")


def prepare() -> ModuleType | None:
    """Return the pump, built if need be; None where that is not possible (no compiler)."""
    from cppmagic.modules.version import load
    from cppmagic.recall import recall
    from cppmagic.source import from_file

    try:
        source = from_file(_SOURCE)
        known = recall(source)
        if known is None:
            if settings.release_mode:
                return None
            from cppmagic.pipeline import obtain

            with progress.unobserved():
                known = obtain(source)
        return load(known).module
    except (CppmagicError, OSError) as error:
        logger.info("what C++ writes may appear out of order: %s", error)
        return None
