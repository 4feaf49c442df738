"""Find out what the compiler did with each line of a source: its optimiser's remarks, and assembly.

The units of the plan that built the artifact are compiled once more, by the same commands, which
are only asked for a record and for assembly with line numbers in place of an object. That happens
when somebody asks, beside the build; the result is kept under the artifact's fingerprint, which
covers everything that it depends on.
"""

from __future__ import annotations

import os
import re
from dataclasses import asdict

from cppmagic import attribution, failures, progress
from cppmagic import cache as caches
from cppmagic.attribution import Owners, Told
from cppmagic.cache import Artifact, Cache
from cppmagic.compiling import kit_for, texts
from cppmagic.config import BuildConfig
from cppmagic.digest import digest
from cppmagic.errors import CppmagicError, ToolchainError
from cppmagic.insight import Insight, from_json
from cppmagic.locks import work_dir
from cppmagic.log import phase
from cppmagic.pipeline import obtain_with_plan
from cppmagic.planning import Plan
from cppmagic.recall import NO_OPTIONS
from cppmagic.settings import settings
from cppmagic.source import Source
from cppmagic.toolchain import assembly, records, structured
from cppmagic.toolchain.commands import Unit
from cppmagic.toolchain.diagnostics import plain_quotes
from cppmagic.toolchain.isolation import THREAD_STORAGE
from cppmagic.toolchain.prepared import Kit
from cppmagic.toolchain.process import Finished, Group, in_parallel

_FORMAT = "6"
_ASSEMBLY = "unit.s"

# Flags that a reader of the result wants to know.
_DECISIVE = re.compile(
    r"-m\w|-f(?:no-)?(?:fast-math|openmp|unroll|tree|finite|associative|unsafe|math|trapping|signed"
    r"|reciprocal|strict|wrapv|inline|exceptions|lto)"
)


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
    known = None if fresh else from_json(cache.read_json(path))
    if known is not None:
        return known
    artifact, made = obtain_with_plan(source, options)
    with phase("annotated"):
        found = examine(made, cache)
    cache.write_json(_fact_path(artifact, cache), asdict(found))
    return found


def examine(made: Plan, cache: Cache) -> Insight:
    """Compile the user's units of a plan for their record and assembly; see `explain`."""
    # Inline functions, and some bodies in classes, are compiled where they are bound.
    idle = {unit.name for unit in made.rendered.generated if not attribution.has_bodies(unit)}
    units = [unit for unit in made.units if unit.path != THREAD_STORAGE and unit.path not in idle]
    name = made.rendered.source.fullname
    with progress.observed(name), work_dir(cache) as work:
        progress.report(name, "annotating")

        def examine_one(group: Group, item: tuple[int, Unit]) -> Told:
            number, unit = item
            place = os.path.join(work, str(number))
            os.mkdir(place)
            return _examine(made, unit, cache, place, group)

        jobs = settings.jobs or os.cpu_count() or 1
        found = list(in_parallel(examine_one, list(enumerate(units)), jobs))
    first = units[0]
    return Insight(first.compiler.version, _shown_flags(first), attribution.files(found))


def _examine(made: Plan, unit: Unit, cache: Cache, place: str, group: Group) -> Told:
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
    owners = Owners(made, kit, place)
    code = assembly.read_assembly(_text(place, _ASSEMBLY), owners.kind, place)
    record = _text(place, records.RECORD)
    told = records.read_record(unit.compiler, record, lambda file: owners.own(file) is not None)
    placed = tuple((item, places) for item in code if (places := owners.places(item)))
    return Told(tuple(attribution.attributed(told, placed, owners)), placed)


def _refusal(finished: Finished, made: Plan, unit: Unit, place: str) -> CppmagicError:
    said = plain_quotes(finished.output)
    asked = records.record_flags(unit.compiler) + assembly.assembly_flags(unit.compiler)
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
    wanted = (*records.record_flags(unit.compiler), *assembly.assembly_flags(unit.compiler))
    return (*unit.compiler.command, *headers, *flags, *whole, *wanted, unit.path, "-o", _ASSEMBLY)


def _text(place: str, name: str) -> str:
    try:
        with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:  # a unit of which there is nothing to tell
        return ""


def _shown_flags(unit: Unit) -> str:
    """Return the flags that a reader wants to know: what decides how code is optimised."""
    levels = [word for word in unit.flags if re.fullmatch(r"-O.*", word)]
    chosen = [word for word in unit.flags if _DECISIVE.match(word)]
    return " ".join(dict.fromkeys([*levels[-1:], *chosen]))


def _fact_path(artifact: Artifact, cache: Cache) -> str:
    key = digest("insight", _FORMAT, artifact.fingerprint)
    return cache.fact_path("insights", key)
