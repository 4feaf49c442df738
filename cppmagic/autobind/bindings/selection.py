"""Selection: what of a text is bound, and in which of the module's scopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cppmagic.autobind.bindings.bound import Bound, bound_classes
from cppmagic.autobind.bindings.exceptions import exceptions_by_name
from cppmagic.autobind.declarations import (
    Class,
    Declarations,
    Declared,
    Enum,
    Field,
    Function,
)


@dataclass(frozen=True)
class Options:
    """What decides the bindings beside the text.

    Attributes:
        module: the module's name.
        main: whether `main` is bound.
        links: whether something is linked that may define what the text only declares.
        dropped: by number of a declaration, why it is not bound although it could be expected to.
    """

    module: str
    main: bool = False
    links: bool = False
    dropped: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Selection:
    """What of a text is bound.

    Attributes:
        declared: all that the text declares.
        options: what else decides.
        dropped: numbers of the declarations that are not bound although they could be expected to.
        classes: by number; exceptions are not among them.
        class_names: the same by name; a template's name stands for an instance of it.
        exceptions: by name, the classes that are derived from std::exception.
        enums: those in classes included.
        types: enums, classes and exceptions in the text's order.
        scopes: by path of a submodule, the variable for it.
        flattened: the namespaces that enclose everything, and are the module itself.
    """

    declared: Declarations
    options: Options
    dropped: frozenset[int]
    classes: dict[int, Bound]
    class_names: dict[str, Bound]
    exceptions: dict[str, Class]
    enums: tuple[Enum, ...]
    types: tuple[Enum | Bound | Class, ...]
    scopes: dict[tuple[str, ...], str]
    flattened: tuple[str, ...]

    def scope(self, namespace: tuple[str, ...]) -> str:
        """Return the variable of the module that a namespace becomes."""
        path = namespace[len(self.flattened) :]
        return self.scopes[path] if path else "cppmagic_module"


def select(declared: Declarations, options: Options) -> Selection:
    """Return what of a text is bound."""
    dropped = frozenset(number for number, _ in options.dropped)
    exceptions = exceptions_by_name(declared.classes)
    all_classes = bound_classes(declared, exceptions)
    classes = {made.number: made for made in all_classes if made.number not in dropped}
    enums = tuple(enum for enum in _enums(declared, classes) if enum.number not in dropped)
    thrown = (made for made in declared.classes if made.name in exceptions)
    types: list[Enum | Bound | Class] = [*enums, *classes.values()]
    types += (made for made in thrown if made.number not in dropped)
    types.sort(key=lambda item: item.number)
    flattened = _common_namespace(declared)
    namespaces = [item.namespace for item in types]
    namespaces += (item.namespace for item in _others(declared, options, dropped))
    return Selection(
        declared=declared,
        options=options,
        dropped=dropped,
        classes=classes,
        class_names=_by_name(classes),
        exceptions=exceptions,
        enums=enums,
        types=tuple(types),
        scopes=_scopes([namespace[len(flattened) :] for namespace in namespaces]),
        flattened=flattened,
    )


def is_found(function: Function, options: Options) -> bool:
    """Whether a function has a definition: in the text, or perhaps in what is linked."""
    return function.has_definition or options.links


def _others(
    declared: Declarations, options: Options, dropped: frozenset[int]
) -> Iterator[Field | Function]:
    """Yield the constants and functions that are bound."""
    yield from (each for each in declared.constants if each.number not in dropped)
    for function in declared.functions:
        if function.number not in dropped and is_found(function, options):
            yield function


def _enums(declared: Declarations, classes: dict[int, Bound]) -> Iterator[Enum]:
    yield from declared.enums
    for made in classes.values():
        if not made.aliases:
            yield from made.declared.enums


def _by_name(classes: dict[int, Bound]) -> dict[str, Bound]:
    names = {made.name: made for made in classes.values()}
    others = {made.declared.name: made for made in classes.values()}
    return others | names


def _scopes(paths: list[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Return a variable for each submodule, in the order in which they are first used."""
    submodules = [path for path in dict.fromkeys(paths) if path]
    return {path: f"cppmagic_scope_{count}" for count, path in enumerate(submodules)}


def _common_namespace(declared: Declarations) -> tuple[str, ...]:
    """Return the namespaces that enclose everything."""
    items: list[Declared] = [
        *declared.functions,
        *declared.classes,
        *declared.instances,
        *declared.enums,
        *declared.constants,
    ]
    paths = [item.namespace for item in items]
    if not paths:
        return ()
    shortest = min(paths, key=len)
    for length in range(len(shortest), 0, -1):
        if all(path[:length] == shortest[:length] for path in paths):
            return shortest[:length]
    return ()
