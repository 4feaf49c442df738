"""Classes and structs, with all that stands in their braces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Base, Class, LeftOut
from cppmagic.autobind.parse.enums import enums_of
from cppmagic.autobind.parse.methods import (
    Section,
    read_conversion,
    read_friend,
    read_member_template,
    read_method,
)
from cppmagic.autobind.parse.obstacles import field_obstacle
from cppmagic.autobind.parse.reading import Members, Numbers, Reading, joined
from cppmagic.autobind.parse.scopes import Entry, head, walk
from cppmagic.autobind.parse.variables import field_of
from cppmagic.autobind.syntax import (
    CLASSES,
    TYPES,
    declared_name,
    descendants,
    function_declarator,
    is_unreadable,
    last_name,
    text_of,
    words_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def read_class(
    entry: Entry, node: Node, numbers: Numbers, outer: tuple[str, ...] = (), name: str = ""
) -> Reading:
    """Return what the definition of a class declares: itself, friends, and what is left out.

    Args:
        entry: where it stands, with its whole declaration.
        node: the class itself.
        numbers: of the text.
        outer: names of the classes around it.
        name: that a `typedef` gives to it.
    """
    body = node.child_by_field_name("body")
    name_node = node.child_by_field_name("name")
    if name_node is not None and name_node.type != "type_identifier":
        return Reading()  # a specialisation, or a class that is defined outside of its outer one
    name = name or text_of(name_node)
    if body is None or not name:
        return Reading()
    is_class = node.type == "class_specifier"
    declared = head(entry, name, numbers)
    members = _members(entry, body, Section((*outer, name), is_private=is_class), numbers)
    clause = next((c for c in node.children if c.type == "base_class_clause"), None)
    bases = tuple(_bases(clause, is_class)) if clause is not None else ()
    made = Class(
        *declared,
        outer=outer,
        bases=tuple(base for access, base in bases if access == "public"),
        all_bases=len(bases),
        constructors=members.constructors,
        methods=members.methods,
        fields=members.fields,
        operators=members.operators,
        enums=members.enums,
        classes=members.classes,
        has_constructors=members.has_constructors,
        is_whole=not members.has_unseen,
        inherits_constructors=members.inherited,
        member_types=frozenset(members.types),
        member_names=frozenset(members.names),
        is_final=any(text_of(child) == "final" for child in node.children),
        field_types=frozenset(members.field_types),
        overloaded=frozenset(n for n, count in Counter(members.method_names).items() if count > 1),
    )
    return Reading(classes=(made,), operators=members.friends, left_out=members.left_out)


def _bases(clause: Node, is_class: bool) -> Iterator[tuple[str, Base]]:
    """Yield the bases of a class, each with the access to it."""
    usual = access = "private" if is_class else "public"
    for child in clause.children:
        if child.type == "access_specifier":
            access = text_of(child)
        elif child.type in ("type_identifier", "qualified_identifier", "template_type"):
            yield access, Base(text_of(child), last_name(child))
        elif child.type == ",":
            access = usual


def _members(entry: Entry, body: Node, section: Section, numbers: Numbers) -> Members:
    """Return what stands in a class's braces."""
    found = []
    for member in walk(body, entry.namespace, entry.conditions):
        if member.node.type == "access_specifier":
            section = Section(section.path, is_private=text_of(member.node) != "public")
        else:
            found.append(_read_member(member, section, numbers))
    return joined(Members, found)


def _read_member(entry: Entry, section: Section, numbers: Numbers) -> Members:
    node, kind = entry.node, entry.node.type
    if kind in ("field_declaration", "function_definition", "declaration"):
        return joined(
            Members,
            [_read_type(entry, section, numbers), _read_declared(entry, section, numbers)],
        )
    if kind == "friend_declaration":
        return read_friend(entry, numbers)
    if kind in ("alias_declaration", "type_definition"):
        name = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        return Members(types=(text_of(declared_name(name)),))
    if kind == "using_declaration" and not section.is_private:
        return _read_using(node)
    if kind == "template_declaration":
        return read_member_template(entry, section, numbers)
    return Members()


def _read_using(node: Node) -> Members:
    """Return what `using Base::name;` declares; `using Base::Base;` means the constructors."""
    names = text_of(node).removeprefix("using").strip(" ;").split("::")
    if len(names) > 1 and names[-1] == names[-2]:
        return Members(inherited=(names[-1],), has_constructors=True)
    return Members(method_names=(names[-1],))


def _read_type(entry: Entry, section: Section, numbers: Numbers) -> Members:
    """Return what a declaration declares by defining a type."""
    kind = entry.node.child_by_field_name("type")
    if kind is None or kind.type not in TYPES or kind.child_by_field_name("body") is None:
        return Members()
    has_unseen = kind.type == "union_specifier"
    name = text_of(kind.child_by_field_name("name"))
    if not name:
        return Members(has_unseen=has_unseen)
    if section.is_private:
        field_types = tuple(text_of(each) for each in descendants(kind, "type_identifier"))
        return Members(types=(name,), field_types=field_types, has_unseen=has_unseen)
    is_enum, is_class = kind.type == "enum_specifier", kind.type in CLASSES
    enums = enums_of(entry, kind, numbers, section.path) if is_enum else ()
    inner = read_class(entry, kind, numbers, section.path) if is_class else Reading()
    return Members(
        enums=enums,
        classes=inner.classes,
        friends=inner.operators,
        left_out=inner.left_out,
        types=(name,),
        names=tuple(value for enum in enums for value, _ in enum.values),
        has_unseen=has_unseen,
    )


def _read_declared(entry: Entry, section: Section, numbers: Numbers) -> Members:
    """Return what a declaration declares by its declarators."""
    declarator = entry.node.child_by_field_name("declarator")
    if declarator is not None and declarator.type == "operator_cast":
        return read_conversion(entry, declarator, section, numbers)
    function = function_declarator(declarator)
    if function is not None:
        return read_method(entry, function, section, numbers)
    if entry.node.type == "function_definition":
        return Members()
    return _read_fields(entry, section, numbers)


def _read_fields(entry: Entry, section: Section, numbers: Numbers) -> Members:
    node = entry.node
    kind = node.child_by_field_name("type")
    declarators = node.children_by_field_name("declarator")
    if not declarators:
        # An anonymous union or struct has fields that we do not see.
        return Members(has_unseen=kind is not None and kind.child_by_field_name("name") is None)
    if words_of(node) & {"friend", "typedef"}:
        return Members()
    field_types = tuple(text_of(each) for each in descendants(node, "type_identifier"))
    found = [_read_field(entry, each, section, numbers) for each in declarators]
    return joined(Members, [Members(field_types=field_types), *found])


def _read_field(entry: Entry, declarator: Node, section: Section, numbers: Numbers) -> Members:
    name = declared_name(declarator)
    if name is None or name.type != "field_identifier" or is_unreadable(entry.node):
        return Members(has_unseen=True)
    names = (text_of(name),)
    is_static = "static" in words_of(entry.node)
    if section.is_private:
        return Members(names=names, has_unseen=not is_static)
    made = field_of(entry, declarator, numbers)
    reason = field_obstacle(declarator)
    if not reason:
        return Members(names=names, fields=(made,))
    left_out = LeftOut(made.number, section.shown(made.name), reason, made.conditions)
    return Members(names=names, left_out=(left_out,), has_unseen=not is_static)
