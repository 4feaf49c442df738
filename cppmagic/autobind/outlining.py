"""Methods whose bodies the binding unit can do without: which they are, and how they are kept.

A method that is defined in its class is inline: the user's unit has no code of it unless something
calls it there. A few lines behind the user's text take its address, so that it has; the binding
unit, which sees its declaration only, then need not be compiled again when its body is edited.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cppmagic.autobind.syntax import (
    CLASSES,
    declared_name,
    descendants,
    function_declarator,
    result_type,
    text_of,
    words_of,
)
from cppmagic.toolchain.diagnostics import KEPT_FILE

if TYPE_CHECKING:
    from tree_sitter import Node

# An explicit instantiation may name what is private.
_KEPT = """
# 1 "{file}" 3
namespace cppmagic_kept {{
template <typename Type, Type method> struct kept {{ static Type value; }};
template <typename Type, Type method> Type kept<Type, method>::value = method;
{lines}
}}
"""

_ALLOWED_WORDS = {"static", "const", "volatile"}
_HARMLESS_ATTRIBUTE = re.compile(r"\[\[(?:\s*(?:nodiscard|maybe_unused|noreturn)[\s,]*)+\]\]")
# The class may have others of these that nobody wrote, and the last two are static without saying.
_SPECIAL_OPERATOR = re.compile(r"operator\s*(?:=|new\b|delete\b)(?!=)")
_MARKS_OF_OTHERS = ("virtual_specifier", "requires_clause", "placeholder_type_specifier")


def keeping(methods: Iterable[str]) -> str:
    """Return the code that makes a unit have the code of methods.

    Args:
        methods: qualified names, such as `geometry::Circle::area`.
    """
    lines = (f"template struct kept<decltype(&::{name}), &::{name}>;" for name in methods)
    return _KEPT.format(file=KEPT_FILE, lines="\n".join(lines))


def outlined_methods(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the methods of a class whose bodies can be left out, by their names in its namespace.

    What could decide anything but the code of the method stays: virtual functions (where the first
    that is not inline is, there is the class's table), what is deduced from a body or evaluated by
    the compiler. A class with a base is left alone, because its methods may be virtual silently.

    Args:
        node: of a class; of a template, it has none.
    """
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None or name.type != "type_identifier" or node.has_error:
        return
    if any(child.type == "base_class_clause" for child in node.children):
        return
    members = list(body.named_children)
    names = Counter(text for member in members for text in _names(member))
    for member in members:
        if member.type == "function_definition":
            own = text_of(declared_name(member.child_by_field_name("declarator")))
            if names[own] == 1 and _is_plain(member):
                yield f"{text_of(name)}::{own}", member
        elif member.type == "field_declaration":
            inner = member.child_by_field_name("type")
            if inner is not None and inner.type in CLASSES:
                for nested, method in outlined_methods(inner):
                    yield f"{text_of(name)}::{nested}", method


def _names(member: Node) -> Iterator[str]:
    """Yield the names of functions that a member declares, in whatever depth but a class's."""
    if member.type in CLASSES:
        return
    for declarator in member.children_by_field_name("declarator"):
        function = function_declarator(declarator)
        if function is not None:
            yield text_of(declared_name(function))
    if member.type != "function_definition":
        for child in member.named_children:
            yield from _names(child)


def _is_plain(method: Node) -> bool:
    """Whether a method's definition decides nothing but its own code."""
    function = function_declarator(method.child_by_field_name("declarator"))
    body = method.child_by_field_name("body")
    name = declared_name(function)
    attributes = [child for child in method.children if "attribute" in child.type]
    return (
        function is not None
        and body is not None
        and body.type == "compound_statement"
        and name is not None
        and name.type in ("field_identifier", "operator_name")
        and not _SPECIAL_OPERATOR.match(text_of(name))
        and words_of(method) <= _ALLOWED_WORDS
        and result_type(method) != ""
        and all(_HARMLESS_ATTRIBUTE.fullmatch(text_of(each)) for each in attributes)
        and not any(next(descendants(function, kind), None) for kind in _MARKS_OF_OTHERS)
    )
