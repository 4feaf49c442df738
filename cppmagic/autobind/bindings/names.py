"""Names and literals: how generated code writes what a declaration is called, in C++ and Python."""

from __future__ import annotations

import keyword

from cppmagic.autobind.declarations import Class, Declared, Enum, Parameter


def python_name(name: str) -> str:
    """Return a C++ name as Python can write it."""
    return f"{name}_" if keyword.iskeyword(name) else name


def literal(text: str) -> str:
    """Return a text as a string literal of C++ on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = escaped.replace("\t", "\\t").replace("\r", "").replace("\0", "")
    return f'"{escaped}"'


def python_literal(name: str) -> str:
    """Return the name that something has in Python as a literal."""
    return literal(python_name(name))


def truth(value: bool) -> str:
    """Return a truth value of C++."""
    return "true" if value else "false"


def prefix_of(namespace: tuple[str, ...]) -> str:
    """Return what stands before a name in a namespace: `::a::b::`."""
    return "".join(f"::{name}" for name in namespace) + "::"


def path_of(item: Declared) -> str:
    """Return the qualified name of something at namespace scope."""
    return prefix_of(item.namespace) + item.name


def qualified(item: Class | Enum) -> str:
    """Return the qualified name of a type, be it inside of a class."""
    return "::".join(("", *item.namespace, *item.outer, item.name))


def item_of(declared: Declared, shown: str = "") -> str:
    """Return what messages and docstrings say of a declaration, as C++.

    Args:
        declared: the declaration, under the name that it gets.
        shown: its name for messages, if that is another.
    """
    parameters: tuple[Parameter, ...] = getattr(declared, "parameters", ())
    result = getattr(declared, "result", "") or getattr(declared, "type", "")
    texts = ", ".join(literal(parameter.text) for parameter in parameters)
    words = [
        str(declared.number),
        python_literal(declared.name),
        literal(shown or declared.name),
        literal(declared.doc),
        literal(result),
        f"{{{texts}}}",
    ]
    return f"::cppmagic::item{{{', '.join(words)}}}"
