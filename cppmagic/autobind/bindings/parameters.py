"""Parameters: how generated code declares, describes and passes them on."""

from __future__ import annotations

import re
from dataclasses import replace

from cppmagic.autobind.bindings.bound import Bound
from cppmagic.autobind.bindings.names import literal, python_literal
from cppmagic.autobind.declarations import Parameter


def signature(parameters: tuple[Parameter, ...]) -> str:
    """Return parameters as they were declared, without default values."""
    return ", ".join(parameter.text for parameter in parameters)


def pointer(result: str, owner: str, parameters: str, qualifiers: str) -> str:
    """Return the type of a pointer to a function, or to a method with `A::` as its owner."""
    return f"auto ({owner}*)({parameters}) {qualifiers} -> {result}"


def descriptors(parameters: tuple[Parameter, ...]) -> str:
    """Return the arguments that describe parameters to our templates."""
    return "".join(
        f", {_descriptor(parameter, position)}"
        for position, parameter in enumerate(parameters)
        if not _is_python_pack(parameter)
    )


def _descriptor(parameter: Parameter, position: int) -> str:
    name = python_literal(parameter.name or f"arg{position}")
    if parameter.default is None:
        return f"::cppmagic::needed{{{name}}}"
    value = (
        "[](auto cppmagic_to) -> typename decltype(cppmagic_to)::type "
        f"{{ return {parameter.default}; }}"
    )
    return f"::cppmagic::preset{{{name}, {literal(parameter.default)}, {value}}}"


def _is_python_pack(parameter: Parameter) -> bool:
    return parameter.type_name in ("args", "kwargs") and "::" in parameter.text


def caller(parameters: tuple[Parameter, ...], name: str, owner: str = "") -> str:
    """Return a callable that calls a function by its name, so that C++'s own defaults hold.

    Args:
        parameters: of the function.
        name: of the function.
        owner: of a method, the name for the object.
    """
    if not any(parameter.default is not None for parameter in parameters):
        return "nullptr"
    passed = "static_cast<decltype(cppmagic_a) &&>(cppmagic_a)..."
    if owner:
        return (
            f"[](auto &{owner}, auto &&...cppmagic_a) -> decltype(auto) "
            f"{{ return {owner}.{name}({passed}); }}"
        )
    return f"[](auto &&...cppmagic_a) -> decltype(auto) {{ return {name}({passed}); }}"


def inside(parameters: tuple[Parameter, ...], made: Bound) -> tuple[Parameter, ...]:
    """Return parameters with names that only a class's own scope knows qualified."""
    return tuple(
        replace(
            p,
            text=inside_text(p.text, made),
            default=None if p.default is None else inside_text(p.default, made, values=True),
        )
        for p in parameters
    )


def inside_text(text: str, made: Bound, values: bool = False) -> str:
    """Return a type, or a value, with names that only a class's own scope knows qualified."""
    declared = made.declared
    names = declared.member_types | (declared.member_names if values else frozenset())
    if made.aliases and not values and re.search(rf"\b{declared.name}\b(?!\s*<)", text):
        names |= {declared.name}
    if not names:
        return text

    def qualify(match: re.Match[str]) -> str:
        word = match.group()
        if word == declared.name:
            return "cppmagic_self"
        prefix = "typename " if made.aliases and word in declared.member_types else ""
        return f"{prefix}cppmagic_self::{word}"

    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.sub(rf"(?<![\w:.\"'])(?:{words})\b(?!\s*\()", qualify, text)
