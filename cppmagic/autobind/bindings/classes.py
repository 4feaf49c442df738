"""Classes: declared first, so that all know each other, then defined with their members."""

from __future__ import annotations

from collections.abc import Iterator

from cppmagic.autobind.bindings.bound import Bound
from cppmagic.autobind.bindings.code import (
    Code,
    Statement,
    in_namespace,
    initialisation,
    joined,
    marker,
    noted,
    under,
)
from cppmagic.autobind.bindings.constructors import constructor_statements
from cppmagic.autobind.bindings.methods import method_statements
from cppmagic.autobind.bindings.names import item_of, literal, prefix_of, python_literal
from cppmagic.autobind.bindings.operators import operator_statements
from cppmagic.autobind.bindings.selection import Selection
from cppmagic.autobind.bindings.trampolines import trampoline
from cppmagic.autobind.declarations import Field, LeftOut


def class_declaration(made: Bound, selection: Selection) -> Code:
    """Return what makes a class, still without members."""
    scope = selection.scope(made.namespace)
    if made.outer is not None:
        outer = selection.classes.get(made.outer)
        if outer is None:
            return Code()
        scope = f"*{_variable(outer)}"
    overridable = trampoline(made, selection)
    name = f"cppmagic_class_{made.number}"
    declaration = (
        f"using {name} = ::pybind11::class_<{', '.join(_arguments(made, overridable, selection))}>;"
        f" static {name} *cppmagic_made_{made.number}; "
    )
    line = (
        f"{_variable(made)} = new {prefix_of(made.namespace)}{name}({scope}, "
        f"{python_literal(made.name)}, {literal(made.doc)});"
    )
    place = (made.number, made.namespace, made.conditions)
    return joined(
        [
            in_namespace(*place, overridable) if overridable else Code(),
            in_namespace(*place, declaration),
            initialisation(made.number, made.conditions, line),
        ]
    )


def _variable(made: Bound) -> str:
    return f"{prefix_of(made.namespace)}cppmagic_made_{made.number}"


def _arguments(made: Bound, overridable: str, selection: Selection) -> Iterator[str]:
    """Yield the arguments of `pybind11::class_`."""
    yield made.type
    if overridable:
        yield f"cppmagic_overridable_{made.number}"
    for base in made.declared.bases:
        bound = selection.class_names.get(base.name)
        if bound is not None and bound is not made:
            yield bound.type
    yield "::pybind11::smart_holder"


def class_definition(made: Bound, selection: Selection) -> Code:
    """Return what gives a class its members, and notes which are left out."""
    members = list(_members(made, selection))
    left_out = joined(noted(each) for each in members if isinstance(each, LeftOut))
    if made.outer is not None and made.outer not in selection.classes:
        return left_out
    head = (
        f"static void cppmagic_define_{made.number}() {{ using cppmagic_self = {made.type}; "
        f"auto &cppmagic_scope = *cppmagic_made_{made.number}; (void)cppmagic_scope; "
        + " ".join(made.aliases)
    )
    opening = "".join(f"namespace {name} {{ " for name in made.namespace)
    lines = [marker(made.number), opening + head]
    for each in members:
        if isinstance(each, Statement) and each.item.number not in selection.dropped:
            own = tuple(text for text in each.item.conditions if text not in made.conditions)
            lines += under(own, marker(each.item.number), each.code)
    lines.append("}" + "}" * len(made.namespace))
    call = f"{prefix_of(made.namespace)}cppmagic_define_{made.number}();"
    definition = Code(under(made.conditions, *lines), under(made.conditions, call))
    return joined([left_out, definition])


def _members(made: Bound, selection: Selection) -> Iterator[Statement | LeftOut]:
    """Yield what defines the members of a class."""
    declared = made.declared
    yield from constructor_statements(made, selection)
    for field in declared.fields:
        yield Statement(field, _field_code(made, field))
    yield from method_statements(made, selection)
    yield from operator_statements(made, selection)
    names = "".join(f"{python_literal(f.name)}, " for f in declared.fields if not f.is_static)
    yield Statement(declared, f"::cppmagic::object_protocol(cppmagic_scope, {{{names}}});")
    yield Statement(declared, "::cppmagic::container_protocol(cppmagic_scope);")


def _field_code(made: Bound, field: Field) -> str:
    item = item_of(field, f"{made.name}::{field.name}")
    name = f"cppmagic_self::{field.name}"
    if not field.is_static:
        return f"::cppmagic::field(cppmagic_scope, {item}, &{name});"
    if field.is_constant:
        # By value: a constant that is not defined has no address.
        how = "-> decltype(auto) { return (%s); }" if field.is_array else "{ return %s; }"
        return f"::cppmagic::constant(cppmagic_scope, {item}, []() {how % name});"
    return f"::cppmagic::static_field(cppmagic_scope, {item}, &{name});"
