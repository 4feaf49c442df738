"""The package below which every loaded version has its name; see `cppmagic.modules.version`."""

from __future__ import annotations

import sys

from cppmagic.modules.version import VersionFinder

__path__: list[str] = []  # makes this module a package; what is in it comes from the finder

if VersionFinder not in sys.meta_path:
    sys.meta_path.append(VersionFinder)
