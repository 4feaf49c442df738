"""Live modules pickle as "this module, at this version".

Functions sent to other processes refer to modules. Pickle has no way for modules, and cloudpickle
(which joblib, Dask and others use) sends a name for the worker to import: a cell's module is not
importable there, and a worker that imported it earlier would keep an old version.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# joblib brings a copy of its own along: joblib.externals.cloudpickle.cloudpickle
_CLOUDPICKLE = "cloudpickle.cloudpickle"


Reduce = Callable[["Any"], "tuple[Any, ...] | None"]
"""Returns what `__reduce__` would, or None for what is not ours."""


def teach(reduce_module: Reduce, reduce_member: Reduce) -> None:
    """Let pickle, and cloudpickle now or when it is imported, ask how to pickle what is ours.

    Args:
        reduce_module: for modules.
        reduce_member: for classes and bound methods. Cloudpickle asks no `copyreg` for classes, and
            sends by value those that it does not find under their names, such as a superseded
            version's; it takes methods apart, into functions that cannot be pickled.
    """

    def reduce_or_refuse(module: ModuleType) -> Any:
        found = reduce_module(module)
        if found is None:
            raise TypeError("cannot pickle 'module' object")
        return found

    def teach_cloudpickle(module: ModuleType) -> None:
        _teach_cloudpickle(module, reduce_module, reduce_member)

    copyreg.pickle(ModuleType, reduce_or_refuse)
    for name, module in list(sys.modules.items()):
        if name.endswith(_CLOUDPICKLE):
            teach_cloudpickle(module)
    sys.meta_path.insert(0, _CloudpickleFinder(teach_cloudpickle))


class _CloudpickleFinder:
    """Finds cloudpickle where Python does, and teaches it once it is loaded."""

    def __init__(self, teach_cloudpickle: Callable[[ModuleType], None]) -> None:
        self._teach = teach_cloudpickle

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return cloudpickle's spec with a loader that teaches it; None for all else."""
        if not fullname.endswith(_CLOUDPICKLE):
            return None
        spec = PathFinder.find_spec(fullname, path)
        loader: Any = spec.loader if spec is not None else None
        if loader is None:
            return None
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._teach(module)

        loader.exec_module = exec_module
        return spec


def _teach_cloudpickle(module: ModuleType, reduce_module: Reduce, reduce_member: Reduce) -> None:
    pickler = getattr(module, "CloudPickler", None)
    table = getattr(pickler, "dispatch_table", None)
    original = table.get(ModuleType) if table is not None else None
    override = getattr(pickler, "reducer_override", None)
    if table is None or original is None or override is None:
        return  # a cloudpickle that is built otherwise goes on as it does without us
    table[ModuleType] = lambda obj: reduce_module(obj) or original(obj)

    def reducer_override(self: Any, obj: Any) -> Any:
        found = reduce_member(obj)
        return override(self, obj) if found is None else found

    setattr(pickler, "reducer_override", reducer_override)  # noqa: B010
