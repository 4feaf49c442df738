"""What all modules that use pybind11 compile again, prepared once: a kit.

A kit is a precompiled header and an object with the core of pybind11 (see `headers`). It fits one
compiler with one set of flags, and units that begin by including at least its headers. It is made
in the background after a build that could have used it (see `preparing`), lies in the cache, and is
shared by all processes of the user. Whatever it does not fit is compiled the plain way.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from cppmagic.cache import MANIFEST, Cache
from cppmagic.digest import digest
from cppmagic.inputs import Input, is_unchanged
from cppmagic.lexical import without_comments
from cppmagic.log import logger
from cppmagic.processor import native_identity
from cppmagic.toolchain.commands import Unit, include_path

KIT_FORMAT = "3"
HEADER = "prepared.hpp"
_FAMILY = "pybind11/"
_SCANNED_HEADERS = 100

# Say where headers are: that is compared with what the kit has read, not with its flags.
_PATH_FLAGS = ("-iquote", "-isystem", "-idirafter", "-I")
_INCLUDE_FIRST = "-include"  # the next word, as if the text began with it
# Change no code: warnings, colours, names in messages.
_SILENT_FLAGS = re.compile(
    r"-W(?!l,|p,|a,).*|-f(?:no-)?(?:diagnostics|caret-diagnostics|color-diagnostics).*"
    r"|-f(?:macro|debug|file)-prefix-map=.*"
)
# Would change what a precompiled header means, in ways that are not worth following.
_UNFIT_FLAGS = re.compile(
    r"-include.+|-imacros.*|-x.*|-M.*|-fplugin.*|-E|-S|-fsyntax-only|@.*|-B.*"
)


@dataclass(frozen=True)
class Recipe:
    """What decides a kit.

    Attributes:
        command: starts the compiler.
        kind: its dialect of flags.
        identity: digest of what it is.
        flags: of the units that the kit fits, without those that change no code.
        include_dirs: pybind11's and Python's.
        system_dirs: the compiler's own.
        headers: of pybind11, such as "pybind11/stl.h", sorted.
    """

    command: tuple[str, ...]
    kind: str
    identity: str
    flags: tuple[str, ...]
    include_dirs: tuple[str, ...]
    system_dirs: tuple[str, ...]
    headers: tuple[str, ...]

    @property
    def family(self) -> str:
        """Digest of all but the headers."""
        facts = (self.kind, self.identity, *self.flags, "", *self.include_dirs)
        return digest("kit", KIT_FORMAT, *facts)[:16]

    @property
    def name(self) -> str:
        """Names the kit: its family and its headers."""
        words = [name.removeprefix(_FAMILY).removesuffix(".h") for name in self.headers]
        return f"{self.family}-{'+'.join(words).replace('/', '.')}"

    @classmethod
    def from_json(cls, data: dict[str, object]) -> Recipe:
        """Return the recipe that `dataclasses.asdict` described."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})  # type: ignore[arg-type]

    def to_json(self) -> dict[str, object]:
        """Return the recipe as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Kit:
    """A finished kit.

    Attributes:
        directory: where it lies.
        recipe: what it was made from.
        inputs: files of pybind11 and Python that it was made from.
        files: absolute paths of all that it read, the compiler's own too.
        names: of all these, relative to their include directories.
        usable: False if what was made turned out not to work here.
    """

    directory: str
    recipe: Recipe
    inputs: tuple[Input, ...]
    files: tuple[str, ...]
    names: tuple[str, ...]
    usable: bool

    @property
    def core(self) -> str:
        """The object with the functions that the header only declares."""
        return os.path.join(self.directory, "core.o")

    @property
    def flags(self) -> tuple[str, ...]:
        """What a unit's command begins with to use the kit."""
        header, places = os.path.join(self.directory, HEADER), self.include_flags
        if self.recipe.kind == "clang":
            return ("-include-pch", header + ".pch", *places)
        # There is no text of that name: a compiler that does not accept the precompiled header
        # stops, and the unit is compiled the plain way.
        return ("-Winvalid-pch", "-include", header, *places)

    @property
    def include_flags(self) -> tuple[str, ...]:
        """What lets a unit see the kit's headers alone: the same text, and no core to compile."""
        return ("-isystem", os.path.join(self.directory, "include"))

    def real_path(self, path: str) -> str:
        """Return the header of which the kit has a rewritten copy."""
        copies = os.path.join(self.directory, "include") + os.sep
        if not path.startswith(copies):
            return path
        return os.path.join(self.recipe.include_dirs[0], path[len(copies) :])

    def mentions(self, name: str) -> bool:
        """Whether a macro of that name could change what the kit's headers mean."""
        try:
            return name in _identifiers(self.directory)
        except OSError:
            return True  # half a kit


