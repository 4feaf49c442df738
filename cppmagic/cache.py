"""The cache directory: layout, records, atomic publication.

    artifacts/<fingerprint>/      one finished library with its manifest; never changed
    records/<key>.json            what was built under this key, and from what
    aliases/<key>.json            keys of which this one, found with less effort, is an alias
    objects/<fingerprint>/        one compiled unit, for the next build of its module
    prepared/<name>/              a kit: see toolchain.prepared
    cells/<digest>/<name>.cpp     the text of a notebook cell
    toolchains/<key>.json         what a compiler said of itself
    insights/<key>.json           what an optimiser did with an artifact's source
    wanted/<name>.json            kits that builds could have used
    work/<id>/                    a build under way, private to its builder
    locks/, users/                who builds, and which process has which artifacts loaded

(The first characters of fingerprints and keys make a directory level of their own.)
Everything appears by one atomic rename. Who may build is in `locks`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from cppmagic.digest import digest, digest_file
from cppmagic.errors import CacheError, Diagnostic
from cppmagic.inputs import Record, Stat, file_stat
from cppmagic.light import dataclass
from cppmagic.private_files import (
    make_private_dir,
    refuse_foreign,
    remove_tree,
    unique_name,
    unusable,
    write_atomically,
)
from cppmagic.settings import settings

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LAYOUT = "v1"
MANIFEST = "manifest.json"
_RECORDS_PER_KEY = 8


@dataclass(frozen=True)
class Artifact:
    """A finished library.

    Attributes:
        fingerprint: digest of everything that decided the binary.
        library: absolute path.
        fullname: dotted name of the module.
        source_label: what its source was called when it was built.
        source_text: the text as the user wrote it.
        built_at: seconds since the epoch.
        build_seconds: how long compiling and linking took.
        warnings: what the compiler said, readable; "" for nothing.
        linked: digest of the library as the linker left it.
        diagnostics: the same warnings as data.
    """

    fingerprint: str
    library: str
    fullname: str
    source_label: str
    source_text: str
    built_at: float
    build_seconds: float
    warnings: str
    linked: str
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the module's name: the library exports `PyInit_<name>`."""
        return self.fullname.rpartition(".")[2]


