"""Variables: those of namespaces, of which constants are bound, and the fields of classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Declared, Field, LeftOut
from cppmagic.autobind.parse.comments import comment_above, comment_beside
from cppmagic.autobind.parse.obstacles import DELETED, VARIABLE, variable_obstacle
from cppmagic.autobind.parse.prototypes import misread
from cppmagic.autobind.parse.reading import Numbers, Reading, joined
from cppmagic.autobind.parse.scopes import Entry, namespace_of
from cppmagic.autobind.syntax import (
    declared_name,
    function_declarator,
    is_array,
    is_unreadable,
    last_name,
    layers,
    text_of,
    words_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# Of the standard library, what drives others: generators of random numbers, locks, threads, files.
_MACHINERY = re.compile(
    r"random_device|mt19937(_64)?|minstd_rand0?|\w+_engine|\w+_distribution"
    r"|\w*mutex|condition_variable(_any)?|once_flag|j?thread|[io]?fstream"
)


def read_variables(entry: Entry, numbers: Numbers) -> Reading:
    """Return what a declaration of variables declares: constants, and what is none."""
    declarators = entry.node.children_by_field_name("declarator")
    return joined(Reading, [_read_variable(entry, each, numbers) for each in declarators])


def _read_variable(entry: Entry, declarator: Node, numbers: Numbers) -> Reading:
    name = declared_name(declarator)
    if name is None or name.type != "identifier" or is_unreadable(name):
        return Reading()
    inner, words = _without_initializer(declarator), words_of(entry.node)
    if function_declarator(inner) is not None:
        return _read_deleted(entry, declarator, text_of(name), numbers)
    is_constant = inner.type != "function_declarator" and _is_constant(entry.node, inner)
    is_elsewhere = "extern" in words and declarator.type != "init_declarator"
    if is_constant and not is_elsewhere:
        return Reading(constants=(field_of(entry, declarator, numbers),))
    if "static" in words or is_unreadable(entry.node) or _is_machinery(entry.node):
        return Reading()
    return Reading(variables=(field_of(entry, declarator, numbers),))


def _is_machinery(node: Node) -> bool:
    """Whether a variable has no value that Python could look at, so that nobody misses it."""
    return _MACHINERY.fullmatch(last_name(node.child_by_field_name("type"))) is not None


def _read_deleted(entry: Entry, declarator: Node, name: str, numbers: Numbers) -> Reading:
    """Return what `int f(int) = delete;` declares, which is a variable to the grammar."""
    value = declarator.child_by_field_name("value")
    if value is None or value.type != "delete_expression":
        return Reading()
    left_out = LeftOut(numbers.next(declarator), name, DELETED, entry.conditions)
    return Reading(names=((*namespace_of(entry), name),), left_out=(left_out,))


def unbound_variables(reading: Reading) -> Iterator[LeftOut]:
    """Yield what is to be said of variables, once for each: most `extern` ones are defined too."""
    told = {_identity(constant) for constant in reading.constants}
    reasons = [(each, variable_obstacle(each)) for each in reading.variables]
    for variable, reason in (*reasons, *((each, VARIABLE) for each in misread(reading))):
        if _identity(variable) not in told:
            told.add(_identity(variable))
            yield LeftOut(variable.number, variable.name, reason, variable.conditions)


def _identity(variable: Declared) -> tuple[object, ...]:
    return variable.namespace, variable.name, variable.conditions


def field_of(entry: Entry, declarator: Node, numbers: Numbers) -> Field:
    """Return what one declarator of a declaration declares: a field, or a constant."""
    node, inner = entry.node, _without_initializer(declarator)
    words = words_of(node)
    const = "const " if "const" in words else ""
    kind = text_of(node.child_by_field_name("type"))
    return Field(
        numbers.next(declarator),
        text_of(declared_name(declarator)),
        namespace_of(entry),
        comment_above(node) or comment_beside(node),
        entry.conditions,
        type=" ".join([const + kind, *layers(inner)]),
        initializer=text_of(_initializer(node, declarator)),
        is_static="static" in words,
        is_constant=_is_constant(node, inner),
        is_array=is_array(inner),
    )


def _without_initializer(declarator: Node) -> Node:
    if declarator.type == "init_declarator":
        return declarator.child_by_field_name("declarator") or declarator
    return declarator


def _initializer(node: Node, declarator: Node) -> Node | None:
    """Return the default value that belongs to one of several declarators."""
    if declarator.type == "init_declarator":
        return declarator.child_by_field_name("value")
    children = node.children
    for index in range(children.index(declarator) + 1, len(children)):
        if children[index].type in (",", ";"):
            return None
        if node.field_name_for_child(index) == "default_value":
            return children[index]
    return None


def _is_constant(node: Node, declarator: Node) -> bool:
    """Whether a variable is constant: it, or what it points to."""
    if words_of(node) & {"const", "constexpr"}:
        return True
    is_pointer = declarator.type == "pointer_declarator"
    return is_pointer and any(text_of(child) == "const" for child in declarator.children)
