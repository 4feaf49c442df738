"""The face in IPython and Jupyter. Only this room imports IPython."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Register the magics in a shell, and let names that its cells import follow new versions."""
    from cppmagic.ipython import imports, output, waiting
    from cppmagic.ipython.magics import CppMagics
    from cppmagic.ipython.manage import ManageMagics

    shell.register_magics(CppMagics(shell, imports.watch(shell)), ManageMagics(shell))
    output.watch(shell)
    waiting.watch(shell)


def unload(shell: Any) -> None:
    """Take the magics away. Live modules stay as they are."""
    from cppmagic.ipython import imports, output, waiting

    shell.run_line_magic("cppmagic", "autoreload off -q")
    imports.unwatch(shell)
    output.unwatch(shell)
    waiting.unwatch(shell)
    shell.magics_manager.magics["cell"].pop("cppimport", None)
    shell.magics_manager.magics["line"].pop("cppmagic", None)
