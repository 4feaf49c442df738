"""The face for Python code: the functions of `import cppmagic`."""

from __future__ import annotations

import os
from types import ModuleType

from cppmagic.settings import settings


def install() -> None:
    """Let `import name` find `name.cpp` and `name.c` along sys.path, if they opt in.

    A file opts in by `cppmagic` or `cppimport` in its first line. `import cppmagic.import_hook`
    does the same.
    """
    from cppmagic.import_hook import install

    install()


def uninstall() -> None:
    """Take the import hook away again. Modules that are imported stay."""
    from cppmagic.import_hook import uninstall

    uninstall()


def imp(fullname: str, opt_in: bool = False) -> ModuleType:
    """Import a C++ or C module without the import hook.

    Args:
        fullname: dotted name; `package.fast` is found as `package/fast.cpp` along sys.path.
        opt_in: whether the file's first line must contain `cppmagic` or `cppimport`.

    Returns:
        The live module. A second call after an edit builds again and updates the same module.

    Raises:
        SourceNotFoundError: there is no such file.
        CppmagicError: one of its other kinds, when the file cannot become a module.
    """
    from cppmagic import ahead
    from cppmagic.source import find

    if settings.release_mode:
        return ahead.load_released(fullname)
    return imp_from_filepath(find(fullname, opt_in), fullname)


def imp_from_filepath(filepath: str | os.PathLike[str], fullname: str | None = None) -> ModuleType:
    """Import the C++ or C file at a path.

    Args:
        filepath: the file.
        fullname: dotted module name; default: the file's name without its extension.

    Returns:
        The live module; see `imp`.

    Raises:
        CppmagicError: one of its kinds, when the file cannot become a module.
    """
    from cppmagic import ahead
    from cppmagic.import_hook import import_file

    if settings.release_mode:
        return ahead.load_released_file(os.path.abspath(filepath), fullname)
    return import_file(os.path.abspath(filepath), fullname)


def build(fullname: str) -> str:
    """Build a module ahead of time: its library is put beside its source.

    Args:
        fullname: dotted name, found along sys.path as by `imp`.

    Returns:
        The library's path.

    Raises:
        CppmagicError: one of its kinds, when the file cannot become a library.
    """
    from cppmagic.source import find

    return build_filepath(find(fullname), fullname)


def build_filepath(filepath: str | os.PathLike[str], fullname: str | None = None) -> str:
    """Build the C++ or C file at a path ahead of time; see `build`."""
    from cppmagic import ahead

    return ahead.build_beside(os.path.abspath(filepath), fullname)


def build_all(root_directory: str | os.PathLike[str]) -> list[str]:
    """Build all files of a tree that opt in ahead of time; see `build`.

    Returns:
        The libraries' paths.

    Raises:
        CppmagicError: one of its kinds, for the first file that cannot become a library.
    """
    from cppmagic import ahead

    return [ahead.build_beside(path) for path in ahead.find_sources(os.fspath(root_directory))]


def reload(module: ModuleType) -> ModuleType:
    """Build a module's C++ again if it or a header changed, and update the module in place.

    `importlib.reload` does the same.

    Args:
        module: a live module: from `import`, `imp` or a cell.

    Returns:
        The same module.

    Raises:
        TypeError: this is not a C++ module of cppmagic.
        CppmagicError: one of its kinds; the module stays as it was.
    """
    from cppmagic.modules import live

    return live.reload(module)


def force_rebuild(to: bool = True) -> None:
    """Set `settings.force_rebuild`: build again even if a finished library is in the cache."""
    settings.force_rebuild = to


def set_rtld_flags(flags: int) -> None:
    """Set `settings.rtld_flags`: flags for dlopen, added to Python's own (see os.RTLD_*)."""
    settings.rtld_flags = flags
