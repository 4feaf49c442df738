"""How failures look in IPython: as HTML in Jupyter, in colours in a terminal."""

from __future__ import annotations

import html
import itertools
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from cppmagic.errors import BuildError, CppmagicError, Diagnostic
from cppmagic.source import Source
from cppmagic.toolchain import rendering
from cppmagic.toolchain.diagnostics import INCLUDED_HERE
from cppmagic.toolchain.rendering import Paint

# Of what is folded: nobody reads more, and saved notebooks hold it all.
_MOST_FOLDED = 40

# Build errors of the running cell that have been shown.
_shown: list[BuildError] = []


def show_error(error: CppmagicError) -> list[str]:
    """Show an error to whoever ran the cell; IPython asks for this in place of a traceback.

    Returns:
        What remains to be shown: in a terminal all of it, in Jupyter a line or two.
    """
    shell = get_ipython()
    name, paint = type(error).__name__, _paint(shell)
    # As IPython colours a name itself: a kernel's front end puts it on a tinted background.
    red = name if paint is rendering.plain else f"\x1b[31m{name}\x1b[39m"
    if not isinstance(error, BuildError):
        return [f"{red}: {error}"]
    if not _is_kernel(shell):
        return [f"{red}: {rendering.render_error(error, paint)}"]
    whole = f"{name}: {error}"
    if error in _shown:  # IPython asks again when it stores the outcome in its history
        return whole.split("\n")
    _publish(error_as_html(error), whole)
    first = next((item for item in error.diagnostics if item.is_error), None)
    brief = [f"{red}: {error.title}"]
    if first is not None:
        brief.append(rendering.headline(first))
    _give_the_reply(shell, error, brief, whole)
    return brief


def report_error(error: CppmagicError) -> str:
    """Show an error that does not end the cell; return the text that is left to print."""
    shell = get_ipython()
    whole = f"{type(error).__name__}: {error}"
    if isinstance(error, BuildError) and _is_kernel(shell):
        _publish(error_as_html(error), whole)
        return ""
    if isinstance(error, BuildError):
        return f"{type(error).__name__}: {rendering.render_error(error, _paint(shell))}"
    return whole


def show_warnings(found: tuple[Diagnostic, ...], source: Source) -> None:
    """Show what a compiler warned of to whoever ran the cell.

    Args:
        found: the warnings.
        source: what was built.
    """
    shell, own = get_ipython(), (source.label,)
    if _is_kernel(shell):
        _publish(warnings_as_html(found, own), rendering.render(found, own))
    else:
        print(rendering.render(found, own, _paint(shell)), file=sys.stderr)


def show_view(html_text: Callable[[], str], text: Callable[[Paint], str]) -> None:
    """Show HTML in Jupyter, with its text for those that show no HTML, and text elsewhere.

    Args:
        html_text: makes the HTML.
        text: makes the text, in the colours that it is given.
    """
    shell = get_ipython()
    if _is_kernel(shell):
        _publish(html_text(), text(rendering.plain))
    else:
        print(text(_paint(shell)))


def _publish(html_text: str, text: str) -> None:
    bundle = {"text/html": html_text, "text/plain": text}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def _give_the_reply(shell: Any, error: BuildError, brief: list[str], whole: str) -> None:
    """Let the kernel's reply have the whole message, where the cell's output has its HTML.

    Programs that execute notebooks (nbclient, nbconvert) show the reply, and no HTML. The kernel
    sends the output at once and the reply, with the same list, when the cell has ended.
    """

    def complete(result: object = None) -> None:
        shell.events.unregister("post_run_cell", complete)
        _shown.clear()
        brief[:] = whole.split("\n")

    _shown.append(error)
    shell.events.register("post_run_cell", complete)


def _is_kernel(shell: Any) -> bool:
    return hasattr(shell, "kernel")


def _paint(shell: Any) -> Paint:
    wanted = str(getattr(shell, "colors", "nocolor")).lower() != "nocolor"
    return rendering.coloured if wanted and rendering.colours_are_wanted() else rendering.plain


# HTML


def error_as_html(error: BuildError) -> str:
    """Return a view of a failed build, for light and dark themes."""
    errors = [item for item in error.diagnostics if item.is_error]
    warnings = [item for item in error.diagnostics if not item.is_error]
    parts = [div("title", escaped(error.title))]
    shown, rest = errors[: rendering.SHOWN_ERRORS], errors[rendering.SHOWN_ERRORS :]
    told: set[Diagnostic] = set()
    parts += [_item(item, error.own, told) for item in shown]
    parts += folded(
        rendering.counted(len(rest), "more error"), (_item(x, error.own, told) for x in rest)
    )
    if not errors:
        body = str(error).removeprefix(error.title).removesuffix(error.hint).strip()
        parts.append(f"<pre>{escaped(body)}</pre>")
    if error.hint:
        parts.append(div("hint", _words(error.hint)))
    parts += folded(
        rendering.counted(len(warnings), "warning"), (_item(x, error.own, told) for x in warnings)
    )
    return view("".join(parts))


