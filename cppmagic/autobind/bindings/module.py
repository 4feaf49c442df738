"""The module: all bindings of a text, and the initialisation that calls them."""

from __future__ import annotations

from collections.abc import Iterator

from cppmagic.autobind.bindings.bound import Bound, move_only
from cppmagic.autobind.bindings.classes import class_declaration, class_definition
from cppmagic.autobind.bindings.code import Code, joined, marker, specialised
from cppmagic.autobind.bindings.enums import enum_code
from cppmagic.autobind.bindings.exceptions import exception_code
from cppmagic.autobind.bindings.functions import constant_code, function_code, main_code
from cppmagic.autobind.bindings.names import literal, qualified
from cppmagic.autobind.bindings.report import report
from cppmagic.autobind.bindings.selection import Options, Selection, select
from cppmagic.autobind.declarations import Class, Declarations, Enum

# By their own names and first of all, so that what can be prepared of pybind11 is recognised.
_PYBIND11 = ("chrono", "complex", "functional", "native_enum", "pybind11", "stl", "stl/filesystem")
HEADER = (
    "".join(f"#include <pybind11/{name}.h>\n" for name in _PYBIND11)
    + "#include <cppmagic/autobind.hpp>\n"
)

_KEYWORDS = frozenset(
    (
        *("int", "long", "short", "char", "bool", "float", "double", "void", "unsigned", "signed"),
        *("auto", "const", "static", "extern", "inline", "class", "struct", "return", "if"),
        *("namespace", "template", "typename", "using", "for", "while", "register"),
    )
)


def bindings(declared: Declarations, options: Options) -> str:
    """Return the code that binds what a text declares; it follows the text, or its declarations."""
    selection = select(declared, options)
    code = joined(_parts(selection))
    return "\n".join([*code.outside, *_initialisation(selection, code.inside), ""])


def _parts(selection: Selection) -> Iterator[Code]:
    """Yield all bindings in an order in which each knows what it needs."""
    declared = selection.declared
    yield from _traits(selection)
    for item in selection.types:
        yield _type_code(item, selection)
    for made in selection.classes.values():
        yield class_definition(made, selection)
    for constant in declared.constants:
        yield constant_code(constant, selection)
    for function in declared.functions:
        yield function_code(function, selection)
    yield report(selection)
    if declared.main is not None and selection.options.main:
        yield main_code(declared.main)


def _traits(selection: Selection) -> Iterator[Code]:
    """Yield what tells our templates of the types that are bound, before they first ask."""
    uncopied = move_only(selection.declared)
    for made in selection.classes.values():
        place = (made.number, made.conditions, made.type)
        yield specialised(*place, "cppmagic::is_bound", "true_type")
        if made.declared.name in uncopied:
            yield specialised(*place, "pybind11::detail::is_copy_constructible", "false_type")
    for enum in selection.enums:
        if enum.name:
            place = (enum.number, enum.conditions, qualified(enum))
            yield specialised(*place, "cppmagic::is_bound", "true_type")


def _type_code(item: Enum | Bound | Class, selection: Selection) -> Code:
    if isinstance(item, Enum):
        return enum_code(item, selection)
    if isinstance(item, Bound):
        return class_declaration(item, selection)
    return exception_code(item, selection.scope(item.namespace), selection.exceptions)


def _initialisation(selection: Selection, lines: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of the module's initialisation."""
    declared = selection.declared
    # pybind11's macro is made of keywords: `#define int long long` must not reach it.
    yield from (f"#undef {name}" for name in sorted(declared.macros & _KEYWORDS))
    yield marker(len(declared.lines))
    yield f"PYBIND11_MODULE({selection.options.module}, cppmagic_module) {{"
    yield "::cppmagic::module_being_made() = cppmagic_module;"
    yield 'cppmagic_module.attr("__cppmagic_left_out__") = ::pybind11::list();'
    for path, variable in selection.scopes.items():
        # A submodule of a submodule: def_submodule gives the one that is there already.
        calls = "".join(f".def_submodule({literal(name)})" for name in path)
        yield f"auto {variable} = cppmagic_module{calls};"
    yield from lines
    yield "}"
