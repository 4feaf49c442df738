"""Recall: the artifact of an unchanged source, without rendering or compiling anything.

This is the way of every cached import, so it imports little: no Mako, no setuptools, no compiler.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES

from cppmagic import cache as caches
from cppmagic.cache import Artifact
from cppmagic.config import BuildConfig
from cppmagic.digest import digest
from cppmagic.processor import native_identity
from cppmagic.settings import settings
from cppmagic.source import Source

BUILD_FORMAT = "5"
"""Part of every fingerprint: raised whenever the same inputs would give another library."""

BINDING_FORMAT = "2"
"""The same for sources whose bindings are written for them: raised when other ones are written."""

LIBRARY_SUFFIX = EXTENSION_SUFFIXES[0]
PYTHON_IDENTITY = (LIBRARY_SUFFIX, sys.implementation.name, hex(sys.hexversion))
NO_OPTIONS = BuildConfig()

# What of the environment decides which compiler there is and what its command line says ...
SELECTING_VARIABLES = (
    *("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "LDSHARED", "PATH"),
    *("PKG_CONFIG", "PKG_CONFIG_PATH"),
)
# ... and what a compiler reads by itself.
SILENT_VARIABLES = (
    *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH"),
    *("GCC_EXEC_PREFIX", "SOURCE_DATE_EPOCH", "MACOSX_DEPLOYMENT_TARGET", "SDKROOT"),
)


# Where nothing can be compiled, PATH says nothing of what was.
_WITHOUT_PATH = tuple(name for name in SELECTING_VARIABLES + SILENT_VARIABLES if name != "PATH")


def recall(source: Source, options: BuildConfig = NO_OPTIONS) -> Artifact | None:
    """Return the artifact of a source if nothing that decides it changed, else None."""
    known = caches.current().recall_alias(source_key(source, options), source.directory)
    return known[0] if known else None


def source_key(source: Source, options: BuildConfig) -> str:
    """Digest of all that decides a build and is known before the template is rendered."""
    return _key(source, options, SELECTING_VARIABLES + SILENT_VARIABLES)


def key_without_path(source: Source, options: BuildConfig) -> str:
    """The same, but for PATH: where there is no compiler, what was built before is found by it."""
    return _key(source, options, _WITHOUT_PATH)


def _key(source: Source, options: BuildConfig, variables: tuple[str, ...]) -> str:
    return digest(
        "source",
        BUILD_FORMAT,
        *PYTHON_IDENTITY,
        sys.prefix,
        source.fullname,
        os.path.basename(source.path),
        source.language,
        source.text,
        f"{source.binding} {BINDING_FORMAT}" if source.binding else "",
        repr(options),
        settings.compiler,
        native_identity(source.text, repr(options), *map(_from_environment, variables)),
        repr(settings.remove_strict_prototypes),
        *(f"{name}={os.environ.get(name)}" for name in variables),
    )


def _from_environment(name: str) -> str:
    return os.environ.get(name, "")
