"""Methods: those of an object and those of a class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cppmagic.autobind.bindings.bound import Bound
from cppmagic.autobind.bindings.code import Statement
from cppmagic.autobind.bindings.functions import NOWHERE
from cppmagic.autobind.bindings.names import item_of, truth
from cppmagic.autobind.bindings.parameters import (
    caller,
    descriptors,
    inside,
    inside_text,
    pointer,
    signature,
)
from cppmagic.autobind.bindings.selection import Selection
from cppmagic.autobind.declarations import Constructor, Function, LeftOut

_ITERATORS = ("begin", "end", "cbegin", "cend", "rbegin", "rend", "crbegin", "crend")


def method_statements(made: Bound, selection: Selection) -> Iterator[Statement | LeftOut]:
    """Yield what defines the methods of a class."""
    public = [method for method in made.declared.methods if method.is_public]
    for method in public:
        if method.name in _ITERATORS and not method.parameters:
            continue  # container_protocol sees them
        shown = f"{made.name}::{method.name}"
        reason = _obstacle(method, public, is_callable(method, made, selection))
        if reason:
            yield LeftOut(method.number, shown, reason, method.conditions)
        elif not _has_mutable_twin(method, public):
            yield Statement(method, method_code(made, method, method.name, shown))


def is_callable(member: Function | Constructor, owner: Bound, selection: Selection) -> bool:
    """Whether a member has a definition: in its class or the text, or perhaps in what is linked."""
    is_elsewhere = (owner.declared.name, member.name) in selection.declared.members
    return member.has_definition or is_elsewhere or selection.options.links


def _obstacle(method: Function, others: list[Function], has_definition: bool) -> str:
    """Return why a method cannot be bound, "" if nothing speaks against it."""
    if not has_definition:
        return NOWHERE
    if "&&" in method.qualifiers:
        return "it is for temporaries only (&&)"
    if method.is_static and any(o.name == method.name and not o.is_static for o in others):
        return "it is static, and another method of its name is not"
    return ""


def _has_mutable_twin(method: Function, others: list[Function]) -> bool:
    """Whether a const method has a twin that is not: Python knows no const, and gets that one."""
    if "const" not in method.qualifiers:
        return False
    types = [parameter.text for parameter in method.parameters]
    return any(
        other.name == method.name
        and "const" not in other.qualifiers
        and not other.is_static
        and [parameter.text for parameter in other.parameters] == types
        for other in others
    )


def method_code(made: Bound, method: Function, name: str, shown: str) -> str:
    """Return the statement that defines a method.

    Args:
        made: its class.
        method: in C++.
        name: in Python.
        shown: its name for messages.
    """
    parameters = inside(method.parameters, made)
    overloaded = method.name in made.declared.overloaded or name == "__call__"
    target = _address(made, method, signature(parameters)) if overloaded else _name(method)
    kind, by_name = "method", caller(parameters, method.name, "cppmagic_object")
    if method.is_static:
        kind, by_name = "static_method", caller(parameters, f"cppmagic_self::{method.name}")
    item = item_of(replace(method, name=name, parameters=parameters), shown)
    return (
        f"::cppmagic::{kind}<{truth(overloaded)}>(cppmagic_scope, {item}, {target}, "
        f"{by_name}{descriptors(parameters)});"
    )


def _name(method: Function) -> str:
    return f"&cppmagic_self::{method.name}"


def _address(made: Bound, method: Function, parameters: str) -> str:
    """Return a pointer to one of several methods of a name."""
    result = inside_text(method.result, made)
    qualifiers = "" if method.is_static else method.qualifiers
    owner = "" if method.is_static else "cppmagic_self::"
    if result:
        return f"static_cast<{pointer(result, owner, parameters, qualifiers)}>({_name(method)})"
    return f"::cppmagic::picker<void({parameters}) {qualifiers}>::of({_name(method)})"
