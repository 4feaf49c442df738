"""What the compiler did with each line of a source: its optimiser's remarks, and the assembly.

The units of the plan that built the artifact are compiled once more, by the same commands, which
are only asked for a record and for assembly with line numbers in place of an object. That happens
when somebody asks, beside the build; the result is kept under the artifact's fingerprint, which
covers everything that it depends on.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Any

from cppmagic import cache as caches
from cppmagic import failures, progress
from cppmagic.cache import Artifact, Cache
from cppmagic.compiling import kit_for, texts
from cppmagic.config import BuildConfig
from cppmagic.digest import digest
from cppmagic.errors import CppmagicError, ToolchainError
from cppmagic.inputs import is_below, relative
from cppmagic.locks import work_dir
from cppmagic.log import phase
from cppmagic.pipeline import obtain_with_plan
from cppmagic.planning import Plan
from cppmagic.recall import NO_OPTIONS
from cppmagic.settings import settings
from cppmagic.source import Source
from cppmagic.template import GeneratedUnit
from cppmagic.toolchain import assembly, remarks, structured
from cppmagic.toolchain.assembly import GLUE, OTHER, OWN, Instruction, Place
from cppmagic.toolchain.commands import Unit
from cppmagic.toolchain.demangling import demangled
from cppmagic.toolchain.diagnostics import DECLARATIONS_FILE, plain_quotes
from cppmagic.toolchain.isolation import THREAD_STORAGE
from cppmagic.toolchain.prepared import Kit
from cppmagic.toolchain.process import Finished, Group, in_parallel
from cppmagic.toolchain.remarks import Remark

_FORMAT = "6"
_ASSEMBLY = "unit.s"
_MOST_STEPS = 150
"""Of one line; a line that a template made into thousands is not read to its end by anyone."""

# Flags that a reader of the result wants to know.
_DECISIVE = re.compile(
    r"-m\w|-f(?:no-)?(?:fast-math|openmp|unroll|tree|finite|associative|unsafe|math|trapping|signed"
    r"|reciprocal|strict|wrapv|inline|exceptions|lto)"
)

TIMES_ROUND = 10
"""How often each loop is taken to go round, when lines are weighed."""


@dataclass(frozen=True)
class Step:
    """One instruction of a line, or a label: its text, and in how many loops it is."""

    text: str
    depth: int


@dataclass(frozen=True)
class Passage:
    """Instructions that a line became in one function.

    Attributes:
        function: its name in C++.
        steps: the instructions in their order; one without text stands for those of other lines.
    """

    function: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class LineInsight:
    """What became of one line.

    Attributes:
        number: counted from 1 in its file.
        share: of the work in all loops, from 0 to 1: of their instructions, each counted
            `TIMES_ROUND` times for each loop that it is in.
        depth: in how many loops its innermost instruction is.
        count: how many instructions there are, also where `passages` have not all of them.
        remarks: of the optimiser.
        passages: the instructions.
    """

    number: int
    share: float
    depth: int
    count: int
    remarks: tuple[Remark, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class FileInsight:
    """What became of the lines of one file.

    Attributes:
        path: "" for the source itself; else relative to the source's directory, or absolute.
        lines: those of which there is something to tell.
    """

    path: str
    lines: tuple[LineInsight, ...]


@dataclass(frozen=True)
class Insight:
    """What became of a source.

    Attributes:
        compiler: the first line of what it says of its version.
        flags: those of its flags that decide how it optimises.
        files: the source first, then own headers and further sources.
    """

    compiler: str
    flags: str
    files: tuple[FileInsight, ...]


def explain(
    artifact: Artifact, source: Source, options: BuildConfig = NO_OPTIONS, fresh: bool = False
) -> Insight:
    """Return what the compiler did with each line of a source.

    Args:
        artifact: what the source was built to.
        source: the same source.
        options: with which it was built.
        fresh: whether to ask the compiler again if the answer is known.

    Raises:
        ToolchainError: the compiler cannot write such a record.
        BuildError: the source does not compile any more.
    """
    cache = caches.current()
    path = _fact_path(artifact, cache)
    known = None if fresh else _from_json(cache.read_json(path))
    if known is not None:
        return known
    artifact, made = obtain_with_plan(source, options)
    with phase("annotated"):
        found = examine(made, cache)
    cache.write_json(_fact_path(artifact, cache), asdict(found))
    return found


def examine(made: Plan, cache: Cache) -> Insight:
    """Compile the user's units of a plan for their record and assembly; see `explain`."""
    # Bodies in classes, and inline functions, are compiled where they are bound.
    idle = {unit.name for unit in made.rendered.generated if not _BODY.search(_declared(unit))}
    units = [unit for unit in made.units if unit.path != THREAD_STORAGE and unit.path not in idle]
    name = made.rendered.source.fullname
    with progress.observed(name), work_dir(cache) as work:
        progress.report(name, "annotating")

        def examine_one(group: Group, item: tuple[int, Unit]) -> _Found:
            number, unit = item
            place = os.path.join(work, str(number))
            os.mkdir(place)
            return _examine(made, unit, cache, place, group)

        jobs = settings.jobs or os.cpu_count() or 1
        found = list(in_parallel(examine_one, list(enumerate(units)), jobs))
    first = units[0]
    return Insight(first.compiler.version, _shown_flags(first), _files(found))


