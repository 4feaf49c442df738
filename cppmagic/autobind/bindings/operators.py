"""Operators: special methods of Python's, of the class to which an operator belongs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cppmagic.autobind.bindings.bound import Bound
from cppmagic.autobind.bindings.code import Statement
from cppmagic.autobind.bindings.constructors import converts
from cppmagic.autobind.bindings.methods import method_code
from cppmagic.autobind.bindings.names import item_of
from cppmagic.autobind.bindings.parameters import inside, inside_text, signature
from cppmagic.autobind.bindings.selection import Selection
from cppmagic.autobind.declarations import Function, LeftOut, Operator, Parameter

_BINARY = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "%": "mod",
    "^": "xor",
    "&": "and",
    "|": "or",
    "<<": "lshift",
    ">>": "rshift",
}
_UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
_COMPARISONS = {
    "==": "__eq__",
    "!=": "__ne__",
    "<": "__lt__",
    "<=": "__le__",
    ">": "__gt__",
    ">=": "__ge__",
}
_MIRRORED = {"<": "__gt__", "<=": "__ge__", ">": "__lt__", ">=": "__le__"}
_STREAMS = ("ostream", "istream", "iostream", "basic_ostream", "basic_istream")
_NONE = "Python has no such operator"
# Those without a counterpart that nobody expects to have one.
_SILENT = ("=", "->", "->*", ",", "&&", "||", "<=>", "*")


def operator_statements(made: Bound, selection: Selection) -> Iterator[Statement | LeftOut]:
    """Yield what defines the operators of a class: its members, its friends and free functions."""
    compared = False
    done: set[str] = set()
    for operator in (*made.declared.operators, *selection.declared.operators):
        operands = _operands(operator, made, selection)
        if operands is None:
            continue
        if operator.name in (*_COMPARISONS, "<=>") and _is_of_one_class(operator, made):
            if not compared:
                yield Statement(operator, "::cppmagic::comparisons(cppmagic_scope);")
            compared = True
            continue
        for each in _definitions(operator, made, operands):
            if isinstance(each, LeftOut):
                yield each
            elif each not in done:
                done.add(each)
                yield Statement(operator, each)


def _operands(
    operator: Operator, made: Bound, selection: Selection
) -> tuple[Parameter, ...] | None:
    """Return the operands of an operator that is one of a class's, else None."""
    parameters = inside(operator.parameters, made)
    names = (made.name, made.declared.name)
    if operator.is_member:
        const = "const " if "const" in operator.qualifiers else ""
        this = Parameter("", f"{const}cppmagic_self &", None, made.declared.name)
        return (this, *parameters)
    if not any(parameter.type_name in names for parameter in parameters):
        return None
    # Of two classes, it belongs to the first.
    first = parameters[0].type_name
    return parameters if first in names or first not in selection.class_names else None


def _is_of_one_class(operator: Operator, made: Bound) -> bool:
    return all(p.type_name == made.declared.name for p in operator.parameters)


def _definitions(
    operator: Operator, made: Bound, operands: tuple[Parameter, ...]
) -> Iterator[str | LeftOut]:
    """Yield the statements that define an operator, or why there is none."""
    shown = f"{made.name}::operator{operator.name}"
    definition = _definition(operator, made, operands, shown)
    if definition:
        yield definition
    elif operator.name not in _SILENT and operands[0].type_name not in _STREAMS:
        yield LeftOut(operator.number, shown, _NONE, operator.conditions)
    is_free = not operator.is_member and _is_of_one_class(operator, made)
    is_binary = len(operands) == 2 and operator.name in _BINARY
    if is_free and is_binary and any(map(converts, made.declared.constructors)):
        # 1 + r, where 1 is converted: Python asks r.
        yield _operation(operator, operands, shown, is_reflected=True)


def _definition(
    operator: Operator, made: Bound, operands: tuple[Parameter, ...], shown: str
) -> str:
    """Return the statement that defines an operator, "" if Python has no such operator."""
    name = operator.name
    if operator.is_conversion:
        item = item_of(replace(operator, name="conversion"), f"{shown} {operator.result}")
        result = inside_text(operator.result, made)
        return f"::cppmagic::conversion<{result}>(cppmagic_scope, {item});"
    if operands[0].type_name in _STREAMS:
        return ""  # object_protocol finds it
    if name == "()":
        return _call(operator, made, shown)
    if name == "[]" and len(operands) == 2:
        item = item_of(replace(operator, name="__getitem__"), shown)
        return f"::cppmagic::subscript<void({operands[1].text})>(cppmagic_scope, {item});"
    is_reflected = operands[0].type_name not in (made.name, made.declared.name)
    return _operation(operator, operands, shown, is_reflected)


def _call(operator: Operator, made: Bound, shown: str) -> str:
    method = Function(
        operator.number,
        "operator()",
        operator.namespace,
        operator.doc,
        operator.conditions,
        operator.parameters,
        operator.result,
        qualifiers=operator.qualifiers,
    )
    return method_code(made, method, "__call__", shown)


def _operation(
    operator: Operator, operands: tuple[Parameter, ...], shown: str, is_reflected: bool
) -> str:
    """Return the statement that defines an operator by an expression, "" if Python has none.

    Args:
        operator: with one or two operands.
        operands: in C++'s order.
        shown: its name for messages.
        is_reflected: whether the object is the second operand.
    """
    symbol = operator.name
    python, expression = "", ""
    if len(operands) == 1:
        python, expression = _UNARY.get(symbol, ""), f"{symbol} cppmagic_a"
    elif len(operands) == 2 and is_reflected:
        operands = (operands[1], operands[0])
        python, expression = _python_reflected(symbol), f"cppmagic_b {symbol} cppmagic_a"
    elif len(operands) == 2:
        python, expression = _python_binary(symbol), f"cppmagic_a {symbol} cppmagic_b"
    if not python:
        return ""
    passed = ", ".join(f"auto &&{name}" for name in ("cppmagic_a", "cppmagic_b")[: len(operands)])
    item = item_of(replace(operator, name=python, parameters=operands), shown)
    return (
        f"::cppmagic::operation<void({signature(operands)})>(cppmagic_scope, {item}, "
        f"[]({passed}) -> decltype(auto) {{ return {expression}; }});"
    )


def _python_binary(symbol: str) -> str:
    """Return the name that Python has for `a + b`, `a < b` or `a += b`, "" if it has none."""
    if symbol in _COMPARISONS:
        return _COMPARISONS[symbol]
    if symbol in _BINARY:
        return f"__{_BINARY[symbol]}__"
    if symbol.endswith("=") and symbol[:-1] in _BINARY:
        return f"__i{_BINARY[symbol[:-1]]}__"
    return ""


def _python_reflected(symbol: str) -> str:
    """Return the name that Python has for the same, when it asks the second operand."""
    if symbol in _COMPARISONS:
        return _MIRRORED.get(symbol, _COMPARISONS[symbol])
    return f"__r{_BINARY[symbol]}__" if symbol in _BINARY else ""
