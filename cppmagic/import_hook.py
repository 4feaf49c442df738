"""The import hook: `import cppmagic.import_hook`, then `import somecode` finds `somecode.cpp`.

The finder only finds, and finds out quickly that it has nothing; the loader builds.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Sequence
from importlib.machinery import (
    BuiltinImporter,
    FrozenImporter,
    ModuleSpec,
    PathFinder,
)
from types import ModuleType

from cppmagic.settings import settings

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from cppmagic.cache import Artifact
    from cppmagic.source import Source

# A directory that changed within the clock's tick of being listed shows no new time.
_CLOCK_TICK_NS = 2 * 10**9


class Finder:
    """Finds opted-in C++ and C files along sys.path, and in packages along their `__path__`.

    A miss costs one `stat` for each directory: listings are kept until the directory changes.
    """

    def __init__(self) -> None:
        self._listings: dict[str, tuple[int, tuple[str, ...], dict[str, str]]] = {}
        # What was no directory (a zip file, say) is not looked at again, as in Python's own finder.
        self._others: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module that comes from C++ or C source, else None."""
        name = fullname.rpartition(".")[2]
        entries = sys.path if path is None else path
        for position, entry in enumerate(entries):
            file_name = self._sources(entry).get(name)
            if file_name is None:
                continue
            spec = _spec_of(fullname, os.path.abspath(os.path.join(entry, file_name)))
            if spec is not None:
                return None if _comes_earlier(fullname, path, entries[:position]) else spec
        return None

    def invalidate_caches(self) -> None:
        """Forget all listings; `importlib.invalidate_caches` calls this."""
        self._listings.clear()
        self._others.clear()

    def _sources(self, directory: str) -> dict[str, str]:
        """Return the file name of each module that a directory may have source for."""
        if directory in self._others:
            return {}
        try:
            changed = os.stat(directory or ".").st_mtime_ns
            key = directory or os.getcwd()
        except (OSError, TypeError, ValueError):
            if directory and directory not in self._listings:
                self._others.add(directory)
            return {}
        known = self._listings.get(key)
        if known is not None and known[0] == changed and known[1] is settings.file_exts:
            return known[2]
        listing = _listed(key)
        if changed < time.time_ns() - _CLOCK_TICK_NS:
            self._listings[key] = (changed, settings.file_exts, listing)
        return listing


class Loader:
    """Builds and loads one file.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a new live module."""
        from cppmagic.modules import live

        return live.new(spec.name).module

    def exec_module(self, module: ModuleType) -> None:
        """Build the file if needed and show its newest version in the module.

        `importlib.reload` comes here with the module as it is. When the build fails, it stays so.

        Raises:
            CppmagicError: one of its kinds.
        """
        from cppmagic.errors import CppmagicError
        from cppmagic.modules.live import live_of, publish
        from cppmagic.modules.version import load
        from cppmagic.source import from_file

        live = live_of(module)
        assert live is not None
        try:
            source = from_file(self.path, module.__name__)
            started = time.time()
            artifact = _artifact(source)
            version = load(artifact, source.label)
            publish(version, source, live)
            if source.binding and artifact.built_at >= started:
                _tell_what_is_left_out(version.module, source)
            live.refresh = functools.partial(self.exec_module, module)
        except CppmagicError as error:
            # Our own frames say nothing to whoever wrote the C++.
            raise error.with_traceback(None) from None


class ReleaseLoader:
    """Stands for a source whose library is missing in release mode."""

    def __init__(self, path: str) -> None:
        self.path = path

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Raise `ReleaseModeError`."""
        from cppmagic.ahead import missing_library

        raise missing_library(self.path)

    def exec_module(self, module: ModuleType) -> None:
        """Never reached."""


def install() -> None:
    """Install the hook, once."""
    if _finder not in sys.meta_path:
        # First, so that an older library beside a changed source is not taken for it.
        sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Remove the hook."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


def import_file(path: str, fullname: str | None = None) -> ModuleType:
    """Import a file under a name, or update its live module; see `cppmagic.imp_from_filepath`."""
    from cppmagic.log import logger
    from cppmagic.modules import live
    from cppmagic.source import check_name

    fullname = os.path.splitext(os.path.basename(path))[0] if fullname is None else fullname
    check_name(fullname)
    parent = _parent(fullname)
    known = live.imported(fullname, path)
    module = known.module if known else live.new(fullname).module
    loader = Loader(path)
    module.__spec__ = ModuleSpec(fullname, loader, origin=path)  # type: ignore[arg-type]
    module.__loader__ = loader  # type: ignore[assignment]
    module.__package__ = fullname.rpartition(".")[0]
    loader.exec_module(module)
    present = sys.modules.setdefault(fullname, module)
    if live.live_of(present) is None:
        logger.warning(
            "%s is another module's name already, so sys.modules keeps that one; only the module "
            "returned here is %s",
            fullname,
            path,
        )
        return module
    # Another thread may have been first: then all hold its module.
    first = live.imported(fullname, path)
    module = sys.modules[fullname] = first.module if first else module
    if parent is not None:
        setattr(parent, fullname.rpartition(".")[2], module)
    return module


def _tell_what_is_left_out(module: ModuleType, source: Source) -> None:
    from cppmagic.autobind.left_out import left_out_lines
    from cppmagic.log import logger
    from cppmagic.recall import NO_OPTIONS

    for line in left_out_lines(module, source, NO_OPTIONS):
        logger.warning("%s", line)


def _artifact(source: Source) -> Artifact:
    from cppmagic.recall import recall

    if not settings.force_rebuild:
        known = recall(source)
        if known is not None:
            return known
        from cppmagic.ahead import prebuilt

        known = prebuilt(source)
        if known is not None:
            return known
    from cppmagic.pipeline import obtain

    return obtain(source)


def _parent(fullname: str) -> ModuleType | None:
    import importlib

    name = fullname.rpartition(".")[0]
    return importlib.import_module(name) if name else None


def _spec_of(fullname: str, path: str) -> ModuleSpec | None:
    from cppmagic.source import has_opted_in

    if settings.release_mode:
        from cppmagic.ahead import finished_library

        if finished_library(path):
            return None  # Python itself loads it
        if has_opted_in(path):
            return ModuleSpec(fullname, ReleaseLoader(path), origin=path)  # type: ignore[arg-type]
        return None
    if not has_opted_in(path):
        return None
    return ModuleSpec(fullname, Loader(path), origin=path)  # type: ignore[arg-type]


def _comes_earlier(
    fullname: str, path: Sequence[str] | None, earlier_entries: Sequence[str]
) -> bool:
    """Whether Python itself would find the module before it reached the C++ source's directory."""
    if path is None and (
        BuiltinImporter.find_spec(fullname) is not None
        or FrozenImporter.find_spec(fullname) is not None
    ):
        return True
    spec = PathFinder.find_spec(fullname, earlier_entries)
    return spec is not None and spec.loader is not None


def _listed(directory: str) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        names = os.listdir(directory)
    except OSError:
        return found
    for extension in reversed(settings.file_exts):
        for name in names:
            if name.endswith(extension):
                found[name.removesuffix(extension)] = name
    return found


_finder = Finder()
install()
