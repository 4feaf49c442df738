"""The package below which every loaded version has its name; see `cppmagic.modules.version`."""

from __future__ import annotations

import sys

from cppmagic.modules.version import VersionFinder

__path__: list[str] = []  # makes this module a package; what is in it comes from the finder


def __getattr__(name: str) -> object:
    raise AttributeError(
        f"there is no version {name!r} here: if it was in a pickle, import its module (or run its "
        "cell) again with the same source, and it will be back"
    )


if VersionFinder not in sys.meta_path:
    sys.meta_path.append(VersionFinder)
