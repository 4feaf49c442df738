"""What a unit includes before anything else that matters: what a precompiled header can stand for.

A precompiled header is read before the unit's text. That gives the same only for headers which the
text includes first of all, or behind what does not matter to them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cppmagic.lexical import without_comments
from cppmagic.toolchain.known_names import STANDARD_HEADERS

_SCANNED_HEADERS = 100

_LINE = re.compile(r"^[ \t]*((?:\\\n|[^\n])*)$", re.MULTILINE)
_INCLUDE = re.compile(r'#\s*include\s*[<"]([^">\n]+)[">]\s*$')
_MACRO = re.compile(r"#\s*(?:define|undef)\s+(\w+)")
_HARMLESS = re.compile(r"#\s*(?:line\b.*|pragma\s+(?:once|GCC diagnostic.*|clang diagnostic.*)|$)")
_PRAGMA_THAT_MATTERS = re.compile(r"#\s*pragma\s+(?!once|omp|GCC diagnostic|clang diagnostic)")


@dataclass(frozen=True)
class Family:
    """Headers that can be prepared together, in any order.

    Attributes:
        has: whether a header, by its name in an `#include`, is one of them.
        trusts: whether a header of the compiler or of a package, by its name, can stand behind
            them as well as before them.
    """

    has: Callable[[str], bool]
    trusts: Callable[[str], bool]


def _is_of_pybind11(name: str) -> bool:
    return name.startswith("pybind11/")


PYBIND11 = Family(_is_of_pybind11, lambda name: True)
# Others may say with macros what the standard's headers are to declare, as Python.h does.
STANDARD = Family(STANDARD_HEADERS.__contains__, STANDARD_HEADERS.__contains__)


def leading_headers(
    text: str, family: Family, places: tuple[str, ...], mentions: Callable[[str], bool]
) -> Iterator[str]:
    """Yield the headers of a family that a text includes before all else that could matter to them.

    Before them may stand other headers and macros whose names they do not mention.

    Args:
        text: of the unit.
        family: which headers.
        places: include directories whose headers are looked into: the user's own.
        mentions: whether the family's headers mention a name.
    """
    for match in _LINE.finditer(without_comments(text)):
        line = match[1].strip()
        include = _INCLUDE.match(line)
        macro = _MACRO.match(line)
        if include and family.has(include[1]):
            yield include[1]
        elif include:
            if not _is_harmless(include[1], family, places, mentions, [_SCANNED_HEADERS]):
                return
        elif macro:
            if mentions(macro[1]):
                return
        elif line and not _HARMLESS.match(line):
            return


def _is_harmless(
    name: str,
    family: Family,
    places: tuple[str, ...],
    mentions: Callable[[str], bool],
    budget: list[int],
) -> bool:
    """Whether a header could stand behind those of a family as well as before them."""
    found = (os.path.join(place, name) for place in places)
    path = next((each for each in found if os.path.isfile(each)), "")
    if not path:
        return family.trusts(name)  # or there is none, which the compiler will say
    budget[0] -= 1
    if budget[0] < 0:
        return False
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = without_comments(file.read())
    except OSError:
        return False
    beside = (os.path.dirname(path), *places)
    for match in _LINE.finditer(text):
        line = match[1].strip()
        if not line.startswith("#"):
            continue
        include, macro = _INCLUDE.match(line), _MACRO.match(line)
        if include and not _is_harmless(include[1], family, beside, mentions, budget):
            return False
        if (macro and mentions(macro[1])) or _PRAGMA_THAT_MATTERS.match(line):
            return False
    return True
