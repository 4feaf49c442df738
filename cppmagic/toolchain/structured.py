"""The compilers' structured output: GCC's JSON (versions 9 to 14) and SARIF (from 15 on).

Both have ranges, labels and fix-its. GCC's JSON says neither who included a header nor which line
made a template's instance; `merged` puts it together with the text, which says these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from cppmagic.errors import Diagnostic, FixIt, Range
from cppmagic.toolchain.diagnostics import plain_quotes, unique
from cppmagic.toolchain.sources import Sources


def split_json(output: str) -> tuple[list[dict[str, Any]], str]:
    """Return the records of GCC's JSON in an output, and the text around it.

    The driver, the assembler and the linker print text whatever the format.
    """
    records: list[dict[str, Any]] = []
    rest: list[str] = []
    position = 0
    while position < len(output):
        end = output.find("\n", position) + 1 or len(output)
        if output.startswith("[", position):
            try:
                found, end = json.JSONDecoder().raw_decode(output, position)
                records += [item for item in found if _is_record(item)]
                position = end
                continue
            except ValueError:
                pass
        rest.append(output[position:end])
        position = end
    return records, "".join(rest).lstrip("\n")


def _is_record(item: object) -> bool:
    return isinstance(item, dict) and "kind" in item and "message" in item


def readable(output: str) -> str:
    """Return an output with GCC's JSON as the lines that it would print otherwise."""
    records, rest = split_json(output)
    return "\n".join([*(_line(item) for record in records for item in _flat(record)), rest])


