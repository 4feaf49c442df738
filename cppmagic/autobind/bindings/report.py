"""Report: what is noted in the module of declarations that it does not have.

What only the way of binding rules out is noted where that is decided: with methods, operators and
functions.
"""

from __future__ import annotations

from collections.abc import Iterator

from cppmagic.autobind.bindings.code import Code, joined, noted
from cppmagic.autobind.bindings.selection import Selection
from cppmagic.autobind.declarations import Class, Declarations, LeftOut


def report(selection: Selection) -> Code:
    """Return what notes the declarations that the text or the compiler rules out."""
    names = _names(selection.declared)
    dropped = (
        LeftOut(number, names.get(number, "a declaration"), reason, ())
        for number, reason in selection.options.dropped
    )
    return joined(noted(each) for each in (*selection.declared.left_out, *dropped))


def _names(declared: Declarations) -> dict[int, str]:
    """Return the names of declarations for messages, by number."""
    plain = (*declared.functions, *declared.enums, *declared.constants, *declared.instances)
    names = {each.number: each.name for each in plain}
    names |= {each.number: f"operator{each.name}" for each in declared.operators}
    for made in (*declared.classes, *declared.templates):
        names |= dict(_names_in(made))
    return names


def _names_in(made: Class) -> Iterator[tuple[int, str]]:
    """Yield the numbers and names of a class and its members."""
    path = "::".join((*made.outer, made.name))
    yield made.number, path
    for member in (*made.methods, *made.constructors, *made.fields, *made.enums):
        yield member.number, f"{path}::{member.name}"
    for operator in made.operators:
        yield operator.number, f"{path}::operator{operator.name}"
    for inner in made.classes:
        yield from _names_in(inner)
