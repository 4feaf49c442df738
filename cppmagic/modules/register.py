"""Which versions were published in this process, as users count them: version 3 of shapes."""

from __future__ import annotations

from cppmagic.helpers import ISOLATION_PLACEHOLDER
from cppmagic.light import dataclass

KEY_LENGTH = ISOLATION_PLACEHOLDER.count("0")
"""Digits of the fingerprint by which a loaded library names its type registry."""


@dataclass(frozen=True)
class Published:
    """One published version.

    Attributes:
        fullname: of its live module.
        number: counted from 1 in the order of first publication.
        versioned_name: under which it can be imported.
        is_cell: whether its source is a notebook cell.
        cell: of a cell whose names are in the namespace itself, what messages call it; else "".
    """

    fullname: str
    number: int
    versioned_name: str
    is_cell: bool
    cell: str = ""


_published: dict[str, Published] = {}
_newest: dict[str, Published] = {}


def note(fingerprint: str, entry: Published) -> None:
    """Note that a version is the newest of its live module now."""
    _published[fingerprint[:KEY_LENGTH]] = entry
    _newest[entry.fullname] = entry


def _described(entry: Published) -> str:
    return f"version {entry.number} of the cell that ran as {entry.cell}"


def explain(owner_key: str, requester_key: str, class_name: str) -> str | None:
    """Say why an object of one version does not fit the code of another.

    Args:
        owner_key: leading digits of the fingerprint of the object's version.
        requester_key: the same of the version whose code was given the object.
        class_name: of the object.

    Returns:
        A sentence with both versions and what to do; None if they are not of the same live module.
    """
    owner, requester = _published.get(owner_key), _published.get(requester_key)
    if owner is None or requester is None or owner.fullname != requester.fullname:
        return None
    name = owner.fullname
    if owner.cell:
        return (
            f"this {class_name} was made by {_described(owner)} and was given to code of "
            f"{_described(requester)}: make it again with the {class_name} that goes with the code "
            f"({owner.versioned_name} is not {requester.versioned_name})"
        )
    newest = _newest[name]
    happened = "the cell has been run again since" if newest.is_cell else "its file has changed"
    both = (
        f"this {class_name} was made by version {owner.number} of {name} and was given to code of "
        f"version {requester.number}: {happened}"
    )
    names = f"({owner.versioned_name} is not {requester.versioned_name})"
    if requester.number == newest.number:
        return f"{both}. Make it again with {name}.{class_name} {names}"
    return f"{both}. Take the function or class from {name} again: this one is old {names}"
