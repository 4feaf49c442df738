"""Exceptions: classes derived from std::exception become classes of exceptions."""

from __future__ import annotations

from cppmagic.autobind.bindings.code import Code, initialisation
from cppmagic.autobind.bindings.names import item_of, qualified
from cppmagic.autobind.declarations import Class

_STANDARD_EXCEPTIONS = frozenset(
    (
        *("exception", "runtime_error", "logic_error", "invalid_argument", "domain_error"),
        *("length_error", "out_of_range", "range_error", "overflow_error", "underflow_error"),
        *("bad_alloc", "bad_cast", "bad_typeid", "bad_function_call", "bad_exception"),
        *("system_error", "failure"),
    )
)


def exceptions_by_name(classes: tuple[Class, ...]) -> dict[str, Class]:
    """Return the classes that are derived from std::exception, by name."""
    found: dict[str, Class] = {}
    for made in classes:
        if any(base.name in _STANDARD_EXCEPTIONS or base.name in found for base in made.bases):
            found[made.name] = made
    return found


def exception_code(made: Class, scope: str, exceptions: dict[str, Class]) -> Code:
    """Return the binding of an exception.

    Args:
        made: the class.
        scope: the module that it is bound in.
        exceptions: all of the text, by name.
    """
    base = next((each.name for each in made.bases if each.name in exceptions), "")
    parent = _variable(exceptions[base]) if base else "{}"
    line = (
        f"static ::pybind11::object &{_variable(made)} = *new ::pybind11::object("
        f"::cppmagic::exception<{qualified(made)}>({scope}, {item_of(made)}, {parent}));"
    )
    return initialisation(made.number, made.conditions, line, f"(void){_variable(made)};")


def _variable(made: Class) -> str:
    return f"cppmagic_exception_{made.number}"
