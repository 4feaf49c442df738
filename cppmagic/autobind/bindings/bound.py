"""Classes as they are bound: those that a text declares, and those that its templates make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cppmagic.autobind.bindings.names import qualified
from cppmagic.autobind.declarations import Class, Declarations, Instance

# What a template's argument is, if not a type.
_VALUE = re.compile(r"-?[\d'xa-fA-FuUlL]+|true|false|'.'")


@dataclass(frozen=True)
class Bound:
    """A class as it is bound.

    Attributes:
        declared: the class, or the template.
        number, name, namespace, conditions, doc: of the class, or of what makes it.
        type: its type, qualified.
        aliases: statements that give the template's parameters their meaning.
        outer: number of the class around it, if there is one.
    """

    declared: Class
    number: int
    name: str
    namespace: tuple[str, ...]
    type: str
    aliases: tuple[str, ...]
    conditions: tuple[str, ...]
    doc: str
    outer: int | None


def bound_classes(declared: Declarations, exceptions: dict[str, Class]) -> Iterator[Bound]:
    """Yield the classes that a text has; exceptions are bound in a way of their own."""
    for made in declared.classes:
        if made.name not in exceptions:
            yield from _with_nested(made, None)
    templates = {made.name: made for made in declared.templates}
    instances = [each for each in declared.instances if each.template in templates]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for instance in sorted(instances, key=lambda each: not each.is_alias):
        if (instance.template, instance.arguments) not in seen:
            seen.add((instance.template, instance.arguments))
            yield _instance_of(templates[instance.template], instance, instances)


def _with_nested(made: Class, outer: int | None) -> Iterator[Bound]:
    yield Bound(
        made,
        made.number,
        made.name,
        made.namespace,
        type=qualified(made),
        aliases=(),
        conditions=made.conditions,
        doc=made.doc,
        outer=outer,
    )
    for inner in made.classes:
        yield from _with_nested(inner, made.number)


def _instance_of(template: Class, instance: Instance, instances: list[Instance]) -> Bound:
    return Bound(
        template,
        instance.number,
        _instance_name(instance, instances),
        instance.namespace,
        type=f"{qualified(template)}<{', '.join(instance.arguments)}>",
        aliases=tuple(_aliases(template, instance)),
        conditions=instance.conditions,
        doc=instance.doc or template.doc,
        outer=None,
    )


def _instance_name(instance: Instance, instances: list[Instance]) -> str:
    """Return the user's name of an instance, or one that says which of several it is."""
    unnamed = [other for other in instances if not other.is_alias]
    if instance.is_alias or sum(other.template == instance.template for other in unnamed) == 1:
        return instance.name
    arguments = re.sub(r"\W+", "_", "_".join(instance.arguments)).strip("_")
    return f"{instance.name}_{arguments}"


def _aliases(template: Class, instance: Instance) -> Iterator[str]:
    for parameter, argument in zip(template.template_names, instance.arguments, strict=False):
        if parameter and _VALUE.fullmatch(argument):
            yield f"[[maybe_unused]] constexpr auto {parameter} = {argument};"
        elif parameter:
            yield f"using {parameter} = {argument};"


def move_only(declared: Declarations) -> frozenset[str]:
    """Return the classes that hold a unique_ptr, in whatever container.

    A std::vector of them claims to have a copy constructor, which then does not compile.
    """
    classes = [*declared.classes, *declared.templates]
    for made in classes:
        classes += made.classes
    found = {"unique_ptr"}
    before = 0
    while len(found) > before:
        before = len(found)
        found |= {made.name for made in classes if made.field_types & found}
    return frozenset(found)
