"""Plain C++ becomes a module: what it declares is read, and pybind11 bindings are written for it.

    text -> parse -> Declarations -> bindings -> text

What can be bound is decided by the compiler, by the templates of `native/include/cppmagic/bind`.
"""
