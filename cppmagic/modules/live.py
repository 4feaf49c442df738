"""Live modules: the module objects that users hold, which always show their newest version."""

from __future__ import annotations

import sys
from _thread import RLock
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from cppmagic.light import dataclass, field
from cppmagic.modules import classes, pickling, register
from cppmagic.modules.version import Version, load
from cppmagic.modules.view import View, reduce_submodule
from cppmagic.source import Source

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cppmagic.modules.follow import Namespace

_lock = RLock()


@dataclass(eq=False)
class LiveModule:
    """What is known of one live module.

    Attributes:
        view: the module that users hold, and what it shows.
        source: the newest source that was built.
        numbers: of all published versions by fingerprint, in the order of first publication.
        newest: the version that the module shows, or None before the first.
        refresh: builds the source again if it changed, and shows the result; set by the face that
            made the module.
        stale: names in notebooks that the newest version left behind.
        is_nameless: whether users do not have the module, but its names in their namespace.
    """

    view: View
    source: Source | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    newest: Version | None = None
    refresh: Callable[[], object] | None = None
    stale: list[str] = field(default_factory=list)
    is_nameless: bool = False

    @property
    def module(self) -> ModuleType:
        """What users hold."""
        return self.view.module

    @property
    def name(self) -> str:
        """The module's dotted name."""
        return self.module.__name__

    def number_of(self, version: Version) -> int:
        """Return the number of a published version, counted from 1."""
        return self.numbers[version.artifact.fingerprint]


# By the module's identity; live modules stay for the life of the process, as modules do.
_live: dict[int, LiveModule] = {}


def new(name: str, is_nameless: bool = False) -> LiveModule:
    """Make a live module that shows nothing yet."""
    if not _live:
        pickling.teach(_reduce, classes.reduce)
    live = LiveModule(View(ModuleType(name)), is_nameless=is_nameless)
    _live[id(live.module)] = live
    return live


def _reduce(module: ModuleType) -> tuple[Any, ...] | None:
    live = live_of(module)
    if live is None or live.newest is None:
        return reduce_submodule(module)
    return restore, (live.name, live.newest.name)


def live_of(module: object) -> LiveModule | None:
    """Return what is known of a module, or None if it is not a live one."""
    live = _live.get(id(module))
    return live if live is not None and live.module is module else None


notebooks: list[Namespace] = []
"""Namespaces beside those of modules, in which names follow: a notebook's, a terminal's."""


def publish(version: Version, source: Source, live: LiveModule) -> list[str]:
    """Make a live module show a version. Names that the version does not have disappear.

    Names that the user assigned to the module themselves stay, unless the version has them too.
    Names that were taken out of the module (`from shapes import area`) follow, in the user's
    modules and in notebooks.

    Args:
        version: loaded, of the module's source.
        source: what it was built from.
        live: updated in place.

    Returns:
        The names in notebooks that still refer to something that the version no longer has.
    """
    with _lock:
        live.stale = live.view.show(version.module, source.label, notebooks)
        _make_reloadable(live.module)
        live.numbers.setdefault(version.artifact.fingerprint, len(live.numbers) + 1)
        _mark(live, version, source)
        live.newest, live.source = version, source
    return live.stale


def _mark(live: LiveModule, version: Version, source: Source) -> None:
    """Note which version is the newest, for messages and for `repr`."""
    name, before = source.fullname, live.newest
    number = live.number_of(version)
    entry = register.Published(
        name, number, version.name, source.is_cell, source.label if live.is_nameless else ""
    )
    register.note(version.artifact.fingerprint, entry)
    if before is not None and before.module is not version.module:
        classes.show_superseded(before.module, name, live.number_of(before))
    classes.show_current(version.module, name)


class Reloader:
    """Finder and loader of live modules that are there already: for `importlib.reload`."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a live module that is reloaded, else None."""
        live = live_of(target)
        if target is None or live is None or live.refresh is None:
            return None
        return _spec(target)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Never called by a reload."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Build the module's source again if it changed, and update the module in place."""
        reload(module)

    def get_source(self, fullname: str) -> str:
        """Return the C++; `inspect` and `linecache` call this."""
        live = live_of(sys.modules.get(fullname))
        return live.source.text if live is not None and live.source is not None else ""


def reload(module: ModuleType) -> ModuleType:
    """Build a module's C++ again if it or a header changed, and update the module in place.

    Args:
        module: a live module: from `import`, `imp` or a cell.

    Returns:
        The same module.

    Raises:
        TypeError: this is not a C++ module of cppmagic.
        CppmagicError: one of its kinds; the module stays as it was.
    """
    live = live_of(module)
    if live is None or live.refresh is None:
        raise TypeError(f"{module!r} is not a C++ module that cppmagic imported")
    live.refresh()
    return module


def live_modules() -> list[LiveModule]:
    """Return the live modules of this process that `import` finds, by name."""
    found = [live_of(module) for module in list(sys.modules.values())]
    return sorted((live for live in found if live is not None), key=lambda live: live.name)


def imported(fullname: str, path: str) -> LiveModule | None:
    """Return the live module of this name and file that is in sys.modules, if there is one."""
    live = live_of(sys.modules.get(fullname))
    return live if live is not None and live.source and live.source.path == path else None


def restore(fullname: str, versioned: str) -> ModuleType:
    """Return a live module that shows a version; pickles call this.

    In the process that the module is edited in, it goes on to show its newest version.

    Raises:
        LoadError: the version is not in the cache.
    """
    import importlib

    from cppmagic import cache as caches

    live = live_of(sys.modules.get(fullname))
    prefix = versioned.split(".")[2][1:]
    if live is not None and live.newest is not None:
        is_known = any(fingerprint.startswith(prefix) for fingerprint in live.numbers)
        if live.newest.name == versioned or (live.refresh is not None and is_known):
            return live.module
    importlib.import_module(versioned)
    artifact = caches.current().find_artifact(prefix)
    assert artifact is not None
    if live is None:
        live = new(fullname)
        sys.modules.setdefault(fullname, live.module)
    source = Source(fullname, artifact.source_text, "", artifact.source_label, "", "c++")
    publish(load(artifact), source, live)
    return live.module


def _make_reloadable(module: ModuleType) -> None:
    if Reloader not in sys.meta_path:
        sys.meta_path.insert(0, Reloader)
    if module.__spec__ is None or isinstance(module.__loader__, Reloader):  # no finder gave it one
        module.__spec__ = _spec(module)
        module.__loader__ = module.__spec__.loader


def _spec(module: ModuleType) -> ModuleSpec:
    return ModuleSpec(module.__name__, Reloader(), origin=module.__file__)  # type: ignore[arg-type]
