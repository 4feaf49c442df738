"""Namespaces: what stands at the top of a text or in a namespace, each kind to its reader."""

from __future__ import annotations

from dataclasses import replace

from cppmagic.autobind.parse.classes import read_class
from cppmagic.autobind.parse.enums import enums_of
from cppmagic.autobind.parse.functions import read_function
from cppmagic.autobind.parse.instances import read_alias, read_instantiation
from cppmagic.autobind.parse.reading import Numbers, Reading, joined
from cppmagic.autobind.parse.scopes import Entry
from cppmagic.autobind.parse.templates import read_template
from cppmagic.autobind.parse.variables import read_variables
from cppmagic.autobind.syntax import CLASSES, declared_name, function_declarator, text_of


def read_entry(entry: Entry, numbers: Numbers) -> Reading:
    """Return what one node at namespace scope declares."""
    if entry.is_private:
        return Reading()
    node, kind = entry.node, entry.node.type
    if kind in ("function_definition", "declaration"):
        return _read_declaration(entry, numbers)
    if kind in CLASSES:
        return read_class(entry, node, numbers)
    if kind == "enum_specifier":
        return Reading(enums=enums_of(entry, node, numbers))
    if kind == "type_definition":
        return _read_typedef(entry, numbers)
    if kind == "template_declaration":
        return read_template(entry, numbers)
    if kind == "template_instantiation":
        return read_instantiation(entry, numbers)
    if kind == "alias_declaration":
        return read_alias(entry, numbers)
    if kind == "preproc_def":
        return Reading(macros=(text_of(node.child_by_field_name("name")),))
    return Reading()


def _read_declaration(entry: Entry, numbers: Numbers) -> Reading:
    """Return what a declaration of a function or of variables declares, or a definition."""
    kind = entry.node.child_by_field_name("type")
    if kind is not None and kind.child_by_field_name("body") is not None:
        # struct P { ... } p, q;
        parts = [read_entry(replace(entry, node=kind), numbers), read_variables(entry, numbers)]
        return joined(Reading, parts)
    declarator = entry.node.child_by_field_name("declarator")
    is_definition = entry.node.type == "function_definition"
    if is_definition and declarator is not None and declarator.type == "operator_cast":
        return Reading()
    function = function_declarator(declarator)
    found = [read_function(entry, function, numbers)] if function is not None else []
    if not is_definition:
        found.append(read_variables(entry, numbers))  # of `std::vector<int> a(size), b(3);`
    return joined(Reading, found)


def _read_typedef(entry: Entry, numbers: Numbers) -> Reading:
    """Return what `typedef struct { ... } Point;` declares, or another name of a type."""
    kind = entry.node.child_by_field_name("type")
    if kind is None or kind.child_by_field_name("body") is None:
        return read_alias(entry, numbers)
    name = text_of(declared_name(entry.node.child_by_field_name("declarator")))
    if kind.type in CLASSES:
        return read_class(entry, kind, numbers, name=name)
    if kind.type == "enum_specifier":
        return Reading(enums=enums_of(entry, kind, numbers, name=name))
    return Reading()
