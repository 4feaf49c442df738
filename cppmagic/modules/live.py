"""Live modules: the module objects that users hold, which always show their newest version."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Any

from cppmagic.modules import classes, register
from cppmagic.modules.follow import Follower, user_namespaces
from cppmagic.modules.version import Version, load
from cppmagic.source import Source

# What a module is to Python's import system stays the live module's own.
_OWN_NAMES = frozenset(
    ("__name__", "__package__", "__loader__", "__spec__", "__path__", "__builtins__", "__file__")
)

_lock = threading.RLock()


class LiveModule(ModuleType):
    """A C++ module that always shows its newest version."""

    # It keeps its identity over all versions, so that every `import` of it sees the newest. The
    # names are in its own dictionary: looking one up costs what it costs in any module.

    def __init__(self, name: str, doc: str | None = None) -> None:
        super().__init__(name, doc)
        self.__cppmagic__ = History()

    def __repr__(self) -> str:
        source = self.__cppmagic__.source
        origin = f" from {source.label!r}" if source else " (not loaded yet)"
        return f"<live module {self.__name__!r}{origin}>"

    def __reduce__(self) -> Any:
        newest = self.__cppmagic__.newest
        if newest is None:
            raise TypeError(f"{self!r} cannot be pickled")
        return restore, (self.__name__, newest.name)


class History:
    """Where a live module comes from and what it has shown.

    Attributes:
        source: the newest source that was built.
        versions: all published versions, in the order of their first publication.
        newest: the version that the module shows, or None before the first.
    """

    def __init__(self) -> None:
        self.source: Source | None = None
        self.versions: list[Version] = []
        self.newest: Version | None = None
        self.follower = Follower()

    def number_of(self, version: Version) -> int:
        """Return the number of a published version, counted from 1."""
        fingerprints = [item.artifact.fingerprint for item in self.versions]
        return fingerprints.index(version.artifact.fingerprint) + 1


def publish(
    version: Version,
    source: Source,
    module: LiveModule,
    namespaces: tuple[dict[str, Any], ...] = (),
) -> list[str]:
    """Make a live module show a version. Names that the version does not have disappear.

    Names that the user assigned to the module themselves stay, unless the version has them too.
    Names that were taken out of the module (`from shapes import area`) follow, in the user's
    modules and in further namespaces.

    Args:
        version: loaded, of the module's source.
        source: what it was built from.
        module: updated in place.
        namespaces: such as a notebook's.

    Returns:
        The names in `namespaces` that still refer to something that the version no longer has.
    """
    history = module.__cppmagic__
    fresh = {name: value for name, value in vars(version.module).items() if name not in _OWN_NAMES}
    with _lock:
        before = history.newest
        _replace_names(module, vars(before.module) if before else {}, fresh)
        module.__file__ = source.path
        if version.artifact.fingerprint not in [v.artifact.fingerprint for v in history.versions]:
            history.versions.append(version)
        _mark(history, before, version, source)
        history.newest, history.source = version, source
        stale: list[str] = []
        if before is not None and before.artifact.fingerprint != version.artifact.fingerprint:
            history.follower.add(vars(before.module), source.fullname, before.name)
            history.follower.rebind(user_namespaces(), fresh)
            stale = history.follower.rebind(namespaces, fresh)
    return stale


def _replace_names(module: LiveModule, shown: dict[str, Any], fresh: dict[str, Any]) -> None:
    namespace = vars(module)
    for name, value in shown.items():
        if name not in fresh and name not in _OWN_NAMES and namespace.get(name) is value:
            del namespace[name]
    namespace.update(fresh)


def _mark(history: History, before: Version | None, version: Version, source: Source) -> None:
    """Note which version is the newest, for messages and for `repr`."""
    name = source.fullname
    is_cell = source.path != source.label
    entry = register.Published(name, history.number_of(version), version.name, is_cell)
    register.note(version.artifact.fingerprint, entry)
    if before is not None and before.module is not version.module:
        classes.show_superseded(before.module, name, history.number_of(before))
    classes.show_current(version.module, name)


def live_module(fullname: str, path: str) -> LiveModule:
    """Return the live module of this name and file from sys.modules, or a new, unentered one."""
    module = sys.modules.get(fullname)
    if isinstance(module, LiveModule):
        source = module.__cppmagic__.source
        if source is not None and source.path == path:
            return module
    return LiveModule(fullname)


def restore(fullname: str, versioned: str) -> ModuleType:
    """Return the live module of a name, or make it from a version; pickles call this.

    Raises:
        LoadError: the version is not in the cache.
    """
    import importlib

    from cppmagic import cache as caches

    present = sys.modules.get(fullname)
    if isinstance(present, LiveModule):
        return present
    importlib.import_module(versioned)
    prefix = versioned.split(".")[2][1:]
    artifact = caches.current().find_artifact(prefix)
    assert artifact is not None
    module = LiveModule(fullname)
    source = Source(fullname, artifact.source_text, "", artifact.source_label, "", "c++")
    publish(load(artifact), source, module)
    sys.modules.setdefault(fullname, module)
    return module
