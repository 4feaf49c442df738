"""Settings: one documented field each, by attribute or as a mapping, from the environment or code.

cppmagic.settings.lock_timeout = 60
cppmagic.settings["release_mode"] = True
CPPMAGIC_COMPILER=clang++ python script.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, MutableMapping

from cppmagic.errors import SettingsError, nearest

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SIZE_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("expected true or false")


def _extensions(value: object) -> tuple[str, ...]:
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise ValueError("expected a list of file name extensions such as .cpp")
    if not all(isinstance(word, str) and word.startswith(".") for word in words):
        raise ValueError("each extension is text and starts with a dot")
    return tuple(words)


def _size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("expected a number of bytes, or text such as '4 GB'")
    text = str(value).strip().lower()
    parts = re.fullmatch(r"(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*([kmgt]?)i?b?", text)
    if parts is None:
        raise ValueError("expected a number of bytes, or text such as '4 GB'")
    return int(float(parts[1]) * _SIZE_UNITS[parts[2]])


def _seconds(value: object) -> float:
    expected = "expected a number of seconds, 0 or more"
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(expected) from None
    if not number >= 0:
        raise ValueError(expected)
    return number


def _count(value: object) -> int:
    expected = "expected a whole number, 0 or more"
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise ValueError(expected) from None
    if number < 0:
        raise ValueError(expected)
    return int(number)


def _text(value: object) -> str:
    if value is None:
        return ""
    return os.fspath(value)  # type: ignore[call-overload,no-any-return]


class _Setting:
    def __init__(self, default: object, parse: Callable[[Any], object], doc: str) -> None:
        self.default = default
        self.parse = parse
        self.doc = doc


def _setting(default: object, parse: Callable[[Any], object], doc: str) -> Any:
    return _Setting(default, parse, doc)


class Settings(MutableMapping[str, "Any"]):
    """All settings. `CPPMAGIC_<NAME>` in the environment gives a setting its first value.

    An unknown name, or a value of the wrong kind, raises `SettingsError` (which is a KeyError, an
    AttributeError and a ValueError, so that either way of access reports what its users expect).
    """

    force_rebuild: bool = _setting(
        False, _boolean, "Build again even if a finished library is in the cache."
    )
    file_exts: tuple[str, ...] = _setting(
        (".cpp", ".c"), _extensions, "Extensions of the files that the import hook looks for."
    )
    rtld_flags: int = _setting(
        0, _count, "Flags for dlopen, added to Python's own (0 is RTLD_LOCAL; see os.RTLD_*)."
    )
    use_filelock: bool = _setting(
        True, _boolean, "Let one process build a module while the others wait for it."
    )
    lock_suffix: str = _setting(".lock", _text, "Ending of the lock files' names.")
    lock_timeout: float = _setting(
        600.0, _seconds, "Seconds to wait for another process that builds the same module."
    )
    remove_strict_prototypes: bool = _setting(
        True, _boolean, "Leave out -Wstrict-prototypes, which is not valid for C++."
    )
    release_mode: bool = _setting(
        False,
        _boolean,
        "Check and build nothing: load the libraries that `python -m cppmagic build` left beside "
        "the sources. CPPIMPORT_RELEASE_MODE is honoured too.",
    )
    cache_dir: str = _setting(
        "", _text, "Directory of the cache; empty: the user's cache directory of this platform."
    )
    cache_size_limit: int = _setting(
        4 * 10**9,
        _size,
        "Size in bytes (or text such as '4 GB') to which the cache is brought down, from time to "
        "time after a build, by removing what was used least recently.",
    )
    compiler: str = _setting(
        "",
        _text,
        "C++ compiler: a name, a path, a command line, or 'zig'; empty: CXX and CC from the "
        "environment, else what setuptools finds for this Python.",
    )
    compiler_launcher: str = _setting(
        "", _text, "Command that is put before each compilation, such as ccache; empty: none."
    )
    accelerate: bool = _setting(
        True,
        _boolean,
        "Use what is prepared of pybind11 (a precompiled header, its core) to build faster.",
    )
    background: bool = _setting(
        True,
        _boolean,
        "Work on in the background after a build: prepare pybind11, keep the cache small.",
    )
    jobs: int = _setting(0, _count, "Compilers to run at once; 0: one for each processor.")

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, _parsed(name, value, f"settings.{name}"))

    def __getattr__(self, name: str) -> Any:
        # Only called for names that are not there. Dunder names are Python asking, not a user.
        if name.startswith("__"):
            raise AttributeError(name)
        raise _unknown(name)

    def __getitem__(self, name: str) -> Any:
        _field(name)
        return getattr(self, name)

    def __setitem__(self, name: str, value: object) -> None:
        setattr(self, name, value)

    def __delitem__(self, name: str) -> None:
        """Give the setting its default back."""
        setattr(self, name, _field(name).default)

    def __contains__(self, name: object) -> bool:
        return name in _FIELDS

    def __iter__(self) -> Iterator[str]:
        return iter(_FIELDS)

    def __len__(self) -> int:
        return len(_FIELDS)

    def __repr__(self) -> str:
        return "Settings(" + ", ".join(f"{key}={value!r}" for key, value in self.items()) + ")"

    def describe(self) -> str:
        """Return a readable list of all settings: name, value, origin, what it is for."""
        return "\n".join(f"{self.state(name)}\n    {_FIELDS[name].doc}" for name in self)

    def state(self, name: str) -> str:
        """Return one line: a setting's value, and where it comes from."""
        return f"{name} = {self[name]!r}  ({self._origin(name)})"

    def choices(self, name: str) -> tuple[str, ...]:
        """Return the words that a setting can be, or () where they cannot be listed."""
        return ("true", "false") if isinstance(_field(name).default, bool) else ()

    def _origin(self, name: str) -> str:
        for variable in _variables(name):
            if variable in os.environ:
                read = _from_environment()[name]
                return f"from {variable}" if read == self[name] else "set in this session"
        return "default" if self[name] == _field(name).default else "set in this session"


_FIELDS = {name: item for name, item in vars(Settings).items() if isinstance(item, _Setting)}
for _name, _item in _FIELDS.items():
    setattr(Settings, _name, _item.default)


def _field(name: object) -> _Setting:
    if name not in _FIELDS:
        raise _unknown(str(name))
    return _FIELDS[str(name)]


def _unknown(name: str) -> SettingsError:
    return SettingsError(
        f"there is no setting {name!r}{nearest(name, list(_FIELDS))}; "
        "`print(cppmagic.settings.describe())` lists them"
    )


def _variables(name: str) -> tuple[str, ...]:
    """Return the variables of the environment that give a setting its first value, first wins."""
    older = ("CPPIMPORT_RELEASE_MODE",) if name == "release_mode" else ()
    return (f"CPPMAGIC_{name.upper()}", *older)


def _parsed(name: str, value: object, where: str) -> object:
    try:
        return _field(name).parse(value)
    except SettingsError:
        raise
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where} cannot be {value!r}: {error}") from None


def _from_environment() -> Settings:
    values = Settings()
    for name in values:
        variable = "CPPMAGIC_" + name.upper()
        if variable in os.environ:
            object.__setattr__(values, name, _parsed(name, os.environ[variable], variable))
    if "CPPMAGIC_RELEASE_MODE" not in os.environ and "CPPIMPORT_RELEASE_MODE" in os.environ:
        # cppimport takes any unknown word for "off"; a switch to cppmagic must not fail on one.
        word = os.environ["CPPIMPORT_RELEASE_MODE"].strip().lower()
        values.release_mode = word in ("true", "yes", "1")
    return values


settings = _from_environment()
