"""The logger `cppmagic`: at DEBUG commands, their output and times; at INFO builds."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger("cppmagic")


@contextmanager
def phase(what: str) -> Iterator[None]:
    """Log how long a part of a build takes, when it has ended well."""
    started = time.perf_counter()
    yield
    log_phase(what, time.perf_counter() - started)


def log_phase(what: str, seconds: float) -> None:
    """Log that a part of a build took so long."""
    logger.debug("%9.3f s  %s", seconds, what)
