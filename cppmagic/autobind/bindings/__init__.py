"""Bindings: from declarations to the pybind11 code that makes them a module.

    Declarations -> selection -> enums, exceptions, classes, functions (Code) -> module -> text

Every statement stands on a line of its own behind a line marker that carries the number of its
declaration. If the compiler refuses one, the message says which declaration cannot be bound.
"""

from cppmagic.autobind.bindings.code import FILE
from cppmagic.autobind.bindings.module import HEADER, bindings
from cppmagic.autobind.bindings.selection import Options

__all__ = ["FILE", "HEADER", "Options", "bindings"]
