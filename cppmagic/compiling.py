"""Compiling: the units of a plan become objects, each by the shortest way that gives the right one.

A unit whose text, command and files are those of an earlier build is not compiled again. Others are
compiled with a kit, if there is one that fits (see `toolchain.prepared`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import tempfile
from dataclasses import dataclass, replace

from cppmagic import inputs, progress
from cppmagic.cache import MANIFEST, Cache
from cppmagic.digest import digest
from cppmagic.inputs import Input, Looks, Record
from cppmagic.log import log_phase, logger
from cppmagic.planning import Plan, named_directory, portable_words, unit_name
from cppmagic.processor import native_identity
from cppmagic.recall import BUILD_FORMAT, SILENT_VARIABLES
from cppmagic.settings import settings
from cppmagic.toolchain import prepared, preparing
from cppmagic.toolchain.commands import Unit, report_flags
from cppmagic.toolchain.dependencies import read_dependencies
from cppmagic.toolchain.isolation import THREAD_STORAGE
from cppmagic.toolchain.prepared import Kit, Recipe
from cppmagic.toolchain.process import Finished, Group, in_parallel

_OBJECT = "unit.o"
_WORTH_A_KIT = 0.1  # seconds: what compiles faster wants no precompiled header


@dataclass(frozen=True)
class Compiled:
    """One compiled unit.

    Attributes:
        object: path of the object.
        files: absolute paths of all that the compiler read.
        inputs: those of them that are not the compiler's own, by absolute path.
        output: what it printed.
        kit: with which it was compiled, or None.
        wanted: what a kit would have to be made from to fit better, or None.
        seconds: that compiling it took; None where an earlier build has done that.
    """

    object: str
    files: tuple[str, ...]
    inputs: tuple[Input, ...]
    output: str
    kit: Kit | None = None
    wanted: Recipe | None = None
    seconds: float | None = None

    @property
    def core(self) -> str:
        """The object that it must be linked with; "" for none."""
        return self.kit.core if self.kit is not None else ""


class UnitRefusedError(Exception):
    """The compiler refused a unit; `building` says so to the user.

    Attributes:
        finished: the compiler.
        telling: the command that tells most about it: through a precompiled header of the standard
            library's headers, gcc does not know which line of the user's included one.
    """

    def __init__(self, finished: Finished, telling: tuple[str, ...]) -> None:
        super().__init__()
        self.finished = finished
        self.telling = telling


def compile_units(
    made: Plan, cache: Cache, work: str, looks: Looks, fresh: bool, accelerate: bool = True
) -> list[Compiled]:
    """Return the objects of all units of a plan, in order.

    Args:
        made: the plan.
        cache: has objects and kits, and takes objects.
        work: the build's own directory.
        looks: what the build sees of files.
        fresh: whether to compile what an earlier build has compiled.
        accelerate: whether kits may be used.

    Raises:
        UnitRefusedError: by the compiler.
    """
    for name, text in texts(made).items():
        with open(os.path.join(work, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    known = {
        number: _recalled(made, unit, number, cache, work, accelerate)
        for number, unit in enumerate(made.units)
        if not fresh and _is_kept(made, unit)
    }
    missing = [item for item in enumerate(made.units) if known.get(item[0]) is None]

    names = [unit.path for _, unit in missing]
    steps = progress.Steps(made.rendered.source.fullname, "compiling", names)

    def compile_one(group: Group, item: tuple[int, Unit]) -> Compiled:
        number, unit = item
        done = _compiled(made, unit, number, cache, work, looks, accelerate, group)
        steps.finish(unit.path)
        return done

    jobs = settings.jobs or os.cpu_count() or 1
    if missing:
        for (number, _), done in zip(missing, in_parallel(compile_one, missing, jobs), strict=True):
            known[number] = done
    finished = [done for _, done in sorted(known.items()) if done is not None]
    for unit, done in zip(made.units, finished, strict=True):
        _log(unit, done)
    return finished


def _log(unit: Unit, done: Compiled) -> None:
    name, kit = os.path.basename(unit.path), " with prepared headers" if done.kit else ""
    if done.seconds is None:
        log_phase(f"recalled the object of {name}", 0)
    else:
        log_phase(f"compiled {name}{kit}", done.seconds)


def texts(made: Plan) -> dict[str, str]:
    """Return the units that are no file of the user's, by name."""
    generated = {unit.name: unit.text for unit in made.rendered.generated}
    return {made.units[0].path: made.rendered.text, **generated}


