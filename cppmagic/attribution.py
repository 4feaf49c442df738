"""Attribution: to which of the user's lines remarks and instructions belong."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from cppmagic import failures
from cppmagic.inputs import is_below, relative
from cppmagic.insight import TIMES_ROUND, FileInsight, LineInsight, Passage, Step
from cppmagic.planning import Plan
from cppmagic.template import GeneratedUnit
from cppmagic.toolchain import remarks
from cppmagic.toolchain.assembly import GLUE, OTHER, OWN, Instruction, Place
from cppmagic.toolchain.demangling import demangled
from cppmagic.toolchain.diagnostics import DECLARATIONS_FILE
from cppmagic.toolchain.prepared import Kit
from cppmagic.toolchain.remarks import Remark

_MOST_STEPS = 150
"""Of one line; a line that a template made into thousands is not read to its end by anyone."""

_BODY = re.compile(r"\)[^;{}]*\{")


@dataclass(frozen=True)
class Told:
    """What one unit's compiler told; places name files as `FileInsight.path` does."""

    remarks: tuple[tuple[Place, Remark], ...]
    instructions: tuple[tuple[Instruction, tuple[Place, ...]], ...]


class Owners:
    """Knows whose the files are that a compiler names.

    Args:
        made: the plan.
        kit: whose headers stand for those that they are copies of, or None.
        place: where the compiler ran.
    """

    def __init__(self, made: Plan, kit: Kit | None, place: str) -> None:
        self._made, self._kit = made, kit
        # clang names a file from the last directory on that it has in common with this one.
        self._bases = (place, *map(str, PurePath(place).parents), made.rendered.source.directory)
        self._known: dict[str, str | None] = {os.path.basename(made.rendered.source.path): ""}
        self._declared = _declared_lines(made)

    def own(self, file: str) -> str | None:
        """Return the own file that a name means, as `FileInsight.path` does, or None."""
        if file not in self._known and os.path.basename(file) == DECLARATIONS_FILE:
            self._known[file] = DECLARATIONS_FILE
        if file not in self._known:
            path = self._path(file)
            is_own = os.path.isfile(path) and not failures.is_foreign(path, self._made)
            directory = self._made.rendered.source.directory
            self._known[file] = relative(path, directory) if is_own else None
        return self._known[file]

    def kind(self, file: str) -> str:
        """Return whose a file is, as `assembly.read_assembly` asks it."""
        if self.own(file) is not None:
            return OWN
        return GLUE if is_below(self._path(file), self._made.quiet_dirs) else OTHER

    def place(self, file: str, line: int) -> Place | None:
        """Return the user's line that a compiler's file and line mean, or None."""
        own = self.own(file)
        if own == DECLARATIONS_FILE:
            return ("", self._declared[line]) if line in self._declared else None
        return None if own is None else (own, line)

    def places(self, item: Instruction) -> tuple[Place, ...]:
        """Return the user's lines that an instruction belongs to, the innermost first."""
        named = [*([item.place] if item.place else []), *reversed(item.callers)]
        found = (self.place(file, line) for file, line in named)
        return tuple(dict.fromkeys(place for place in found if place is not None))

    def _path(self, file: str) -> str:
        paths = [os.path.normpath(os.path.join(base, file)) for base in self._bases]
        path = next(filter(os.path.isfile, paths), paths[-1])
        return self._kit.real_path(path) if self._kit else path


def attributed(
    told: list[Remark],
    placed: tuple[tuple[Instruction, tuple[Place, ...]], ...],
    owners: Owners,
) -> Iterable[tuple[Place, Remark]]:
    """Yield remarks with the user's line that they are about.

    One about a loop in a header of the standard library is about the line that called it.
    """
    names = demangled(remarks.symbols(told))
    users: dict[tuple[Place, str], dict[Place, None]] = {}
    for item, places in placed:
        if item.place is not None and owners.own(item.place[0]) is None:
            for function in ("", item.function):
                users.setdefault((item.place, function), {}).update(dict.fromkeys(places[:1]))
    scopes = [item.scope for item in told if item.scope and owners.own(item.scope[0]) == ""]
    starts = sorted({line for _, line in scopes})
    judged = {item.scope for item in told if owners.own(item.file) == ""}
    for remark in told:
        remark = remarks.with_names(remark, names)
        if owners.own(remark.file) is not None:
            place = owners.place(remark.file, remark.line)
            if place is not None:
                yield place, remark
        elif remark.topic == "loop":
            where = f"{os.path.basename(remark.file)}:{remark.line}"
            inner = replace(remark, summary=f"{remark.summary} (in {where})")
            known = users.get(((remark.file, remark.line), remark.function))
            if not known and remark.scope in scopes and remark.scope not in judged:
                known = _first_loop(remark.scope, starts, placed)
            for place in known or ():
                yield place, inner


