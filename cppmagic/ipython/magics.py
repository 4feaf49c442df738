"""The cell magics."""

from __future__ import annotations

import argparse
import contextlib
import functools
import logging
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class, no_var_expand

from cppmagic import pipeline
from cppmagic.cache import Artifact
from cppmagic.cells import cell_source
from cppmagic.config import BuildConfig
from cppmagic.errors import CppmagicError, OptionError
from cppmagic.ipython import plain
from cppmagic.ipython.imports import cell_label
from cppmagic.log import logger, phase
from cppmagic.modules import live as lives
from cppmagic.modules.follow import Namespace, Taken, public_names
from cppmagic.modules.live import LiveModule, publish
from cppmagic.modules.version import is_loaded, load
from cppmagic.options import build_config, make_parser, manual, parse_line
from cppmagic.source import Source

_MANUAL = """Compile a cell of C++ and bind it as a Python module, now and after every edit.

    %%cppimport logistic
    #include <pybind11/pybind11.h>

    double logistic(double r, double x, long steps) {
        for (long i = 0; i < steps; i++) x = r * x * (1 - x);
        return x;
    }

    PYBIND11_MODULE(logistic, m) { m.def("logistic", &logistic); }

Then, in another cell: `logistic.logistic(3.9, 0.5, 10_000_000)`. Edit the C++ and run its cell
again: `logistic` is the new version at once. An unchanged cell is not compiled again, in this
kernel or in a later one. When the compiler refuses, the previous version stays.

The whole cell is a Mako template; a block anywhere in it may say more about the build:

    <%
    cfg['libraries'] = ['fftw3']
    cfg['extra_compile_args'] = ['-march=native']
    %>

What the options say is added to that block, and wins where both speak. Relative paths start from
the working directory. Flags of the compiler follow -c, each or all in quotes:

    %%cppimport logistic -O2 --std c++20 -c -march=native -c "-Wextra -ffast-math" -l fftw3

"""


# The live modules of cells, by name: they outlive a reload of the extension.
_cells: dict[str, LiveModule] = {}


