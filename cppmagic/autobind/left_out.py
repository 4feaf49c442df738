"""What a module does not have although its source does, as lines for the user."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from cppmagic.config import BuildConfig
from cppmagic.source import Source

_NAME = "__cppmagic_left_out__"


def left_out_lines(module: ModuleType, source: Source, options: BuildConfig) -> list[str]:
    """Return a line for each declaration that is left out; variables share one.

    Args:
        module: a version's; the compiler has noted in it what it could not bind.
        source: of the version.
        options: of its build.
    """
    noted: list[tuple[int, str, str]] = list(getattr(module, _NAME, ()))
    if not noted:
        return []
    from cppmagic.autobind.parse import parse
    from cppmagic.template import render

    lines = parse(render(source, options).text).lines
    placed = [(lines[number], shown, reason) for number, shown, reason in sorted(noted)]
    placed.sort(key=lambda each: each[0])
    return [
        f"{source.label}:{line}: {names} left out: {reason}"
        for line, names, reason in _variables_together(list(dict.fromkeys(placed)))
    ]


def _variables_together(noted: list[tuple[int, str, str]]) -> Iterator[tuple[int, str, str]]:
    """Yield one entry for all variables, of which a text that has one often has many."""
    from cppmagic.autobind.parse.obstacles import VARIABLE

    variables = [(line, shown) for line, shown, reason in noted if reason == VARIABLE]
    for line, shown, reason in noted:
        if reason != VARIABLE or len(variables) == 1:
            yield line, f"{shown} is", reason
        elif (line, shown) == variables[0]:
            yield line, f"{', '.join(name for _, name in variables)} are", reason
