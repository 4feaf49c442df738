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
from collections.abc import Iterator
from dataclasses import dataclass

from cppmagic import background
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


def prune(cache: Cache, limit: int) -> int:
    """Remove the least recently used items until the cache is at most `limit` bytes.

    Args:
        cache: which.
        limit: bytes.

    Returns:
        The bytes freed.
    """
    cache.sweep()
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
