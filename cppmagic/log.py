"""The logger `cppmagic`: compile commands and output at DEBUG, builds at INFO."""

from __future__ import annotations

import logging

logger = logging.getLogger("cppmagic")
