"""Functions at namespace scope, operators, and what all functions have: their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Function, LeftOut, Operator, Parameter
from cppmagic.autobind.parse.obstacles import function_obstacle, is_deleted
from cppmagic.autobind.parse.reading import Numbers, Reading
from cppmagic.autobind.parse.scopes import Entry, head, namespace_of
from cppmagic.autobind.syntax import (
    declared_name,
    is_unreadable,
    last_name,
    result_type,
    text_of,
    words_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def read_function(entry: Entry, function: Node, numbers: Numbers) -> Reading:
    """Return what a declaration or definition of a function declares.

    Args:
        entry: where it stands.
        function: its declarator.
        numbers: of the text.
    """
    name = function.child_by_field_name("declarator")
    if name is None or is_unreadable(name):
        return Reading()
    if name.type == "qualified_identifier":
        return Reading(members=(member_name(name),))
    if name.type == "operator_name":
        made = operator_of(entry, function, numbers, is_member=False)
        return Reading(operators=(made,) if made is not None else ())
    if name.type == "identifier":
        return _read_named(entry, function, text_of(name), numbers)
    return Reading()


def _read_named(entry: Entry, function: Node, name: str, numbers: Numbers) -> Reading:
    names = ((*namespace_of(entry), name),)
    if "static" in words_of(entry.node):
        return Reading(names=names)
    made = Function(
        *head(entry, name, numbers),
        parameters=parameters_of(function),
        result=result_type(entry.node),
    )
    if name == "main" and not made.namespace:
        return Reading(mains=(made,))
    if entry.node.type == "declaration":
        return Reading(prototypes=(made,))
    reason = function_obstacle(entry.node, function)
    if reason:
        left_out = LeftOut(made.number, name, reason, made.conditions)
        return Reading(names=names, left_out=(left_out,))
    return Reading(names=names, functions=(made,))


def member_name(node: Node) -> tuple[str, str]:
    """Return class and name of a member that is named from outside: `ns::Stack<T>::push`."""
    scope = ""
    inner: Node | None = node
    while inner is not None and inner.type == "qualified_identifier":
        place = inner.child_by_field_name("scope")
        scope = last_name(place) if place is not None else scope
        inner = inner.child_by_field_name("name")
    return scope, text_of(inner)


def operator_of(entry: Entry, function: Node, numbers: Numbers, is_member: bool) -> Operator | None:
    """Return the operator that a declarator declares, None for one without a use in Python."""
    name = text_of(function.child_by_field_name("declarator"))
    symbol = name.removeprefix("operator").strip()
    if symbol.startswith(('"', "new", "delete", "co_await")):
        return None
    if is_unreadable(function) or is_deleted(entry.node):
        return None
    return Operator(
        *head(entry, symbol.replace(" ", ""), numbers),
        parameters=parameters_of(function),
        result=result_type(entry.node),
        is_member=is_member,
        qualifiers=qualifiers(function),
    )


def qualifiers(function: Node) -> str:
    """Return what stands behind the parameters of a method: "const", "const &", ..."""
    kinds = ("type_qualifier", "ref_qualifier")
    return " ".join(text_of(child) for child in function.children if child.type in kinds)


def parameters_of(function: Node) -> tuple[Parameter, ...]:
    """Return the parameters of a declarator."""
    parameters = function.child_by_field_name("parameters")
    kinds = ("parameter_declaration", "optional_parameter_declaration")
    found = tuple(
        _parameter(child)
        for child in (parameters.named_children if parameters is not None else ())
        if child.type in kinds
    )
    return () if [each.text for each in found] == ["void"] else found


def _parameter(node: Node) -> Parameter:
    default = node.child_by_field_name("default_value")
    name = declared_name(node.child_by_field_name("declarator"))
    return Parameter(
        text_of(name) if name is not None and name.type == "identifier" else "",
        text_of(node) if default is None else _text_before_default(node),
        text_of(default) if default is not None else None,
        last_name(node.child_by_field_name("type")),
    )


def _text_before_default(node: Node) -> str:
    equals = next(child for child in node.children if child.type == "=")
    before = (node.text or b"")[: equals.start_byte - node.start_byte]
    return " ".join(before.decode("utf-8", "replace").split())
