"""C++'s syntax tree, as tree-sitter's grammar gives it: what is where in a declaration."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cppmagic.autobind.declarations import Base

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

_CONDITIONAL = re.compile(r"[ \t]*#[ \t]*(ifdef|ifndef|if|elif|else|endif)\b")
_NEVER = re.compile(r"[ \t]*#[ \t]*if[ \t]+0[ \t]*(//|/\*|$)")
_LINE_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*line[ \t]+(\d+)")
_CONDITIONALS = ("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef", "preproc_else")
_DECLARATOR_LAYERS = ("pointer_declarator", "reference_declarator")
CLASSES = ("class_specifier", "struct_specifier")


@functools.cache
def _parser() -> Parser:
    import tree_sitter_cpp
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_cpp.language()))


def tree_of(text: str) -> Tree:
    """Parse a text."""
    return _parser().parse(without_disabled(text).encode())


@dataclass(frozen=True)
class Entry:
    """One node at namespace or class scope, and where it stands.

    Attributes:
        node: of the syntax tree.
        namespace: names of the namespaces around it; None stands for one without a name.
        conditions: of the `#if` around it.
        above: the node that a comment above it would be beside of.
    """

    node: Node
    namespace: tuple[str | None, ...] = ()
    conditions: tuple[str, ...] = ()


def walk(
    parent: Node,
    namespace: tuple[str | None, ...] = (),
    conditions: tuple[str, ...] = (),
) -> Iterator[Entry]:
    """Yield what stands at a scope, looking into namespaces, `#if` and `extern "C"`."""
    for node in parent.named_children:
        if node.type in _CONDITIONALS:
            if parent.type in _CONDITIONALS and node == parent.child_by_field_name("alternative"):
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


def clean_doc(comments: list[str]) -> str:
    """Return the text of the comments above a declaration, as a docstring."""
    lines: list[str] = []
    for comment in comments:
        if comment.startswith("//"):
            lines.append(re.sub(r"^//[/!]?<?[ ]?", "", comment).rstrip())
            continue
        inner = re.sub(r"^/\*[*!]*<?|\**/$", "", comment)
        lines += [re.sub(r"^[ \t]*\*? ?", "", line).rstrip() for line in inner.split("\n")]
    text = "\n".join(lines).strip("\n")
    text = re.sub(r"[@\\](?:brief|details?|short)[ \t]+", "", text)
    text = re.sub(r"[@\\]t?param(?:\[[^\]]*\])?[ \t]+(\w+)[ \t]*:?[ \t]*", r"\1: ", text)
    text = re.sub(r"[@\\](?:returns?|result)\b[ \t]*", "Returns: ", text)
    text = re.sub(r"[@\\](?:throws?|exception)\b[ \t]*", "Raises: ", text)
    return text.strip()


def last_name(kind: Node | None) -> str:
    """Return the last name of a type: `vector` of `std::vector<int>`."""
    while kind is not None and kind.type in ("qualified_identifier", "template_type", *CLASSES):
        kind = kind.child_by_field_name("name")
    return text_of(kind)


def public_bases(clause: Node | None, is_class: bool) -> tuple[tuple[Base, ...], int]:
    """Return the public bases, and how many bases there are."""
    if clause is None:
        return (), 0
    found, count = [], 0
    access = "private" if is_class else "public"
    for child in clause.children:
        if child.type == "access_specifier":
            access = text_of(child)
        elif child.type in ("type_identifier", "qualified_identifier", "template_type"):
            count += 1
            if access == "public":
                found.append(Base(text_of(child), last_name(child)))
        elif child.type == ",":
            access = "private" if is_class else "public"
    return tuple(found), count


def is_defined(node: Node) -> bool:
    kinds = ("default_method_clause", "compound_statement", "try_statement")
    return any(child.type in kinds for child in node.children)


def member_name(node: Node) -> tuple[str, str]:
    """Return class and name of a member that is named from outside: `ns::Stack<T>::push`."""
    scope = ""
    inner: Node | None = node
    while inner is not None and inner.type == "qualified_identifier":
        place = inner.child_by_field_name("scope")
        scope = last_name(place) if place is not None else scope
        inner = inner.child_by_field_name("name")
    name = text_of(inner)
    return scope, name


def qualifiers(function: Node) -> str:
    kinds = ("type_qualifier", "ref_qualifier")
    return " ".join(text_of(child) for child in function.children if child.type in kinds)


def virtual_words(function: Node) -> tuple[str, ...]:
    return tuple(text_of(c) for c in function.children if c.type == "virtual_specifier")


def has_auto(parameters: Node) -> bool:
    return any(
        (kind := child.child_by_field_name("type")) is not None
        and kind.type == "placeholder_type_specifier"
        for child in parameters.named_children
    )


def is_constant(words: set[str], declarator: Node) -> bool:
    """Whether a variable is constant: a pointer must be const itself."""
    if "constexpr" in words:
        return True
    if declarator.type == "pointer_declarator":
        inner = declarator
        return any(text_of(child) == "const" for child in inner.children) or "const" in words
    return "const" in words


def is_array(declarator: Node) -> bool:
    node: Node | None = declarator
    while node is not None and node.type in _DECLARATOR_LAYERS:
        node = inner_declarator(node)
    return node is not None and node.type == "array_declarator"


def field_obstacle(node: Node, declarator: Node) -> str:
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


def next_default(node: Node, declarator: Node) -> Node | None:
    """Return the default value that belongs to one of several declarators."""
    children = node.children
    position = children.index(declarator)
    for index in range(position + 1, len(children)):
        if children[index].type in (",", ";"):
            return None
        if node.field_name_for_child(index) == "default_value":
            return children[index]
    return None


def template_names(parameters: Node) -> tuple[str, ...]:
    names = []
    for child in parameters.named_children:
        if child.type == "type_parameter_declaration":
            names.append(text_of(child.named_children[0]) if child.named_children else "")
        elif child.type == "optional_type_parameter_declaration":
            names.append(text_of(child.child_by_field_name("name")))
        else:
            names.append(text_of(declared_name(child.child_by_field_name("declarator"))))
    return tuple(names)
