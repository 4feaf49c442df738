"""Names follow: what was taken out of a live module is replaced where it was put.

`from shapes import area as a` binds a function of one version. When a new version is published, the
name `a` is bound to what the new version has as `area`: in the user's modules, whose source tells
which names they import, and in notebooks, which keep a record of the imports that ran. A name that
the user has bound to anything else since, or bound by assignment (`mine = shapes.area`), is theirs
and is never touched.
"""

from __future__ import annotations

import ast
import functools
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True)
class Taken:
    """One name that an import statement binds: `from <module> import <name> as <alias>`.

    A name that is assigned has no module: it is the user's own from then on.
    """

    module: str
    name: str
    alias: str


@dataclass
class Namespace:
    """A namespace whose imports are known.

    Attributes:
        names: the namespace itself.
        taken: by alias, what was imported into it from where.
    """

    names: dict[str, Any]
    taken: dict[str, Taken] = field(default_factory=dict)

    def note(self, statement: Taken) -> None:
        """Note that a statement has run. `*` stands for all public names."""
        if not statement.module:
            self.taken.pop(statement.alias, None)
            return
        if statement.name != "*":
            self.taken[statement.alias] = statement
            return
        module = sys.modules.get(statement.module)
        for name in public_names(module) if module else ():
            self.taken[name] = Taken(statement.module, name, name)


class Follower:
    """What the names of one live module meant last, before its newest version."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}
        self._newest: frozenset[str] = frozenset()

    def add(self, names: dict[str, Any]) -> None:
        """Remember what a version has that is superseded now."""
        self._newest = frozenset(names)
        self._last.update((name, value) for name, value in names.items() if name[:2] != "__")

    def rebind(self, namespace: Namespace, module: str, fresh: dict[str, Any]) -> list[str]:
        """Bind what was taken out of superseded versions to what the new one has of that name.

        Returns:
            The names that refer to something which the new version does not have any more, and
            the one before had. They are left as they are.
        """
        stale = []
        for alias, taken in list(namespace.taken.items()):
            if taken.module != module or taken.name not in self._last:
                continue
            # An older value is not ours: we would have replaced it, so the user put it there.
            if namespace.names.get(alias, self) is not self._last[taken.name]:
                continue
            if taken.name in fresh:
                namespace.names[alias] = fresh[taken.name]
            elif taken.name in self._newest:  # else it has been said before
                stale.append(alias)
        return stale


def user_namespaces(module: str) -> Iterator[Namespace]:
    """Yield the namespaces of loaded modules, the user's own, that import from a module."""
    for user in list(sys.modules.values()):
        file = getattr(user, "__file__", None)
        if not isinstance(user, ModuleType) or not isinstance(file, str):
            continue
        if not file.endswith(".py") or file.startswith(_installed()):
            continue
        namespace = Namespace(vars(user))
        for taken in _imports_of_file(file, user.__package__ or "", _changed(file)):
            if taken.module in (module, ""):
                namespace.note(taken)
        if namespace.taken:
            yield namespace


def imports_in(text: str, package: str = "") -> list[Taken]:
    """Return what the `from ... import` statements of a module's or cell's text bind.

    Those inside functions and classes do not bind names of the module. Assignments are told as
    well, if they certainly run: not what stands in for an import that fails.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in _outside_of_functions(tree):
        if isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            found += [Taken(module, item.name, item.asname or item.name) for item in node.names]
        elif isinstance(node, ast.Assign) and node in tree.body:
            names = (name for target in node.targets for name in ast.walk(target))
            found += [
                Taken("", "", name.id)
                for name in names
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            ]
    return found


def _outside_of_functions(node: ast.AST) -> Iterator[ast.AST]:
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, inner):
            yield child
            yield from _outside_of_functions(child)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    base = ".".join(parents[: len(parents) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base


@functools.lru_cache(maxsize=1024)
def _imports_of_file(path: str, package: str, changed: int) -> tuple[Taken, ...]:
    try:
        with open(path, encoding="utf-8") as file:
            return tuple(imports_in(file.read(), package))
    except (OSError, ValueError):
        return ()


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def public_names(module: ModuleType) -> list[str]:
    """Return what `from module import *` takes."""
    names = vars(module)
    listed = names.get("__all__")
    return list(listed) if listed is not None else [n for n in names if not n.startswith("_")]


@functools.cache
def _installed() -> tuple[str, ...]:
    import site
    import sysconfig

    paths = sysconfig.get_paths()
    places = [paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]]
    places += [*site.getsitepackages(), site.getusersitepackages()]
    places.append(os.path.dirname(os.path.dirname(__file__)))
    return tuple(os.path.abspath(place) + os.sep for place in places)
