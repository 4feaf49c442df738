"""What a version's classes need beyond what their C++ gives them.

- They pickle under the version's importable name, although they show the plain one.
- Handed to code of another version, their objects raise a TypeError that says what happened.
"""

from __future__ import annotations

import copyreg
import enum
import re
import weakref
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, MethodType, ModuleType

from cppmagic.cache import Artifact
from cppmagic.helpers import ISOLATION_PLACEHOLDER
from cppmagic.modules import members
from cppmagic.modules.register import KEY_LENGTH, explain

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# pybind11 asks an object of a foreign type by this method whether it is the wanted C++ class after
# all (its "conduit"). It is the last thing that it tries before a call fails: free for all others.
_CONDUIT = "_pybind11_conduit_v1_"

_REQUESTER = re.compile(
    ISOLATION_PLACEHOLDER.replace("0" * KEY_LENGTH, f"([0-9a-f]{{{KEY_LENGTH}}})").encode()
)

_FUNCTION_RECORD = "pybind11_detail_function_record"

Place = tuple[str, str]
"""Versioned module name and qualified name of a class."""

_places: weakref.WeakKeyDictionary[type, Place] = weakref.WeakKeyDictionary()


def adopt(module: ModuleType, artifact: Artifact, versioned: str) -> None:
    """Prepare all classes that a version defines.

    Args:
        module: the version's module, initialised.
        artifact: its artifact.
        versioned: its importable name.
    """
    _name_functions(module, artifact.fullname)
    if not module.__doc__:
        module.__doc__ = f"The C++ module {artifact.fullname}."
    for name, cls in own_classes(module, artifact.fullname):
        _places[cls] = (versioned, name)
        _give_doc(cls, f"{artifact.fullname}.{name}")
        if issubclass(cls, BaseException):
            _set(cls, "__reduce__", _reduce_exception)
        elif issubclass(cls, enum.Enum):
            _set(cls, "__reduce_ex__", _reduce_member)
            members.watch(cls, artifact.fingerprint[:KEY_LENGTH])
        if type(cls) is not type:
            # A binding library's metaclass, or that of all enums: pickle asks for it.
            copyreg.pickle(type(cls), _reduce_class)
        if _CONDUIT in vars(cls):
            setattr(cls, _CONDUIT, _watched(vars(cls)[_CONDUIT], artifact.fingerprint[:KEY_LENGTH]))


def _give_doc(cls: type, name: str) -> None:
    """See to it that a class has a docstring which is a string.

    Without one, pydoc looks for a comment above the class, and takes the C++ for Python.
    """
    own = vars(cls).get("__doc__")
    if isinstance(own, str):
        return
    text = cls.__doc__ or f"The C++ class {name}."
    if own is not None:  # pybind11's enums have a property there
        delattr(cls, "__doc__")
    _set(cls, "__doc__", text)


def _name_functions(module: ModuleType, shown: str) -> None:
    """Let the `repr` of pybind11's functions name the module, not the type registry."""
    for value in list(vars(module).values()):
        owner = type(getattr(value, "__self__", None))
        if isinstance(value, BuiltinFunctionType) and owner.__name__.startswith(_FUNCTION_RECORD):
            _set(owner, "__name__", shown)
            _set(owner, "__qualname__", shown)
            return  # one type for all functions of a version


def own_classes(module: ModuleType, shown: str) -> Iterator[tuple[str, type]]:
    """Yield (qualified name, class) for all classes of a module, its submodules and classes."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", module)]
    while waiting:
        prefix, owner = waiting.pop()
        for name, value in list(vars(owner).items()):
            if id(value) in seen or name.startswith("__"):
                continue
            if isinstance(value, type) and _is_shown_in(value, shown):
                seen.add(id(value))
                yield prefix + name, value
                waiting.append((f"{prefix}{name}.", value))
            elif isinstance(value, ModuleType) and value.__name__.startswith(
                (module.__name__ + ".", shown + ".")
            ):
                seen.add(id(value))
                waiting.append((f"{prefix}{name}.", value))


def resolve(versioned: str, name: str) -> Any:
    """Return what a version calls by a qualified name; pickles call this.

    Raises:
        LoadError: the version is not in the cache.
    """
    import importlib

    value: Any = importlib.import_module(versioned)
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _is_shown_in(cls: type, shown: str) -> bool:
    place = getattr(cls, "__module__", None)
    return place == shown or str(place).startswith(shown + ".")


def reduce(value: object) -> tuple[Any, ...] | None:
    """Return how to pickle a class of a version or a method bound to its object, else None."""
    if isinstance(value, type):
        place = _places.get(value)
        return None if place is None else (resolve, place)
    if isinstance(value, MethodType) and type(value.__self__) in _places:
        return getattr, (value.__self__, value.__name__)
    return None


def _reduce_class(cls: type) -> Any:
    # Of the same metaclass, but the user's: a Python class that derives from one of ours.
    return reduce(cls) or cls.__qualname__


def _reduce_exception(error: BaseException) -> Any:
    place = _places.get(type(error))
    if place is None:  # the user's own, derived from ours
        return BaseException.__reduce__(error)
    return _make_exception, (*place, error.args, dict(vars(error)))


def _make_exception(versioned: str, name: str, args: tuple[Any, ...], state: Any) -> BaseException:
    error: BaseException = resolve(versioned, name)(*args)
    error.__dict__.update(state)
    return error


def _reduce_member(member: enum.Enum, protocol: int) -> Any:
    versioned, name = _places[type(member)]
    return resolve, (versioned, f"{name}.{member.name}")


def _watched(conduit: Any, owner: str) -> Callable[[Any, bytes, Any, bytes], Any]:
    """Return a conduit that raises a TypeError where another version asks for the object."""

    def asked(self: Any, platform_id: bytes, type_info: Any, pointer_kind: bytes) -> Any:
        requester = _REQUESTER.search(platform_id)
        if requester and requester[1].decode() != owner:
            message = explain(owner, requester[1].decode(), type(self).__name__)
            if message:
                raise TypeError(message)
        return conduit.__get__(self)(platform_id, type_info, pointer_kind)

    # The last frame of that error's traceback: nothing to read there for the user.
    asked.__code__ = asked.__code__.replace(co_filename="<cppmagic>")
    return asked


def show_superseded(module: ModuleType, shown: str, number: int) -> None:
    """Let the default `repr` of a superseded version's objects say which version made them."""
    for _, cls in own_classes(module, shown):
        default: object = cls.__repr__
        if default is object.__repr__ and type(cls) is not type:
            _set(cls, "__repr__", _superseded_repr(shown, number))
        elif issubclass(cls, enum.Enum):
            members.show_superseded(cls, number)


def show_current(module: ModuleType, shown: str) -> None:
    """Take that back, for a version that is the newest again."""
    for _, cls in own_classes(module, shown):
        if hasattr(vars(cls).get("__repr__"), _SUPERSEDED):
            delattr(cls, "__repr__")
        elif issubclass(cls, enum.Enum):
            members.show_superseded(cls, None)


_SUPERSEDED = "__cppmagic_superseded__"


def _superseded_repr(shown: str, number: int) -> Callable[[object], str]:
    def show(self: object) -> str:
        name = f"{shown}.{type(self).__qualname__}"
        return f"<{name} object at {id(self):#x}, made by version {number}>"

    setattr(show, _SUPERSEDED, True)
    return show


def _set(cls: type, name: str, value: object) -> None:
    """Set an attribute of a class, by its own metaclass."""
    setattr(cls, name, value)
