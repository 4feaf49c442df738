"""What `%%cpp` needs beyond `%%cppimport`: cells without a name, what is left out, expressions."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from cppmagic import cells, pipeline
from cppmagic.config import BuildConfig
from cppmagic.errors import SourceError
from cppmagic.modules import live as lives
from cppmagic.modules.follow import public_names
from cppmagic.modules.live import LiveModule
from cppmagic.modules.version import Version, load
from cppmagic.recall import recall
from cppmagic.source import Source

if TYPE_CHECKING:
    from types import ModuleType

MANUAL = """Compile a cell of plain C++, and call it from Python. No bindings are to be written.

    %%cpp
    #include <span>
    #include <vector>

    /// Moving average of `x` over `window` samples.
    std::vector<double> smooth(std::span<const double> x, int window = 5) {
        std::vector<double> means(x.size());
        ...
        return means;
    }

    struct Particle { double x = 0, v = 0; void step(double dt) { x += v * dt; } };

Then, in another cell: `smooth(signal, window=9)` with a NumPy array, which is not copied, and
`p = Particle(v=2.0); p.step(0.1); p`. Functions, classes, enums and constants become names of the
notebook, or with a name (`%%cpp signals`) of a module. Edit the cell and run it again: names are
the new ones at once.

What Python cannot call is left out, and a line says why: raw pointers, templates that are not
instantiated, references to single numbers, variables that are not `const`. `static` functions and
variables, and what is in a namespace without a name or called `detail`, are private: they are not
bound, and no line says so. `std::span` and `cppmagic::view` take arrays without copying them,
`cppmagic::array` (#include <cppmagic/array.hpp>) returns a vector as an array, likewise.

`%cpp EXPRESSION` gives the value of one expression: %cpp std::numeric_limits<double>::max().
With a block `<% ... %>` or a line `% for ...:` the cell is a Mako template, as in %%cppimport,
which has the same options:

"""

HEADER_MANUAL = """Write a header that later cells can #include.

    %%cppheader points.h
    #pragma once
    struct Point { double x, y; };

The file is written beside the notebook. Write it again, and cells that include it are compiled
again the next time they run; which these are is told.
"""

_SHOWN = 12

_by_cell: dict[str, LiveModule] = {}
_nameless: list[LiveModule] = []
_built: dict[int, tuple[LiveModule, Source, BuildConfig]] = {}


def nameless() -> list[LiveModule]:
    """Return the live modules behind cells without a name, the newest last."""
    return list(_nameless)


def live_of_cell(shell: Any, version: Version) -> LiveModule:
    """Return the live module behind a cell that has no name.

    A notebook says which cell it is that runs. Where it does not, a cell that defines most of the
    names of another is the same, edited.
    """
    cell = _cell_id(shell)
    names = set(public_names(version.module))
    known = _by_cell.get(cell) if cell else _most_alike(names)
    if known is None:
        known = lives.new(cells.NAMELESS, is_nameless=True)
        _nameless.append(known)
    if cell:
        _by_cell[cell] = known
    return known


def _cell_id(shell: Any) -> str:
    parent: Any = getattr(shell, "get_parent", dict)()
    metadata = parent.get("metadata") if isinstance(parent, dict) else None
    return str((metadata or {}).get("cellId") or "")


def _most_alike(names: set[str]) -> LiveModule | None:
    best, most = None, 0.5
    for live in reversed(_nameless):
        others = set(public_names(live.module))
        alike = len(names & others) / max(1, min(len(names), len(others)))
        if alike > most:
            best, most = live, alike
    return best


def note(live: LiveModule, source: Source, config: BuildConfig) -> None:
    """Remember what a cell's module was built from."""
    _built[id(live)] = (live, source, config)


def bindings_of(source: Source) -> str:
    """Return the bindings that are written for a source."""
    from cppmagic.autobind.attempts import binding_text
    from cppmagic.template import render

    config = next((c for _, s, c in _built.values() if s is source), BuildConfig())
    return binding_text(render(source, config))


def report(version: Version, source: Source, config: BuildConfig) -> None:
    """Say which declarations are left out, and why."""
    from cppmagic.autobind.left_out import left_out_lines
    from cppmagic.lexical import code_only

    lines = left_out_lines(version.module, source, config)
    if not public_names(version.module):
        nothing = f"{source.label}: there is nothing in this text that Python could use"
        has_main = re.search(r"\bmain\s*\(", code_only(source.text))
        lines = [f"{nothing}; the option --main binds main" if has_main else nothing, *lines]
    if len(lines) > _SHOWN:
        lines = [*lines[: _SHOWN - 1], f"... and {len(lines) - _SHOWN + 1} more"]
    if lines:
        print("\n".join(lines), file=sys.stderr)


def evaluate(expression: str, label: str) -> Any:
    """Return the value of a C++ expression.

    Raises:
        BuildError: it does not compile.
        SourceError: its value has a type that Python does not know.
    """
    source, config = cells.expression_source(expression, label, os.getcwd())
    module: ModuleType = load(pipeline.obtain(source, config), label).module
    if not hasattr(module, "value"):
        raise SourceError(
            f"{label}: the value of {expression.strip()} is of a type that Python does not know"
        )
    return module.value()


def write_header(line: str, text: str, label: str) -> None:
    """Write a header into the working directory, and say which cells are stale now.

    Raises:
        OptionError: the line does not name one file.
        SourceError: it cannot be written there.
    """
    path = cells.header_path(line, os.getcwd())
    if cells.has_content(path, text):
        return
    before = {key for key, (_, source, config) in _built.items() if recall(source, config)}
    cells.write_header(path, text, label)
    stale = [
        live
        for key, (live, source, config) in _built.items()
        if key in before and not recall(source, config)
    ]
    if stale:
        names = ", ".join(map(_described, stale))
        verb = "includes" if len(stale) == 1 else "include"
        header = os.path.relpath(path)
        print(f"{names} {verb} {header}: run again to follow the change", file=sys.stderr)


def _described(live: LiveModule) -> str:
    assert live.source is not None
    if not live.is_nameless:
        return f"{live.name} ({live.source.label})"
    return f"the cell that ran as {live.source.label}"
