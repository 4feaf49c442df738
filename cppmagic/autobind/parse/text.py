"""A whole text: what all of it declares."""

from __future__ import annotations

from collections import Counter

from cppmagic.autobind.declarations import Declarations, Function
from cppmagic.autobind.parse.instances import bound_instances, not_instantiated
from cppmagic.autobind.parse.namespaces import read_entry
from cppmagic.autobind.parse.prototypes import with_prototypes
from cppmagic.autobind.parse.reading import Numbers, Reading, joined
from cppmagic.autobind.parse.scopes import walk
from cppmagic.autobind.parse.variables import unbound_variables
from cppmagic.autobind.syntax import tree_of, user_lines


def parse(text: str) -> Declarations:
    """Return what a text declares.

    Args:
        text: rendered; its `#line` directives say which lines the user sees.
    """
    numbers = Numbers(user_lines(text.encode()))
    entries = walk(tree_of(text).root_node)
    return _declarations(
        joined(Reading, [read_entry(entry, numbers) for entry in entries]), numbers
    )


def _declarations(reading: Reading, numbers: Numbers) -> Declarations:
    """Return what was read, with what belongs together put together."""
    instances = bound_instances(reading.function_instances, reading.function_templates)
    functions = (*with_prototypes(reading), *instances)
    return Declarations(
        functions=tuple(sorted(functions, key=lambda function: function.number)),
        classes=reading.classes,
        instances=reading.instances,
        templates=reading.templates,
        enums=reading.enums,
        constants=reading.constants,
        operators=reading.operators,
        left_out=(*reading.left_out, *unbound_variables(reading), *not_instantiated(reading)),
        lines=tuple(numbers.lines),
        main=reading.mains[-1] if reading.mains else None,
        overloads=_overloads(reading.names, instances),
        members=frozenset(reading.members),
        macros=frozenset(reading.macros),
    )


def _overloads(
    names: tuple[tuple[str, ...], ...], instances: tuple[Function, ...]
) -> frozenset[tuple[str, ...]]:
    """Return the qualified names that more than one function has."""
    counts = Counter([*names, *((*made.namespace, made.name) for made in instances)])
    return frozenset(name for name, count in counts.items() if count > 1)