def _first_loop(
    scope: Place | None,
    starts: list[int],
    placed: tuple[tuple[Instruction, tuple[Place, ...]], ...],
) -> dict[Place, None]:
    """Return the line of the first loop in a function of which gcc says nothing else.

    It stands for a loop that gcc places in a header, on a line that became no instruction: so it is
    with `x[i]` of a `std::span` and an early end.
    """
    first = scope[1] if scope else 0
    last = next((start for start in starts if start > first), sys.maxsize)
    found = [
        places[0]
        for item, places in placed
        if item.depth and places[0][0] == "" and first <= places[0][1] < last
    ]
    return {min(found): None} if found else {}


# What a generated unit repeats of the user's text


def has_bodies(unit: GeneratedUnit) -> bool:
    """Whether a generated unit repeats functions of the user's with their bodies."""
    return _BODY.search(_declared(unit)) is not None


def _declared(unit: GeneratedUnit) -> str:
    """Return the part of a generated unit that repeats what the user's text declares."""
    _, _, text = unit.text.partition(f'# 1 "{DECLARATIONS_FILE}" 3\n')
    return re.split(r"^# \d+ ", text, maxsplit=1, flags=re.MULTILINE)[0]


def _declared_lines(made: Plan) -> dict[int, int]:
    """Return the user's line for each line of such a part that repeats one, or a piece of one."""
    rendered = [line.strip() for line in made.rendered.text.split("\n")]
    sources, name = failures.sources_of(made), os.path.basename(made.rendered.source.path)
    found: dict[int, int] = {}
    for unit in made.rendered.generated:
        position = 0
        for number, line in enumerate(_declared(unit).split("\n"), start=1):
            same = _index(line.strip(), rendered, position)
            if same is not None:
                # Another piece may be of the same line.
                position = same + (line.strip() == rendered[same])
                found[number] = sources.presumed_line(name, same + 1)
    return found


def _index(wanted: str, lines: list[str], start: int) -> int | None:
    """Return the first of some lines that is the wanted one, or has it in it as a function."""
    for number in range(start, len(lines)):
        if wanted == lines[number] or ("(" in wanted and "{" in wanted and wanted in lines[number]):
            return number if wanted else None
    return None


# Lines


def files(found: list[Told]) -> tuple[FileInsight, ...]:
    """Return what became of the lines of all files, from what the units' compilers told."""
    told: dict[Place, dict[Remark, None]] = {}
    for unit in found:
        for place, remark in unit.remarks:
            told.setdefault(place, {})[replace(remark, file="", function="", scope=None)] = None
    steps: dict[Place, list[Instruction]] = {}
    work: dict[Place, float] = {}
    for unit in found:
        for item, places in unit.instructions:
            # What is in no loop hardly ever matters, and there is much of it where Python calls.
            weight = TIMES_ROUND**item.depth if item.depth else 0
            work[places[0]] = work.get(places[0], 0) + weight
            for place in places:
                steps.setdefault(place, []).append(item)
    total = sum(work.values()) or 1.0
    names = demangled({item.function for those in steps.values() for item in those})
    files: dict[str, list[LineInsight]] = {"": []}
    for place in sorted({*told, *steps}):
        those = steps.get(place, [])
        files.setdefault(place[0], []).append(
            LineInsight(
                place[1],
                work.get(place, 0) / total,
                max((item.depth for item in those), default=0),
                len(those),
                tuple(told.get(place, ())),
                tuple(_passages(those[:_MOST_STEPS], names)),
            )
        )
    return tuple(FileInsight(path, tuple(lines)) for path, lines in files.items())


def _passages(those: list[Instruction], names: dict[str, str]) -> Iterable[Passage]:
    for function, part in itertools.groupby(those, key=lambda item: item.function):
        steps: list[Step] = []
        before = None
        for item in part:
            if before is not None and item.number != before + 1:
                steps.append(Step("", 0))
            if item.label:
                steps.append(Step(f"{item.label}:", item.depth))
            steps.append(Step(item.text, item.depth))
            before = item.number
        yield Passage(names[function], tuple(steps))
