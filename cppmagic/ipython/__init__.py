"""The face in IPython and Jupyter. Only this room imports IPython."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Register the magics in a shell, and let names that its cells import follow new versions."""
    from cppmagic.ipython.imports import watch
    from cppmagic.ipython.magics import CppMagics
    from cppmagic.ipython.manage import ManageMagics

    shell.register_magics(CppMagics(shell, watch(shell)), ManageMagics(shell))


def unload(shell: Any) -> None:
    """Take the magics away. Live modules stay as they are."""
    from cppmagic.ipython.imports import unwatch

    shell.run_line_magic("cppmagic", "autoreload off -q")
    unwatch(shell)
    for name in ("cppimport", "cpp", "cppheader"):
        shell.magics_manager.magics["cell"].pop(name, None)
    for name in ("cppmagic", "cpp"):
        shell.magics_manager.magics["line"].pop(name, None)
