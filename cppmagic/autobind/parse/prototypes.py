"""Prototypes: functions that are declared in one place and defined in another, or nowhere."""

from __future__ import annotations

import re
from dataclasses import replace

from cppmagic.autobind.declarations import Function
from cppmagic.autobind.parse.reading import Reading


def with_prototypes(reading: Reading) -> list[Function]:
    """Return the functions that were read, with those that are only declared.

    A declaration gives its default values, names and comment to its definition.
    """
    functions = list(reading.functions)
    others = set(reading.names)  # of functions that are left out, or static, too
    for prototype in prototypes(reading):
        position = _position(prototype, functions)
        if position is not None:
            functions[position] = with_defaults(functions[position], prototype)
        elif (*prototype.namespace, prototype.name) not in others:
            functions.append(replace(prototype, has_definition=False))
    return functions


def prototypes(reading: Reading) -> list[Function]:
    """Return the declarations of functions, less those of `misread`."""
    return [each for each in reading.prototypes if not _has_value(each, reading)]


def misread(reading: Reading) -> list[Function]:
    """Return the variables that read like functions: `std::vector<int> state(size);`."""
    return [each for each in reading.prototypes if _has_value(each, reading)]


def _has_value(prototype: Function, reading: Reading) -> bool:
    """Whether what looks like a parameter is a value."""
    values = {each.name for each in (*reading.constants, *reading.variables)}
    return any(not each.name and each.text in values for each in prototype.parameters)


def _position(prototype: Function, functions: list[Function]) -> int | None:
    for position, function in enumerate(functions):
        if _same_function(prototype, function):
            return position
    return None


def _same_function(one: Function, other: Function) -> bool:
    return (one.name, one.namespace, _types(one)) == (other.name, other.namespace, _types(other))


def _types(function: Function) -> tuple[str, ...]:
    """Return the parameters without their names, to tell two declarations of one from overloads."""
    return tuple(
        re.sub(rf"\b{p.name}\b(?=\s*(\[|$))" if p.name else r"$^", "", p.text).replace(" ", "")
        for p in function.parameters
    )


def with_defaults(function: Function, other: Function) -> Function:
    """Return a function with the default values, names and comment of its other declaration."""
    parameters = tuple(
        replace(
            mine,
            name=mine.name or theirs.name,
            default=mine.default if mine.default is not None else theirs.default,
        )
        for mine, theirs in zip(function.parameters, other.parameters, strict=True)
    )
    return replace(function, parameters=parameters, doc=function.doc or other.doc)
