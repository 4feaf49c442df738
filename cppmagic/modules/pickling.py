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
from typing import Any

# joblib brings a copy of its own along: joblib.externals.cloudpickle.cloudpickle
_CLOUDPICKLE = "cloudpickle.cloudpickle"


def teach(reduce: Callable[[ModuleType], Any]) -> None:
    """Let pickle, and cloudpickle now or when it is imported, ask how to pickle a module.

    Args:
        reduce: returns what `__reduce__` would, or None for a module that is not live.
    """

    def reduce_module(module: ModuleType) -> Any:
        found = reduce(module)
        if found is None:
            raise TypeError("cannot pickle 'module' object")
        return found

    copyreg.pickle(ModuleType, reduce_module)
    for name, module in list(sys.modules.items()):
        if name.endswith(_CLOUDPICKLE):
            _teach_cloudpickle(module, reduce)
    sys.meta_path.insert(0, _CloudpickleFinder(reduce))


class _CloudpickleFinder:
    """Finds cloudpickle where Python does, and teaches it once it is loaded."""

    def __init__(self, reduce: Callable[[ModuleType], Any]) -> None:
        self._reduce = reduce

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
            _teach_cloudpickle(module, self._reduce)

        loader.exec_module = exec_module
        return spec


def _teach_cloudpickle(module: ModuleType, reduce: Callable[[ModuleType], Any]) -> None:
    pickler = getattr(module, "CloudPickler", None)
    table = getattr(pickler, "dispatch_table", None)
    original = table.get(ModuleType) if table is not None else None
    if table is None or original is None:
        return  # a cloudpickle that is built otherwise goes on as it does without us
    table[ModuleType] = lambda obj: reduce(obj) or original(obj)
