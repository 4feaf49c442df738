"""Give each version a C++ type registry of its own.

pybind11 shares one registry between all modules of a process that name the same internals, and
looks types up by their C++ name. Two versions of a cell define the same names with different
layouts: the second would fail to register, or worse, take the first one's objects for its own.

The name of the internals contains the macro PYBIND11_STDLIB (nanobind's contains NB_DOMAIN). Every
build defines it as one placeholder, so that the compile command is the same for all and what is
prepared for one fits the next. When the library is linked and its fingerprint known, the
placeholder is overwritten by the fingerprint in place. This happens before publication: a
published library is never changed.

A registry also takes a thread-specific-storage key, of which a process has about a thousand. Here
it takes thread-local storage of its library instead (see native/thread_storage.cpp), so that there
is no limit to the number of versions.
"""

from __future__ import annotations

import os

from cppmagic.errors import BuildError
from cppmagic.helpers import ISOLATION_PLACEHOLDER

ISOLATING_FLAGS = (
    f'-DPYBIND11_STDLIB="{ISOLATION_PLACEHOLDER}"',
    *(f"-DPyThread_tss_{verb}=cppmagic_tss_{verb}" for verb in ("create", "delete", "set", "get")),
)
"""Macros for every C++ unit of a module that keeps its types to itself."""

THREAD_STORAGE = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "native", "thread_storage.cpp"
)
"""A unit that such a module has beside its own: it defines what those macros name."""


def without_isolation(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out of a module's own flags what would keep its types apart."""
    return tuple(word for word in flags if ISOLATION_PLACEHOLDER not in word)


def isolate(library: str, fingerprint: str) -> None:
    """Name the library's type registry after its fingerprint.

    Args:
        library: path of a linked, unpublished library.
        fingerprint: hexadecimal, at least as long as the placeholder's digits.
    """
    digits = ISOLATION_PLACEHOLDER.count("0")
    name = ISOLATION_PLACEHOLDER.replace("0" * digits, fingerprint[:digits])
    if len(name) != len(ISOLATION_PLACEHOLDER):
        raise BuildError(f"the fingerprint {fingerprint!r} is too short to name a type registry")
    with open(library, "r+b") as file:
        data = file.read()
        patched = data.replace(ISOLATION_PLACEHOLDER.encode(), name.encode())
        if patched != data:
            file.seek(0)
            file.write(patched)
