"""The line magic `%cppmagic`: what is loaded, where it came from, autoreload."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class

from cppmagic.errors import CppmagicError, nearest
from cppmagic.ipython import plain
from cppmagic.ipython.magics import stale_message
from cppmagic.modules.follow import public_names
from cppmagic.modules.live import LiveModule, live_modules, live_of

_MANUAL = """Manage the C++ modules of this session.

    %cppmagic list              modules, their versions, where they came from
    %cppmagic source NAME       the C++ of a module's newest version
    %cppmagic bindings NAME     the bindings that %%cpp wrote for it
    %cppmagic path NAME         the library that is loaded
    %cppmagic autoreload on     before each cell, build and update imported C++ files that changed
    %cppmagic autoreload off
    %cppmagic help              this text

With autoreload on, a file whose build fails is reported once, and its old version stays.
"""


@magics_class
class ManageMagics(Magics):
    """`%cppmagic`."""

    shell: InteractiveShell

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._autoreload = Autoreload(shell)

    @line_magic
    def cppmagic(self, line: str) -> None:
        words = line.split()
        commands: dict[str, Callable[[list[str]], None]] = {
            "list": self._list,
            "source": self._source,
            "bindings": self._bindings,
            "path": self._path,
            "autoreload": self._switch_autoreload,
            "help": lambda rest: print(_MANUAL),
        }
        command, rest = (words[0], words[1:]) if words else ("help", [])
        if command not in commands:
            raise UsageError(
                f"%cppmagic: there is no command {command!r}{nearest(command, list(commands))}; "
                f"it has {', '.join(commands)}"
            )
        commands[command](rest)

    def _list(self, rest: list[str]) -> None:
        print(list_modules(self._modules()))

    def _source(self, rest: list[str]) -> None:
        source = self._named(rest).source
        assert source is not None
        print(source.text.removeprefix("\n"))

    def _bindings(self, rest: list[str]) -> None:
        source = self._named(rest).source
        assert source is not None
        if not source.binding:
            raise UsageError(
                f"%cppmagic: {source.fullname} has bindings of its own; see %cppmagic source"
            )
        print(plain.bindings_of(source), end="")

    def _path(self, rest: list[str]) -> None:
        newest = self._named(rest).newest
        assert newest is not None
        print(newest.artifact.library)

    def _switch_autoreload(self, rest: list[str]) -> None:
        quiet = rest[-1:] == ["-q"]
        rest = rest[:-1] if quiet else rest
        if rest not in (["on"], ["off"], []):
            raise UsageError("%cppmagic autoreload takes on or off")
        if rest:
            self._autoreload.switch(rest == ["on"])
        if not quiet:
            print(f"autoreload of C++ files is {'on' if self._autoreload.is_on else 'off'}")

    def _modules(self) -> list[LiveModule]:
        """Those that `import` finds, and those that only this namespace has."""
        here = [live_of(value) for value in list(self.shell.user_ns.values())]
        known = [*live_modules(), *here, *plain.nameless()]
        unique = {id(live): live for live in known if live and live.newest}
        return sorted(unique.values(), key=lambda live: live.name)

    def _named(self, rest: list[str]) -> LiveModule:
        modules = {live.name: live for live in self._modules() if not live.is_nameless}
        for live in plain.nameless():  # they go by the names that they have in the namespace
            modules = dict.fromkeys(public_names(live.module), live) | modules
        if len(rest) != 1:
            raise UsageError("%cppmagic: name one module; %cppmagic list shows them")
        if rest[0] not in modules:
            known = ", ".join(modules) or "none yet"
            raise UsageError(
                f"%cppmagic: there is no C++ module {rest[0]!r}{nearest(rest[0], list(modules))}; "
                f"there is: {known}"
            )
        return modules[rest[0]]


ManageMagics.cppmagic.__doc__ = _MANUAL


def list_modules(modules: list[LiveModule]) -> str:
    """Return a table: module, versions, origin, size, build time, name of the newest version."""
    if not modules:
        return "no C++ module is loaded"
    header = ("module", "version", "from", "library", "build", "name of the newest version")
    rows = [header, *(_row(live) for live in modules)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _row(live: LiveModule) -> tuple[str, ...]:
    newest, source = live.newest, live.source
    assert newest is not None
    assert source is not None
    return (
        live.name,
        f"{live.number_of(newest)} of {len(live.numbers)}",
        source.label,
        f"{os.path.getsize(newest.artifact.library) / 1000:.0f} kB",
        f"{newest.artifact.build_seconds:.2f} s",
        newest.name,
    )


class Autoreload:
    """Before each cell, builds and updates imported C++ files that changed on disk."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._shown: dict[str, str] = {}
        self.is_on = False

    def switch(self, on: bool) -> None:
        """Turn it on or off."""
        if on and not self.is_on:
            self._shell.events.register("pre_run_cell", self.update)
        elif self.is_on and not on:
            self._shell.events.unregister("pre_run_cell", self.update)
        self.is_on = on

    def update(self, info: object = None) -> None:
        """Update all file modules. A build error is shown when it is new."""
        for live in live_modules():
            source = live.source
            if source is not None and not source.is_cell:
                self._update_one(live)

    def _update_one(self, live: LiveModule) -> None:
        before, started = live.newest, time.time()
        try:
            assert live.refresh is not None
            live.refresh()
        except CppmagicError as error:
            from cppmagic.ipython.display import report_error

            text = f"{type(error).__name__}: {error}"
            if self._shown.get(live.name) != text:
                self._shown[live.name] = text
                said = report_error(error)
                print(f"{said}\n\n{live.name} stays as it was.".lstrip(), file=sys.stderr)
            return
        self._shown.pop(live.name, None)
        if live.newest is not before and live.newest is not None:
            if live.stale:
                print(stale_message(live.name, live.stale), file=sys.stderr)
            artifact = live.newest.artifact
            if artifact.built_at >= started and artifact.diagnostics and live.source is not None:
                from cppmagic.ipython.display import show_warnings

                show_warnings(artifact.diagnostics, live.source)