def _flat(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [record, *(item for child in record.get("children", []) for item in _flat(child))]


def _line(record: dict[str, Any]) -> str:
    caret = (record.get("locations") or [{}])[0].get("caret")
    place = f"{caret['file']}:{caret['line']}:{caret['column']}: " if caret else ""
    return f"{place}{record['kind']}: {_message(record)}"


def from_json(records: list[dict[str, Any]], sources: Sources) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of GCC's JSON. Notes that follow an error belong to it."""
    found: list[Diagnostic] = []
    for record in _ungrouped(records):
        item = _diagnostic(record, sources)
        if item.severity == "note" and found:
            found[-1] = replace(found[-1], notes=(*found[-1].notes, item, *item.notes))
        else:
            found.append(item)
    return unique(found)


def _ungrouped(records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the records with an error that is grouped below a warning on its own."""
    for record in records:
        children = record.get("children", [])
        yield {**record, "children": [item for item in children if item["kind"] == "note"]}
        yield from _ungrouped([item for item in children if item["kind"] != "note"])


def _diagnostic(record: dict[str, Any], sources: Sources) -> Diagnostic:
    locations = record.get("locations") or []
    notes = tuple(_diagnostic(child, sources) for child in record.get("children", []))
    found = Diagnostic(record["kind"], _message(record), notes=notes)
    if not locations:
        return found
    caret = locations[0]["caret"]
    file, line = caret["file"], caret["line"]
    column = sources.column(file, line, _byte_column(caret))
    found = replace(
        found,
        message=sources.message(found.message),
        file=sources.label(file),
        line=line,
        column=column,
        source_line=sources.line(file, line),
    )
    if column is None:
        return found
    places = [item for item in locations if item["caret"]["file"] == file]
    return replace(
        found,
        ranges=tuple(_range(item, sources) for item in places),
        fixes=tuple(_fix_it(item, sources) for item in record.get("fixits", [])),
    )


def _message(record: dict[str, Any]) -> str:
    option = record.get("option")
    text = plain_quotes(record["message"])
    return f"{text} [{option}]" if option and record["kind"] == "warning" else text


def _range(location: dict[str, Any], sources: Sources) -> Range:
    start, finish = location.get("start"), location.get("finish")
    first = start or location["caret"]
    last = finish or location["caret"]
    line, column = _place(first, sources)
    end_line, end_column = _place(last, sources)
    return Range(line, column, end_line, end_column + 1, location.get("label", ""))


def _fix_it(record: dict[str, Any], sources: Sources) -> FixIt:
    line, column = _place(record["start"], sources)
    end_line, end_column = _place(record["next"], sources)
    file = sources.label(record["start"]["file"])
    return FixIt(file, Range(line, column, end_line, end_column), record["string"])


def _place(point: dict[str, Any], sources: Sources) -> tuple[int, int]:
    line, column = point["line"], _byte_column(point)
    return line, sources.column(point["file"], line, column) or 1


def _byte_column(point: dict[str, Any]) -> int:
    return int(point.get("byte-column", point["column"]))


def from_sarif(text: str, sources: Sources) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of a SARIF file, as GCC writes it.

    Columns of SARIF are counted in characters already. A file that is not whole says nothing.
    """
    try:
        runs = json.loads(text).get("runs", [])
    except ValueError:
        return ()
    return unique([_result(item, sources) for run in runs for item in run.get("results", [])])


def _result(record: dict[str, Any], sources: Sources) -> Diagnostic:
    locations = record.get("locations") or []
    related = [item for item in record.get("relatedLocations", []) if "message" in item]
    found = Diagnostic(
        record.get("level", "error"),
        _sarif_message(record),
        notes=tuple(_of_location(item, "note", _sarif_message(item), sources) for item in related),
    )
    if not locations:
        return found
    place = _of_location(locations[0], found.severity, found.message, sources)
    fixes = [
        FixIt(sources.label(_file(change)), _region(item["deletedRegion"]), _inserted(item))
        for fix in record.get("fixes", [])
        for change in fix.get("artifactChanges", [])
        for item in change.get("replacements", [])
    ]
    return replace(place, notes=found.notes, fixes=tuple(fixes))


def _of_location(
    location: dict[str, Any], severity: str, message: str, sources: Sources
) -> Diagnostic:
    physical = location.get("physicalLocation", {})
    region = physical.get("region")
    if not region or "startLine" not in region:
        return Diagnostic(severity, message)
    file, line = _file(physical), int(region["startLine"])
    annotations = [
        replace(_region(item), label=plain_quotes(item.get("message", {}).get("text", "")))
        for item in location.get("annotations", [])
        if "startLine" in item
    ]
    return Diagnostic(
        severity,
        sources.message(message),
        sources.label(file),
        line,
        region.get("startColumn"),
        sources.line(file, line),
        ranges=(_region(region), *annotations),
    )


def _region(region: dict[str, Any]) -> Range:
    line, column = int(region["startLine"]), int(region.get("startColumn", 1))
    end_line = int(region.get("endLine", line))
    return Range(line, column, end_line, int(region.get("endColumn", column + 1)))


def _file(record: dict[str, Any]) -> str:
    uri = str(record["artifactLocation"]["uri"])
    return unquote(uri.removeprefix("file://"))


def _inserted(record: dict[str, Any]) -> str:
    return str(record.get("insertedContent", {}).get("text", ""))


def _sarif_message(record: dict[str, Any]) -> str:
    # SARIF writes a brace as two: one begins a placeholder.
    text = record["message"]["text"].replace("{{", "{").replace("}}", "}")
    return plain_quotes(text)


def merged(said: tuple[Diagnostic, ...], known: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Return diagnostics of the text with the ranges and fix-its of structured ones.

    Args:
        said: from the text.
        known: from JSON or SARIF. What only these have is kept.
    """
    places: dict[object, Diagnostic] = {}
    for item in known:
        for one in (item, *item.notes):
            # gcc words a message a little differently in its text when it shows no source.
            places.setdefault((one.file, one.line, one.severity == "note", _stem(one)), one)
            places.setdefault((one.file, one.line, one.severity == "note", one.column), one)
    return tuple(_completed(item, places) for item in said) or known


def _stem(item: Diagnostic) -> str:
    return item.message.partition(" in '")[0].partition(" (")[0].partition(" [-W")[0].strip()


def _completed(item: Diagnostic, places: dict[object, Diagnostic]) -> Diagnostic:
    key = (item.file, item.line, item.severity == "note")
    match = places.get((*key, _stem(item))) or places.get((*key, item.column))
    notes = tuple(_completed(note, places) for note in item.notes)
    if match is None:
        return replace(item, notes=notes)
    # gcc 16 draws the candidates of a call as a tree in its text.
    notes = notes or match.notes
    return replace(
        item, notes=notes, ranges=match.ranges or item.ranges, fixes=match.fixes or item.fixes
    )
