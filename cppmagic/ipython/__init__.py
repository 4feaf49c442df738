"""The face in IPython and Jupyter. Only this room imports IPython."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Register the magics in a shell, and let names that its cells import follow new versions."""
    from cppmagic.ipython import imports, output, waiting
    from cppmagic.ipython.first_line import check_first_line
    from cppmagic.ipython.magics import CppMagics
    from cppmagic.ipython.manage import ManageMagics

    shell.register_magics(CppMagics(shell, imports.watch(shell)), ManageMagics(shell))
    output.watch(shell)
    waiting.watch(shell)
    shell.input_transformers_cleanup.append(check_first_line)
    shell.Completer.custom_matchers.append(_matcher(shell))
    if _draws_its_prompt(shell):
        from cppmagic.ipython.terminal import follow_cells

        follow_cells(shell)


def unload(shell: Any) -> None:
    """Take the magics away. Live modules stay as they are."""
    from cppmagic.ipython import imports, output, waiting
    from cppmagic.ipython.first_line import check_first_line

    shell.run_line_magic("cppmagic", "autoreload off -q")
    imports.unwatch(shell)
    output.unwatch(shell)
    waiting.unwatch(shell)
    for name in ("cppimport", "cpp", "cppheader"):
        shell.magics_manager.magics["cell"].pop(name, None)
    for name in ("cppmagic", "cpp"):
        shell.magics_manager.magics["line"].pop(name, None)
    if check_first_line in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(check_first_line)
    matchers = shell.Completer.custom_matchers
    matchers[:] = [each for each in matchers if not hasattr(each, "of_cppmagic")]
    if _draws_its_prompt(shell):
        from cppmagic.ipython.terminal import unfollow_cells

        unfollow_cells(shell)


def _draws_its_prompt(shell: Any) -> bool:
    """Whether the shell is a terminal's; a kernel leaves drawing to whoever is connected."""
    return hasattr(shell, "_extra_prompt_options")


def _matcher(shell: Any) -> Any:
    """Return what IPython asks for completions; the room that knows them is loaded when needed."""
    from IPython.core.completer import context_matcher

    def complete(context: Any) -> Any:
        if "%cpp" not in context.full_text:
            return {"completions": []}
        from cppmagic.ipython.completion import completions

        return completions(shell, context)

    matcher = context_matcher(identifier="cppmagic")(complete)
    matcher.of_cppmagic = True
    return matcher
