"""Versions: artifacts loaded into this process.

A version's name is `cppmagic.versions._<fingerprint prefix>.<name>`. Python looks up
`PyInit_<last part>`, so that PYBIND11_MODULE needs no rewriting; and because the name is
content-addressed and has a finder behind it, any process with the same cache can import it.

While the module's initialisation runs, though, the module calls itself by its plain name: binding
libraries take the names that users read (in signatures, `repr`, tracebacks) from there.
"""

from __future__ import annotations

import importlib.util
import sys
from _thread import RLock
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import ModuleType

from cppmagic import cache as caches
from cppmagic.cache import Artifact
from cppmagic.errors import LoadError
from cppmagic.light import dataclass
from cppmagic.settings import settings

PACKAGE = "cppmagic.versions"
_PREFIX_LENGTH = 16

# dlopen's flags are the interpreter's, not the thread's.
_lock = RLock()

# By versioned name. Not in sys.modules, which is searched by many and would grow with each edit; an
# import of the name finds them there.
_loaded: dict[str, ModuleType] = {}

before_load: list[Callable[[], None]] = []
"""Called before a library is loaded: its initialisation may print already."""

after_load: list[Callable[[], None]] = []
"""Called when a library has been loaded."""


@dataclass(frozen=True)
class Version:
    """One artifact loaded into this process under its versioned name."""

    artifact: Artifact
    module: ModuleType

    @property
    def name(self) -> str:
        """The versioned name."""
        return versioned_name(self.artifact)


def versioned_name(artifact: Artifact) -> str:
    """Return the importable name of an artifact's version."""
    return f"{PACKAGE}._{artifact.fingerprint[:_PREFIX_LENGTH]}.{artifact.name}"


def load(artifact: Artifact, label: str = "") -> Version:
    """Load an artifact, or return its version if this process has it already.

    Args:
        artifact: which.
        label: what an error calls its source; default: what it was called when it was built.

    Raises:
        LoadError: the library cannot be loaded, or the module's initialisation raised.
    """
    name = versioned_name(artifact)
    with _lock:
        module = _loaded.get(name)
        if module is None:
            _call_all(before_load)
            try:
                module = _VersionLoader(artifact).load(name)
            except Exception as error:
                message = _load_message(artifact, label or artifact.source_label, error)
                raise LoadError(message) from error
            _call_all(after_load)
    return Version(artifact, module)


def is_loaded(artifact: Artifact) -> bool:
    """Whether this process has the version of an artifact."""
    return versioned_name(artifact) in _loaded


def is_any_loaded() -> bool:
    """Whether this process has a version."""
    return bool(_loaded)


def _call_all(functions: list[Callable[[], None]]) -> None:
    for function in tuple(functions):
        function()


def _order_output() -> None:
    before_load.remove(_order_output)
    if "_pytest" in sys.modules:
        from cppmagic.taps import order_for_pytest

        order_for_pytest()


before_load.append(_order_output)


def load_library(name: str, path: str) -> ModuleType:
    """Load an extension module from a path and enter it in sys.modules, if the name is free there.

    Raises:
        Exception: whatever dlopen or the module's initialisation raises.
    """
    loader = ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    with _lock, _dlopen_flags():
        owner = sys.modules.get(name)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # an initialisation may import itself
        try:
            loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        finally:
            if owner is not None:
                sys.modules[name] = owner
    return module


class _VersionLoader:
    """Loads one artifact as a version; Python's import system calls it as well.

    Args:
        artifact: which.
    """

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._inner = ExtensionFileLoader(artifact.name, artifact.library)

    def load(self, name: str) -> ModuleType:
        """Load the artifact under its versioned name, without entering it in sys.modules."""
        module = importlib.util.module_from_spec(self.spec(name))
        self.exec_module(module)
        sys.modules.pop(name, None)  # single-phase initialisation enters it
        return module

    def spec(self, name: str) -> ModuleSpec:
        """Return the spec of the version."""
        spec = importlib.util.spec_from_file_location(name, self._artifact.library, loader=self)  # type: ignore[arg-type]
        assert spec is not None
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Load the library; a module with single-phase initialisation is finished by that."""
        if spec.name in _loaded:
            return _loaded[spec.name]
        with _lock, _dlopen_flags():
            return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the initialisation under the plain name, then make the module a version."""
        from cppmagic.modules.classes import adopt

        name, shown = module.__name__, self._artifact.fullname
        if name in _loaded:
            return
        with _lock, _submodules_moved(shown, name):
            module.__name__ = shown
            try:
                self._inner.exec_module(module)
            finally:
                module.__name__ = name
        adopt(module, self._artifact, name)
        _loaded[name] = module
        caches.current().note_use(self._artifact.fingerprint)