class Cache:
    """One cache directory.

    Args:
        root: where it is, or is to be made.

    Raises:
        CacheError: others could write to it, so that what is loaded from it could be theirs.
    """

    def __init__(self, root: str) -> None:
        self.base = os.path.abspath(root)
        self.root = os.path.join(self.base, LAYOUT)
        self._read: dict[str, tuple[Stat | None, list[Record]]] = {}
        refuse_foreign(self.base)
        refuse_foreign(self.root)

    # Artifacts

    def artifact(self, fingerprint: str) -> Artifact | None:
        """Return a finished artifact, or None; a damaged one counts as none and is logged."""
        directory = self._artifact_dir(fingerprint)
        try:
            with open(os.path.join(directory, MANIFEST), encoding="utf-8") as file:
                manifest = json.load(file)
            library = os.path.join(directory, manifest["library"])
            if not _is_intact(library, manifest):
                raise ValueError("the library's content is not what was published")
            values = {key: manifest[key] for key in _ARTIFACT_KEYS}
            values["diagnostics"] = tuple(map(Diagnostic.from_json, manifest["diagnostics"]))
        except FileNotFoundError:
            if os.path.isdir(directory):
                self._discard(directory, "its files are missing")
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._discard(directory, str(error))
            return None
        with contextlib.suppress(OSError):  # for pruning: this was used just now
            os.utime(os.path.join(directory, MANIFEST))
        return Artifact(fingerprint=fingerprint, library=library, **values)

    def find_artifact(self, prefix: str) -> Artifact | None:
        """Return the artifact whose fingerprint begins with `prefix`, or None."""
        shelf = os.path.dirname(self._artifact_dir(prefix))
        with contextlib.suppress(OSError):
            for name in os.listdir(shelf):
                if name.startswith(prefix):
                    return self.artifact(name)
        return None

    def publish(self, fingerprint: str, work: str, library: str, facts: dict[str, Any]) -> Artifact:
        """Make the finished library in a work directory an artifact, by one rename.

        Args:
            fingerprint: its name.
            work: directory that holds the library and nothing that should not be kept.
            library: file name of the library in it.
            facts: values of `Artifact`'s other fields.
        """
        path = os.path.join(work, library)
        manifest = {**facts, "library": library, "digest": digest_file(path)}
        manifest["stat"] = file_stat(path)
        with open(os.path.join(work, MANIFEST), "w", encoding="utf-8") as file:
            json.dump(manifest, file, indent=1)
        target = self._artifact_dir(fingerprint)
        self.make_dir(os.path.dirname(target))
        try:
            os.rename(work, target)
        except OSError:
            # Without locks, or over a file system that has none, another builder may have won.
            # Same fingerprint, same content: theirs is as good.
            if not os.path.isdir(target):
                raise
            remove_tree(work)
        artifact = self.artifact(fingerprint)
        if artifact is None:
            raise CacheError(f"the library just built in {target} is damaged or gone; run it again")
        return artifact

    # Records

    def recall(
        self, key: str, directory: str, compilers: bool = True
    ) -> tuple[Artifact, Record] | None:
        """Return a valid record under `key` with its artifact, or None.

        Args:
            key: digest of all that decides a build and is known without reading other files.
            directory: the source's, to which recorded paths are relative.
            compilers: whether the compilers must be there that built it.
        """
        for record in self._records(key):
            if record.is_valid(directory, compilers):
                artifact = self.artifact(record.fingerprint)
                if artifact is not None:
                    return artifact, record
        return None

    def remember(self, key: str, record: Record) -> None:
        """Put a record before those that are under `key`. Of two writers at once, one is lost."""
        others = [item for item in self._records(key) if item.inputs != record.inputs]
        kept = [record, *others][:_RECORDS_PER_KEY]
        self.write_json(self._record_path(key), [item.to_json() for item in kept])

    def recall_alias(
        self, alias: str, directory: str, compilers: bool = True
    ) -> tuple[Artifact, Record] | None:
        """Return what is under one of the keys that an alias stands for; see `recall`."""
        for key in self._keys(alias):
            known = self.recall(key, directory, compilers)
            if known is not None:
                return known
        return None

    def remember_alias(self, alias: str, key: str) -> None:
        """Let an alias, itself a key, stand for the records of another key."""
        keys = self._keys(alias)
        if keys[:1] != [key]:
            kept = [key, *(other for other in keys if other != key)][:_RECORDS_PER_KEY]
            self.write_json(self._alias_path(alias), kept)

    def _keys(self, alias: str) -> list[str]:
        data = self.read_json(self._alias_path(alias))
        return [str(key) for key in data] if isinstance(data, list) else []

    def _records(self, key: str) -> list[Record]:
        path = self._record_path(key)
        stat = file_stat(path)
        # An unchanged cell is run again and again; a record that is outdated gives nothing wrong,
        # because what it says of files is compared with the files.
        before, records = self._read.get(path, (None, []))
        if stat is None or stat != before:
            try:
                records = [Record.from_json(item) for item in self.read_json(path) or ()]
            except (KeyError, TypeError, ValueError):
                records = []  # unreadable: as if it were not there; the next build writes it anew
            self._read[path] = (stat, records)
        return records

    def recall_record(self, key: str, directory: str) -> Record | None:
        """Return a valid record under `key`, whatever it is of, or None; see `recall`."""
        return next((item for item in self._records(key) if item.is_valid(directory)), None)

    # Objects and kits

    def object_dir(self, fingerprint: str) -> str:
        """Return the directory of one compiled unit, which may not exist."""
        return os.path.join(self.root, "objects", fingerprint[:2], fingerprint)

    def prepared(self) -> list[str]:
        """Return the names of all kits."""
        try:
            return os.listdir(os.path.join(self.root, "prepared"))
        except OSError:
            return []

    def prepared_path(self, name: str) -> str:
        """Return the directory of a kit, which may not exist."""
        return os.path.join(self.root, "prepared", name)

    def put(self, finished: str, target: str) -> None:
        """Let a directory below `work` appear at its place by one rename.

        Args:
            finished: the directory.
            target: its place. What is there already, equal or outdated, makes way.
        """
        self.make_dir(os.path.dirname(target))
        for _ in range(3):  # another process may put one there between the two steps
            try:
                os.rename(finished, target)
                return
            except OSError:
                self.remove(target)
        raise CacheError(f"{target} cannot be replaced")

    # Cells

    def store_cell(self, name: str, extension: str, text: str) -> str:
        """Write a cell's text under a path that its content decides, and return the path."""
        directory = os.path.join(self.root, "cells", digest(name, text))
        path = os.path.join(directory, name + extension)
        if not os.path.exists(path):
            self.make_dir(directory)
            write_atomically(path, text)
        return path

    # Small facts

    def read_json(self, path: str) -> Any:
        """Return what a JSON file below the cache holds, or None."""
        try:
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def write_json(self, path: str, data: Any) -> None:
        """Write a JSON file below the cache, atomically."""
        self.make_dir(os.path.dirname(path))
        write_atomically(path, json.dumps(data))

    def fact_path(self, kind: str, key: str) -> str:
        """Return the path of one small JSON file of a kind, such as `toolchains`."""
        return os.path.join(self.root, kind, key + ".json")

    # Use

    def note_use(self, fingerprint: str) -> None:
        """Note that this process has an artifact loaded, so that nobody prunes it."""
        with contextlib.suppress(OSError):
            path = os.path.join(self.root, "users", f"{host()}-{os.getpid()}")
            make_private_dir(os.path.dirname(path))
            with open(path, "a", encoding="utf-8") as file:
                file.write(fingerprint + "\n")

    # Paths

    def _artifact_dir(self, fingerprint: str) -> str:
        return os.path.join(self.root, "artifacts", fingerprint[:2], fingerprint)

    def _alias_path(self, alias: str) -> str:
        return os.path.join(self.root, "aliases", alias[:2], alias + ".json")

    def _record_path(self, key: str) -> str:
        return os.path.join(self.root, "records", key[:2], key + ".json")

    def make_dir(self, path: str) -> None:
        """Make a directory that only this user can enter, and those above it.

        Raises:
            CacheError: it cannot be made.
        """
        try:
            make_private_dir(path)
        except OSError as error:
            raise unusable(self.base, error) from error
        if not os.access(path, os.W_OK):
            raise unusable(self.base, PermissionError(13, "Permission denied"))

    def _discard(self, directory: str, reason: str) -> None:
        from cppmagic.log import logger

        logger.warning("the artifact in %s is damaged (%s) and is built again", directory, reason)
        self.remove(directory)

    def remove(self, directory: str) -> None:
        """Take what is in a directory out of sight by one rename, then delete it at leisure."""
        trash = os.path.join(self.root, "work", unique_name())
        try:
            self.make_dir(os.path.dirname(trash))
            os.rename(directory, trash)
        except (OSError, CacheError):
            return
        remove_tree(trash)


_ARTIFACT_KEYS = (
    "fullname",
    "source_label",
    "source_text",
    "built_at",
    "build_seconds",
    "warnings",
    "linked",
)

_caches: dict[str, Cache] = {}


def current() -> Cache:
    """Return the cache that the settings name; each directory is checked once per process."""
    root = settings.cache_dir or default_root()
    if root not in _caches:
        _caches[root] = Cache(root)
    return _caches[root]


def default_root() -> str:
    """Return this user's cache directory: what platformdirs says."""
    if sys.platform == "linux":
        # The same answer without the import, which costs more than a whole cached load.
        base = os.environ.get("XDG_CACHE_HOME", "").strip()
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
        return os.path.join(base, "cppmagic")
    import platformdirs

    return platformdirs.user_cache_dir("cppmagic", appauthor=False)


def _is_intact(library: str, manifest: dict[str, Any]) -> bool:
    now: Stat | None = file_stat(library)
    if now is not None and list(now) == manifest["stat"]:
        return True
    return bool(digest_file(library) == manifest["digest"])


def host() -> str:
    """Return this machine's name: a cache may be on a file system that several share."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
