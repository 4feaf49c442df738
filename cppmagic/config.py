"""Build config: what a Mako block (`cfg[...]`) and the magic's options say about the build."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from cppmagic.errors import ConfigError, nearest
from cppmagic.light import dataclass, replace

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True)
class BuildConfig:
    """How to compile and link one module.

    Relative paths resolve beside the source (for a cell: in the working directory).

    Attributes:
        sources: further sources (.cpp, .c, ...) and objects (.o, .a) of the module.
        include_dirs: directories for `#include`, before the default ones.
        extra_compile_args: flags for every compile command, after the default ones.
        extra_link_args: flags for the link command.
        libraries: names of libraries to link, as after `-l`.
        library_dirs: directories in which to look for them, when linking and when loading.
        dependencies: files of any kind, and plain strings such as a version: when one changes,
            the module is built again.
        parallel: taken for compatibility with cppimport; sources always compile side by side.
        std: language standard, "c++20" or "c11".
        optimize: the level after `-O`: "0", "2", "3", "s", "fast", ...
        debug: whether to add debug information and keep `assert` alive.
        compiler: name, path, command line or "zig", in place of the setting.
        share_types: whether objects of the module's C++ classes can be exchanged with other modules
            that share theirs, and with installed packages. Such a class is registered once in a
            process: after an edit it needs a restart.
        bind_main: whether `main` is bound too where bindings are written (`%%cpp`).
    """

    sources: tuple[str, ...] = ()
    include_dirs: tuple[str, ...] = ()
    extra_compile_args: tuple[str, ...] = ()
    extra_link_args: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    library_dirs: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    parallel: bool = False
    std: str | None = None
    optimize: str | None = None
    debug: bool = False
    compiler: str | None = None
    share_types: bool = False
    bind_main: bool = False

    def merged(self, other: BuildConfig) -> BuildConfig:
        """Return this config with `other` added: its lists come last, its single values win."""
        changes: dict[str, Any] = {}
        mine_args = tuple(
            word
            for word in self.extra_compile_args
            if not (other.std and word.startswith("-std="))
            and not (other.optimize and word.startswith("-O"))
        )
        for name in _KEYS:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, tuple):
                mine = mine_args if name == "extra_compile_args" else mine
                changes[name] = mine + theirs
            elif theirs not in (None, False):
                changes[name] = theirs
        return replace(self, **changes)


_KEYS: tuple[str, ...] = BuildConfig.__match_args__
_DEFAULTS = {name: getattr(BuildConfig, name) for name in _KEYS}
_LIST_KEYS = tuple(name for name in _KEYS if _DEFAULTS[name] == ())
_OLD_NAMES = {"compiler_args": "extra_compile_args", "linker_args": "extra_link_args"}


class Cfg(MutableMapping[str, "Any"]):
    """The mutable `cfg` of a template. Unknown keys and wrong types raise `ConfigError`.

    `compiler_args` and `linker_args` are the old names of `extra_compile_args` and
    `extra_link_args`.

    Attributes:
        packages: installed packages that a helper such as `setup_numpy` consulted, with the
            directory that each was found in: another one there means another build.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        for name in _KEYS:
            self._values[name] = [] if name in _LIST_KEYS else _DEFAULTS[name]
        self.packages: dict[str, str] = {}

    def __getitem__(self, key: str) -> Any:
        return self._values[_known(key)]

    def __setitem__(self, key: str, value: Any) -> None:
        key = _known(key)
        # A tuple or a generator is as good as a list; `cfg[...] += [...]` needs a list.
        if key in _LIST_KEYS and not isinstance(value, (str, bytes)) and hasattr(value, "__iter__"):
            value = list(value)
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        key = _known(key)
        self._values[key] = [] if key in _LIST_KEYS else getattr(BuildConfig, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return _OLD_NAMES.get(str(key), key) in self._values

    def freeze(self) -> BuildConfig:
        """Return the checked, immutable build config.

        Raises:
            ConfigError: a value has a type that its key cannot take.
        """
        values = {key: _checked(key, value) for key, value in self._values.items()}
        return BuildConfig(**values)


def _known(key: str) -> str:
    key = _OLD_NAMES.get(key, key)
    if key not in _KEYS:
        raise ConfigError(
            f"cfg has no key {key!r}{nearest(key, [*_KEYS, *_OLD_NAMES])}; "
            f"it has {', '.join(_KEYS)}"
        )
    return key


def _checked(key: str, value: Any) -> Any:
    import os

    if key in _LIST_KEYS:
        if not isinstance(value, list):
            raise ConfigError(
                f"cfg[{key!r}] takes a list of strings, not {value!r}; write [{value!r}]"
            )
        for word in value:
            if not isinstance(word, (str, os.PathLike)):
                raise ConfigError(
                    f"cfg[{key!r}] takes strings, but {word!r} is of type {type(word).__name__}"
                )
        return tuple(os.fspath(word) for word in value)
    if key in ("parallel", "debug", "share_types", "bind_main"):
        return bool(value)
    if key == "optimize" and value is not None:
        return str(value)
    if value is not None and not isinstance(value, (str, os.PathLike)):
        raise ConfigError(f"cfg[{key!r}] takes a string, not {value!r}")
    return value if value is None else os.fspath(value)
