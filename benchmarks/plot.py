"""The plots: the ratios of all cases, and the case `versions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_NAMES = {
    "live": "cppmagic: load and publish",
    "opening": "of this, dlopen",
    "naive": "pybind11, a registry for each version",
    "bare": "dlopen of a library of one C function",
}
_COLOURS = {"live": "C0", "opening": "C0", "naive": "C3", "bare": "0.55"}


def draw_versions(facts: dict[str, Any], path: Path) -> None:
    """Draw time per load and memory per version over the number of versions.

    Args:
        facts: of the result of the case `versions`.
        path: of the SVG file.
    """
    import matplotlib
    from matplotlib.figure import Figure

    style: Any = {"svg.hashsalt": "versions", "svg.fonttype": "none", "font.size": 9}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        times, memory = figure.subplots(1, 2)
        _draw_times(times, facts)
        _draw_memory(memory, facts)
        for axes in (times, memory):
            axes.set_xlabel("versions loaded")
            axes.set_xlim(0, facts["live"]["loaded"])
            axes.set_ylim(bottom=0)
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")


def _draw_times(axes: Any, facts: dict[str, Any]) -> None:
    batch = facts["batch"]
    curves = {
        "live": facts["live"]["seconds"],
        "opening": facts["live"]["opening"],
        "naive": facts["naive"]["seconds"],
        "bare": facts["bare"]["seconds"],
    }
    for name, values in curves.items():
        loaded = [min((index + 1) * batch, facts["live"]["loaded"]) for index in range(len(values))]
        style = ":" if name == "opening" else "-"
        milliseconds = [1e3 * value for value in values]
        axes.plot(loaded, milliseconds, style, color=_COLOURS[name], label=_NAMES[name])
    naive = facts["naive"]
    if naive["failure"]:
        last = naive["loaded"], 1e3 * naive["seconds"][-1]
        axes.plot(*last, "x", color=_COLOURS["naive"], markersize=8)
        text = f"version {naive['loaded'] + 1:,} fails"
        colour = _COLOURS["naive"]
        line = {"arrowstyle": "-", "color": colour, "linewidth": 0.6}
        axes.annotate(
            text, last, (4, 55), textcoords="offset points", color=colour, arrowprops=line
        )
    axes.set_ylim(top=1.6e3 * max(curves["live"]))
    axes.set_title("time per load (ms; fastest tenth)")
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_memory(axes: Any, facts: dict[str, Any]) -> None:
    live = facts["live"]
    first, *rest = live["taken"]
    loaded = [point["versions"] for point in rest]
    for what, label, style in (
        ("resident", "resident", "-"),
        ("anonymous", "of this, in no file", ":"),
    ):
        grown = [
            (point[what] - first[what]) / (point["versions"] - first["versions"]) / 1e3
            for point in rest
        ]
        axes.plot(loaded, grown, style, color="C0", label=f"cppmagic: {label}")
    size = live["library"] / 1e3
    limit = (live["library"] + 65_536) / 1e3
    axes.axhline(limit, color="0.55", linestyle="--", label="target: the library and 64 kB")
    axes.axhline(size, color="0.8", linestyle="--", label="the library's size")
    axes.set_ylim(top=1.7 * limit)
    axes.set_title("memory per version (kB)")
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def draw_ratios(results: list[dict[str, Any]], path: Path) -> None:
    """Draw each ratio that has a target as a bar, with its target as a mark.

    Args:
        results: of the cases, as in the JSON file.
        path: of the SVG file.
    """
    import matplotlib
    from matplotlib.figure import Figure

    bars = [
        (f"{item['case']}: {figure['name']}".replace("`", ""), figure["ratio"], figure["target"])
        for item in results
        for figure in item["figures"]
        if figure["target"] is not None and figure["unit"] == "s"
    ]
    style: Any = {"svg.hashsalt": "ratios", "svg.fonttype": "none", "font.size": 9}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(8, 0.5 + 0.24 * len(bars)), layout="constrained")
        axes = figure.subplots()
        places = range(len(bars))
        axes.barh(places, [ratio for _, ratio, _ in bars], color="C0", height=0.6)
        axes.plot([target for *_, target in bars], places, "|", color="C3", markersize=10)
        axes.axvline(1, color="0.7", linewidth=0.8)
        axes.set_yticks(places, [label for label, *_ in bars])
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_title("our time over the peer's (| is the target; left is faster)", loc="right")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")
