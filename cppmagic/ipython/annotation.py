"""An annotated source in IPython: as HTML in Jupyter, as text in a terminal."""

from __future__ import annotations

import re

from cppmagic import annotation
from cppmagic.annotation import Line, Section
from cppmagic.insight import TIMES_ROUND, Insight, LineInsight, Passage
from cppmagic.ipython import display
from cppmagic.ipython.display import div, escaped, folded
from cppmagic.source import Source
from cppmagic.toolchain.rendering import Paint

# Saved notebooks hold it all.
_SHOWN_STEPS, _SHOWN_STEPS_OUTSIDE_OF_LOOPS = 60, 15
_SHOWN_MESSAGES, _SHOWN_LETTERS = 12, 300
# From which share of the work on a line is shaded, from the darkest shade to the lightest.
_SHADES = ((0.25, 3), (0.08, 2), (0.02, 1))


def show(insight: Insight, source: Source) -> None:
    """Show what the compiler did with each line of a source to whoever ran the cell."""

    def text(paint: Paint) -> str:
        return annotation.render(insight, source, paint)

    display.show_view(lambda: as_html(insight, source), text)


def as_html(insight: Insight, source: Source) -> str:
    """Return a view of an annotated source, for light and dark themes."""
    found = annotation.sections(insight, source)
    legend = f" {_LEGEND}" if annotation.has_shares(found) else ""
    parts = [
        div("title", escaped(annotation.title(insight, source))),
        div("legend", escaped(f"{annotation.verdict(insight)} {_OPENS}{legend}")),
        *map(_section, found),
    ]
    return display.view("".join(parts), _STYLE)


_OPENS = "A line opens to its assembly and to what the compiler wrote."
_LEGEND = (
    "The darker its number, the larger its share of the work in loops: its instructions, each "
    f"counted {TIMES_ROUND} times for each loop around it."
)


def _section(section: Section) -> str:
    name = div("file", escaped(section.name)) if section.name else ""
    return f'{name}<div class="cppmagic-listing">{"".join(map(_line, section.lines))}</div>'


def _line(line: Line) -> str:
    shade = next((shade for share, shade in _SHADES if line.share >= share), 0)
    title = f' title="{annotation.percent(line.share)} of the work in loops"' if shade else ""
    badges = "".join(
        f' <span class="cppmagic-badge cppmagic-{kind}">{escaped(words)}</span>'
        for kind, words in line.said
    )
    head = (
        f'<span class="cppmagic-number cppmagic-shade-{shade}"{title}>{line.number:>4}</span>'
        f'<span><span class="cppmagic-code">{escaped(line.text) or " "}</span>{badges}</span>'
    )
    details = _details(line.insight) if line.insight else ""
    if not details:
        return div("row", head)
    return f"<details><summary>{head}</summary>{div('inside', details)}</details>"


def _details(line: LineInsight) -> str:
    said = [message for remark in line.remarks for message in remark.said]
    parts = [_passages(line)] if line.passages else []
    shown = "\n".join(escaped(message[:_SHOWN_LETTERS]) for message in said[:_SHOWN_MESSAGES])
    more = f"\n... and {len(said) - _SHOWN_MESSAGES} more" if len(said) > _SHOWN_MESSAGES else ""
    if said:
        parts += folded("what the compiler wrote", [f"<pre>{shown}{more}</pre>"])
    return "".join(parts)


def _passages(line: LineInsight) -> str:
    most = _SHOWN_STEPS if line.depth else _SHOWN_STEPS_OUTSIDE_OF_LOOPS
    left, parts = most, []
    for passage in line.passages:
        if left > 0:
            parts.append(_passage(passage, left))
        left -= len(passage.steps)
    if line.count > most:
        parts.append(div("note", f"{line.count} instructions in all"))
    return "".join(parts)


def _passage(passage: Passage, most: int) -> str:
    steps = "\n".join(_step(step.text, step.depth) for step in passage.steps[:most])
    return f"{div('note', f'in {escaped(_brief(passage.function))}')}<pre>{steps}</pre>"


def _step(text: str, depth: int) -> str:
    if not text:
        return '<span class="cppmagic-gutter">    ...</span>'
    if text.endswith(":"):
        return f'<span class="cppmagic-gutter">{escaped(text)}</span>'
    return f"    {f'<b>{escaped(text)}</b>' if depth else escaped(text)}"


def _brief(function: str) -> str:
    """Return a function's name, of those that templates made very long the beginning."""
    function = re.sub(r", 18446744073709551615ul(?=>)", "", function)  # a span of any length
    return function if len(function) <= 120 else f"{function[:117]}..."


_STYLE = """
.cppmagic-view .cppmagic-legend, .cppmagic-view .cppmagic-file {
  color: var(--cppmagic-faint); margin: 0 0 6px;
}
.cppmagic-view .cppmagic-file { font-weight: 600; margin-top: 8px; }
.cppmagic-view .cppmagic-listing { overflow-x: auto; }
.cppmagic-view .cppmagic-listing summary, .cppmagic-view .cppmagic-row {
  color: inherit; display: grid; grid-template-columns: max-content 1fr; align-items: start;
  font-family: var(--jp-code-font-family, monospace);
}
.cppmagic-view .cppmagic-listing summary:hover { background: rgba(128, 128, 128, 0.14); }
.cppmagic-view .cppmagic-listing details[open] > summary { background: rgba(128, 128, 128, 0.14); }
.cppmagic-view .cppmagic-code { white-space: pre; tab-size: 4; }
.cppmagic-view .cppmagic-number {
  white-space: pre; color: var(--cppmagic-faint); padding: 0 6px; margin-right: 8px;
  user-select: none; height: 100%;
}
.cppmagic-view .cppmagic-shade-1 { background: rgba(230, 140, 30, 0.18); }
.cppmagic-view .cppmagic-shade-2 { background: rgba(230, 140, 30, 0.4); color: inherit; }
.cppmagic-view .cppmagic-shade-3 { background: rgba(230, 120, 20, 0.7); color: inherit; }
.cppmagic-view .cppmagic-badge {
  font-family: var(--jp-ui-font-family, sans-serif); font-size: 0.92em; border-radius: 3px;
  padding: 0 5px; margin-left: 8px; display: inline-block; background: rgba(128, 128, 128, 0.14);
  color: var(--cppmagic-faint);
}
.cppmagic-view .cppmagic-good { color: var(--cppmagic-fix); background: rgba(60, 170, 90, 0.14); }
.cppmagic-view .cppmagic-missed {
  color: var(--cppmagic-warning); background: rgba(230, 140, 30, 0.14);
}
.cppmagic-view .cppmagic-inside { margin: 2px 0 8px 58px; }
.cppmagic-view .cppmagic-inside .cppmagic-note { margin: 3px 0 0; color: var(--cppmagic-faint); }
.cppmagic-view .cppmagic-inside summary { display: list-item; }
"""
