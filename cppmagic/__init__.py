"""C++ in a notebook cell or a `.cpp` file becomes a Python module on the spot.

    %load_ext cppmagic          in a notebook; then %%cppimport cells

    import cppmagic.import_hook
    import somecode             finds somecode.cpp, if its first line contains "cppmagic"

    fast = cppmagic.imp("fast")

Importing this package costs the standard library and no more.
"""

from __future__ import annotations

from cppmagic.api import (
    build,
    build_all,
    build_filepath,
    force_rebuild,
    imp,
    imp_from_filepath,
    install,
    reload,
    set_rtld_flags,
    uninstall,
)
from cppmagic.errors import (
    BuildError,
    CacheError,
    ConfigError,
    CppmagicError,
    Diagnostic,
    LoadError,
    LockTimeoutError,
    ModuleNameError,
    OptionError,
    ReleaseModeError,
    SettingsError,
    SourceError,
    SourceNotFoundError,
    TemplateError,
    ToolchainError,
)
from cppmagic.include import get_include
from cppmagic.settings import settings

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

__all__ = [
    "BuildError",
    "CacheError",
    "ConfigError",
    "CppmagicError",
    "Diagnostic",
    "LoadError",
    "LockTimeoutError",
    "ModuleNameError",
    "OptionError",
    "ReleaseModeError",
    "SettingsError",
    "SourceError",
    "SourceNotFoundError",
    "TemplateError",
    "ToolchainError",
    "__version__",
    "build",
    "build_all",
    "build_filepath",
    "force_rebuild",
    "get_include",
    "imp",
    "imp_from_filepath",
    "install",
    "reload",
    "set_rtld_flags",
    "settings",
    "uninstall",
]


def load_ipython_extension(shell: Any) -> None:
    """Register the magics; IPython calls this for `%load_ext cppmagic`."""
    from cppmagic.ipython import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away; IPython calls this for `%unload_ext cppmagic`."""
    from cppmagic.ipython import unload

    unload(shell)