@contextmanager
def _submodules_moved(shown: str, name: str) -> Iterator[None]:
    """Enter the submodules that an initialisation makes under the version's name.

    pybind11 makes `shapes.sub` by asking sys.modules for it: without this, a new version would be
    given the submodule of the old one, and write its functions into it.
    """
    own = shown + "."
    before = {key: sys.modules.pop(key) for key in list(sys.modules) if key.startswith(own)}
    try:
        yield
    finally:
        for key in [key for key in list(sys.modules) if key.startswith(own)]:
            submodule = sys.modules.pop(key)
            submodule.__name__ = name + key[len(shown) :]
            sys.modules[submodule.__name__] = submodule
        sys.modules.update(before)


def _load_message(artifact: Artifact, label: str, error: Exception) -> str:
    import re

    from cppmagic.lexical import line_that_uses
    from cppmagic.toolchain import hints
    from cppmagic.toolchain.demangling import demangled

    cause = str(error).replace(artifact.library + ": ", "")
    text = f"{artifact.name} ({label}) was built, but cannot be loaded: "
    symbol = re.search(r"undefined symbol: (\S+)", cause)
    if symbol:
        name = demangled([symbol[1]])[symbol[1]]
        line = line_that_uses(name, artifact.source_text)
        used = f", used in {label}:{line}" if line else ""
        return f"{text}undefined symbol: {name}{used}. {hints.missing_symbol(name)}"
    missing = re.search(r"(\S+): cannot open shared object file", cause)
    if missing:
        return (
            f"{text}the shared library {missing[1]} is not found. Name its directory "
            "(library_dirs in cfg, the option -L)"
        )
    known = re.search(r'type "([^"]+)" is already registered', cause)
    if known:
        return text + _conflict(artifact, known[1])
    if error.__cause__ is not None:  # pybind11 wraps what the initialisation raised
        cause = f"{type(error.__cause__).__name__}: {error.__cause__}"
    elif not isinstance(error, ImportError):
        cause = f"{type(error).__name__}: {cause}"
    advice = hints.at_load(cause)
    return f"{text}its initialisation raised {cause}" + (f"\n\n{advice}" if advice else "")


def _conflict(artifact: Artifact, name: str) -> str:
    """Say who has registered a C++ class that a module with shared types registers too."""
    owners = [
        key
        for key, module in list(sys.modules.items())
        if type(vars(module).get(name)).__name__ == "pybind11_type"
    ]
    shown = [key for key in owners if not key.startswith(PACKAGE)] or owners
    owner = shown[0] if shown else "another module"
    if owner == artifact.fullname:
        return (
            f"it shares its types, and an earlier version of it has registered the class {name!r} "
            "in this process. Restart to redefine it, or leave out --share-types "
            "(share_types in cfg)"
        )
    return (
        f"it shares its types, and so does {owner}, which has registered the class {name!r} "
        f"already. Let {owner} alone define it and import {owner} in the initialisation, or leave "
        "out --share-types (share_types in cfg) in one of them"
    )


@contextmanager
def _dlopen_flags() -> Iterator[None]:
    """Add `settings.rtld_flags` to the flags of dlopen, where the platform has it."""
    if not hasattr(sys, "setdlopenflags"):
        yield
        return
    old = sys.getdlopenflags()
    sys.setdlopenflags(old | settings.rtld_flags)
    try:
        yield
    finally:
        sys.setdlopenflags(old)


class VersionFinder:
    """Finds versions by name in the cache, so that pickles and other processes can import them."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of `cppmagic.versions._<prefix>[.<name>]`, else None.

        Raises:
            LoadError: the version is not in the cache.
        """
        if not fullname.startswith(PACKAGE + "._"):
            return None
        package, _, name = fullname.removeprefix(PACKAGE + ".").partition(".")
        if not name:
            return ModuleSpec(fullname, _PackageLoader(), is_package=True)  # type: ignore[arg-type]
        if fullname in _loaded:
            return importlib.util.spec_from_loader(fullname, _LoadedLoader())  # type: ignore[arg-type]
        cache = caches.current()
        artifact = cache.find_artifact(package[1:])
        if artifact is None or artifact.name != name:
            raise LoadError(
                f"this version of {name} ({fullname}) is not in the cache {cache.base}. It is made "
                f"again by running the cell, or importing the file, that made it, with the same "
                "source; or set CPPMAGIC_CACHE_DIR to the cache that has it",
                name=fullname,
            )
        return _VersionLoader(artifact).spec(fullname)


class _LoadedLoader:
    """Gives the version that is loaded already."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return it."""
        return _loaded[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Its initialisation has run."""


class _PackageLoader:
    """Makes the empty package that holds one version."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Let Python make the module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Leave it empty."""
