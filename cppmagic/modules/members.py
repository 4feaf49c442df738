"""Members of Python enums that a version defines (`py::native_enum`).

They have no conduit by which C++ would ask for them (see `classes`): pybind11 asks `isinstance`,
and where that says no, puts the `repr` of what it was given into its TypeError. So the one notes
that a member of another version was refused, and the other tells.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable

from cppmagic.modules.register import explain

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KEY = "__cppmagic_version__"
_NUMBER = "__cppmagic_superseded__"

# The member refused last: its id, where the Python code was that called, and why.
_refused: tuple[int, int, int, str] | None = None


def watch(cls: type[enum.Enum], key: str) -> None:
    """Let the TypeErrors that an enum's members meet name versions.

    Args:
        cls: an enum that a version defines.
        key: leading digits of the version's fingerprint.
    """
    if type(cls) is enum.EnumMeta:
        cls.__class__ = _WatchedEnum  # type: ignore[assignment]
        setattr(cls, _KEY, key)
        type.__setattr__(cls, "__repr__", _telling(cls.__repr__))


def show_superseded(cls: type[enum.Enum], number: int | None) -> None:
    """Let the `repr` of members say that their version is superseded, or (None) is not."""
    if type(cls) is _WatchedEnum:
        setattr(cls, _NUMBER, number)


class _WatchedEnum(enum.EnumMeta):
    def __instancecheck__(cls, instance: object) -> bool:
        global _refused
        found = super().__instancecheck__(instance)
        owner, requester = getattr(type(instance), _KEY, None), getattr(cls, _KEY, None)
        if not found and owner and requester and owner != requester:
            message = explain(owner, requester, type(instance).__name__)
            if message:
                caller = sys._getframe(1)
                _refused = (id(instance), id(caller), caller.f_lasti, message)
        return found


def _telling(default: Callable[[Any], str]) -> Callable[[Any], str]:
    def show(self: enum.Enum) -> str:
        global _refused
        text = default(self)
        number = getattr(type(self), _NUMBER, None)
        if number is not None and text.endswith(">"):
            text = f"{text[:-1]}, of version {number}>"
        caller = sys._getframe(1)
        # The same instruction of the same call: it is C++ that asked, and now writes its TypeError.
        if _refused and _refused[:3] == (id(self), id(caller), caller.f_lasti):
            text += f" ({_refused[3]})"
            _refused = None
        return text

    return show
