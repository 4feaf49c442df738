"""C++'s syntax tree, as tree-sitter's grammar gives it: what is where in a declaration."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

_CONDITIONAL = re.compile(r"[ \t]*#[ \t]*(ifdef|ifndef|if|elif|else|endif)\b")
_NEVER = re.compile(r"[ \t]*#[ \t]*if[ \t]+0[ \t]*(//|/\*|$)")
_LINE_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*line[ \t]+(\d+)")
CONDITIONALS = ("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef", "preproc_else")
_DECLARATOR_LAYERS = ("pointer_declarator", "reference_declarator")
CLASSES = ("class_specifier", "struct_specifier")
TYPES = (*CLASSES, "union_specifier", "enum_specifier")


@functools.cache
def _parser() -> Parser:
    import tree_sitter_cpp
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_cpp.language()))


def tree_of(text: str) -> Tree:
    """Parse a text."""
    return _parser().parse(without_disabled(text).encode())


def text_of(node: Node | None) -> str:
    """Return a node's text on one line, without the comments in it."""
    if node is None or node.text is None:
        return ""
    data, start = node.text, node.start_byte
    for comment in reversed(list(descendants(node, "comment"))):
        data = data[: comment.start_byte - start] + b" " + data[comment.end_byte - start :]
    text = data.decode("utf-8", "replace")
    if "\n" in text:
        text = " ".join(line.strip() for line in text.replace("\\\n", "\n").splitlines())
    return text.strip()


def is_unreadable(node: Node) -> bool:
    """Whether the grammar could not read a part of a node.

    What it only misses (the type of `= {}`) does not count.
    """
    return node.has_error and (
        node.type == "ERROR" or any(is_unreadable(child) for child in node.children)
    )


def without_disabled(text: str) -> str:
    """Return a text with the lines between `#if 0` and its end blanked: nobody has to read them."""
    depth, off = 0, 0  # of conditionals; that of the `#if 0` which is open
    lines = []
    for line in text.split("\n"):
        match = _CONDITIONAL.match(line)
        word = match[1] if match else ""
        if word.startswith("if"):
            depth += 1
            if not off and _NEVER.match(line):
                off = depth
                lines.append(line)
                continue
        elif off == depth and off and word in ("else", "elif", "endif"):
            off = 0
        lines.append("" if off else line)
        depth -= word == "endif"
    return "\n".join(lines)


def descendants(node: Node, kind: str) -> Iterator[Node]:
    for child in node.named_children:
        if child.type == kind:
            yield child
        else:
            yield from descendants(child, kind)


def words_of(node: Node) -> set[str]:
    """Return the specifiers of a declaration: static, inline, constexpr, virtual, ..."""
    declarator = node.child_by_field_name("declarator")
    end = declarator.start_byte if declarator is not None else node.end_byte
    kinds = ("storage_class_specifier", "type_qualifier", "virtual", "explicit_function_specifier")
    return {
        text_of(child) for child in node.children if child.type in kinds and child.start_byte < end
    }


def function_declarator(node: Node | None) -> Node | None:
    """Return the declarator of a function inside of pointers and references, or None."""
    while node is not None and node.type in _DECLARATOR_LAYERS:
        node = inner_declarator(node)
    if node is None or node.type != "function_declarator":
        return None
    inner = node.child_by_field_name("declarator")
    # `int (*callback)(int)` is a variable; `int (*f(int))(int)` is beyond us.
    return None if inner is None or inner.type == "parenthesized_declarator" else node


def inner_declarator(node: Node) -> Node | None:
    inner = node.child_by_field_name("declarator")
    if inner is None:  # reference_declarator has no such field
        named = [child for child in node.named_children if child.type != "type_qualifier"]
        inner = named[-1] if named else None
    return inner


def result_type(node: Node) -> str:
    """Return the type that a function returns, as written; "" if it is deduced or unreadable."""
    declarator = node.child_by_field_name("declarator")
    if declarator is None:
        return ""
    function = function_declarator(declarator)
    if function is not None:
        for child in function.children:
            if child.type == "trailing_return_type":
                return text_of(child)[2:].strip()
    before = [child for child in node.children if child.end_byte <= declarator.start_byte]
    if any(child.type == "ERROR" for child in before):
        return ""
    kind = node.child_by_field_name("type")
    if kind is None or kind.type == "placeholder_type_specifier" or kind.type == "decltype":
        return "" if kind is None or "auto" in text_of(kind) else text_of(kind)
    parts = [
        text_of(child)
        for child in before
        if child == kind
        or (child.type == "type_qualifier" and text_of(child) in ("const", "volatile"))
    ]
    return " ".join([*parts, *layers(declarator)])


def layers(declarator: Node) -> list[str]:
    """Return the stars and ampersands (with their const) that stand before a name."""
    found = []
    node: Node | None = declarator
    while node is not None and node.type in _DECLARATOR_LAYERS:
        inner = inner_declarator(node)
        found += [text_of(child) for child in node.children if child != inner]
        node = inner
    return found


def declared_name(declarator: Node | None) -> Node | None:
    """Return the node of the name that a declarator declares."""
    node = declarator
    while node is not None and node.type not in (
        *("identifier", "field_identifier", "type_identifier", "operator_name"),
        *("destructor_name", "qualified_identifier", "template_function", "operator_cast"),
    ):
        node = inner_declarator(node)
    return node


def user_lines(data: bytes) -> list[int]:
    """Return, for each line of a rendered text, the number that the user sees."""
    lines, number = [], 0
    for line in data.split(b"\n"):
        match = _LINE_DIRECTIVE.match(line)
        number = int(match[1]) - 1 if match else number + 1
        lines.append(number)
    return lines


def last_name(kind: Node | None) -> str:
    """Return the last name of a type: `vector` of `std::vector<int>`."""
    while kind is not None and kind.type in ("qualified_identifier", "template_type", *CLASSES):
        kind = kind.child_by_field_name("name")
    return text_of(kind)


def is_array(declarator: Node) -> bool:
    node: Node | None = declarator
    while node is not None and node.type in _DECLARATOR_LAYERS:
        node = inner_declarator(node)
    return node is not None and node.type == "array_declarator"
