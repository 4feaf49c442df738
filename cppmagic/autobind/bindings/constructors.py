"""Constructors, and what stands in for them where a class has none: its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cppmagic.autobind.bindings.bound import Bound
from cppmagic.autobind.bindings.code import Statement
from cppmagic.autobind.bindings.methods import is_callable
from cppmagic.autobind.bindings.names import item_of, literal, python_literal, truth
from cppmagic.autobind.bindings.parameters import descriptors, inside, signature
from cppmagic.autobind.bindings.selection import Selection
from cppmagic.autobind.declarations import Constructor, Field


def constructor_statements(made: Bound, selection: Selection) -> Iterator[Statement]:
    """Yield what defines how objects of a class are made."""
    if not made.declared.has_constructors:
        yield _aggregate(made, selection)
        return
    constructors = [*_own(made, selection), *_inherited(made, selection)]
    for constructor, owner in constructors:
        code = _constructor_code(constructor, owner, overloaded=len(constructors) > 1)
        yield Statement(constructor, code)


def _aggregate(made: Bound, selection: Selection) -> Statement:
    """Return what makes objects of a class without constructors from its fields."""
    declared = made.declared
    fields = [field for field in declared.fields if not field.is_static]
    kept = [field for field in fields if field.number not in selection.dropped]
    is_whole = declared.is_whole and not declared.all_bases and len(kept) == len(fields)
    parts = "".join(
        f", ::cppmagic::part{{{python_literal(field.name)}, {literal(_shown_value(field))}, "
        f"&cppmagic_self::{field.name}}}"
        for field in kept
    )
    item = item_of(replace(declared, doc=""))
    code = f"::cppmagic::aggregate<{truth(is_whole)}>(cppmagic_scope, {item}{parts});"
    return Statement(declared, code)


def _shown_value(field: Field) -> str:
    """Return the initializer of a field as a signature shows it."""
    return "" if field.initializer.startswith("{") else field.initializer


def _own(made: Bound, selection: Selection) -> Iterator[tuple[Constructor, Bound]]:
    for constructor in made.declared.constructors:
        if is_callable(constructor, made, selection):
            yield constructor, made


def _inherited(made: Bound, selection: Selection) -> Iterator[tuple[Constructor, Bound]]:
    for name in made.declared.inherits_constructors:
        base = selection.class_names.get(name)
        if base is not None and base is not made:
            yield from ((constructor, base) for constructor in base.declared.constructors)


def _constructor_code(constructor: Constructor, owner: Bound, overloaded: bool) -> str:
    parameters = inside(constructor.parameters, owner)
    shown = f"{constructor.name}::{constructor.name}"
    item = item_of(replace(constructor, parameters=parameters), shown)
    code = (
        f"::cppmagic::constructor<{truth(overloaded)}, void({signature(parameters)})>("
        f"cppmagic_scope, {item}{descriptors(parameters)});"
    )
    if not converts(constructor):
        return code
    first = parameters[0].text
    return f"{code} ::cppmagic::implicit_conversion<void({first})>(cppmagic_scope);"


def converts(constructor: Constructor) -> bool:
    """Whether another value becomes an object by it without being asked to."""
    parameters = constructor.parameters
    is_single = parameters and all(p.default is not None for p in parameters[1:])
    return bool(is_single) and not constructor.is_explicit
