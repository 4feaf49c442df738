"""Functions and constants that are no members, and `main`."""

from __future__ import annotations

import re

from cppmagic.autobind.bindings.code import Code, in_namespace, joined, noted, under
from cppmagic.autobind.bindings.names import item_of, literal, path_of, truth
from cppmagic.autobind.bindings.parameters import caller, descriptors, pointer, signature
from cppmagic.autobind.bindings.selection import Selection, is_found
from cppmagic.autobind.declarations import Field, Function, LeftOut, Parameter

NOWHERE = "it is declared here and defined nowhere"


def constant_code(constant: Field, selection: Selection) -> Code:
    """Return the binding of a constant."""
    code = (
        f"::cppmagic::constant(cppmagic_scope, {item_of(constant)}, "
        f"[]() -> decltype(auto) {{ return ({path_of(constant)}); }});"
    )
    return _binder(constant, code, selection)


def function_code(function: Function, selection: Selection) -> Code:
    """Return the binding of a function, or what is noted of one without a definition."""
    if not is_found(function, selection.options):
        if any(_is_type_name_only(parameter) for parameter in function.parameters):
            return Code()
        return noted(LeftOut(function.number, function.name, NOWHERE, function.conditions))
    overloaded = (*function.namespace, function.name) in selection.declared.overloads
    code = (
        f"::cppmagic::function<{truth(overloaded)}>(cppmagic_scope, {item_of(function)}, "
        f"{_address(function, overloaded)}, {caller(function.parameters, path_of(function))}"
        f"{descriptors(function.parameters)});"
    )
    return _binder(function, code, selection)


def _is_type_name_only(parameter: Parameter) -> bool:
    """Whether a parameter may be a value: `std::vector<int> v(n);` reads like a declaration."""
    return not parameter.name and re.fullmatch(r"\w+", parameter.text) is not None


def _address(function: Function, overloaded: bool) -> str:
    name = path_of(function) + function.template_arguments
    parameters = signature(function.parameters)
    if function.result:
        return f"static_cast<{pointer(function.result, '', parameters, '')}>(&{name})"
    if overloaded or function.template_arguments:
        return f"::cppmagic::picker<void({parameters})>::of(&{name})"
    return f"&{name}"


def _binder(item: Field | Function, code: str, selection: Selection) -> Code:
    """Return a function in an item's namespace that binds it, and its call."""
    if item.number in selection.dropped:
        return Code()
    name = f"cppmagic_bind_{item.number}"
    code = f"static void {name}(::pybind11::module_ &cppmagic_scope) {{ {code} }}"
    call = f"{name}({selection.scope(item.namespace)});"
    return in_namespace(item.number, item.namespace, item.conditions, code, call)


def main_code(main: Function) -> Code:
    """Return the binding of `main`."""
    call = "main()" if not main.parameters else "main(count, words.data())"
    code = (
        "static int cppmagic_main(std::vector<std::string> cppmagic_argv) { "
        "std::vector<char *> words; for (auto &word : cppmagic_argv) "
        "words.push_back(word.data()); "
        "int count = static_cast<int>(words.size()); words.push_back(nullptr); "
        f"(void)count; return ::{call}; }}"
    )
    default = '::pybind11::arg_v("argv", std::vector<std::string>(), "[]")'
    definition = (
        f'cppmagic_module.def("main", &cppmagic_main, {default}, {literal(main.doc)}, '
        "::pybind11::call_guard<::pybind11::gil_scoped_release>());"
    )
    defined = Code(inside=under(main.conditions, definition))
    return joined([in_namespace(main.number, (), main.conditions, code), defined])
