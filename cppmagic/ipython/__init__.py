"""The face in IPython and Jupyter. Only this room imports IPython."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Register the magics in a shell, and let names that its cells import follow new versions."""
    from cppmagic.ipython.imports import watch
    from cppmagic.ipython.magics import CppMagics
    from cppmagic.ipython.manage import ManageMagics

    shell.register_magics(CppMagics(shell, watch(shell)), ManageMagics(shell))
    if _draws_its_prompt(shell):
        from cppmagic.ipython.terminal import colour_cells

        colour_cells(shell)


def unload(shell: Any) -> None:
    """Take the magics away. Live modules stay as they are."""
    from cppmagic.ipython.imports import unwatch

    shell.run_line_magic("cppmagic", "autoreload off -q")
    unwatch(shell)
    shell.magics_manager.magics["cell"].pop("cppimport", None)
    shell.magics_manager.magics["line"].pop("cppmagic", None)
    if _draws_its_prompt(shell):
        from cppmagic.ipython.terminal import uncolour_cells

        uncolour_cells(shell)


def _draws_its_prompt(shell: Any) -> bool:
    """Whether the shell is a terminal's; a kernel leaves drawing to whoever is connected."""
    return hasattr(shell, "_extra_prompt_options")
