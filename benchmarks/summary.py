"""The table of the README: the figures that a user would ask for, from the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_BEGIN, _END = "<!-- benchmarks: begin -->\n", "<!-- benchmarks: end -->\n"

# The case and the number of its figure; what was measured and the peer, in the README's words.
_ROWS = """
edited 0 | an edited file, until the new function can be called | cppimport, in a new process
edited 2 | the same | `g++ -O3 -shared` by hand
edited 3 | the same | our own commands by hand
edited-classes 0 | the same with a class, NumPy arrays and containers | cppimport
plain-edits 3 | an edited `%%cpp` cell: its function's body | cppimport, with bindings
plain-edits 1 | the same | `%%cython`
plain-edits 2 | the same | numba's first call
plain-edits 0 | the same | `g++ -O3 -c` and a link by hand
plain-edits 4 | the same with six standard headers | by hand
plain-edits 5 | the same: a method in its class | by hand
plain-edits 6 | an edited `%%cpp` cell: its function's signature | cppimport, with bindings
cold 0 | first import, nothing built | cppimport
cold-same-flags 0 | the same with the same flags | cppimport
cached 0 | cached import in a new process, with the hook | cppimport
cell 0 | an unchanged cell again | `%%cython`
extension 0 | `%load_ext` in a fresh IPython | `%load_ext cython`
miss 0 | the hook looks for a module that it does not have | cppimport
sources 1 | 20 sources, one edited | that compile and the link by hand
sources 0 | 20 sources, all, on 2 cores | one at a time
crowd 0 | 100 processes import one module that nobody has built | one builds, 100 import
full-cache 0 | 10,000 artifacts in the cache, a cached import | one artifact
call 1 | a call of a function | a plain extension's
plain-calls 0 | a call of a function of a `%%cpp` cell | with bindings by hand
plain-calls 2 | a call with a `std::span` of 10,000,000 elements | of 10
"""


def update_readme(path: Path, data: dict[str, Any]) -> None:
    """Write the table between the README's two marks.

    Args:
        path: of the README.
        data: what `results.json` holds.
    """
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text(before + _BEGIN + readme_table(data) + _END + after, encoding="utf-8")


def readme_table(data: dict[str, Any]) -> str:
    """Return the table as Markdown, and below it what it was measured on."""
    figures = {item["case"]: item["figures"] for item in data["results"]}
    lines = ["| | beside | ratio | target |", "|---|---|---|---|"]
    for row in _ROWS.strip().splitlines():
        place, what, peer = row.split(" | ")
        case, number = place.split()
        if case in figures:
            figure = figures[case][int(number)]
            target = "" if figure["target"] is None else _shown(figure["target"])
            lines.append(f"| {what} (`{case}`) | {peer} | {_shown(figure['ratio'])} | {target} |")
    machine = data["machine"]
    python, compiler = machine["python"], machine["compiler"]
    return "\n".join([*lines, "", f"{machine['cores']} cores, {compiler}, {python}.", ""])


def _shown(ratio: float) -> str:
    return f"{ratio:.3g}" if ratio >= 1 else f"{ratio:.2g}"
