"""What units compile again and again, prepared once: a kit.

A kit is a precompiled header: of headers of pybind11, together with an object that has pybind11's
core (see `headers`), or of headers of the standard library. It fits one compiler with one set of
flags, and units that begin by including at least its headers. It is made in the background after a
build that could have used it (see `preparing`), lies in the cache, and is shared by all processes
of the user. Whatever it does not fit is compiled the plain way.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

from cppmagic.cache import MANIFEST, Cache
from cppmagic.digest import digest
from cppmagic.inputs import Input, is_unchanged
from cppmagic.log import logger
from cppmagic.processor import native_identity
from cppmagic.toolchain.commands import Unit, include_path, language_of
from cppmagic.toolchain.leading import PYBIND11, STANDARD, Family, leading_headers

KIT_FORMAT = "3"
HEADER = "prepared.hpp"
_FAMILY = "pybind11/"
_LONGEST_LIST = 180  # of the 255 characters that a file's name may have

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
        include_dirs: pybind11's and Python's; none for headers of the standard library.
        system_dirs: the compiler's own.
        headers: such as "pybind11/stl.h" or "vector", sorted; of one family.
    """

    command: tuple[str, ...]
    kind: str
    identity: str
    flags: tuple[str, ...]
    include_dirs: tuple[str, ...]
    system_dirs: tuple[str, ...]
    headers: tuple[str, ...]

    @property
    def has_core(self) -> bool:
        """Whether what the headers only declare is in an object beside them."""
        return bool(self.include_dirs)

    @property
    def family(self) -> Family:
        """What headers these are."""
        return PYBIND11 if self.has_core else STANDARD

    @property
    def prefix(self) -> str:
        """Begins the names of all kits that differ in their headers at most."""
        places = self.include_dirs or self.system_dirs
        facts = (self.kind, self.identity, *self.flags, "", *places)
        return digest("kit", KIT_FORMAT, *facts)[:16] + "-"

    @property
    def words(self) -> frozenset[str]:
        """The headers, as a kit's name lists them."""
        ending = ".h" if self.has_core else ""
        return frozenset(
            name.removeprefix(_FAMILY).removesuffix(ending).replace("/", ".")
            for name in self.headers
        )

    @property
    def name(self) -> str:
        """Names the kit, by its headers if they are not too many."""
        listed = "+".join(sorted(self.words))
        return self.prefix + (listed if len(listed) <= _LONGEST_LIST else digest(listed))

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
        """The object with the functions that the header only declares; "" if there are none."""
        return os.path.join(self.directory, "core.o") if self.recipe.has_core else ""

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
        copies = os.path.join(self.directory, "include")
        return ("-isystem", copies) if self.recipe.has_core else ()

    def real_path(self, path: str) -> str:
        """Return the header of which the kit has a rewritten copy."""
        copies = os.path.join(self.directory, "include") + os.sep
        if not self.recipe.has_core or not path.startswith(copies):
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
        unit: which.
        quiet_dirs: pybind11's and Python's include directories.
        text: what the unit compiles.
    """
    compiler, flags = unit.compiler, _deciding_flags(unit.flags)
    if compiler.is_zig or language_of(unit.path) != "c++" or flags is None:
        return None
    include_dirs = _include_dirs(quiet_dirs) if _FAMILY in text else ()
    if _FAMILY in text and not include_dirs:
        return None
    recipe = Recipe(
        command=compiler.command,
        kind=compiler.kind,
        identity=digest(compiler.identity, native_identity(*flags)),
        flags=flags,
        include_dirs=include_dirs,
        system_dirs=compiler.system_dirs,
        headers=(),
    )
    headers = _leading(recipe, unit, quiet_dirs, text, lambda name: False)
    return replace(recipe, headers=tuple(sorted(headers))) if headers else None


def _include_dirs(quiet_dirs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the directories of pybind11's and Python's headers; nothing without pybind11."""
    pybind11 = [place for place in quiet_dirs if os.path.isdir(os.path.join(place, _FAMILY))]
    python = [place for place in quiet_dirs if os.path.exists(os.path.join(place, "Python.h"))]
    return (pybind11[0], *python) if pybind11 else ()


def _leading(
    recipe: Recipe,
    unit: Unit,
    quiet_dirs: tuple[str, ...],
    text: str,
    mentions: Callable[[str], bool],
) -> set[str]:
    """Return the headers of the recipe's family that a unit includes first of all."""
    places = _places_before(recipe, unit, quiet_dirs)
    text = _included_first(unit.flags) + text
    return set(leading_headers(text, recipe.family, places, mentions))


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
    kits = usable_kits(wanted, cache, within=True)
    return next((kit for kit in kits if _fits(kit, unit, quiet_dirs, text)), None)


def usable_kits(recipe: Recipe, cache: Cache, within: bool = False) -> Iterator[Kit]:
    """Yield the kits that can be used and differ from a recipe in their headers at most.

    Args:
        recipe: which.
        cache: has the kits.
        within: whether the recipe must have all their headers.

    Yields:
        Those with the most headers first.
    """
    sizes: dict[str, int] = {}
    for name in cache.prepared():
        if not name.startswith(recipe.prefix):
            continue
        words = frozenset(name.removeprefix(recipe.prefix).split("+"))
        if name == recipe.name:
            sizes[name] = len(recipe.words)
        elif not within or words <= recipe.words:
            sizes[name] = len(words)
    for name in sorted(sizes, key=lambda name: -sizes[name]):
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


def _fits(kit: Kit, unit: Unit, quiet_dirs: tuple[str, ...], text: str) -> bool:
    macros = [_macro_name(word) for word in _macro_words(unit.flags)]
    return (
        set(kit.recipe.headers) <= _leading(kit.recipe, unit, quiet_dirs, text, kit.mentions)
        and not any(kit.mentions(name) for name in macros)
        and not _shadowed(kit, _places_before(kit.recipe, unit, quiet_dirs))
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


def _places_before(recipe: Recipe, unit: Unit, quiet_dirs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the include directories that come before those of the recipe's headers."""
    behind = (*(quiet_dirs if recipe.has_core else ()), *unit.compiler.system_dirs)
    return tuple(place for place in include_path(unit.flags) if place not in behind)


def _shadowed(kit: Kit, places: tuple[str, ...]) -> bool:
    """Whether one of the directories has something that the kit took from elsewhere."""
    for place in places:
        try:
            present = set(os.listdir(place))
        except OSError:
            continue
        for name in kit.names:
            first = name.partition("/")[0]
            if first in present and os.path.lexists(os.path.join(place, name)):
                return True
    return False


@functools.lru_cache(maxsize=8)
def _identifiers(directory: str) -> frozenset[str]:
    with open(os.path.join(directory, "identifiers.txt"), encoding="utf-8") as file:
        return frozenset(file.read().split("\n"))
