"""Obstacles: why a declaration cannot be bound, as far as the text tells. Most, the compiler finds.

A reason is a sentence about "it", with what to do instead where there is something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Field
from cppmagic.autobind.syntax import is_array, is_unreadable, text_of, words_of

if TYPE_CHECKING:
    from tree_sitter import Node

DELETED = "it is deleted"
VARIABLE = "Python would get a copy of a variable; a function can return or set it"
MEMBER_TEMPLATE = "it is a template inside a class; add a method that calls it with the types"


def function_obstacle(node: Node, function: Node) -> str:
    """Return why a function cannot be bound, "" if nothing speaks against it.

    Args:
        node: its declaration or definition.
        function: its declarator.
    """
    parameters = function.child_by_field_name("parameters")
    if is_unreadable(function) or parameters is None:
        return "its declaration could not be read"
    if is_deleted(node):
        return DELETED
    if "consteval" in words_of(node):
        return "it exists at compile time only (consteval)"
    if any(text_of(child) == "..." for child in parameters.children):
        return "it takes any number of arguments (...)"
    if _has_auto(parameters):
        return function_template_obstacle(text_of(function.child_by_field_name("declarator")), 1)
    return ""


def is_deleted(node: Node) -> bool:
    """Whether a function is `= delete`."""
    return any(child.type == "delete_method_clause" for child in node.children)


def _has_auto(parameters: Node) -> bool:
    """Whether a parameter is `auto`, which makes a function a template."""
    return any(
        (kind := child.child_by_field_name("type")) is not None
        and kind.type == "placeholder_type_specifier"
        for child in parameters.named_children
    )


def function_template_obstacle(name: str, count: int) -> str:
    """Return why a template of a function with a number of parameters cannot be bound."""
    return _template_obstacle(f"double {name}({', '.join(['double'] * count)})")


def class_template_obstacle(name: str, count: int) -> str:
    """Return why a template of a class with a number of template parameters cannot be bound."""
    return _template_obstacle(f"class {name}<{', '.join(['int'] * count)}>")


def _template_obstacle(example: str) -> str:
    return (
        "it is a template; name the types to bind with an explicit instantiation below it, such "
        f"as `template {example};`"
    )


def variable_obstacle(variable: Field) -> str:
    """Return why a variable of a namespace cannot be bound."""
    if variable.is_constant:
        return "it is defined elsewhere; a function can return it"
    if variable.initializer.startswith("["):
        return "it is a lambda in a variable; a function can be bound"
    return VARIABLE


def field_obstacle(declarator: Node) -> str:
    """Return why a field of a class cannot be bound, "" if nothing speaks against it."""
    if declarator.type == "reference_declarator":
        return "it is a reference"
    following = declarator.next_named_sibling
    if following is not None and following.type == "bitfield_clause":
        return "it is a bit field"
    if is_array(declarator):
        return "it is a C array; std::array can be bound"
    if declarator.type == "function_declarator":
        return "it is a pointer to a function; std::function can be bound"
    return ""