def ask_for_kits(done: list[Compiled], made: Plan, cache: Cache) -> None:
    """Have made in the background what would have helped this build, for the next."""
    config = made.rendered.config
    usual = not (config.extra_compile_args or config.std or config.optimize or config.debug)
    for recipe in {item.wanted.name: item.wanted for item in done if item.wanted}.values():
        # Sets of standard headers are as many as there are cells: one that comes once is no set.
        preparing.ask_for(recipe, cache, at_once=usual and recipe.has_core)


def _compiled(
    made: Plan,
    unit: Unit,
    number: int,
    cache: Cache,
    work: str,
    looks: Looks,
    accelerate: bool,
    group: Group,
) -> Compiled:
    kit, wanted = kit_for(made, unit, cache, work) if accelerate else (None, None)
    finished = _run(made, unit, number, work, kit, group)
    if kit is not None and finished.status != 0 and _is_about(kit, finished.output):
        logger.info("the compiler does not accept %s: %s", kit.directory, finished.output.strip())
        kit = None
        finished = _run(made, unit, number, work, None, group)
    if finished.status != 0:
        shown = kit if kit is not None and kit.recipe.has_core else None
        raise UnitRefusedError(finished, _command(made, unit, number, work, shown))
    if finished.seconds < _WORTH_A_KIT or (kit and wanted and kit.recipe.name == wanted.name):
        wanted = None
    files = _files_read(number, work, kit)
    prepared_from = {item.path: item for item in (kit.inputs if kit else ())}
    compiled = Compiled(
        os.path.join(work, f"{number}.o"),
        files,
        tuple(
            looks.at(path, prepared_from.get(path))
            for path in files
            if not inputs.is_below(path, unit.compiler.system_dirs)
        ),
        finished.output,
        kit,
        wanted,
        finished.seconds,
    )
    if _is_kept(made, unit):
        _keep(made, unit, compiled, cache, work)
    return compiled


# What compilers say of a precompiled header that they cannot use, or fall over.
_PREPARED = re.compile(r"(?:PCH|AST) file|precompiled|internal compiler error|PLEASE submit")


def _is_about(kit: Kit, output: str) -> bool:
    """Whether it is the kit that the compiler refused, not the user's code."""
    return kit.directory in output or bool(_PREPARED.search(output)) or "error" not in output


def _run(made: Plan, unit: Unit, number: int, work: str, kit: Kit | None, group: Group) -> Finished:
    with contextlib.suppress(OSError):  # it may be a link to one in the cache
        os.unlink(os.path.join(work, f"{number}.o"))
    return group.run(_command(made, unit, number, work, kit), directory=work)


def _command(made: Plan, unit: Unit, number: int, work: str, kit: Kit | None) -> tuple[str, ...]:
    # Relative names: the directory must not show in what is compiled.
    flags = (*unit.flags, "-MD", "-MF", f"{number}.d", *_debug_directory(made, work))
    flags += report_flags(unit.compiler, number)
    first = (*shlex.split(settings.compiler_launcher), *unit.compiler.command)
    first += kit.flags if kit is not None else ()
    return (*first, *flags, "-c", unit.path, "-o", f"{number}.o")


def kit_for(made: Plan, unit: Unit, cache: Cache, work: str) -> tuple[Kit | None, Recipe | None]:
    """Return the kit to compile a unit with, and the recipe of the one that would fit best.

    Args:
        made: the unit's plan.
        unit: which.
        cache: has the kits.
        work: directory of the unit's text, if that is not a file of the user's.
    """
    if not settings.accelerate or unit.path == THREAD_STORAGE:
        return None, None
    with open(os.path.join(work, unit.path), encoding="utf-8", errors="replace") as file:
        text = file.read()
    wanted = prepared.recipe_for(unit, made.quiet_dirs, text)
    if wanted is None:
        return None, None
    kit = prepared.find_kit(wanted, unit, made.quiet_dirs, text, cache)
    if kit is not None:
        with contextlib.suppress(OSError):  # for pruning: this was used just now
            os.utime(os.path.join(kit.directory, MANIFEST))
        return kit, wanted
    # One that exists and does not fit, or cannot be made, is not asked for again and again.
    there = prepared.load_kit(cache.prepared_path(wanted.name))
    return None, None if there is not None else wanted


