"""The line magic `%cppmagic`: what is loaded, where it came from, settings, autoreload."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class

from cppmagic import cache as caches
from cppmagic.cells import EXPRESSION, NAMELESS
from cppmagic.errors import CppmagicError, SettingsError, nearest
from cppmagic.ipython import plain
from cppmagic.ipython.magics import stale_message
from cppmagic.modules.follow import public_names
from cppmagic.modules.live import LiveModule, live_modules, live_of
from cppmagic.settings import settings

_MANUAL = """Manage the C++ modules of this session.

    %cppmagic list              modules, their versions, where they came from
    %cppmagic source NAME       the C++ of a module's newest version
    %cppmagic bindings NAME     the bindings that %%cpp wrote for it
    %cppmagic path NAME         the library that is loaded
    %cppmagic clear NAME        remove what is built of a module: the next run builds it anew
    %cppmagic clear             the same for all modules in the cache
    %cppmagic config            all settings: their values, where these come from, what they do
    %cppmagic config KEY=VALUE  set one for this session
    %cppmagic doctor            check compilers, headers and the cache, and build a trial module
    %cppmagic autoreload on     before each cell, build and update imported C++ files that changed
    %cppmagic autoreload off
    %cppmagic help              this text

What a running process has loaded stays on disk, whatever is cleared. With autoreload on, a file
whose build fails is reported once, and its old version stays.
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
            "clear": self._clear,
            "config": self._config,
            "doctor": self._doctor,
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

    def _clear(self, rest: list[str]) -> None:
        from cppmagic import pruning

        cache = caches.current()
        known = pruning.fingerprints(cache)
        if rest:
            wanted, modules = self._built_as(rest, known)
        else:
            wanted, modules = set(known), set(known.values())
        done = pruning.forget(cache, wanted, modules)
        what = f"{rest[0]}: its" if rest else "all modules: their"
        print(f"{what} next run builds anew; freed {pruning.readable_size(done.freed)}")
        if done.in_use:
            count = f"{done.in_use} {'library' if done.in_use == 1 else 'libraries'}"
            print(f"({count} that running processes have loaded will go when they have ended)")

    def _built_as(self, rest: list[str], known: dict[str, str]) -> tuple[set[str], set[str]]:
        """Return the fingerprints and the module names of what has been built under a name."""
        names = set(known.values()) - {NAMELESS, EXPRESSION}
        nameless = {name: live for live in plain.nameless() for name in public_names(live.module)}
        if len(rest) != 1:
            raise UsageError("%cppmagic clear takes one module, or none for all")
        (name,) = rest
        if name in names:
            return {found for found, module in known.items() if module == name}, {name}
        if name in nameless:
            return set(nameless[name].numbers), {NAMELESS}
        raise UsageError(
            f"%cppmagic: nothing of a module {name!r} is in the cache"
            f"{nearest(name, sorted({*names, *nameless}))}"
        )

    def _config(self, rest: list[str]) -> None:
        key, equals, value = (word.strip() for word in " ".join(rest).partition("="))
        if len(key.split()) != bool(rest):
            raise UsageError("%cppmagic config takes KEY=VALUE, a key, or nothing")
        try:
            if equals:
                settings[key] = value.strip("'\"")
            print(settings.state(key) if key else settings.describe())
        except SettingsError as error:
            raise UsageError(f"%cppmagic: {error}") from None

    def _doctor(self, rest: list[str]) -> None:
        from cppmagic import doctor

        if rest:
            raise UsageError("%cppmagic doctor takes no words")
        print(doctor.render(doctor.examine()))

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
