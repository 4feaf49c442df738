"""Divide a C++ header into what every unit must see and what one unit can keep for all.

Whoever includes pybind11 compiles its core again: hundreds of functions that are not templates and
never differ. Here such a header is rewritten in two ways, line by line the same: one only declares
these functions, the other makes the compiler emit them all, used or not. Units are compiled with
the first, and linked with one object that was compiled from the second.

This is a scanner for headers written in pybind11's style, not a parser of C++: what it does not
understand it leaves as it is, and what it misunderstands does not link, so that the caller, who
tries the result, takes the plain headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cppmagic.lexical import code_only

# A shorter function is worth inlining, and costs a unit next to nothing.
_WORTH_KEEPING = 100
# A call that releases the GIL goes through it: worth inlining, however long.
_ON_EVERY_CALL = ("gil_scoped_release",)
_SPACE = re.compile(r"\s+")

_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
# Macros that stand before a declaration like a statement of their own.
_STATEMENT_MACRO = re.compile(
    r"\s*[A-Z][A-Z0-9_]*(?:_(?:BEGIN|END|PUSH|POP)\b|\((?:[^()]|\([^()]*\))*\))"
)
_ACCESS = re.compile(r"\s*(?:public|protected|private)\s*:(?!:)")
_CLASS = re.compile(r"\s*(?:typedef\s+)?(?:class|struct|union|enum)\b")
_NAMESPACE = re.compile(r"\s*(?:inline\s+)?namespace\b([^({]*)$|\s*extern\s*$")
# Emitted where they are declared, or decided by where they are: virtual functions and destructors
# (the first that is not inline decides where the class's tables are), functions whose type or
# value must be known, and what only this unit may see.
_NOT_MOVABLE = re.compile(
    r"\b(?:template|constexpr|consteval|auto|decltype|friend|virtual|override|final|operator|try"
    r"|PYBIND11_DEPRECATED|asm)\b|~|="
)
_INLINE = re.compile(r"\b(?:inline|\w+_NOINLINE|\w+_INLINE)\b")
_NEVER_INLINED = re.compile(r"\b\w+_NOINLINE\b")
# Each unit has its own, whatever the definition says later.
_DECLARED_STATIC = re.compile(r"\bstatic\b[^;{}()=]*\b(\w+)\s*\([^;{}]*\)\s*;")
_NAME = re.compile(r"([\w:]+)\s*\(")


@dataclass(frozen=True)
class Function:
    """A function that one unit can keep for all: offsets in the header's text.

    Attributes:
        name: without its class.
        start: of its declaration.
        head_end: behind its declaration: where its body or its initialisers begin.
        end: behind its body.
        declared: whether its declaration stands elsewhere already (`void C::f() {}`).
        constructor: whether it has no type of its own.
    """

    name: str
    start: int
    head_end: int
    end: int
    declared: bool
    constructor: bool


@dataclass
class _Scope:
    kind: str  # "namespace" or "class"
    name: str = ""
    open: bool = True  # whether functions in it can be kept by another unit


def declarations_only(text: str, constructors: bool = True) -> str:
    """Return the header's text with the bodies of `movable_functions` left out.

    Args:
        text: of the header.
        constructors: whether those of constructors are left out too.
    """
    parts, position = [], 0
    for function in movable_functions(text, constructors):
        parts.append(text[position : function.start])
        declared = ""
        if not function.declared:
            head = text[function.start : function.head_end]
            declared = _INLINE.sub("", head).rstrip() + ";"
        lines = text.count("\n", function.start, function.end) - declared.count("\n")
        parts.append(declared + "\n" * lines)
        position = function.end
    return "".join([*parts, text[position:]])


def definitions_emitted(text: str, constructors: bool = True) -> str:
    """Return the header's text such that a unit emits all `movable_functions`, used or not."""
    parts, position = [], 0
    for function in movable_functions(text, constructors):
        head = text[function.start : function.head_end]
        linkage = re.match(r'extern\s*"C"\s*', head)
        place = function.start + (linkage.end() if linkage else 0)
        parts += [text[position:place], "__attribute__((used)) "]
        position = place
    return "".join([*parts, text[position:]])


