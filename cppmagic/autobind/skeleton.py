"""The declarations of a text, without its function bodies: what the binding unit needs of it.

The user's text is compiled without pybind11, in a unit of its own; the bindings, in another, see
this. So an edited body, also of most methods in classes (see `outlining`), compiles the plain code
again, and nothing else. Where it cannot be done (results of type `auto`, say, or a type of an
anonymous namespace in a signature) both are one unit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cppmagic.autobind.outlining import outlined_methods
from cppmagic.autobind.syntax import (
    CLASSES,
    CONDITIONALS,
    TYPES,
    declared_name,
    function_declarator,
    is_unreadable,
    result_type,
    text_of,
    tree_of,
    words_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_VERBATIM = (
    *("preproc_include", "preproc_def", "preproc_function_def", "using_declaration"),
    *("alias_declaration", "namespace_alias_definition", "static_assert_declaration"),
    *("concept_definition", "friend_declaration"),
)
_NAMES = ("identifier", "field_identifier", "type_identifier", "namespace_identifier")

# A symbol that is hidden and defined nowhere makes linking fail, where else only loading would.
_HIDDEN = '__attribute__((visibility("hidden"))) '


class _ImpossibleError(Exception):
    """The text cannot be divided."""


@dataclass(frozen=True)
class Skeleton:
    """The declarations of a text.

    Attributes:
        text: what a binding unit needs.
        outlined: qualified names of methods whose bodies are left out.
    """

    text: str
    outlined: tuple[str, ...] = ()


@dataclass
class _Piece:
    """A part of the result.

    Attributes:
        text: what is written, "" for what is only kept if something refers to it.
        names: identifiers that the text uses.
        defines: names of what is not written, but could be.
        fallback: the text in that case; None if there is none.
        fallback_names: identifiers that it uses.
        outlined: names of methods whose bodies are left out, from the namespace on.
    """

    text: str
    names: set[str] = field(default_factory=set)
    defines: frozenset[str] = frozenset()
    fallback: str | None = None
    fallback_names: set[str] = field(default_factory=set)
    outlined: tuple[str, ...] = ()


def skeleton(text: str, outline: bool = True) -> Skeleton | None:
    """Return the declarations of a text, or None if they cannot stand without the bodies.

    Args:
        text: of C++.
        outline: whether bodies in classes may be left out, too.
    """
    if "pybind11" in text or "Python.h" in text:
        return None  # it is slow to compile in any case
    try:
        pieces = _pieces(tree_of(text).root_node, outline)
        outlined = tuple(name for piece in pieces for name in piece.outlined)
        return Skeleton("".join(_resolved(pieces)), outlined)
    except _ImpossibleError:
        return None


def _resolved(pieces: list[_Piece]) -> list[str]:
    """Return the texts, with what they refer to."""
    names = set().union(*(piece.names for piece in pieces)) if pieces else set()
    changed = True
    while changed:
        changed = False
        for piece in pieces:
            if piece.defines & names and not piece.text:
                if piece.fallback is None:
                    raise _ImpossibleError
                piece.text = piece.fallback
                names |= piece.fallback_names
                changed = True
    return [piece.text for piece in pieces]


def _pieces(parent: Node, outline: bool) -> list[_Piece]:
    found: list[_Piece] = []
    for node in parent.named_children:
        found += _of_node(node, outline)
    return found


def _of_node(node: Node, outline: bool) -> list[_Piece]:
    kind = node.type
    if kind == "comment":
        return []
    if kind == "preproc_call":
        directive = text_of(node)
        return [] if directive.startswith("#line") else [_Piece(directive + "\n")]
    if kind in _VERBATIM:
        return [_verbatim(node)]
    if kind in CLASSES and outline:
        return [_class(node)]
    if kind in TYPES:
        return [_verbatim(node, ";\n")]
    if kind in ("preproc_if", "preproc_ifdef"):
        return [*_conditional(node), _Piece("#endif\n")]
    if kind in ("namespace_definition", "linkage_specification"):
        return _block(node, outline)
    if kind == "function_definition":
        return _function(node)
    if kind == "declaration":
        return _declaration(node)
    if kind == "type_definition":
        return [_verbatim(node)]
    if kind == "template_declaration":
        return _template(node)
    if kind == "template_instantiation":
        piece = _verbatim(node)
        return [_Piece(f"extern {piece.text}", piece.names)]
    if kind in ("expression_statement", "empty_statement") and text_of(node) == ";":
        return []
    raise _ImpossibleError


def _conditional(node: Node) -> list[_Piece]:
    alternative = node.child_by_field_name("alternative")
    condition = node.child_by_field_name("condition") or node.child_by_field_name("name")
    head = text_of(node.children[0])
    pieces = [_Piece(f"{head} {text_of(condition)}\n" if condition is not None else f"{head}\n")]
    for child in node.named_children:
        if child not in (alternative, condition):
            pieces += _of_node(child, outline=False)  # what is kept has no conditions
    return pieces + (_conditional(alternative) if alternative is not None else [])


def _block(node: Node, outline: bool) -> list[_Piece]:
    body = node.child_by_field_name("body")
    if body is None:
        raise _ImpossibleError
    if node.type == "namespace_definition" and node.child_by_field_name("name") is None:
        # What is in it exists once in each unit: the other one's is not ours.
        names = frozenset(_declared_names(body))
        return [_Piece("", defines=names)]
    if body.type != "declaration_list":
        inner = _of_node(body, outline)
        return [_Piece('extern "C" {\n'), *inner, _Piece("}\n")]
    head = _text(node, node.start_byte, body.start_byte)
    name = text_of(node.child_by_field_name("name"))
    scope = f"{name}::" if node.type == "namespace_definition" else ""
    inner = [
        replace(piece, outlined=tuple(scope + each for each in piece.outlined))
        for piece in _pieces(body, outline)
    ]
    return [_Piece(f"{head} {{\n"), *inner, _Piece("}\n")]


def _class(node: Node) -> _Piece:
    """Return a class without the bodies of its methods that can be elsewhere."""
    found = list(outlined_methods(node))
    bodies = [body for _, method in found if (body := method.child_by_field_name("body"))]
    edits = [(_behind_attributes(method), 0, _HIDDEN) for _, method in found]
    edits += [(body.start_byte, body.end_byte, ";") for body in bodies]
    text = _text(node, node.start_byte, node.end_byte, edits)
    names = _identifiers(node, without={body.id for body in bodies})
    return _Piece(text + ";\n", names, outlined=tuple(name for name, _ in found))


def _function(node: Node, prefix: str = "") -> list[_Piece]:
    declarator = node.child_by_field_name("declarator")
    function = function_declarator(declarator)
    if declarator is None or is_unreadable(declarator) or function is None:
        raise _ImpossibleError
    name = declared_name(declarator)
    words = words_of(node)
    body = node.child_by_field_name("body")
    if any(child.type == "ERROR" for child in node.children) or name is None:
        raise _ImpossibleError
    if any(child.type == "delete_method_clause" for child in node.children):
        return [_verbatim(node, prefix=prefix)]
    is_inline = bool(words & {"inline", "constexpr", "consteval"})
    if name.type == "qualified_identifier":
        return [_verbatim(node, prefix=prefix)] if is_inline else []
    if text_of(name) == "main" and not prefix:
        return []
    if "static" in words:
        piece = _verbatim(node, prefix=prefix)
        defines = frozenset({text_of(name)})
        return [_Piece("", defines=defines, fallback=piece.text, fallback_names=piece.names)]
    if is_inline:
        return [_verbatim(node, prefix=prefix)]
    if body is None or not result_type(node):
        raise _ImpossibleError
    text = prefix + _HIDDEN + _text(node, _behind_attributes(node), body.start_byte) + ";\n"
    return [_Piece(text, _identifiers(node, until=body.start_byte))]


def _behind_attributes(node: Node) -> int:
    """Return where an attribute of ours can stand: behind those such as [[nodiscard]]."""
    ends = [child.end_byte for child in node.children if child.type == "attribute_declaration"]
    return max(ends, default=node.start_byte)


def _declaration(node: Node) -> list[_Piece]:
    kind = node.child_by_field_name("type")
    words = words_of(node)
    declarators = node.children_by_field_name("declarator")
    if any(function_declarator(declarator) is not None for declarator in declarators):
        if "static" in words:
            piece = _verbatim(node)
            defines = frozenset(text_of(declared_name(d)) for d in declarators)
            return [_Piece("", defines=defines, fallback=piece.text, fallback_names=piece.names)]
        return [_verbatim(node)]
    if "extern" in words or "inline" in words or "constexpr" in words or not declarators:
        return [_verbatim(node)]
    pieces = []
    if kind is not None and kind.type in TYPES and kind.child_by_field_name("body"):
        pieces.append(_verbatim(kind, ";\n"))
    names = [declared_name(d.child_by_field_name("declarator") or d) for d in declarators]
    if any(name is not None and name.type == "qualified_identifier" for name in names):
        return pieces  # a static member
    if "const" in words and all(_is_simple(declarator) for declarator in declarators):
        return [*pieces, _verbatim(node)]
    # A second one of it would be made, and a second value: so it may be in one unit only.
    defines = frozenset(text_of(name) for name in names)
    if "const" in words:
        raise _ImpossibleError
    return [*pieces, _Piece("", defines=defines)]


def _is_simple(declarator: Node) -> bool:
    """Whether an initializer can be evaluated twice, and no one will notice."""
    if declarator.type != "init_declarator":
        return False
    value = declarator.child_by_field_name("value")
    return (
        value is not None
        and value.type != "argument_list"
        and not any(_contains(value, kind) for kind in ("call_expression", "lambda_expression"))
    )


def _contains(node: Node, kind: str) -> bool:
    return node.type == kind or any(_contains(child, kind) for child in node.named_children)


def _template(node: Node) -> list[_Piece]:
    inner = node.named_children[-1]
    parameters = node.child_by_field_name("parameters")
    if inner.type == "function_definition" and parameters is not None:
        if not parameters.named_children:
            return _function(inner, prefix="template <> ")
        declarator = inner.child_by_field_name("declarator")
        if declarator is not None and is_unreadable(declarator):
            raise _ImpossibleError
    return [_verbatim(node)]


def _verbatim(node: Node, ending: str = "\n", prefix: str = "") -> _Piece:
    if any(child.type == "ERROR" for child in node.children):
        raise _ImpossibleError
    text = prefix + _text(node, node.start_byte, node.end_byte)
    return _Piece(text + ending, _identifiers(node))


def _text(node: Node, start: int, end: int, edits: Iterable[tuple[int, int, str]] = ()) -> str:
    """Return a part of a node's text without comments.

    Args:
        node: whose.
        start, end: of the part, in bytes of the whole text.
        edits: what else is replaced: (start, end, text); where end is 0, the text is put in.
    """
    data = node.text or b""
    offset = node.start_byte
    comments = ((each.start_byte, each.end_byte, "") for each in _comments(node))
    parts: list[bytes] = []
    position = start
    for first, last, text in sorted([*comments, *edits]):
        if first >= position and last <= end:  # not inside of what has been replaced
            parts += [data[position - offset : first - offset], text.encode()]
            position = max(first, last)
    parts.append(data[position - offset : end - offset])
    return b" ".join(filter(None, parts)).decode("utf-8", "replace").strip()


def _comments(node: Node) -> list[Node]:
    found = []
    for child in node.named_children:
        if child.type == "comment":
            found.append(child)
        else:
            found += _comments(child)
    return found


def _identifiers(node: Node, until: int | None = None, without: Collection[int] = ()) -> set[str]:
    """Return the names that a node uses; those of parameters are its own.

    Args:
        node: which.
        until: where the part of it ends, in bytes of the whole text; default: all.
        without: ids of nodes in it that do not count.
    """
    found: set[str] = set()
    for child in node.named_children:
        if (until is not None and child.start_byte >= until) or child.id in without:
            continue
        if child.type in _NAMES:
            is_parameter = node.type in ("parameter_declaration", "optional_parameter_declaration")
            if not (is_parameter and child == node.child_by_field_name("declarator")):
                found.add(text_of(child))
        found |= _identifiers(child, until, without)
    return found


def _declared_names(body: Node) -> set[str]:
    """Return what an anonymous namespace declares."""
    found: set[str] = set()
    for node in body.named_children:
        if node.type in TYPES:
            found.add(text_of(node.child_by_field_name("name")))
        elif node.type == "namespace_definition":
            found.add(text_of(node.child_by_field_name("name")))
            inner = node.child_by_field_name("body")
            found |= _declared_names(inner) if inner is not None else set()
        elif node.type in CONDITIONALS or node.type == "template_declaration":
            found |= _declared_names(node)
        elif node.type == "alias_declaration":
            found.add(text_of(node.child_by_field_name("name")))
        else:
            for declarator in node.children_by_field_name("declarator"):
                name = declared_name(declarator.child_by_field_name("declarator") or declarator)
                found.add(text_of(name))
            kind = node.child_by_field_name("type")
            if kind is not None and kind.type in TYPES:
                found.add(text_of(kind.child_by_field_name("name")))
                found |= _identifiers(kind)
    return found - {""}
