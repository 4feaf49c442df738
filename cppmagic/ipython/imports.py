"""What the cells of a session import: those names follow new versions."""

from __future__ import annotations

from typing import Any

from cppmagic.modules import live
from cppmagic.modules.follow import Namespace, imports_in

_watched: dict[int, tuple[Namespace, Any]] = {}


def watch(shell: Any) -> Namespace:
    """Note the imports of each cell from now on, and of those that have run; once per shell."""
    if id(shell) in _watched:
        return _watched[id(shell)][0]
    namespace = Namespace(shell.user_ns)

    def note(result: Any) -> None:
        text = result.info.raw_cell if result.info is not None else ""
        if isinstance(text, str) and (namespace.taken or "import" in text):
            note_imports(shell, namespace, text)

    for text in list(shell.user_ns.get("In", ())):
        note_imports(shell, namespace, text)
    shell.events.register("post_run_cell", note)
    live.notebooks.append(namespace)
    _watched[id(shell)] = (namespace, note)
    return namespace


def unwatch(shell: Any) -> None:
    """Note no more."""
    namespace, note = _watched.pop(id(shell), (None, None))
    if namespace is not None:
        shell.events.unregister("post_run_cell", note)
        live.notebooks.remove(namespace)


def note_imports(shell: Any, namespace: Namespace, text: str) -> None:
    """Note what one cell imports, and what it assigns."""
    if text.startswith("%%"):
        return  # not Python, or run by a magic in a namespace that is not this one
    try:
        code = shell.transform_cell(text)
    except SyntaxError:
        return  # IPython's transformers may refuse a cell; it has not run
    for taken in imports_in(code):
        namespace.note(taken)


def cell_label(shell: Any) -> str:
    """Return what messages call the running cell: `In[3]`, with the number of its prompt.

    Newer versions of IPython count `execution_count` on before they run the cell.
    """
    history = shell.history_manager
    number = shell.execution_count if history is None else len(history.input_hist_parsed) - 1
    return f"In[{number}]"
