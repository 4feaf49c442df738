"""Names follow: what was taken out of a live module is replaced where it was put.

`from shapes import area` binds a function of one version. When a new version is published, such
names in the user's modules and in the notebook are bound to what the new version has of that name.
They are recognised by what they are bound to: what the user assigned is never touched.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any


class Follower:
    """What the superseded versions of one live module had, and under which name."""

    def __init__(self) -> None:
        # By identity; the values themselves are kept, so that no identity is used again.
        self._known: dict[int, tuple[str, Any]] = {}

    def add(self, names: dict[str, Any], shown: str, versioned: str) -> None:
        """Remember what a version has that is its own: functions, classes, their instances."""
        for name, value in names.items():
            if not name.startswith("__") and _is_own(value, shown, versioned):
                self._known[id(value)] = (name, value)

    def rebind(self, namespaces: Iterable[dict[str, Any]], fresh: dict[str, Any]) -> list[str]:
        """Bind names that refer to a superseded version to what the new one has.

        Returns:
            The names that refer to something that the new version does not have. They are left.
        """
        stale = []
        for namespace in namespaces:
            for key, value in list(namespace.items()):
                known = self._known.get(id(value))
                if known is None or key.startswith("_"):
                    continue
                if known[0] in fresh:
                    namespace[key] = fresh[known[0]]
                else:
                    stale.append(key)
        return stale


def user_namespaces() -> list[dict[str, Any]]:
    """Return the namespaces of all loaded modules that are the user's own: not installed ones."""
    return [
        vars(module)
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType) and _is_users(module)
    ]


def _is_own(value: Any, shown: str, versioned: str) -> bool:
    for place in (getattr(value, "__module__", None), type(value).__module__):
        if isinstance(place, str) and (
            place in (shown, versioned) or place.startswith((shown + ".", versioned + "."))
        ):
            return True
    return isinstance(value, ModuleType) and value.__name__.startswith(versioned + ".")


def _is_users(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    if module.__name__ == "__main__":
        return True
    if not isinstance(file, str) or not file.endswith(".py"):
        return False
    return not file.startswith(_installed())


@functools.cache
def _installed() -> tuple[str, ...]:
    import site
    import sysconfig

    paths = sysconfig.get_paths()
    places = [paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]]
    places += [*site.getsitepackages(), site.getusersitepackages()]
    places.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return tuple(os.path.abspath(place) + os.sep for place in places)
