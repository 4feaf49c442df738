"""Building ahead of time: the library beside its source, and release mode.

The library carries a trailer that says what it was built from, so that with the import hook a
library which no longer fits its source is not taken for it. A trailer behind the end of a shared
library is harmless: the loader reads what its headers name.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import sys
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cppmagic.cache import Artifact
from cppmagic.digest import digest, digest_file
from cppmagic.errors import (
    CppmagicError,
    LoadError,
    OptionError,
    ReleaseModeError,
    SourceNotFoundError,
    ToolchainError,
    nearest,
)
from cppmagic.inputs import Record
from cppmagic.log import logger
from cppmagic.processor import native_identity
from cppmagic.recall import LIBRARY_SUFFIX, NO_OPTIONS
from cppmagic.settings import settings
from cppmagic.source import Source, find, from_file, has_opted_in

if TYPE_CHECKING:
    from cppmagic.config import BuildConfig
    from cppmagic.toolchain.prepared import Recipe

NOTEBOOK = ".ipynb"
"""Extension of notebooks."""

_TAG = b"cppmagic"
_END = struct.Struct("<Q8s")


def find_sources(root: str) -> list[str]:
    """Return the files of a tree that opt in, hidden directories left out, in a stable order."""
    return [path for path in _find(root, settings.file_exts) if has_opted_in(path)]


def find_notebooks(root: str) -> list[str]:
    """Return the notebooks of a tree, hidden directories left out, in a stable order."""
    return list(_find(root, (NOTEBOOK,)))


def _find(root: str, extensions: tuple[str, ...]) -> Iterator[str]:
    for directory, subdirectories, files in os.walk(root):
        subdirectories[:] = sorted(name for name in subdirectories if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and os.path.splitext(name)[1] in extensions:
                yield os.path.abspath(os.path.join(directory, name))


def module_name(path: str) -> str:
    """Return a file's dotted module name: with the packages that it lies in."""
    directory, name = os.path.split(os.path.abspath(path))
    parts = [os.path.splitext(name)[0]]
    while os.path.isfile(os.path.join(directory, "__init__.py")):
        directory, package = os.path.split(directory)
        parts.insert(0, package)
    return ".".join(parts)


def recipe_for_headers(names: tuple[str, ...], config: BuildConfig = NO_OPTIONS) -> Recipe:
    """Return the recipe of the kit (see `toolchain.prepared`) for a module.

    Args:
        names: headers of pybind11 beside `pybind11.h`, such as "stl.h".
        config: of the module.

    Raises:
        ToolchainError: the compiler is one that kits are not made for.
    """
    names = tuple(name.removeprefix("pybind11/") for name in names)
    text = "".join(f"#include <pybind11/{name}>\n" for name in ("pybind11.h", *names))
    return _recipe_for(text, "", config)


def recipe_for_plain_cells(config: BuildConfig = NO_OPTIONS) -> Recipe:
    """Return the recipe of the kit for the bindings that are written for `%%cpp`.

    Args:
        config: of the cell.

    Raises:
        ToolchainError: the compiler is one that kits are not made for.
    """
    from cppmagic.autobind.bindings import HEADER

    return _recipe_for(HEADER, "auto", config)


def recipe_for_standard_headers(
    names: tuple[str, ...], config: BuildConfig = NO_OPTIONS, plain: bool = False
) -> Recipe:
    """Return the recipe of the kit for units that include some headers of the standard library.

    Args:
        names: such as "vector".
        config: of the module.
        plain: whether it is for `%%cpp`, which has another standard by default.

    Raises:
        OptionError: one of them is no such header.
        ToolchainError: the compiler is one that kits are not made for.
    """
    from cppmagic.toolchain.known_names import STANDARD_HEADERS

    for name in names:
        if name not in STANDARD_HEADERS:
            similar = nearest(name, sorted(STANDARD_HEADERS))
            raise OptionError(f"{name} is no header of the standard library{similar}")
    text = "".join(f"#include <{name}>\n" for name in names)
    return _recipe_for(text, "auto" if plain else "", config)


def _recipe_for(text: str, binding: str, config: BuildConfig) -> Recipe:
    from cppmagic import cache
    from cppmagic.planning import plan
    from cppmagic.template import render
    from cppmagic.toolchain.prepared import recipe_for

    directory = os.path.join(cache.current().base, "nowhere")
    path = os.path.join(directory, "x.cpp")
    source = Source("prepared", text, path, "", directory, "c++", binding)
    made = plan(render(source, config), cache.current())
    recipe = recipe_for(made.units[0], made.quiet_dirs, made.rendered.text)
    if recipe is None:
        raise ToolchainError(f"nothing can be prepared for {made.units[0].compiler.version}")
    return recipe


def build_beside(path: str, fullname: str | None = None, force: bool = False) -> str:
    """Build a file and put the library beside it.

    Args:
        path: the file.
        fullname: dotted module name; default: from the file's name and its packages.
        force: build even if nothing changed.

    Returns:
        The library's path.

    Raises:
        CppmagicError: one of its kinds; what was there before is still there.
    """
    from cppmagic import pipeline

    source = from_file(path, module_name(path) if fullname is None else fullname)
    artifact, record = pipeline.obtain_with_record(source, force=force)
    target = library_path(path)
    if _trailer(target).get("fingerprint") != artifact.fingerprint:
        _write(target, artifact, _description(source, artifact, record))
    return target


def library_path(path: str) -> str:
    """Return where a source's library is put: beside it, with this Python's suffix."""
    return os.path.splitext(path)[0] + LIBRARY_SUFFIX