def recipe_for(unit: Unit, quiet_dirs: tuple[str, ...], text: str) -> Recipe | None:
    """Return the recipe of the kit that would fit a unit best, or None if none could.

    Args:
        unit: of C++.
        quiet_dirs: pybind11's and Python's include directories.
        text: what the unit compiles.
    """
    places = [place for place in quiet_dirs if os.path.isdir(os.path.join(place, _FAMILY))]
    if not places or unit.compiler.is_zig or _FAMILY not in text:
        return None
    flags = _deciding_flags(unit.flags)
    own = _own_dirs(unit, quiet_dirs)
    text = _included_first(unit.flags) + text
    headers = tuple(sorted(_leading_headers(text, own, lambda name: False)))
    if flags is None or not headers:
        return None
    python = tuple(p for p in quiet_dirs if os.path.exists(os.path.join(p, "Python.h")))
    compiler = unit.compiler
    return Recipe(
        command=compiler.command,
        kind=compiler.kind,
        identity=digest(compiler.identity, native_identity(*flags)),
        flags=flags,
        include_dirs=(places[0], *python),
        system_dirs=compiler.system_dirs,
        headers=headers,
    )


def find_kit(
    wanted: Recipe, unit: Unit, quiet_dirs: tuple[str, ...], text: str, cache: Cache
) -> Kit | None:
    """Return the kit with the most headers that fits a unit, or None.

    Args:
        wanted: `recipe_for` of the unit.
        unit: which.
        quiet_dirs: as for `recipe_for`.
        text: what the unit compiles.
        cache: has the kits.
    """
    own = _own_dirs(unit, quiet_dirs)
    text = _included_first(unit.flags) + text
    return next((kit for kit in usable_kits(wanted, cache) if _fits(kit, unit, own, text)), None)


def usable_kits(recipe: Recipe, cache: Cache) -> Iterator[Kit]:
    """Yield the kits of a recipe's family that can be used, those with the most headers first."""
    names = [name for name in cache.prepared() if name.startswith(recipe.family + "-")]
    for name in sorted(names, key=lambda name: -name.count("+")):
        kit = load_kit(cache.prepared_path(name))
        if kit is not None and kit.usable:
            yield kit


