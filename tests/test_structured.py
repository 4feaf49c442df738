"""What compilers of other versions than the installed ones report: recorded, and read here.

`compiler_reports/` has `broken.cpp`, and what some versions of g++ said of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cppmagic.errors import Diagnostic
from cppmagic.toolchain import diagnostics, structured
from cppmagic.toolchain.rendering import changed_lines, spans
from cppmagic.toolchain.sources import Sources

REPORTS = Path(__file__).parent / "compiler_reports"


@pytest.fixture
def sources() -> Sources:
    text = (REPORTS / "broken.cpp").read_text()
    return Sources("broken.cpp", "In[1]", text, f'#line 1 "broken.cpp"\n{text}', str(REPORTS))


def report(name: str) -> str:
    return (REPORTS / name).read_text()


def from_version(name: str, sources: Sources) -> tuple[Diagnostic, ...]:
    if name.endswith(".json"):
        records, rest = structured.split_json(report(name) + "compilation terminated.\n")
        assert rest == "compilation terminated.\n"
        return structured.from_json(records, sources)
    return structured.from_sarif(report(name), sources)


def marked(item: Diagnostic) -> list[str]:
    assert item.source_line is not None
    return [item.source_line[start:end] for start, end in spans(item)]


@pytest.mark.parametrize("name", ["gcc-11.json", "gcc-14.json", "gcc-15.sarif"])
def test_reports_of_several_versions_say_the_same(name: str, sources: Sources) -> None:
    found = {item.message.partition(";")[0]: item for item in from_version(name, sources)}
    header = found["'missing' was not declared in this scope"]
    assert (header.file, header.line) == (str(REPORTS / "broken.h"), 2)
    wide = found["'nope' was not declared in this scope"]
    assert (wide.place, marked(wide)) == ("In[1]:3:34", ["nope"])
    close = found["'step' was not declared in this scope"]
    assert changed_lines(close) == ["int f(long steps) { return size(3) + steps }"]
    semicolon = found["expected '"]
    assert changed_lines(semicolon) == ["int f(long steps) { return size(3) + step; }"]
    assert "printf" in found["'printf' was not declared in this scope"].notes[0].message


def test_sarif_beside_text_adds_ranges_and_the_text_says_the_rest(sources: Sources) -> None:
    said = diagnostics.parse(report("gcc-15.txt"), sources)
    found = structured.merged(said, from_version("gcc-15.sarif", sources))
    assert [item.message for item in found] == [item.message for item in said]
    header, member = found[0], found[-1]
    assert [(note.place, note.message) for note in header.notes] == [
        ("In[1]:1", "included from here")
    ]
    assert [note.place for note in member.notes] == ["In[1]:4:32"]
    assert marked(member) == ["t.size"]
    (note,) = found[-2].notes
    assert changed_lines(note) == ["#include <cstdio>"]


def test_json_is_read_by_people_too() -> None:
    text = structured.readable("g++: warning: odd\n" + report("gcc-11.json"))
    assert "broken.cpp:3:36: error: 'nope' was not declared in this scope" in text
    assert "g++: warning: odd" in text
    assert "{" not in text


@pytest.mark.parametrize(
    "output", ["[1, 2\n", "[]\n", "[x] is no JSON\n", '[{"a": 1}]\n', "text\n[\n", ""]
)
def test_what_only_begins_like_json_is_text(output: str) -> None:
    records, rest = structured.split_json(output)
    assert records == []
    assert rest.strip() in (output.strip(), "")


def test_sarif_that_is_cut_off_says_nothing(sources: Sources) -> None:
    assert structured.from_sarif(report("gcc-15.sarif")[:900], sources) == ()