def movable_functions(text: str, constructors: bool = True) -> tuple[Function, ...]:
    """Return the functions of a header that one unit can keep for all, in order."""
    code = _DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), code_only(text))
    try:
        found = list(_scan(code))
    except _NotUnderstoodError:
        return ()
    directives = [match.start() for match in _DIRECTIVE.finditer(text)]
    staying = {*_ON_EVERY_CALL, *_DECLARED_STATIC.findall(code)}
    return tuple(
        function
        for function in found
        if (constructors or not function.constructor)
        and function.name not in staying
        and not any(function.start < place < function.head_end for place in directives)
        and (
            len(_SPACE.sub("", code[function.head_end : function.end])) > _WORTH_KEEPING
            or _NEVER_INLINED.search(code, function.start, function.head_end)
        )
    )


class _NotUnderstoodError(Exception):
    pass


def _scan(code: str) -> Iterator[Function]:
    scopes = [_Scope("namespace")]
    statement = position = 0
    marks = re.compile(r"[{}();]")
    while match := marks.search(code, position):
        mark, place = match.group(), match.start()
        position = match.end()
        if mark == "(":
            position = _closing(code, place)
        elif mark == ")":
            raise _NotUnderstoodError
        elif mark == ";":
            statement = position
        elif mark == "}":
            scopes.pop()
            if not scopes:
                raise _NotUnderstoodError
            statement = position
        else:
            statement = _beginning(code, statement, place)
            head = code[statement:place]
            scope = _opened(head, scopes[-1])
            if scope is not None:
                scopes.append(scope)
                statement = position
                continue
            position = _closing(code, place)
            initialisers = re.search(r"\)[^:()]*:(?!:)", head)
            if initialisers and re.search(r"[\w>]\s*$", head[initialisers.end() :]):
                continue  # `Thing(int n) : size{n}, ...`: one of the initialisers
            end = statement + initialisers.end() - 1 if initialisers else place
            function = _function(code, statement, end, position, scopes[-1])
            if function is not None:
                yield function
            if "=" not in _outside_parentheses(head):  # `int table[] = {...}` goes on to its `;`
                statement = position
    if len(scopes) != 1:
        raise _NotUnderstoodError


def _beginning(code: str, start: int, end: int) -> int:
    """Skip what stands before a declaration and does not belong to it."""
    while match := _ACCESS.match(code, start, end) or _STATEMENT_MACRO.match(code, start, end):
        start = match.end()
    return start + len(code[start:end]) - len(code[start:end].lstrip())


def _opened(head: str, outer: _Scope) -> _Scope | None:
    """Return the scope that a brace after `head` opens, or None if it is no scope."""
    namespace = _NAMESPACE.match(head)
    if namespace:
        unnamed = "namespace" in head and not (namespace[1] or "").strip()
        return _Scope("namespace", "", outer.open and not unnamed)
    plain = re.sub(r"^template\b\s*", "", head)
    template = plain != head
    if template:
        plain = _without_angles(plain)
    if _CLASS.match(plain):
        name = re.search(r"(\w+)\s*(?:final\s*)?(?::(?!:)|$)", plain)
        return _Scope("class", name[1] if name else "", outer.open and not template)
    return None


def _function(code: str, start: int, head_end: int, end: int, scope: _Scope) -> Function | None:
    head = code[start:head_end]
    outside = _outside_parentheses(head)
    name = _NAME.search(head)
    if not scope.open or name is None or _NOT_MOVABLE.search(outside):
        return None
    if scope.kind == "namespace" and re.search(r"\bstatic\b", outside):
        return None
    qualified = "::" in name[1]
    if scope.kind == "namespace" and not qualified and not _INLINE.search(outside):
        return None  # no function of a header, or of a macro that we do not know
    last = name[1].rpartition("::")
    constructor = (qualified and last[0].rpartition("::")[2] == last[2]) or name[1] == scope.name
    return Function(last[2], start, head_end, end, qualified, constructor)


def _outside_parentheses(head: str) -> str:
    while (shorter := re.sub(r"\([^()]*\)", " ", head)) != head:
        head = shorter
    return head


def _without_angles(head: str) -> str:
    """Return what follows the angle brackets at the beginning of `head`."""
    depth = 0
    for position, character in enumerate(head):
        depth += (character == "<") - (character == ">")
        if depth == 0:
            return head[position + 1 :]
    raise _NotUnderstoodError


def _closing(code: str, place: int) -> int:
    """Return the position behind the bracket that closes the one at `place`."""
    pairs = {"(": ")", "{": "}"}
    waiting: list[str] = []
    for match in re.compile(r"[(){}]").finditer(code, place):
        mark = match.group()
        if mark in pairs:
            waiting.append(pairs[mark])
        elif not waiting or waiting.pop() != mark:
            raise _NotUnderstoodError
        if not waiting:
            return match.end()
    raise _NotUnderstoodError
