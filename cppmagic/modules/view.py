"""What users hold of a module: an ordinary module object, and one for each of its submodules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

from cppmagic.light import dataclass, field

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cppmagic.modules.follow import Follower, Namespace

# What a module is to Python's import system stays the view's own.
_OWN_NAMES = frozenset(
    ("__name__", "__package__", "__loader__", "__spec__", "__path__", "__builtins__", "__file__")
)


@dataclass(eq=False)
class View:
    """A module that shows the names of one version after the other.

    Attributes:
        module: what users hold. It is an ordinary module, not of a class of ours: Python looks
            names up faster in those. It keeps its identity over all versions, so that every
            `import` of it sees the newest.
        made: the version's module that it shows, or None before the first.
        shown: the names of that.
        follower: knows what was taken out of superseded versions, once there is one.
        submodules: views of those, by name; they outlive versions that do not have them.
    """

    module: ModuleType
    made: ModuleType | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    follower: Follower | None = None
    submodules: dict[str, View] = field(default_factory=dict)

    def show(self, made: ModuleType, file: str, notebooks: Sequence[Namespace]) -> list[str]:
        """Show what a version has. Names that it does not have disappear.

        Args:
            made: the version's module, or a submodule of it.
            file: where a user finds its text: a path, or In[3].
            notebooks: namespaces beside those of modules, in which names follow.

        Returns:
            The names in notebooks that refer to something which this version, as the first, no
            longer has.
        """
        fresh = {name: value for name, value in vars(made).items() if name not in _OWN_NAMES}
        stale: list[str] = []
        for name, value in fresh.items():
            if isinstance(value, ModuleType) and value.__name__ == f"{made.__name__}.{name}":
                submodule = self._submodule(name)
                stale += submodule.show(value, file, notebooks)
                fresh[name] = submodule.module
        self._replace_names(fresh)
        self.module.__file__ = file
        if self.made is not None and self.made is not made:
            stale += self._follow(fresh, notebooks)
        self.made, self.shown = made, fresh
        return stale

    def _follow(self, fresh: dict[str, Any], notebooks: Sequence[Namespace]) -> list[str]:
        from cppmagic.modules.follow import Follower, user_namespaces

        self.follower = self.follower or Follower()
        self.follower.add(self.shown)
        name = self.module.__name__
        for namespace in user_namespaces(name):
            self.follower.rebind(namespace, name, fresh)
        return [
            alias
            for namespace in notebooks
            for alias in self.follower.rebind(namespace, name, fresh)
        ]

    def _submodule(self, name: str) -> View:
        fullname = f"{self.module.__name__}.{name}"
        if name not in self.submodules:
            self.submodules[name] = View(ModuleType(fullname))
            _parents[id(self.submodules[name].module)] = (self.module, name)
        module = self.submodules[name].module
        if id(sys.modules.get(fullname, module)) in _parents:
            sys.modules[fullname] = module  # for `import shapes.sub`
        return self.submodules[name]

    def _replace_names(self, fresh: dict[str, Any]) -> None:
        namespace = vars(self.module)
        for name, value in self.shown.items():
            if name not in fresh and namespace.get(name) is value:
                del namespace[name]
        namespace.update(fresh)


# By the identity of a submodule that users hold; these stay, as live modules do.
_parents: dict[int, tuple[ModuleType, str]] = {}


def reduce_submodule(module: ModuleType) -> tuple[Any, ...] | None:
    """Return how to pickle a submodule that users hold: by its parent; None for other modules."""
    parent = _parents.get(id(module))
    return None if parent is None else (getattr, parent)
