"""What a module does not have although its source does, as lines for the user."""

from __future__ import annotations

from types import ModuleType

from cppmagic.config import BuildConfig
from cppmagic.source import Source

_NAME = "__cppmagic_left_out__"


def left_out_lines(module: ModuleType, source: Source, options: BuildConfig) -> list[str]:
    """Return a line for each declaration that is left out.

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
    numbered = sorted((lines[number], shown, reason) for number, shown, reason in noted)
    return [
        f"{source.label}:{line}: {shown} is left out: {reason}"
        for line, shown, reason in dict.fromkeys(numbered)
    ]
