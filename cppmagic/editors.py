"""compile_commands.json: tells clangd, and editors with it, how C++ modules are compiled.

What is told is what a build would run, less what clang does not know and what only matters for the
finished library.
"""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass

from cppmagic import cache as caches
from cppmagic.config import BuildConfig
from cppmagic.errors import CppmagicError
from cppmagic.planning import Plan, plan
from cppmagic.source import from_file
from cppmagic.template import render
from cppmagic.toolchain.commands import Unit

# How messages look, where statics live, what the binary is called: nothing to an editor.
_LEFT_OUT = (
    *("-fno-gnu-unique", "-fdiagnostics-", "-fno-diagnostics-", "-fno-caret-", "-fno-color-"),
    *("-fmacro-prefix-map=", "-DPYBIND11_STDLIB=", "-DPyThread_tss_", "-DNB_DOMAIN=", "-g0"),
)


@dataclass(frozen=True)
class Commands:
    """What was found out about a tree.

    Attributes:
        entries: of compile_commands.json.
        failures: files that could not be rendered or planned, with the reason.
    """

    entries: tuple[dict[str, object], ...]
    failures: tuple[tuple[str, CppmagicError], ...]


def commands(paths: list[str]) -> Commands:
    """Return how each of these files, and each source that it names, is compiled.

    Args:
        paths: C++ and C files, each a module of its own.
    """
    entries: dict[str, dict[str, object]] = {}
    failures = []
    for path in paths:
        try:
            made = _plan(path)
        except CppmagicError as error:
            failures.append((path, error))
            continue
        for unit in made.units:
            entry = _entry(unit, made)
            if entry is not None:
                entries.setdefault(str(entry["file"]), entry)
    return Commands(tuple(entries.values()), tuple(failures))


def write(found: Commands, target: str) -> None:
    """Write a compile_commands.json."""
    text = json.dumps(found.entries, indent=2, ensure_ascii=False) + "\n"
    temporary = f"{target}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, target)


def _plan(path: str) -> Plan:
    from cppmagic.ahead import module_name

    source = from_file(path, module_name(path))
    return plan(render(source, BuildConfig()), caches.current())


def _entry(unit: Unit, made: Plan) -> dict[str, object] | None:
    source = made.rendered.source
    is_rendered = unit is made.units[0]
    file = source.path if is_rendered else unit.path
    if not is_rendered and not _is_named(file, made):
        return None  # cppmagic's own
    command = unit.compiler.command
    if unit.compiler.is_zig:  # clang by another name, which clangd does not know
        command = ("clang++" if "c++" in unit.compiler.command else "clang",)
    flags = [word for word in unit.flags if not word.startswith(_LEFT_OUT)]
    return {
        "directory": source.directory,
        "file": file,
        "arguments": [*command, *flags, "-c", file],
    }


def _is_named(file: str, made: Plan) -> bool:
    directory = made.rendered.source.directory
    named = (os.path.expanduser(path) for path in made.rendered.config.sources)
    return file in {os.path.abspath(os.path.join(directory, path)) for path in named}


def describe(found: Commands) -> str:
    """Return what a user should know of files that were left out."""
    return "\n".join(f"left out {shlex.quote(path)}: {error}" for path, error in found.failures)
