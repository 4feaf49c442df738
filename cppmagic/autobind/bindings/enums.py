"""Enums: as Python's, or as numbers where they have no name."""

from __future__ import annotations

from cppmagic.autobind.bindings.code import Code, initialisation, joined
from cppmagic.autobind.bindings.names import literal, prefix_of, python_literal, qualified
from cppmagic.autobind.bindings.selection import Selection
from cppmagic.autobind.declarations import Declarations, Enum


def enum_code(enum: Enum, selection: Selection) -> Code:
    """Return the binding of an enum."""
    scope = _scope(enum, selection)
    if not enum.name:
        return joined(_number(enum, name, scope) for name, _ in enum.values)
    values = "".join(
        f".value({python_literal(name)}, {qualified(enum)}::{name}, {literal(doc)})"
        for name, doc in enum.values
    )
    export = "" if enum.is_scoped else ".export_values()"
    line = (
        f"::pybind11::native_enum<{qualified(enum)}>({scope}, {python_literal(enum.name)}, "
        f"{literal(_kind(enum, selection.declared))}, {literal(enum.doc)})"
        f"{values}{export}.finalize();"
    )
    return initialisation(enum.number, enum.conditions, line)


def _scope(enum: Enum, selection: Selection) -> str:
    """Return what an enum is bound in: a module, or the class around it."""
    for made in selection.classes.values():
        path = (*made.declared.outer, made.declared.name)
        if enum.outer and path == enum.outer and not made.aliases:
            return f"(*{prefix_of(made.namespace)}cppmagic_made_{made.number})"
    return selection.scope(enum.namespace)


def _number(enum: Enum, name: str, scope: str) -> Code:
    prefix = "::".join(("", *enum.namespace, *enum.outer))
    value = f"static_cast<long long>({prefix}::{name})"
    line = f"{scope}.attr({python_literal(name)}) = ::pybind11::int_({value});"
    return initialisation(enum.number, enum.conditions, line)


def _kind(enum: Enum, declared: Declarations) -> str:
    """Return the class of Python that an enum becomes: values that are combined are flags."""
    has_or = any(
        operator.name == "|" and any(p.type_name == enum.name for p in operator.parameters)
        for operator in declared.operators
    )
    if has_or:
        return "enum.IntFlag"
    return "enum.Enum" if enum.is_scoped else "enum.IntEnum"