def warnings_as_html(found: tuple[Diagnostic, ...], own: tuple[str, ...]) -> str:
    """Return a view of a build's warnings.

    Args:
        found: the warnings.
        own: what they call the user's sources.
    """
    told: set[Diagnostic] = set()
    shown, rest = found[: rendering.SHOWN_ERRORS], found[rendering.SHOWN_ERRORS :]
    parts = [_item(item, own, told) for item in shown]
    parts += folded(
        rendering.counted(len(rest), "more warning"), (_item(x, own, told) for x in rest)
    )
    return view("".join(parts))


def view(content: str, style: str = "") -> str:
    """Return HTML in the colours of JupyterLab's themes, wherever it is shown.

    Args:
        content: of the view.
        style: further rules, which begin with `.cppmagic-view`.
    """
    rules = " ".join(f"{_STYLE_LINES}{style}".split())  # one line: saved notebooks hold it
    return f'<div class="cppmagic-view"><style>{rules}</style>{content}</div>'


def _item(item: Diagnostic, own: tuple[str, ...], told: set[Diagnostic]) -> str:
    notes = [note for note in rendering.useful_notes(item, own) if note not in told]
    told.update(note for note in notes if note.message == INCLUDED_HERE)
    open_notes = [note for note in notes if _leads(note, own)]
    rest = [note for note in notes if note not in open_notes]
    kind = item.severity.rpartition(" ")[2]
    parts = [_one(item), *(div("note", _one(note)) for note in open_notes)]
    parts += folded(
        rendering.counted(len(rest), "note"), (div("note", _one(note)) for note in rest)
    )
    return f'<div class="cppmagic-item cppmagic-{kind}">{"".join(parts)}</div>'


def _leads(note: Diagnostic, own: tuple[str, ...]) -> bool:
    """Whether a note is part of the message rather than of its background."""
    return bool(note.fixes) or (note.message == INCLUDED_HERE and note.file in own)


def _one(item: Diagnostic) -> str:
    head = f'<b class="cppmagic-severity">{escaped(item.severity)}</b> {_words(item.message)}'
    if item.file:
        head += f' <span class="cppmagic-place">{escaped(item.place)}</span>'
    lines = []
    changed = rendering.changed_lines(item)
    is_only_a_fix = item.severity == "note" and changed
    if item.source_line is not None and item.line is not None and not is_only_a_fix:
        lines.append(_source(str(item.line), _marked(item), "source"))
    lines += [_source("+", _changed(item, line), "fix") for line in changed]
    return div("head", head) + ("<pre>" + "\n".join(lines) + "</pre>" if lines else "")


def _source(number: str, line: str, kind: str) -> str:
    gutter = f'<span class="cppmagic-gutter">{number:>5} </span>'
    return f'<span class="cppmagic-{kind}">{gutter}{line}</span>'


def _marked(item: Diagnostic) -> str:
    """Return the source line with what the message is about in a `<mark>`."""
    text, result, position = item.source_line or "", "", 0
    places = rendering.spans(item)
    point = (item.column or 0) - 1
    if item.column and not any(start <= point < end for start, end in places):
        called = re.search(r"\w+$", text[:point]) if text[point : point + 1] == "(" else None
        places = sorted([*places, called.span() if called else (point, point)])
    for start, end in places:
        if start < position or start > len(text):
            continue
        result += escaped(text[position:start])
        main = start <= point <= end
        kind = "" if main and start < end else ("-point" if start == end else "-other")
        result += f'<mark class="cppmagic-mark{kind}"{_label(item, start)}>'
        result += f"{escaped(text[start:end])}</mark>"
        position = end
    return result + escaped(text[position:])


def _label(item: Diagnostic, start: int) -> str:
    labels = [part.label for part in item.ranges if part.column == start + 1 and part.label]
    return f' title="{escaped(labels[0])}"' if labels else ""


