"""Live modules: the module objects that users hold, which always show their newest version."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

from cppmagic.modules.version import Version
from cppmagic.source import Source

# What a module is to Python's import system stays the live module's own.
_OWN_NAMES = frozenset(
    ("__name__", "__package__", "__loader__", "__spec__", "__path__", "__builtins__")
)

_lock = threading.RLock()


class LiveModule(ModuleType):
    """A module whose names come from the newest version of its source.

    It keeps its identity over all versions, so that every `import` of it sees the newest. The names
    are in its own dictionary: looking one up costs what it costs in any module.
    """

    def __init__(self, name: str, doc: str | None = None) -> None:
        super().__init__(name, doc)
        self.__cppmagic__ = History()

    def __repr__(self) -> str:
        source = self.__cppmagic__.source
        origin = f" from {source.label!r}" if source else " (not loaded yet)"
        return f"<live module {self.__name__!r}{origin}>"


class History:
    """Where a live module comes from and what it has shown.

    Attributes:
        source: the newest source that was built.
        versions: fingerprints in the order in which they were published.
        newest: the version that the module shows, or None before the first.
    """

    def __init__(self) -> None:
        self.source: Source | None = None
        self.versions: list[str] = []
        self.newest: Version | None = None


def publish(version: Version, source: Source, module: LiveModule) -> LiveModule:
    """Make a live module show a version. Names that the version does not have disappear.

    Names that the user assigned to the module themselves stay, unless the version has them too.
    """
    history = module.__cppmagic__
    fresh = {name: value for name, value in vars(version.module).items() if name not in _OWN_NAMES}
    with _lock:
        shown = vars(history.newest.module) if history.newest else {}
        namespace = vars(module)
        for name, value in shown.items():
            if name not in fresh and name not in _OWN_NAMES and namespace.get(name) is value:
                del namespace[name]
        namespace.update(fresh)
        if not history.versions or history.versions[-1] != version.artifact.fingerprint:
            history.versions.append(version.artifact.fingerprint)
        history.newest = version
        history.source = source
    return module


def live_module(fullname: str, path: str) -> LiveModule:
    """Return the live module of this name and file from sys.modules, or a new, unentered one."""
    module = sys.modules.get(fullname)
    if isinstance(module, LiveModule):
        source = module.__cppmagic__.source
        if source is not None and source.path == path:
            return module
    return LiveModule(fullname)
