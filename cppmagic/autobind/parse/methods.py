"""Functions of a class: constructors, methods, operators, conversions, friends and templates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Constructor, Function, LeftOut, Operator, Parameter
from cppmagic.autobind.parse.functions import operator_of, parameters_of, qualifiers
from cppmagic.autobind.parse.obstacles import DELETED, MEMBER_TEMPLATE, function_obstacle
from cppmagic.autobind.parse.reading import Members, Numbers
from cppmagic.autobind.parse.scopes import Entry, head
from cppmagic.autobind.syntax import function_declarator, result_type, text_of, words_of

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True)
class Section:
    """A part of a class, as access specifiers divide it.

    Attributes:
        path: names of the classes around it, its own last.
        is_private: whether it is not public.
    """

    path: tuple[str, ...]
    is_private: bool

    def shown(self, name: str) -> str:
        """Return the name of a member for messages."""
        return "::".join((*self.path, name))


def read_method(entry: Entry, function: Node, section: Section, numbers: Numbers) -> Members:
    """Return what a declarator of a function in a class declares."""
    node, name_node = entry.node, function.child_by_field_name("declarator")
    if name_node is None or name_node.type in ("destructor_name", "qualified_identifier"):
        return Members()
    if name_node.type == "operator_name":
        made = operator_of(entry, function, numbers, is_member=True)
        return Members(operators=(made,) if made is not None and not section.is_private else ())
    name = text_of(name_node)
    is_constructor = node.child_by_field_name("type") is None and name == section.path[-1]
    members = Members(names=(name,), method_names=(name,), has_constructors=is_constructor)
    if section.is_private and not _is_virtual(node, function):
        return members
    reason = function_obstacle(node, function)
    if reason:
        left_out = LeftOut(numbers.next(node), section.shown(name), reason, entry.conditions)
        is_silent = section.is_private or (is_constructor and reason == DELETED)
        return members if is_silent else replace(members, left_out=(left_out,))
    if not is_constructor:
        return replace(members, methods=(_method(entry, function, section, numbers),))
    constructor = _constructor(entry, function, numbers)
    is_bound = not _copies(constructor.parameters, name)
    return replace(members, constructors=(constructor,) if is_bound else ())


def _constructor(entry: Entry, function: Node, numbers: Numbers) -> Constructor:
    return Constructor(
        *head(entry, text_of(function.child_by_field_name("declarator")), numbers),
        parameters=parameters_of(function),
        is_explicit=any(word.startswith("explicit") for word in words_of(entry.node)),
        has_definition=_is_defined(entry.node),
    )


def _copies(parameters: tuple[Parameter, ...], name: str) -> bool:
    """Whether these are the parameters of a copy or move constructor."""
    return len(parameters) == 1 and parameters[0].type_name == name and "&" in parameters[0].text


def _method(entry: Entry, function: Node, section: Section, numbers: Numbers) -> Function:
    node = entry.node
    is_pure = _is_pure(node)
    return Function(
        *head(entry, text_of(function.child_by_field_name("declarator")), numbers),
        parameters=parameters_of(function),
        result=result_type(node),
        qualifiers=qualifiers(function),
        is_static="static" in words_of(node),
        is_virtual=_is_virtual(node, function),
        is_pure=is_pure,
        is_final="final" in _virtual_words(function),
        is_public=not section.is_private,
        has_definition=is_pure or _is_defined(node),
    )


def _is_pure(node: Node) -> bool:
    value = node.child_by_field_name("default_value")
    return (value is not None and text_of(value) == "0") or any(
        child.type == "pure_virtual_clause" for child in node.children
    )


def _is_defined(node: Node) -> bool:
    kinds = ("default_method_clause", "compound_statement", "try_statement")
    return any(child.type in kinds for child in node.children)


def _is_virtual(node: Node, function: Node) -> bool:
    return "virtual" in words_of(node) or bool(_virtual_words(function))


def _virtual_words(function: Node) -> tuple[str, ...]:
    """Return `override` and `final`, where they stand."""
    return tuple(text_of(c) for c in function.children if c.type == "virtual_specifier")


def read_conversion(entry: Entry, declarator: Node, section: Section, numbers: Numbers) -> Members:
    """Return what an operator that converts, `operator bool() const`, declares."""
    if section.is_private:
        return Members()
    abstract = declarator.child_by_field_name("declarator")
    made = Operator(
        *head(entry, "", numbers),
        result=text_of(declarator.child_by_field_name("type")),
        is_conversion=True,
        qualifiers=qualifiers(abstract) if abstract is not None else "",
    )
    return Members(operators=(made,))


def read_friend(entry: Entry, numbers: Numbers) -> Members:
    """Return what a friend declares: operators only."""
    node = entry.node
    inner = node.named_children[-1] if node.named_children else None
    if inner is None or inner.type not in ("function_definition", "declaration"):
        return Members()
    function = function_declarator(inner.child_by_field_name("declarator"))
    name = function.child_by_field_name("declarator") if function is not None else None
    if function is None or name is None or name.type != "operator_name":
        return Members()
    made = operator_of(replace(entry, node=inner), function, numbers, is_member=False)
    return Members(friends=(made,) if made is not None else ())


def read_member_template(entry: Entry, section: Section, numbers: Numbers) -> Members:
    """Return what a template in a class declares."""
    inner = entry.node.named_children[-1]
    function = function_declarator(inner.child_by_field_name("declarator"))
    name_node = function.child_by_field_name("declarator") if function is not None else None
    if name_node is None:
        return Members(types=(text_of(inner.child_by_field_name("name")),))
    name = text_of(name_node)
    is_constructor = name == section.path[-1]
    members = Members(names=(name,), method_names=(name,), has_constructors=is_constructor)
    if section.is_private or name_node.type not in ("identifier", "field_identifier"):
        return members
    number, shown = numbers.next(entry.node), section.shown(name)
    left_out = LeftOut(number, shown, MEMBER_TEMPLATE, entry.conditions)
    return replace(members, left_out=(left_out,))