@magics_class
class CppMagics(Magics):
    """`%%cppimport`, `%%cpp`, `%cpp` and `%%cppheader`."""

    shell: InteractiveShell

    def __init__(self, shell: Any, namespace: Namespace) -> None:
        super().__init__(shell)
        self._namespace = namespace
        self._parser = make_parser("%%cppimport")
        self._plain_parser = make_parser("%%cpp", plain=True)

    @cell_magic
    def cppimport(self, line: str, cell: str) -> None:
        options = _parsed(self._parser, line)
        if options.help:
            print(_MANUAL + manual(self._parser))
            return
        with _without_own_frames():
            self._run("cppimport", options, cell)

    @no_var_expand  # {1, 2} is C++
    @line_cell_magic
    def cpp(self, line: str, cell: str | None = None) -> Any:
        if cell is None:
            if not line.strip():
                raise UsageError("%cpp: an expression is missing, such as %cpp 1 << 20")
            with _without_own_frames():
                return plain.evaluate(line, cell_label(self.shell))
        options = _parsed(self._plain_parser, line)
        if options.help:
            print(plain.MANUAL + manual(self._plain_parser))
            return None
        with _without_own_frames():
            self._run("cpp", options, cell)
        return None

    @cell_magic
    def cppheader(self, line: str, cell: str) -> None:
        with _without_own_frames():
            plain.write_header(line, cell, cell_label(self.shell))

    def _run(self, magic: str, options: argparse.Namespace, cell: str) -> None:
        source = cell_source(magic, options, cell, cell_label(self.shell), os.getcwd())
        config = build_config(options)
        with _verbose(options.verbose):
            started = time.time()
            artifact = pipeline.obtain(source, config, force=options.force)
            is_new = artifact.built_at >= started or not is_loaded(artifact)
            with phase("loaded"):
                version = load(artifact, source.label)
        if options.modname is None:
            live = plain.live_of_cell(self.shell, version)
        else:
            if source.fullname not in _cells:
                _cells[source.fullname] = lives.new(source.fullname)
            live = _cells[source.fullname]
        stale = publish(version, source, live)
        live.refresh = functools.partial(self._refresh, live, source, config)
        plain.note(live, source, config)
        self._bind(live, options.star)
        if options.verbose:
            built = artifact.built_at >= started
            state = f"built in {artifact.build_seconds:.2f} s" if built else "unchanged"
            print(f"{source.fullname}: {state}; {artifact.library}")
        if is_new and artifact.diagnostics and not options.quiet:
            from cppmagic.ipython.display import show_warnings

            now = {artifact.source_label: source.label}  # the cell may have run before
            show_warnings(tuple(item.renamed(now) for item in artifact.diagnostics), source)
        if stale and not options.quiet:
            name = "the cell" if live.is_nameless else source.fullname
            print(stale_message(name, stale), file=sys.stderr)
        if source.binding and not options.quiet:
            plain.report(version, source, config)
        if options.annotate:
            _annotate(artifact, source, config, options)

    def _refresh(self, live: LiveModule, source: Source, config: BuildConfig) -> None:
        """Build the newest cell again if a header of it changed: what `reload` does."""
        version = load(pipeline.obtain(source, config), source.label)
        publish(version, source, live)

    def _bind(self, live: LiveModule, star: bool) -> None:
        """Bind the module in the namespace, and for `import` if the name is free."""
        name, module = live.name, live.module
        if live.is_nameless:
            self._take_names(live)
            return
        if sys.modules.get(name) is not module:
            owner = _owner(name)
            if owner is None:
                sys.modules[name] = module
            elif len(live.numbers) == 1:
                print(
                    f"{name} is bound in this namespace only: `import {name}` still gives {owner}",
                    file=sys.stderr,
                )
        self.shell.user_ns[name] = module
        if star:
            self._take_names(live)

    def _take_names(self, live: LiveModule) -> None:
        """Put a module's public names into the namespace, where they follow it from now on."""
        for name in public_names(live.module):
            self.shell.user_ns[name] = getattr(live.module, name)
            # By name, not as "*": `import` of this name may give another module.
            self._namespace.note(Taken(live.name, name, name))


CppMagics.cppimport.__doc__ = _MANUAL + manual(make_parser("%%cppimport"))
CppMagics.cpp.__doc__ = plain.MANUAL + manual(make_parser("%%cpp", plain=True))
CppMagics.cppheader.__doc__ = plain.HEADER_MANUAL


def _parsed(parser: argparse.ArgumentParser, line: str) -> argparse.Namespace:
    with _without_own_frames():
        return parse_line(parser, line)


def _annotate(
    artifact: Artifact, source: Source, config: BuildConfig, options: argparse.Namespace
) -> None:
    from cppmagic import examining
    from cppmagic.ipython import annotation

    with _verbose(options.verbose):
        found = examining.explain(artifact, source, config, fresh=options.force)
    annotation.show(found, source)


def stale_message(name: str, stale: list[str]) -> str:
    """Return the line that tells which names a new version left behind."""
    what = "is stale" if len(stale) == 1 else "are stale"
    return (
        f"{', '.join(stale)} {what}: the new version of {name} has nothing of that name; what you "
        "hold still works"
    )


@contextlib.contextmanager
def _without_own_frames() -> Iterator[None]:
    """Let errors go on without our frames, which tell the user nothing."""
    try:
        yield
    except OptionError as error:
        raise UsageError(str(error)) from None
    except (CppmagicError, KeyboardInterrupt) as error:
        raise error.with_traceback(None) from None


def _owner(name: str) -> str | None:
    """Return a description of the module that `import name` gives, or None if there is none."""
    from importlib.util import find_spec

    present = sys.modules.get(name)
    if present is not None:
        return repr(present)
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    return None if spec is None else f"the module in {spec.origin or 'another place'}"


@contextlib.contextmanager
def _verbose(on: bool) -> Iterator[None]:
    """Show what is logged, in the cell's output."""
    if not on:
        yield
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