def load_kit(directory: str) -> Kit | None:
    """Return the kit in a directory, or None if there is none that can be used.

    What it was made from may have changed, or the cache may have been moved: precompiled headers
    contain where they were made.
    """
    directory = os.path.realpath(directory)
    path = os.path.join(directory, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        if data["directory"] != directory:
            return None
        kit = Kit(
            directory,
            Recipe.from_json(data["recipe"]),
            tuple(Input(p, d, tuple(stat) if stat else None) for p, d, stat in data["inputs"]),
            tuple(data["files"]),
            tuple(data["names"]),
            data["usable"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not all(is_unchanged(item, "") for item in kit.inputs):
        logger.info("%s was prepared from headers that have changed since", directory)
        return None
    return kit


def _fits(kit: Kit, unit: Unit, own: tuple[str, ...], text: str) -> bool:
    macros = [_macro_name(word) for word in _macro_words(unit.flags)]
    return (
        set(kit.recipe.headers) <= set(_leading_headers(text, own, kit.mentions))
        and not any(kit.mentions(name) for name in macros)
        and not _shadowed(kit, own)
    )


def _deciding_flags(flags: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the flags that decide a precompiled header, or None if there can be none."""
    kept: list[str] = []
    words = iter(flags)
    for word in words:
        if word in _PATH_FLAGS or word == _INCLUDE_FIRST:
            next(words, "")
        elif word in ("-D", "-U") or _UNFIT_FLAGS.fullmatch(word):
            return None
        elif not word.startswith(_PATH_FLAGS) and not _SILENT_FLAGS.fullmatch(word):
            kept.append(word)
    return tuple(word for word in kept if not _is_users_macro(word))


def _included_first(flags: tuple[str, ...]) -> str:
    """Return what the flags include before the text, as a text."""
    names = (flags[at + 1] for at, word in enumerate(flags[:-1]) if word == _INCLUDE_FIRST)
    return "".join(f'#include "{name}"\n' for name in names)


# Those that every build defines; others are compared with the names that the headers mention.
_OUR_MACROS = ("-DPYBIND11_STDLIB=", "-DPyThread_tss_", "-DNDEBUG")


def _is_users_macro(word: str) -> bool:
    return word.startswith(("-D", "-U")) and not word.startswith(_OUR_MACROS)


def _macro_words(flags: tuple[str, ...]) -> Iterator[str]:
    return (word for word in flags if _is_users_macro(word))


def _macro_name(word: str) -> str:
    return re.split(r"[=(]", word[2:])[0]


def _own_dirs(unit: Unit, quiet_dirs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the include directories that come before those of packages and of the compiler."""
    not_own = (*quiet_dirs, *unit.compiler.system_dirs)
    return tuple(place for place in include_path(unit.flags) if place not in not_own)


def _shadowed(kit: Kit, own: tuple[str, ...]) -> bool:
    """Whether an include directory of the user has something that the kit took from elsewhere."""
    for place in own:
        try:
            present = set(os.listdir(place))
        except OSError:
            continue
        for name in kit.names:
            first = name.partition("/")[0]
            if first in present and os.path.lexists(os.path.join(place, name)):
                return True
    return False


_LINE = re.compile(r"^[ \t]*((?:\\\n|[^\n])*)$", re.MULTILINE)
_INCLUDE = re.compile(r'#\s*include\s*[<"]([^">\n]+)[">]\s*$')
_MACRO = re.compile(r"#\s*(?:define|undef)\s+(\w+)")
_HARMLESS = re.compile(r"#\s*(?:line\b.*|pragma\s+(?:once|GCC diagnostic.*|clang diagnostic.*)|$)")


def _leading_headers(
    text: str, own: tuple[str, ...], mentions: Callable[[str], bool]
) -> Iterator[str]:
    """Yield the headers of pybind11 that a text includes before all else that could matter to them.

    Before them may stand other headers and macros whose names they do not mention: including them
    first of all, as a precompiled header does, then gives the same.
    """
    for match in _LINE.finditer(without_comments(text)):
        line = match[1].strip()
        include = _INCLUDE.match(line)
        macro = _MACRO.match(line)
        if include and include[1].startswith(_FAMILY):
            yield include[1]
        elif include:
            if not _is_harmless(include[1], own, mentions, [_SCANNED_HEADERS]):
                return
        elif macro:
            if mentions(macro[1]):
                return
        elif line and not _HARMLESS.match(line):
            return


def _is_harmless(
    name: str, own: tuple[str, ...], mentions: Callable[[str], bool], budget: list[int]
) -> bool:
    """Whether a header could stand behind pybind11's as well as before them."""
    path = next((p for p in (os.path.join(place, name) for place in own) if os.path.isfile(p)), "")
    if not path:
        return True  # of the compiler, of a package, or the compiler will say that there is none
    budget[0] -= 1
    if budget[0] < 0:
        return False
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = without_comments(file.read())
    except OSError:
        return False
    beside = (os.path.dirname(path), *own)
    for match in _LINE.finditer(text):
        line = match[1].strip()
        if not line.startswith("#"):
            continue
        include, macro = _INCLUDE.match(line), _MACRO.match(line)
        if include and not _is_harmless(include[1], beside, mentions, budget):
            return False
        if macro and mentions(macro[1]):
            return False
        if re.match(r"#\s*pragma\s+(?!once|omp|GCC diagnostic|clang diagnostic)", line):
            return False
    return True


@functools.lru_cache(maxsize=8)
def _identifiers(directory: str) -> frozenset[str]:
    with open(os.path.join(directory, "identifiers.txt"), encoding="utf-8") as file:
        return frozenset(file.read().split("\n"))