def _debug_directory(made: Plan, work: str) -> tuple[str, ...]:
    """Let debug information name the user's directory, not the one where we happen to compile."""
    place = os.path.dirname(made.rendered.source.path)
    return (f"-fdebug-prefix-map={work}={place}",) if made.rendered.config.debug else ()


def _files_read(number: int, work: str, kit: Kit | None) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for path in read_dependencies(os.path.join(work, f"{number}.d"), work):
        real = kit.real_path(path) if kit is not None else path
        if not inputs.is_below(real, (work, kit.directory) if kit is not None else (work,)):
            found[real] = None
    if kit is not None:
        found.update(dict.fromkeys(kit.files))
    return tuple(found)


# Objects of earlier builds


def _is_kept(made: Plan, unit: Unit) -> bool:
    """Whether a unit may come again in another build: the only one of a module does not."""
    own = [unit for unit in made.units if unit.path != THREAD_STORAGE]
    return unit.path == THREAD_STORAGE or len(own) > 1


def _unit_key(made: Plan, unit: Unit) -> str:
    text = texts(made).get(unit.path, "")
    return digest(
        "unit",
        BUILD_FORMAT,
        unit.compiler.identity,
        unit_name(unit, made.rendered.source),
        text,
        *portable_words(made, [" ".join(unit.flags)]),
        native_identity(*unit.flags),
        *(f"{name}={os.environ.get(name)}" for name in SILENT_VARIABLES),
    )


def _recalled(
    made: Plan, unit: Unit, number: int, cache: Cache, work: str, accelerate: bool
) -> Compiled | None:
    """Return the unit as an earlier build compiled it, if nothing that it read has changed."""
    record = cache.recall_record(_unit_key(made, unit), made.rendered.source.directory)
    if record is None:
        return None
    directory = cache.object_dir(record.fingerprint)
    target = os.path.join(work, f"{number}.o")
    try:
        with open(os.path.join(directory, MANIFEST), encoding="utf-8") as file:
            facts = json.load(file)
        kit = prepared.load_kit(cache.prepared_path(facts["kit"])) if facts["kit"] else None
        if facts["kit"] and (kit is None or not accelerate):
            return None
        _link_or_copy(os.path.join(directory, _OBJECT), target)
        os.utime(os.path.join(directory, MANIFEST))
    except (OSError, ValueError, KeyError):
        return None
    directory = made.rendered.source.directory
    seen = (replace(item, path=os.path.join(directory, item.path)) for item in record.inputs)
    return Compiled(target, tuple(facts["files"]), tuple(seen), facts["output"], kit)


def _keep(made: Plan, unit: Unit, compiled: Compiled, cache: Cache, work: str) -> None:
    source = made.rendered.source
    system = unit.compiler.system_dirs
    if not all(item.digest for item in compiled.inputs):
        return  # something changed meanwhile
    taken = inputs.relative_to(source.directory, compiled.inputs)
    key = _unit_key(made, unit)
    # An object that needs no core does not tell how it was compiled.
    kit = os.path.basename(os.path.dirname(compiled.core))
    record = Record(
        fingerprint=digest("object", key, kit, *(f"{i.path}={i.digest}" for i in taken)),
        inputs=taken,
        shadows=inputs.shadows(
            compiled.files, made.search_dirs, made.quiet_dirs + system, source.directory
        ),
        tools=(),
        packages=(),
        directory=named_directory(made),
    )
    finished = tempfile.mkdtemp(dir=work)
    _link_or_copy(compiled.object, os.path.join(finished, _OBJECT))
    facts = {
        "files": compiled.files,
        "output": compiled.output,
        "kit": kit,
        "module": source.fullname,
    }
    with open(os.path.join(finished, MANIFEST), "w", encoding="utf-8") as file:
        json.dump(facts, file)
    cache.put(finished, cache.object_dir(record.fingerprint))
    cache.remember(key, record)


def _link_or_copy(path: str, target: str) -> None:
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
