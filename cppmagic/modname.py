"""The name that C++ gives its module, which must be the name that it is imported under."""

from __future__ import annotations

import re

from cppmagic.errors import ModuleNameError
from cppmagic.lexical import code_only
from cppmagic.source import Source

_DECLARED = re.compile(
    r"\b(?:PYBIND11_MODULE|PYBIND11_EMBEDDED_MODULE|NB_MODULE|BOOST_PYTHON_MODULE)\s*\(\s*(\w+)"
    r"|\bPyInit_(\w+)\s*\("
)


def declared_names(text: str) -> list[str]:
    """Return the names that C++ gives to modules, in their order."""
    return [match[1] or match[2] for match in _DECLARED.finditer(code_only(text))]


def check_declared_name(source: Source) -> None:
    """Find a wrong module name before the compiler spends seconds on it."""
    code = code_only(source.text)
    found = list(_DECLARED.finditer(code))
    names = [match[1] or match[2] for match in found]
    if not names or source.name in names:
        return
    # `${name}` or a macro may still become the right name; the finished library will tell.
    if any(re.search(rf"#\s*define\s+{name}\b", code) for name in names) or "$" in code:
        return
    line = code.count("\n", 0, found[0].start()) + 1
    raise ModuleNameError(_message(source, names[0], line))


def check_exported_name(library: str, source: Source) -> None:
    """Find a wrong module name, or none at all, in the finished library.

    Raises:
        ModuleNameError: the library does not export the function that Python will look up.
    """
    with open(library, "rb") as file:
        data = file.read()
    if b"PyInit_" + source.name.encode() + b"\0" in data:
        return
    other = re.search(rb"\0PyInit_(\w+)\0", data)
    if other:
        raise ModuleNameError(_message(source, other[1].decode(), None))
    raise ModuleNameError(
        f"{source.label}: the C++ defines no Python module, so there is nothing to import. Add\n\n"
        f"    PYBIND11_MODULE({source.name}, m) {{\n"
        '        m.def("function", &function);\n'
        "    }\n"
    )


def _message(source: Source, name: str, line: int | None) -> str:
    place = f"{source.label}:{line}" if line else source.label
    return (
        f"{place}: the C++ names its module {name!r}, but it is imported as {source.name!r}. "
        f"Write {source.name!r} in the C++, or import it as {name!r}"
    )
