"""Inputs: the files that a build read, and how to tell cheaply that they are still the same.

A record lists what decided a build beyond its text and flags. A later process that finds the record
valid may take the artifact without running Mako, setuptools or a compiler.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from cppmagic.digest import digest_file
from cppmagic.light import dataclass

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A file that changed in the same tick of a coarse clock as it was looked at shows no new time.
_CLOCK_TICK_NS = 2 * 10**9

Stat = tuple[int, int, int, int]


@dataclass(frozen=True)
class Input:
    """One file that decided a build.

    Attributes:
        path: absolute, or relative to the source's directory where it lies inside.
        digest: of its content; "" if it could not be read, so that nobody can tell whether it
            is still the same: then there is a build each time.
        stat: what the file system said then, or None where that cannot be relied upon.
    """

    path: str
    digest: str
    stat: Stat | None


@dataclass(frozen=True)
class Shadow:
    """Names which, if they appeared in a directory, would be included in place of what was read.

    Attributes:
        directory: absolute, or relative to the source's directory where it lies inside.
        names: names that were not there, relative to the directory.
    """

    directory: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Tool:
    """One program that was looked for, and found or not.

    Attributes:
        word: how it was called: a name on PATH, or a path.
        path: where it was; "" if it was nowhere, so that another one was taken.
        stat: what the file system said of it.
        digest: of its content, or "" where it was not needed.
    """

    word: str
    path: str
    stat: Stat | None
    digest: str = ""

    def is_unchanged(self) -> bool:
        """Whether looking for it now gives the same program."""
        now = find_tool(self.word)
        if now.path != self.path or now.stat is None or self.stat is None:
            return now.path == self.path
        if now.stat == self.stat:
            return True
        # The same file with another inode or time of change: a copy of the machine, a container.
        return now.stat[:2] == self.stat[:2] and digest_file(now.path) == self.digest


@dataclass(frozen=True)
class Record:
    """What one artifact was built from, beyond the text and flags that its key digests.

    Attributes:
        fingerprint: of the artifact.
        inputs: files with their contents.
        shadows: files that must still not exist.
        tools: compilers that were used, and those that would have been used had they been there.
        packages: installed packages that gave include directories, as (name, directory).
        directory: the source's, if the library names it; "" if it would be the same elsewhere.
    """

    fingerprint: str
    inputs: tuple[Input, ...]
    shadows: tuple[Shadow, ...]
    tools: tuple[Tool, ...]
    packages: tuple[tuple[str, str], ...]
    directory: str

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON can hold it."""
        return {
            "fingerprint": self.fingerprint,
            "inputs": [[item.path, item.digest, item.stat] for item in self.inputs],
            "shadows": [[item.directory, item.names] for item in self.shadows],
            "tools": [[item.word, item.path, item.stat, item.digest] for item in self.tools],
            "packages": self.packages,
            "directory": self.directory,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Record:
        """Return the record that `to_json` described."""
        return cls(
            data["fingerprint"],
            tuple(
                Input(path, digest, tuple(stat) if stat else None)
                for path, digest, stat in data["inputs"]
            ),
            tuple(Shadow(directory, tuple(names)) for directory, names in data["shadows"]),
            tuple(
                Tool(word, path, tuple(stat) if stat else None, digest)
                for word, path, stat, digest in data["tools"]
            ),
            tuple((name, directory) for name, directory in data["packages"]),
            data["directory"],
        )

    def is_valid(self, directory: str, compilers: bool = True) -> bool:
        """Whether a build for a source in `directory` would read the same things again.

        Args:
            directory: the source's.
            compilers: whether it would have to be by the same compilers, too.
        """
        return (
            self.directory in ("", directory)
            and all(is_unchanged(item, directory) for item in self.inputs)
            and (not compilers or all(item.is_unchanged() for item in self.tools))
            and all(find_package(name) == place for name, place in self.packages)
            and not any(_appeared(item, directory) for item in self.shadows)
        )


def file_stat(path: str) -> Stat | None:
    """Return (size, time of modification, time of change, inode), or None without such a file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def find_tool(word: str) -> Tool:
    """Look for a program, as the shell would."""
    # shutil.which does the same; but importing shutil costs more than all of a cached load.
    places = [""] if os.path.dirname(word) else os.environ.get("PATH", os.defpath).split(os.pathsep)
    endings = os.environ.get("PATHEXT", "").split(os.pathsep) if os.name == "nt" else [""]
    for place in places:
        for ending in endings:
            path = os.path.join(place, word + ending)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return Tool(word, path, file_stat(path))
    return Tool(word, "", None)


def find_package(name: str) -> str | None:
    """Return the directory that `import name` would take the package from, or None."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return os.path.abspath(next(iter(spec.submodule_search_locations)))


def take(path: str, directory: str, known: Input | None = None) -> Input:
    """Look at a file now.

    Args:
        path: of the file.
        directory: the source's.
        known: what an earlier look saw; if nothing changed since, the file is not read again.
    """
    # The status comes first: a write between the two then shows as a status that does not fit.
    stat = file_stat(path)
    if known is not None and stat is not None and stat == known.stat:
        return Input(relative(path, directory), known.digest, stat)
    try:
        digest = digest_file(path)
    except OSError:  # deleted during the build, or of a name that the compiler writes ambiguously
        return Input(relative(path, directory), "", None)
    settled = stat is not None and max(stat[1:3]) < time.time_ns() - _CLOCK_TICK_NS
    return Input(relative(path, directory), digest, stat if settled else None)


class Looks:
    """What one build sees of the files that it reads: their contents are digested once.

    Args:
        since: the file system's time when the build began, in nanoseconds. A file that changed
            later may not be what the compiler read.
    """

    def __init__(self, since: int) -> None:
        self._since = since
        self._seen: dict[str, Input] = {}

    def at(self, path: str, known: Input | None = None) -> Input:
        """Look at a file, by its absolute path; `known` as for `take`."""
        seen = take(path, "", self._seen.get(path, known))
        stat = file_stat(path)
        if stat is None or stat[2] > self._since:
            seen = Input(path, "", None)
        self._seen[path] = seen
        return seen


def relative(path: str, directory: str) -> str:
    """Return the path relative to the source's directory if it lies inside, else as it is.

    The directory "" stands for none.
    """
    if not directory:
        return path
    if path == directory:
        return "."
    return path[len(directory) + 1 :] if path.startswith(directory + os.sep) else path


def relative_to(directory: str, taken: Iterable[Input]) -> tuple[Input, ...]:
    """Return inputs with their paths relative to the source's directory where they lie inside."""
    return tuple(Input(relative(i.path, directory), i.digest, i.stat) for i in taken)


def shadows(
    files: Iterable[str], search_dirs: tuple[str, ...], later_dirs: tuple[str, ...], directory: str
) -> tuple[Shadow, ...]:
    """Return what would take the place of the files if it appeared in an earlier directory.

    Args:
        files: absolute paths of everything that the compiler read.
        search_dirs: the user's include directories in the compiler's order.
        later_dirs: include directories that come after them: Python's, the compiler's own.
        directory: the source's.
    """
    import functools  # which a cached import does without

    # `#include "x.h"` looks first beside the file that includes it, whichever that was.
    own = [p for p in files if is_below(p, search_dirs) and not is_below(p, later_dirs)]
    includers = {os.path.dirname(path) for path in own}
    order = [*sorted(includers | {directory}), *search_dirs]
    missing: dict[str, set[str]] = {}
    listed = functools.cache(_listed)
    for path in files:
        for position, place in enumerate([*order, *later_dirs]):
            if path.startswith(place + os.sep):
                name = path[len(place) + 1 :]
                for earlier in order[:position]:
                    absent = _first_missing(earlier, name, listed)
                    if absent:
                        missing.setdefault(earlier, set()).add(absent)
    return tuple(
        Shadow(relative(place, directory), tuple(sorted(names)))
        for place, names in sorted(missing.items())
    )


def absent(paths: Iterable[str], directory: str) -> tuple[Shadow, ...]:
    """Return shadows for absolute paths that do not exist."""
    return tuple(
        Shadow(relative(os.path.dirname(path), directory), (os.path.basename(path),))
        for path in paths
    )


def is_below(path: str, places: Iterable[str]) -> bool:
    """Whether a path lies inside one of the directories."""
    return any(path.startswith(place + os.sep) for place in places)


def _listed(place: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(place))
    except OSError:
        return frozenset()


def _first_missing(place: str, name: str, listed: Callable[[str], frozenset[str]]) -> str:
    """Return the shortest leading part of `name` that does not exist in `place`, "" if all does."""
    parts = name.split(os.sep)
    for count, part in enumerate(parts):
        if part not in listed(os.sep.join([place, *parts[:count]])):
            return os.sep.join(parts[: count + 1])
    return ""


def is_unchanged(item: Input, directory: str) -> bool:
    """Whether a file has the content that it had; `directory` is the source's."""
    # Most of a record's paths are headers of packages: joining would take as long as looking.
    path = item.path if item.path[0] == "/" else os.path.join(directory, item.path)
    if item.stat is not None and file_stat(path) == item.stat:
        return True
    try:
        return digest_file(path) == item.digest
    except OSError:
        return False


def _appeared(item: Shadow, directory: str) -> bool:
    place = os.path.join(directory, item.directory)
    present = _listed(place)  # a directory that is gone cannot shadow anything
    return any(
        name in present if os.sep not in name else os.path.lexists(os.path.join(place, name))
        for name in item.names
    )
