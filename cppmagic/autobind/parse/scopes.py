"""Scopes: what stands in a namespace or a class, in which namespace, under which `#if`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cppmagic.autobind.parse.comments import comment_above
from cppmagic.autobind.parse.reading import Numbers
from cppmagic.autobind.syntax import CONDITIONALS, descendants, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

# Namespaces whose content is nobody else's business.
_PRIVATE_NAMESPACE = "detail"


@dataclass(frozen=True)
class Entry:
    """One node at namespace or class scope, and where it stands.

    Attributes:
        node: of the syntax tree.
        namespace: names of the namespaces around it; None stands for one without a name.
        conditions: of the `#if` around it.
    """

    node: Node
    namespace: tuple[str | None, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def is_private(self) -> bool:
        """Whether it stands in a namespace that is nobody else's business."""
        return None in self.namespace or _PRIVATE_NAMESPACE in self.namespace


def namespace_of(entry: Entry) -> tuple[str, ...]:
    """Return the names of the namespaces around an entry."""
    return tuple(name for name in entry.namespace if name)


def head(
    entry: Entry, name: str, numbers: Numbers
) -> tuple[int, str, tuple[str, ...], str, tuple[str, ...]]:
    """Return what all declarations have: number, name, namespace, comment and conditions."""
    comment = comment_above(entry.node)
    return numbers.next(entry.node), name, namespace_of(entry), comment, entry.conditions


def walk(
    parent: Node,
    namespace: tuple[str | None, ...] = (),
    conditions: tuple[str, ...] = (),
) -> Iterator[Entry]:
    """Yield what stands at a scope, looking into namespaces, `#if` and `extern "C"`."""
    for node in parent.named_children:
        if node.type in CONDITIONALS:
            if parent.type in CONDITIONALS and node == parent.child_by_field_name("alternative"):
                continue  # reached from its own #if, with the opposite condition
            yield from _walk_conditional(node, namespace, conditions)
        elif node.type == "namespace_definition":
            body = node.child_by_field_name("body")
            if body is not None:
                yield from walk(body, (*namespace, *_namespace_names(node)), conditions)
        elif node.type == "linkage_specification":
            body = node.child_by_field_name("body")
            if body is not None and body.type == "declaration_list":
                yield from walk(body, namespace, conditions)
            elif body is not None:
                yield Entry(body, namespace, conditions)
        else:
            yield Entry(node, namespace, conditions)


def _walk_conditional(
    node: Node, namespace: tuple[str | None, ...], conditions: tuple[str, ...]
) -> Iterator[Entry]:
    condition = _condition(node)
    if condition != "0":
        inner = (*conditions, condition) if condition not in ("", "1") else conditions
        yield from walk(_Body(node), namespace, inner)  # type: ignore[arg-type]
    alternative = node.child_by_field_name("alternative")
    if alternative is not None:
        outer = (*conditions, f"!({condition})") if condition != "0" else conditions
        yield from _walk_conditional(alternative, namespace, outer)


class _Body:
    """The children of a conditional, less its condition and its alternative."""

    def __init__(self, node: Node) -> None:
        self.type = node.type
        ignored = [node.child_by_field_name(name) for name in ("condition", "name", "alternative")]
        self.named_children = [child for child in node.named_children if child not in ignored]

    def child_by_field_name(self, name: str) -> None:
        return None


def _condition(node: Node) -> str:
    """Return the condition of an `#if`, "" where it is always true by the time we ask."""
    if node.type == "preproc_else":
        return ""
    if node.type in ("preproc_ifdef", "preproc_elifdef"):
        name = text_of(node.child_by_field_name("name"))
        negative = node.children[0].type.endswith("ndef")
        defined_inside = any(
            child.type in ("preproc_def", "preproc_function_def")
            and text_of(child.child_by_field_name("name")) == name
            for child in node.named_children
        )
        if negative and defined_inside:
            return ""  # an include guard
        return f"!defined({name})" if negative else f"defined({name})"
    return text_of(node.child_by_field_name("condition"))


def _namespace_names(node: Node) -> list[str | None]:
    name = node.child_by_field_name("name")
    if name is None:
        return [None]
    if name.type == "nested_namespace_specifier":
        return [text_of(part) for part in descendants(name, "namespace_identifier")]
    return [text_of(name)]
