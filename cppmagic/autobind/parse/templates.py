"""Templates of functions and classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cppmagic.autobind.parse.classes import read_class
from cppmagic.autobind.parse.functions import member_name
from cppmagic.autobind.parse.instances import templated_function
from cppmagic.autobind.parse.reading import Numbers, Reading
from cppmagic.autobind.parse.scopes import Entry
from cppmagic.autobind.syntax import (
    CLASSES,
    declared_name,
    function_declarator,
    text_of,
    words_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def read_template(entry: Entry, numbers: Numbers) -> Reading:
    """Return what a template declares, or a specialisation of one."""
    inner = entry.node.named_children[-1]
    parameters = entry.node.child_by_field_name("parameters")
    names = _parameter_names(parameters) if parameters is not None else ()
    if inner.type in ("function_definition", "declaration"):
        function = function_declarator(inner.child_by_field_name("declarator"))
        if function is not None:
            return _read_function(entry, inner, function, names, numbers)
    elif inner.type in CLASSES and inner.child_by_field_name("body") is not None:
        return _read_class(entry, inner, names, numbers)
    return Reading()


def _read_function(
    entry: Entry, inner: Node, function: Node, names: tuple[str, ...], numbers: Numbers
) -> Reading:
    name = function.child_by_field_name("declarator")
    if name is None:
        return Reading()
    if name.type == "qualified_identifier":
        return Reading(members=(member_name(name),))
    if name.type not in ("identifier", "template_function"):
        return Reading()
    made = templated_function(entry, inner, function, name, numbers, names)
    is_defined = inner.type == "function_definition"
    if not names:
        # template <> int f<int>(int x) { ... }
        return Reading(function_instances=(made,) if is_defined else ())
    is_bound = is_defined and "static" not in words_of(inner)
    return Reading(
        names=((*made.namespace, made.name),), function_templates=(made,) if is_bound else ()
    )


def _read_class(entry: Entry, inner: Node, names: tuple[str, ...], numbers: Numbers) -> Reading:
    reading = read_class(entry, inner, numbers)
    templates = tuple(replace(made, template_names=names) for made in reading.classes)
    return replace(reading, classes=(), templates=templates)


def _parameter_names(parameters: Node) -> tuple[str, ...]:
    """Return the names of a template's parameters, "" for those without one."""
    return tuple(_parameter_name(child) for child in parameters.named_children)


def _parameter_name(node: Node) -> str:
    if node.type == "type_parameter_declaration":
        return text_of(node.named_children[0]) if node.named_children else ""
    if node.type == "optional_type_parameter_declaration":
        return text_of(node.child_by_field_name("name"))
    return text_of(declared_name(node.child_by_field_name("declarator")))
