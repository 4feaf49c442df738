"""Generated code: where its lines stand, and how each says which declaration it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cppmagic.autobind.bindings.names import literal
from cppmagic.autobind.declarations import Declared, LeftOut

FILE = "cppmagic bindings"
"""The file that the compiler takes the generated code to be in."""


@dataclass(frozen=True)
class Code:
    """A part of the bindings.

    Attributes:
        outside: lines at namespace scope.
        inside: lines of the module's initialisation.
    """

    outside: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """A statement, on one line, that defines a member of a class."""

    item: Declared
    code: str


def joined(parts: Iterable[Code]) -> Code:
    """Return several parts as one, in their order."""
    parts = list(parts)
    return Code(
        tuple(line for part in parts for line in part.outside),
        tuple(line for part in parts for line in part.inside),
    )


def marker(number: int) -> str:
    """Return the line marker of what is about a declaration."""
    # The flag 3 makes it a system header, about which compilers give no warnings.
    return f'# {number + 1} "{FILE}" 3'


def under(conditions: Iterable[str], *lines: str) -> tuple[str, ...]:
    """Return lines below the `#if` of a declaration."""
    conditions = list(conditions)
    return (*(f"#if {text}" for text in conditions), *lines, *("#endif" for _ in conditions))


def initialisation(number: int, conditions: tuple[str, ...], *lines: str) -> Code:
    """Return lines of the module's initialisation that are about a declaration."""
    return Code(inside=under(conditions, marker(number), *lines))


def in_namespace(
    number: int, namespace: tuple[str, ...], conditions: tuple[str, ...], code: str, call: str = ""
) -> Code:
    """Return code inside of a namespace, and a call of it for the module's initialisation.

    Args:
        number: of the declaration that it is about.
        namespace: where it stands.
        conditions: of the `#if` around it.
        code: on one line.
        call: a statement, without its namespace; "" for none.
    """
    opening = "".join(f"namespace {name} {{ " for name in namespace)
    closing = "}" * len(namespace)
    prefix = "".join(f"::{name}" for name in namespace)
    return Code(
        under(conditions, marker(number), f"{opening}{code}{closing}"),
        under(conditions, f"{prefix}::{call}") if call else (),
    )


def specialised(
    number: int, conditions: tuple[str, ...], kind: str, trait: str, value: str
) -> Code:
    """Return a specialisation of a trait for a type that a declaration makes."""
    code = f"template <> struct {trait}<{kind}> : ::std::{value} {{}};"
    return Code(outside=under(conditions, marker(number), code))


def noted(left: LeftOut) -> Code:
    """Return what notes in the module that a declaration is left out."""
    words = f"{left.number}, {literal(left.shown)}, {literal(left.reason)}"
    return Code(inside=under(left.conditions, f"::cppmagic::leave_out({words});"))
