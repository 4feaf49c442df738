"""Enums, with or without a name, at namespace scope or in a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Enum
from cppmagic.autobind.parse.comments import comment_beside
from cppmagic.autobind.parse.reading import Numbers
from cppmagic.autobind.parse.scopes import Entry, head
from cppmagic.autobind.syntax import text_of

if TYPE_CHECKING:
    from tree_sitter import Node


def enums_of(
    entry: Entry, node: Node, numbers: Numbers, outer: tuple[str, ...] = (), name: str = ""
) -> tuple[Enum, ...]:
    """Return the enum that a node defines, if it defines one.

    Args:
        entry: where it stands, with its whole declaration.
        node: the enum itself.
        numbers: of the text.
        outer: names of the classes around it.
        name: that a `typedef` gives to it.
    """
    body = node.child_by_field_name("body")
    name_node = node.child_by_field_name("name")
    if body is None or (name_node is not None and name_node.type != "type_identifier"):
        return ()
    made = Enum(
        *head(entry, name or text_of(name_node), numbers),
        outer=outer,
        is_scoped=any(child.type in ("class", "struct") for child in node.children),
        values=tuple(
            (text_of(child.child_by_field_name("name")), comment_beside(child))
            for child in body.named_children
            if child.type == "enumerator"
        ),
    )
    return (made,)
