"""The face in IPython and Jupyter. Only this room imports IPython."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Register the magics in a shell."""
    from cppmagic.ipython.magics import CppMagics

    shell.register_magics(CppMagics(shell))


def unload(shell: Any) -> None:
    """Take the magics away. Live modules stay as they are."""
    shell.magics_manager.magics["cell"].pop("cppimport", None)