def _changed(item: Diagnostic, line: str) -> str:
    """Return a changed line with what differs from the old one emphasised."""
    old = item.source_line or ""
    start = _common(old, line)
    stop = len(line) - _common(old[start:][::-1], line[start:][::-1])
    return f"{escaped(line[:start])}<ins>{escaped(line[start:stop])}</ins>{escaped(line[stop:])}"


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _words(text: str) -> str:
    """Return a sentence with what stands in quotes as code."""
    parts = re.split(r"(?<!\w)'([^'\n]+)'(?!\w)", text)
    return "".join(
        f"<code>{escaped(part)}</code>" if number % 2 else escaped(part)
        for number, part in enumerate(parts)
    )


def folded(summary: str, parts: Iterable[str]) -> list[str]:
    """Return parts that a click on the summary shows; none if there are none."""
    remaining = iter(parts)
    content = "".join(itertools.islice(remaining, _MOST_FOLDED))
    more = sum(1 for _ in remaining)
    content += div("note", f"... and {more} more") if more else ""
    return [f"<details><summary>{summary}</summary>{content}</details>"] if content else []


def div(kind: str, content: str) -> str:
    """Return a block of a kind that the style knows."""
    return f'<div class="cppmagic-{kind}">{content}</div>'


escaped: Callable[[str], str] = html.escape

# JupyterLab and Notebook name their colours by variables, and so does VS Code; elsewhere the
# page's own colours serve, with tints that suit light and dark.
_STYLE_LINES = """
.cppmagic-view {
  --cppmagic-error: var(--jp-error-color1, var(--vscode-errorForeground, #d64541));
  --cppmagic-warning: var(--jp-warn-color1, var(--vscode-editorWarning-foreground, #c77c02));
  --cppmagic-fix: var(--jp-success-color1, #2e9e4f);
  --cppmagic-faint: var(--jp-content-font-color2, var(--vscode-descriptionForeground, #888));
  --cppmagic-line: var(--jp-border-color2, rgba(128, 128, 128, 0.35));
  font-size: var(--jp-code-font-size, 13px);
  line-height: 1.45;
  color: var(--jp-content-font-color1, inherit);
}
.cppmagic-view .cppmagic-title { font-weight: 600; margin: 2px 0 6px; }
.cppmagic-view .cppmagic-item {
  border-left: 3px solid var(--cppmagic-error); padding: 1px 0 1px 10px; margin: 0 0 8px;
}
.cppmagic-view .cppmagic-warning { border-left-color: var(--cppmagic-warning); }
.cppmagic-view .cppmagic-head { overflow-wrap: anywhere; }
.cppmagic-view .cppmagic-severity { color: var(--cppmagic-error); }
.cppmagic-view .cppmagic-warning .cppmagic-severity { color: var(--cppmagic-warning); }
.cppmagic-view .cppmagic-note .cppmagic-severity { color: var(--cppmagic-faint); }
.cppmagic-view .cppmagic-note { margin: 3px 0 3px 10px; }
.cppmagic-view .cppmagic-place {
  color: var(--cppmagic-faint); font-family: var(--jp-code-font-family, monospace);
  margin-left: 6px;
}
.cppmagic-view code {
  font-family: var(--jp-code-font-family, monospace); font-size: inherit; color: inherit;
  background: rgba(128, 128, 128, 0.14); border-radius: 3px; padding: 0 3px;
}
.cppmagic-view pre {
  margin: 2px 0 3px; padding: 2px 0; overflow-x: auto; tab-size: 4; color: inherit;
  font-family: var(--jp-code-font-family, monospace); font-size: inherit; background: none;
}
.cppmagic-view .cppmagic-gutter { color: var(--cppmagic-faint); user-select: none; }
.cppmagic-view mark { color: inherit; padding: 0; border-radius: 2px; }
.cppmagic-view .cppmagic-mark {
  background: rgba(235, 80, 70, 0.22); border-bottom: 2px solid var(--cppmagic-error);
}
.cppmagic-view .cppmagic-warning .cppmagic-mark {
  background: rgba(230, 150, 30, 0.22); border-bottom-color: var(--cppmagic-warning);
}
.cppmagic-view .cppmagic-mark-other { background: rgba(128, 128, 128, 0.24); }
.cppmagic-view .cppmagic-mark-point {
  background: none; border-left: 2px solid var(--cppmagic-error); margin: 0 -1px;
}
.cppmagic-view .cppmagic-fix { color: var(--cppmagic-fix); }
.cppmagic-view ins { text-decoration: none; font-weight: 600; background: rgba(60, 170, 90, 0.2); }
.cppmagic-view summary { cursor: pointer; color: var(--cppmagic-faint); }
.cppmagic-view .cppmagic-hint {
  border-left: 3px solid var(--cppmagic-line); padding: 1px 0 1px 10px; margin: 2px 0 6px;
}
"""
