"""Work that nobody waits for: one of our commands, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from cppmagic.log import logger
from cppmagic.settings import settings


def start(*arguments: str, cache_dir: str) -> None:
    """Start `python -m cppmagic ...` and go on, unless the settings forbid it.

    What it prints is lost.

    Args:
        arguments: words of the command.
        cache_dir: which cache it works in.
    """
    if not settings.background or os.name != "posix" or not sys.executable:
        return
    # A shell's background job has no parent that must wait for it, or that warns if nobody does.
    line = '"$@" </dev/null >/dev/null 2>&1 &'
    command = (sys.executable, "-m", "cppmagic", *arguments)
    place = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = [place, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "CPPMAGIC_CACHE_DIR": cache_dir,
        "PYTHONPATH": os.pathsep.join(paths),
    }
    try:
        subprocess.run(
            ["/bin/sh", "-c", line, "sh", *command],
            env=environment,
            cwd=cache_dir,
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        logger.info("cannot work in the background: %s", error)


def yield_to_others() -> None:
    """Let everything else on this machine go first."""
    if hasattr(os, "nice"):
        os.nice(19)
