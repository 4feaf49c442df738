"""Dataclasses for the way of a cached import.

`dataclasses` imports `inspect`, which costs as much time as all the rest of a cached import. What
is here does the same for classes as simple as ours; type checkers see the real thing, and the
functions of `dataclasses` work on the results.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    _MISSING = object()

    class field:  # noqa: N801 (the name that it has in dataclasses)
        """A default that is made anew for each object."""

        def __init__(self, *, default_factory):
            self.default_factory = default_factory

    def dataclass(*, frozen=False, eq=True):
        """Return a decorator that gives a class what its annotations describe.

        Args:
            frozen: whether its objects refuse changes.
            eq: whether objects with equal fields are equal.
        """

        def decorate(cls):
            names = tuple(cls.__annotations__)
            cls.__init__ = _initializer(cls, names)
            cls.__init__.__qualname__ = f"{cls.__qualname__}.__init__"
            cls.__match_args__ = names
            cls.__repr__ = _represent
            if eq:
                cls.__eq__ = _equal
                cls.__hash__ = _hashed if frozen else None
            if frozen:
                cls.__setattr__ = cls.__delattr__ = _refuse
            cls.__dataclass_fields__ = _Fields()
            return cls

        return decorate

    def replace(value, /, **changes):
        """Return a copy with some fields changed."""
        return type(value)(**{**_values(value), **changes})

    def _initializer(cls, names):
        known, parameters, values = {"missing": _MISSING}, [], []
        for name in names:
            default = cls.__dict__.get(name, _MISSING)
            if isinstance(default, field):
                known[f"make_{name}"] = default.default_factory
                delattr(cls, name)
                parameters.append(f"{name}=missing")
                values.append(f"{name}=make_{name}() if {name} is missing else {name}")
            else:
                known[f"default_{name}"] = default
                given = "" if default is _MISSING else f"=default_{name}"
                parameters.append(name + given)
                values.append(f"{name}={name}")
        # By its dictionary: this is the one who may write to a frozen object.
        code = f"def __init__(self, {', '.join(parameters)}):\n"
        code += f"    self.__dict__.update({', '.join(values)})"
        exec(code, known)
        return known["__init__"]

    def _values(value):
        return {name: getattr(value, name) for name in value.__match_args__}

    def _represent(self):
        shown = ", ".join(f"{name}={value!r}" for name, value in _values(self).items())
        return f"{type(self).__qualname__}({shown})"

    def _equal(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return _values(self) == _values(other)

    def _hashed(self):
        return hash(tuple(_values(self).values()))

    def _refuse(self, name, *value):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot change {name!r}: {type(self).__name__} is frozen")

    class _Fields:
        """What the functions of `dataclasses` ask a class for."""

        def __init__(self):
            self.known = None

        def __get__(self, instance, owner):
            if self.known is None:
                self.known = self.made(owner)
            return self.known

        @staticmethod
        def made(owner):
            import dataclasses

            known = [
                (name, kind, getattr(owner, name)) if name in owner.__dict__ else (name, kind)
                for name, kind in owner.__annotations__.items()
            ]
            twin = dataclasses.make_dataclass(owner.__name__, known, kw_only=True)
            return twin.__dataclass_fields__
