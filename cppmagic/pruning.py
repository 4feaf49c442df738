"""Keep the cache within its limit: what was used least recently goes first.

Artifacts, objects and kits carry the time of their last use as that of their manifest. What a
living process has loaded stays; the small files that recall by are dropped when nobody has written
them for long.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from cppmagic import background, locks
from cppmagic.cache import MANIFEST, Cache, host

_FACTS = ("aliases", "records", "cells", "insights")
_IDLE_FACTS_AFTER = 60 * 86400  # seconds
_LOOKED_AT_AFTER = 600  # seconds


@dataclass(frozen=True)
class _Item:
    directory: str
    size: int
    used_at: float


def size(cache: Cache) -> tuple[int, int]:
    """Return (number of artifacts, bytes in the whole cache)."""
    return len(list(_shelved(cache, "artifacts"))), _tree_size(cache.root)


def clear(cache: Cache) -> int:
    """Remove everything but what living processes have loaded; return the bytes freed."""
    before = _tree_size(cache.root)
    for kind in (*_FACTS, "toolchains", "wanted"):
        cache.remove(os.path.join(cache.root, kind))
    prune(cache, 0)
    return max(0, before - _tree_size(cache.root))


@dataclass(frozen=True)
class Forgotten:
    """What `forget` did.

    Attributes:
        in_use: how many libraries stay on disk, because living processes have them loaded.
        freed: bytes.
    """

    in_use: int
    freed: int


def fingerprints(cache: Cache) -> dict[str, str]:
    """Return the dotted name of the module of every artifact, by fingerprint."""
    return {
        os.path.basename(directory): str(_facts(cache, directory).get("fullname", ""))
        for directory in _shelved(cache, "artifacts")
    }


def forget(cache: Cache, wanted: Collection[str], modules: Collection[str]) -> Forgotten:
    """Have the next build of some artifacts be a new one; remove those that nobody has loaded.

    Args:
        cache: which.
        wanted: fingerprints of the artifacts.
        modules: dotted names of their modules, whose compiled units go, too.
    """
    _drop_records(cache, wanted)
    in_use = _in_use(cache)
    shelved = [path for path in _shelved(cache, "artifacts") if os.path.basename(path) in wanted]
    gone = [path for path in shelved if os.path.basename(path) not in in_use]
    objects = _shelved(cache, "objects")
    units = [path for path in objects if _facts(cache, path).get("module") in modules]
    freed = 0
    for directory in (*gone, *units):
        freed += _tree_size(directory)
        cache.remove(directory)
    return Forgotten(len(shelved) - len(gone), freed)


def _drop_records(cache: Cache, wanted: Collection[str]) -> None:
    for place, _, files in os.walk(os.path.join(cache.root, "records")):
        for path in (os.path.join(place, name) for name in files):
            data = cache.read_json(path)
            kept = [
                item
                for item in (data if isinstance(data, list) else ())
                if not isinstance(item, dict) or item.get("fingerprint") not in wanted
            ]
            if data and len(kept) < len(data):
                cache.write_json(path, kept)


def _facts(cache: Cache, directory: str) -> dict[str, Any]:
    facts = cache.read_json(os.path.join(directory, MANIFEST))
    return facts if isinstance(facts, dict) else {}


def prune(cache: Cache, limit: int) -> int:
    """Remove the least recently used items until the cache is at most `limit` bytes.

    Args:
        cache: which.
        limit: bytes.

    Returns:
        The bytes freed.
    """
    locks.sweep(cache)
    freed = _drop_idle_facts(cache)
    items = sorted(_items(cache), key=lambda item: item.used_at)
    total = _tree_size(cache.root)
    in_use = _in_use(cache)
    for item in items:
        if total <= limit:
            break
        if os.path.basename(item.directory) not in in_use:
            cache.remove(item.directory)
            total -= item.size
            freed += item.size
    return freed


def prune_if_due(cache: Cache) -> None:
    """Have the cache pruned in the background, unless that was done a short while ago."""
    stamp = os.path.join(cache.root, "looked-at")
    try:
        age = time.time() - os.stat(stamp).st_mtime
    except OSError:
        age = float(_LOOKED_AT_AFTER)
    if 0 <= age < _LOOKED_AT_AFTER:
        return
    with contextlib.suppress(OSError):
        with open(stamp, "w"):
            pass
        background.start("cache", "prune", "--background", cache_dir=cache.base)


def _items(cache: Cache) -> Iterator[_Item]:
    places = [*_shelved(cache, "artifacts"), *_shelved(cache, "objects")]
    places += [cache.prepared_path(name) for name in cache.prepared()]
    for directory in places:
        used_at = time.time()  # being published or removed just now
        for path in (os.path.join(directory, MANIFEST), directory):
            with contextlib.suppress(OSError):
                used_at = os.stat(path).st_mtime
                break
        yield _Item(directory, _tree_size(directory), used_at)


def _shelved(cache: Cache, kind: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for shelf in os.scandir(os.path.join(cache.root, kind)):
            yield from (entry.path for entry in os.scandir(shelf.path) if entry.is_dir())


def _drop_idle_facts(cache: Cache) -> int:
    """Remove small files that nobody has written for long; at worst they are made again."""
    oldest = time.time() - _IDLE_FACTS_AFTER
    freed = 0
    for kind in _FACTS:
        for directory, _, files in os.walk(os.path.join(cache.root, kind)):
            for name in files:
                path = os.path.join(directory, name)
                with contextlib.suppress(OSError):
                    status = os.stat(path)
                    if status.st_mtime < oldest:
                        os.unlink(path)
                        freed += status.st_size
    return freed


def _in_use(cache: Cache) -> set[str]:
    """Return the fingerprints of what living processes have loaded."""
    found: set[str] = set()
    shelf = os.path.join(cache.root, "users")
    with contextlib.suppress(OSError):
        for name in os.listdir(shelf):
            machine, _, pid = name.rpartition("-")
            path = os.path.join(shelf, name)
            if machine == host() and not _is_alive(int(pid)):
                os.unlink(path)
                continue
            with open(path, encoding="utf-8") as file:
                found.update(file.read().split())
    return found


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # signal 0 is not harmless there; a loaded library cannot be deleted anyway
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _tree_size(directory: str) -> int:
    total = 0
    for place, _, files in os.walk(directory):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def readable_size(size: float) -> str:
    """Return a number of bytes as people say it: 4.0 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