def finished_library(path: str) -> str | None:
    """Return the library beside a source that this Python would import, or None."""
    stem = os.path.splitext(path)[0]
    candidates = (stem + suffix for suffix in EXTENSION_SUFFIXES)
    return next((library for library in candidates if os.path.exists(library)), None)


def prebuilt(source: Source) -> Artifact | None:
    """Return the library beside a source as an artifact, if it was built from what is there now."""
    path = library_path(source.path)
    if not os.path.exists(path):
        return None
    trailer = _trailer(path)
    if not trailer:
        logger.info("%s was not built by cppmagic; %s is built in the cache", path, source.path)
        return None
    changed = _first_change(trailer, source)
    if changed:
        logger.info("%s is older than %s; the module is built in the cache", path, changed)
        return None
    return Artifact(
        fingerprint=trailer["fingerprint"],
        library=path,
        fullname=source.fullname,
        source_label=source.label,
        source_text=source.text,
        built_at=os.path.getmtime(path),
        build_seconds=0.0,
        warnings="",
        linked="",
    )


def load_released(fullname: str) -> ModuleType:
    """Import a prebuilt library along sys.path; see `settings.release_mode`.

    Raises:
        ReleaseModeError: there is none.
    """
    relative = fullname.replace(".", os.sep)
    for entry in sys.path:
        path = os.path.abspath(os.path.join(entry, relative)) + settings.file_exts[0]
        if finished_library(path):
            return load_released_file(path, fullname)
    try:
        path = find(fullname)
    except SourceNotFoundError:
        path = relative + settings.file_exts[0]
    raise missing_library(path)


def load_released_file(path: str, fullname: str | None = None) -> ModuleType:
    """Import the prebuilt library beside a source, which may be absent.

    Raises:
        ReleaseModeError: there is none.
        LoadError: it cannot be loaded.
    """
    from cppmagic.modules.version import load_library

    fullname = os.path.splitext(os.path.basename(path))[0] if fullname is None else fullname
    library = finished_library(path)
    if library is None:
        raise missing_library(path)
    present = sys.modules.get(fullname)
    if present is not None:
        if getattr(present, "__file__", None) == library:
            return present
        logger.warning("%s is another module's name already; sys.modules keeps that one", fullname)
    if _is_for_another_processor(_trailer(library)):
        raise LoadError(
            f"{library} was built with -march=native on a machine with another processor, and "
            f"could end this process here. Build it on this machine ({build_command(path)}), or "
            "name a processor that all of yours can stand in for, as -march=x86-64-v2"
        )
    parent_name, _, name = fullname.rpartition(".")
    parent = importlib.import_module(parent_name) if parent_name else None
    try:
        module = load_library(fullname, library)
    except Exception as error:
        raise LoadError(
            f"{library} cannot be loaded: {error}; build it again for this Python: "
            f"{build_command(path)}"
        ) from error
    if parent is not None and present is None:
        setattr(parent, name, module)
    return module


def missing_library(path: str) -> ReleaseModeError:
    """Return the error for a source whose library is missing in release mode."""
    return ReleaseModeError(
        f"release mode is on (settings.release_mode), and {os.path.splitext(path)[0]} has no "
        f"prebuilt library for this Python. Build it: {build_command(path)}",
        path=path,
    )


def build_command(path: str) -> str:
    """Return the shell command that builds a file ahead of time."""
    import shlex

    return f"{shlex.quote(sys.executable)} -m cppmagic build {shlex.quote(path)}"


def _description(source: Source, artifact: Artifact, record: Record) -> dict[str, Any]:
    # What belongs to an installation (pybind11's headers, Python's) may be absent in production.
    places = [place for _, place in record.packages] + [sys.base_prefix]
    installed = tuple(place + os.sep for place in places)
    return {
        "fingerprint": artifact.fingerprint,
        "source": digest(source.text),
        "processor": native_identity(source.text),
        "inputs": [
            [item.path, item.digest]
            for item in record.inputs
            if not item.path.startswith(installed)
        ],
    }


def _is_for_another_processor(trailer: dict[str, Any]) -> bool:
    made_for = trailer.get("processor")
    return bool(made_for) and made_for != native_identity("-march=native")


def _first_change(trailer: dict[str, Any], source: Source) -> str:
    if trailer.get("source") != digest(source.text):
        return source.path
    if _is_for_another_processor(trailer):
        return "this machine"
    for name, expected in trailer["inputs"]:
        path = os.path.join(source.directory, name)
        try:
            if digest_file(path) != expected:
                return path
        except OSError:
            continue  # a header that was not deployed cannot have been edited either
    return ""


def _write(target: str, artifact: Artifact, description: dict[str, Any]) -> None:
    data = json.dumps(description).encode()
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(artifact.library, "rb") as library, open(temporary, "wb") as file:
            file.write(library.read() + data + _END.pack(len(data), _TAG))
        os.chmod(temporary, 0o755)
        os.replace(temporary, target)  # never into a library that some process has loaded
    except OSError as error:
        raise CppmagicError(
            f"{target} cannot be written: {error.strerror}. Building ahead puts the library beside "
            "its source; make that directory writable, or import the module without building "
            "ahead (the library is then kept in the cache)"
        ) from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _trailer(path: str) -> dict[str, Any]:
    """Return the description at the end of a library, or {} without one."""
    try:
        with open(path, "rb") as file:
            file.seek(-_END.size, os.SEEK_END)
            length, tag = _END.unpack(file.read(_END.size))
            if tag != _TAG:
                return {}
            file.seek(-(_END.size + length), os.SEEK_END)
            found = json.loads(file.read(length))
    except (OSError, ValueError, struct.error):
        return {}
    return found if isinstance(found, dict) else {}
