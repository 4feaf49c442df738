"""Trampolines: the classes through which methods of Python override virtual ones of C++."""

from __future__ import annotations

import re

from cppmagic.autobind.bindings.bound import Bound
from cppmagic.autobind.bindings.names import literal, python_literal, truth
from cppmagic.autobind.bindings.selection import Selection
from cppmagic.autobind.declarations import Function, Parameter


def trampoline(made: Bound, selection: Selection) -> str:
    """Return the class through which Python overrides virtual methods, "" without any."""
    declared = made.declared
    if declared.is_final or made.aliases or declared.outer:
        return ""
    virtual = _virtual_methods(made, selection)
    if not virtual:
        return ""
    name = f"cppmagic_overridable_{made.number}"
    methods = " ".join(
        _override(method, made) for method in virtual.values() if not method.is_final
    )
    return (
        f"struct {name} : {made.type}, ::pybind11::trampoline_self_life_support {{ "
        f"using cppmagic_self = {made.type}; using cppmagic_self::{declared.name}; "
        f"{name}() = default; {name}(const {name} &) = default; "
        f"{name}(const {made.type} &cppmagic_other) : {made.type}(cppmagic_other) {{}} "
        f"{methods} }};"
    )


def _virtual_methods(made: Bound, selection: Selection) -> dict[tuple[str, ...], Function]:
    """Return the virtual methods that a class has, its bases' included, by their signature."""
    found: dict[tuple[str, ...], Function] = {}
    for base in made.declared.bases:
        owner = selection.class_names.get(base.name)
        if owner is not None and owner is not made:
            found |= _virtual_methods(owner, selection)
    for method in made.declared.methods:
        key = (method.name, method.qualifiers, *(p.text for p in method.parameters))
        is_virtual = method.is_virtual or key[:2] in {known[:2] for known in found}
        if is_virtual and method.result and method.number not in selection.dropped:
            found[key] = method
    return found


def _override(method: Function, made: Bound) -> str:
    names = [f"cppmagic_{position}" for position in range(len(method.parameters))]
    parameters = ", ".join(
        _renamed(parameter, name) for parameter, name in zip(method.parameters, names, strict=True)
    )
    is_pure = method.is_pure or not method.is_public
    otherwise = (
        "[&]() -> cppmagic_result { throw 0; }"
        if is_pure
        else f"[&]() -> cppmagic_result {{ return cppmagic_self::{method.name}"
        f"({', '.join(names)}); }}"
    )
    forwarded = "".join(f", static_cast<decltype({name}) &&>({name})" for name in names)
    shown = literal(f"{made.name}::{method.name}")
    return (
        f"auto {method.name}({parameters}) {method.qualifiers} -> {method.result} override {{ "
        f"using cppmagic_result = {method.result}; "
        f"return ::cppmagic::overridden<cppmagic_result, {truth(is_pure)}>("
        f"static_cast<const cppmagic_self *>(this), {python_literal(method.name)}, {shown}, "
        f"{otherwise}{forwarded}); }}"
    )


def _renamed(parameter: Parameter, name: str) -> str:
    """Return a parameter's declaration with another name."""
    if parameter.name:
        return re.sub(rf"\b{parameter.name}\b(?=\s*(?:\[[^\]]*\]\s*)?$)", name, parameter.text)
    return f"{parameter.text} {name}"