@dataclass(frozen=True)
class _Found:
    """What one unit's compiler told; places name files as `FileInsight.path` does."""

    remarks: tuple[tuple[Place, Remark], ...]
    instructions: tuple[tuple[Instruction, tuple[Place, ...]], ...]


class _Owners:
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


def _examine(made: Plan, unit: Unit, cache: Cache, place: str, group: Group) -> _Found:
    if not os.path.isabs(unit.path):
        with open(os.path.join(place, unit.path), "w", encoding="utf-8", newline="\n") as file:
            file.write(texts(made)[unit.path])
    # With the headers that the module itself was compiled with; not with what is precompiled of
    # them, which would have to have line numbers too.
    kit, _ = kit_for(made, unit, cache, place)
    finished = group.run(command(unit, kit), directory=place)
    if finished.status != 0 and kit is not None:
        kit = None
        finished = group.run(command(unit), directory=place)
    if finished.status != 0:
        raise _refusal(finished, made, unit, place)
    owners = _Owners(made, kit, place)
    code = assembly.read_assembly(_text(place, _ASSEMBLY), owners.kind, place)
    record = _text(place, remarks.RECORD)
    told = remarks.read_record(unit.compiler, record, lambda file: owners.own(file) is not None)
    placed = tuple((item, places) for item in code if (places := owners.places(item)))
    return _Found(tuple(_attributed(told, placed, owners)), placed)


def _refusal(finished: Finished, made: Plan, unit: Unit, place: str) -> CppmagicError:
    said = plain_quotes(finished.output)
    asked = remarks.record_flags(unit.compiler) + assembly.assembly_flags(unit.compiler)
    if not any(word.partition("=")[0] in said for word in asked if len(word) > 3):
        return failures.compile_error(finished, made, place)
    words = " ".join(structured.readable(said).split())
    return ToolchainError(
        f"{made.rendered.source.label} was built, but {unit.compiler.version} does not tell what "
        f"it did with each line ({words}); g++ from 9 on, clang++ and zig do"
    )


def command(unit: Unit, kit: Kit | None = None) -> tuple[str, ...]:
    """Return the command that writes a unit's record and assembly where it is run.

    Args:
        unit: which.
        kit: with which the unit was compiled, or None.
    """
    flags = assembly.without_debug_flags(unit.flags)
    # What link-time optimisation will do is in no unit's assembly.
    whole = ("-fno-lto",) if any(word.startswith("-flto") for word in flags) else ()
    headers = kit.include_flags if kit else ()
    wanted = (*remarks.record_flags(unit.compiler), *assembly.assembly_flags(unit.compiler))
    return (*unit.compiler.command, *headers, *flags, *whole, *wanted, unit.path, "-o", _ASSEMBLY)


def _text(place: str, name: str) -> str:
    try:
        with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:  # a unit of which there is nothing to tell
        return ""


def _attributed(
    told: list[Remark],
    placed: tuple[tuple[Instruction, tuple[Place, ...]], ...],
    owners: _Owners,
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

_BODY = re.compile(r"\)[^;{}]*\{")


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


def _files(found: list[_Found]) -> tuple[FileInsight, ...]:
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


def _shown_flags(unit: Unit) -> str:
    """Return the flags that a reader wants to know: what decides how code is optimised."""
    levels = [word for word in unit.flags if re.fullmatch(r"-O.*", word)]
    chosen = [word for word in unit.flags if _DECISIVE.match(word)]
    return " ".join(dict.fromkeys([*levels[-1:], *chosen]))


# The cache


def _fact_path(artifact: Artifact, cache: Cache) -> str:
    key = digest("insight", _FORMAT, artifact.fingerprint)
    return cache.fact_path("insights", key)


def _from_json(data: Any) -> Insight | None:
    try:
        files = tuple(
            FileInsight(item["path"], tuple(_line(line) for line in item["lines"]))
            for item in data["files"]
        )
        return Insight(data["compiler"], data["flags"], files)
    except (KeyError, TypeError):
        return None  # not there, or unreadable: it is made anew


def _line(data: dict[str, Any]) -> LineInsight:
    told = tuple(Remark(**{**item, "said": tuple(item["said"])}) for item in data["remarks"])
    passages = tuple(
        Passage(item["function"], tuple(Step(**step) for step in item["steps"]))
        for item in data["passages"]
    )
    return LineInsight(**{**data, "remarks": told, "passages": passages})
