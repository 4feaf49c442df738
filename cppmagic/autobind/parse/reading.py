"""What is read of a text, part by part: values that are joined in the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from cppmagic.autobind.declarations import (
    Class,
    Constructor,
    Enum,
    Field,
    Function,
    Instance,
    LeftOut,
    Operator,
)

if TYPE_CHECKING:
    from tree_sitter import Node

Part = TypeVar("Part", bound="Reading | Members")


@dataclass
class Numbers:
    """Numbers declarations in the order in which they are read. Nothing else of reading has state.

    Attributes:
        user_lines: for each line of the text, the one that the user sees.
        lines: by number of a declaration, the line that the user sees.
    """

    user_lines: list[int]
    lines: list[int] = field(default_factory=list)

    def next(self, node: Node) -> int:
        """Return the number of the declaration that a node is."""
        self.lines.append(self.user_lines[node.start_point[0]])
        return len(self.lines) - 1


@dataclass(frozen=True)
class Reading:
    """What a part of a text declares at namespace scope.

    Attributes:
        functions: those that are defined, neither templates nor their instances.
        prototypes: functions as declared; their definitions are elsewhere, in the text or not.
        function_templates, function_instances: not yet matched with each other.
        classes, templates, instances, enums, constants, operators, left_out, macros: as in
            `Declarations`.
        variables: those that are not constant, and constants that are defined elsewhere.
        names: the qualified name of each function that is defined here, templates included.
        members: class and name of each member that is defined outside of its class.
        mains: the function `main`.
    """

    functions: tuple[Function, ...] = ()
    prototypes: tuple[Function, ...] = ()
    function_templates: tuple[Function, ...] = ()
    function_instances: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    templates: tuple[Class, ...] = ()
    instances: tuple[Instance, ...] = ()
    enums: tuple[Enum, ...] = ()
    constants: tuple[Field, ...] = ()
    variables: tuple[Field, ...] = ()
    operators: tuple[Operator, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    macros: tuple[str, ...] = ()
    mains: tuple[Function, ...] = ()


@dataclass(frozen=True)
class Members:
    """What a part of a class declares.

    Attributes:
        constructors, methods, fields, operators, enums, classes: as in `Class`.
        friends: operators that are no members.
        left_out: members that are not bound.
        inherited: names of the bases whose constructors it takes over.
        types: names of types, public or not.
        field_types: names in the types of its fields.
        names: of its other members.
        method_names: names of its methods, once for each.
        has_constructors: whether it declares any, public or not.
        has_unseen: whether there are fields that are not among `fields`.
    """

    constructors: tuple[Constructor, ...] = ()
    methods: tuple[Function, ...] = ()
    fields: tuple[Field, ...] = ()
    operators: tuple[Operator, ...] = ()
    enums: tuple[Enum, ...] = ()
    classes: tuple[Class, ...] = ()
    friends: tuple[Operator, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    inherited: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    field_types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    method_names: tuple[str, ...] = ()
    has_constructors: bool = False
    has_unseen: bool = False


def joined(kind: type[Part], parts: Iterable[Part]) -> Part:
    """Return what several parts declare together, in their order."""
    parts = list(parts)
    together: dict[str, Any] = {}
    for each in fields(kind):
        values = [getattr(part, each.name) for part in parts]
        if isinstance(each.default, bool):
            together[each.name] = any(values)
        else:
            together[each.name] = tuple(item for value in values for item in value)
    return kind(**together)
