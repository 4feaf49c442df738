"""Instances of templates: explicit instantiations, aliases, and the templates that they are of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Function, Instance, LeftOut
from cppmagic.autobind.parse.functions import parameters_of
from cppmagic.autobind.parse.obstacles import class_template_obstacle, function_template_obstacle
from cppmagic.autobind.parse.prototypes import with_defaults
from cppmagic.autobind.parse.reading import Numbers, Reading
from cppmagic.autobind.parse.scopes import Entry, head
from cppmagic.autobind.syntax import CLASSES, function_declarator, result_type, text_of

if TYPE_CHECKING:
    from tree_sitter import Node


def read_instantiation(entry: Entry, numbers: Numbers) -> Reading:
    """Return what `template class Stack<int>;` or `template int twice(int);` declares."""
    kind = entry.node.child_by_field_name("type")
    if kind is not None and kind.type in CLASSES:
        name = kind.child_by_field_name("name")
        if name is not None and name.type == "template_type":
            return _class_instance(entry, name, "", numbers)
        return Reading()
    function = function_declarator(entry.node.child_by_field_name("declarator"))
    if function is None:
        return Reading()
    return _function_instance(entry, function, numbers)


def read_alias(entry: Entry, numbers: Numbers) -> Reading:
    """Return what `using Ints = Stack<int>;` or a `typedef` like it declares."""
    kind = entry.node.child_by_field_name("type")
    if kind is not None and kind.type == "type_descriptor":
        if kind.child_by_field_name("declarator") is not None:
            return Reading()
        kind = kind.child_by_field_name("type")
    name = entry.node.child_by_field_name("name") or entry.node.child_by_field_name("declarator")
    if kind is None or kind.type != "template_type":
        return Reading()
    if name is None or name.type != "type_identifier":
        return Reading()
    return _class_instance(entry, kind, text_of(name), numbers)


def _class_instance(entry: Entry, kind: Node, alias: str, numbers: Numbers) -> Reading:
    arguments = kind.child_by_field_name("arguments")
    if arguments is None:
        return Reading()
    template = text_of(kind.child_by_field_name("name"))
    made = Instance(
        *head(entry, alias or template, numbers),
        template=template,
        arguments=tuple(text_of(child) for child in arguments.named_children),
        is_alias=bool(alias),
    )
    return Reading(instances=(made,))


def _function_instance(entry: Entry, function: Node, numbers: Numbers) -> Reading:
    name = function.child_by_field_name("declarator")
    scopes: list[str | None] = []
    while name is not None and name.type == "qualified_identifier":
        # template int ns::twice(int);
        scopes.append(text_of(name.child_by_field_name("scope")))
        name = name.child_by_field_name("name")
    if name is None or name.type not in ("identifier", "template_function"):
        return Reading()
    entry = replace(entry, namespace=(*entry.namespace, *scopes))
    made = templated_function(entry, entry.node, function, name, numbers)
    return Reading(function_instances=(made,))


def templated_function(
    entry: Entry,
    inner: Node,
    function: Node,
    name: Node,
    numbers: Numbers,
    template_names: tuple[str, ...] = (),
) -> Function:
    """Return a template of a function, or an instance of one.

    Args:
        entry: where it stands, with its whole declaration.
        inner: the declaration in it, without `template <...>`.
        function: its declarator.
        name: of the function, with template arguments or not.
        numbers: of the text.
        template_names: of a template, the names of its parameters.
    """
    arguments = ""
    if name.type == "template_function":
        arguments = text_of(name.child_by_field_name("arguments"))
        name = name.child_by_field_name("name") or name
    return Function(
        *head(entry, text_of(name), numbers),
        parameters=parameters_of(function),
        result=result_type(inner),
        template_arguments=arguments or "<>",
        template_names=template_names,
    )


def bound_instances(
    instances: tuple[Function, ...], templates: tuple[Function, ...]
) -> tuple[Function, ...]:
    """Return instances of functions with the default values and comments of their templates."""
    return tuple(_with_template(instance, templates) for instance in instances)


def _with_template(instance: Function, templates: tuple[Function, ...]) -> Function:
    for template in templates:
        is_named = (*template.namespace, template.name) == (*instance.namespace, instance.name)
        if is_named and len(template.parameters) == len(instance.parameters):
            return with_defaults(instance, _instantiated(template, instance))
    return instance


def _instantiated(template: Function, instance: Function) -> Function:
    """Return a template with the instance's types in its default values."""
    arguments = _split(instance.template_arguments)
    types = dict(zip(template.template_names, arguments, strict=False))

    def instantiated(default: str | None) -> str | None:
        for name in template.template_names:
            if default is None or not re.search(rf"\b{name}\b", default):
                continue
            if name not in types:
                return None
            default = re.sub(rf"\b{name}\b", types[name], default)
        return default

    parameters = tuple(replace(p, default=instantiated(p.default)) for p in template.parameters)
    return replace(template, parameters=parameters)


def _split(arguments: str) -> list[str]:
    """Return the arguments in "<int, std::pair<int, int>>"."""
    found, depth, current = [], 0, ""
    for character in arguments[1:-1]:
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            found.append(current.strip())
            current = ""
        else:
            current += character
    return [*found, current.strip()] if current.strip() else found


def not_instantiated(reading: Reading) -> Iterator[LeftOut]:
    """Yield what is to be said of templates without an instance."""
    functions = {(*made.namespace, made.name) for made in reading.function_instances}
    for template in reading.function_templates:
        if (*template.namespace, template.name) not in functions:
            reason = function_template_obstacle(template.name, len(template.parameters))
            yield LeftOut(template.number, template.name, reason, template.conditions)
    classes = {(*made.namespace, made.template) for made in reading.instances}
    for made in reading.templates:
        if (*made.namespace, made.name) not in classes:
            reason = class_template_obstacle(made.name, len(made.template_names))
            yield LeftOut(made.number, made.name, reason, made.conditions)
