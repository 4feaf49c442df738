"""Where the C++ headers of cppmagic itself are (`cppmagic/progress.hpp` and others)."""

from __future__ import annotations

import os


def get_include() -> str:
    """Return the directory to put on a compiler's include path; every build has it there."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "native", "include")
