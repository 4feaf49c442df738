"""Building: compile and link a plan in a private directory, and publish the result."""

from __future__ import annotations

import os
import re
import time
from dataclasses import asdict, replace

from cppmagic import failures, inputs, progress
from cppmagic.cache import Artifact, Cache
from cppmagic.compiling import Compiled, UnitRefusedError, ask_for_kits, compile_units
from cppmagic.digest import digest, digest_file
from cppmagic.inputs import Input, Looks, Record
from cppmagic.locks import work_dir
from cppmagic.log import log_phase, logger
from cppmagic.modname import check_exported_name
from cppmagic.planning import Plan, named_directory, python_include_dirs
from cppmagic.pruning import prune_if_due
from cppmagic.recall import LIBRARY_SUFFIX
from cppmagic.settings import settings
from cppmagic.toolchain import rendering
from cppmagic.toolchain.commands import core_link_flags
from cppmagic.toolchain.compilers import fast_linker_flags
from cppmagic.toolchain.isolation import isolate
from cppmagic.toolchain.process import Finished, run


def build(made: Plan, cache: Cache, fresh: bool = False) -> tuple[Artifact, Record]:
    """Compile and link in a private directory and publish the result.

    Args:
        made: the commands.
        cache: where the result goes.
        fresh: whether to compile all units again, whatever is left of earlier builds.

    Raises:
        BuildError: the compiler or the linker refused; nothing was published.
    """
    source = made.rendered.source
    logger.info("building %s (%s)", source.fullname, source.label)
    started = time.perf_counter()
    with progress.observed(source.fullname), work_dir(cache) as work:
        looks = Looks(since=os.stat(work).st_ctime_ns)
        finished = os.path.join(work, "artifact")
        os.mkdir(finished, 0o700)
        library = os.path.join(finished, source.name + LIBRARY_SUFFIX)
        compiled, output = _compile_and_link(made, cache, work, looks, library, fresh)
        record = _record(made, compiled, looks)
        check_exported_name(library, source)
        linked = digest_file(library)
        seconds = time.perf_counter() - started
        said = "".join([*(item.output for item in compiled), output])
        found = failures.warnings(said, made)
        warnings = rendering.render(found, failures.own_labels(made))
        known = cache.artifact(record.fingerprint)
        if known is not None and known.linked == linked:
            again = replace(known, built_at=time.time(), build_seconds=seconds)
            return replace(again, warnings=warnings, diagnostics=found), record
        if known is not None:
            # Built by force, and something that we do not look at (a system library) has changed.
            record = replace(record, fingerprint=digest(record.fingerprint, linked))
        isolate(library, record.fingerprint)
        facts = {
            "fullname": source.fullname,
            "source_label": source.label,
            "source_text": source.text,
            "built_at": time.time(),
            "build_seconds": seconds,
            "warnings": warnings,
            "diagnostics": [asdict(item) for item in found],
            "linked": linked,
        }
        artifact = cache.publish(record.fingerprint, finished, os.path.basename(library), facts)
    logger.info("built %s in %.2f s", source.fullname, artifact.build_seconds)
    if settings.accelerate:
        ask_for_kits(compiled, made, cache)
    prune_if_due(cache)
    return artifact, record


def _compile_and_link(
    made: Plan, cache: Cache, work: str, looks: Looks, library: str, fresh: bool
) -> tuple[list[Compiled], str]:
    """Make the library; return its units and what the linker said."""
    try:
        compiled = compile_units(made, cache, work, looks, fresh)
        finished = _link(made, compiled, library)
        log_phase("linked", finished.seconds)
        if finished.status != 0 and _may_be_kits_fault(finished.output, compiled):
            logger.info("linking again without what was prepared: %s", finished.output.strip())
            compiled = compile_units(made, cache, work, looks, fresh, accelerate=False)
            finished = _link(made, compiled, library)
    except UnitRefusedError as error:
        raise failures.compile_error(error.finished, made, work, error.telling) from None
    if finished.status != 0:
        raise failures.link_error(finished, made, work)
    return compiled, finished.output


# What is missing or there twice is the user's, if it is not pybind11's; that is worth no second
# compilation.
_USERS_OWN = re.compile(r"cannot find|unable to find|not found|undefined|multiple def|duplicate")


def _may_be_kits_fault(output: str, compiled: list[Compiled]) -> bool:
    kits = {os.path.dirname(item.core) for item in compiled if item.core}
    named = "pybind11" in output or any(directory in output for directory in kits)
    return bool(kits) and (named or not _USERS_OWN.search(output))


def _link(made: Plan, compiled: list[Compiled], library: str) -> Finished:
    progress.report(made.rendered.source.fullname, "linking")
    cores = tuple(dict.fromkeys(item.core for item in compiled if item.core))
    objects = (*(item.object for item in compiled), *cores, *made.objects)
    shrink = core_link_flags() if cores else ()
    flags = (*made.link, *shrink, *objects, "-o", library, *made.link_end)
    # Run in the source's directory: extra_link_args may name files relative to it.
    directory = made.rendered.source.directory
    command = made.linker.command
    for fast in fast_linker_flags(made.linker, made.link_end):
        finished = run((*command, *fast, *flags), directory)
        if finished.status == 0:
            return finished
        logger.debug("linking again with the compiler's own linker")
    return run((*command, *flags), directory)


def _record(made: Plan, compiled: list[Compiled], looks: Looks) -> Record:
    directory = made.rendered.source.directory
    system = made.linker.system_dirs
    files = list(dict.fromkeys(path for item in compiled for path in item.files))
    named = map(looks.at, made.inputs)
    taken = inputs.relative_to(
        directory, _agreed([*(i for c in compiled for i in c.inputs), *named])
    )
    places = _portable_places(made)
    contents = sorted(f"{_portable(item.path, places)}={item.digest}" for item in taken)
    return Record(
        fingerprint=digest("artifact", made.key, *contents),
        inputs=taken,
        shadows=inputs.shadows(files, made.search_dirs, made.quiet_dirs + system, directory)
        + inputs.absent(made.absent, directory),
        tools=tuple(dict.fromkeys(tool for item in made.compilers for tool in item.tools)),
        packages=made.rendered.packages,
        directory=named_directory(made),
    )


def _agreed(seen: list[Input]) -> list[Input]:
    """Return each input once: without its content where it changed between two looks."""
    agreed: dict[str, Input] = {}
    for item in seen:
        before = agreed.setdefault(item.path, item)
        if before.digest != item.digest:
            agreed[item.path] = Input(item.path, "", None)
    return list(agreed.values())


def _portable_places(made: Plan) -> tuple[str, ...]:
    own = os.path.dirname(os.path.abspath(__file__))
    packages = (place for _, place in made.rendered.packages)
    return (own, *packages, *python_include_dirs(made.linker))


def _portable(path: str, places: tuple[str, ...]) -> str:
    """Name a file that was read so that the same installation elsewhere gives the same name."""
    for place in places:
        if path.startswith(place + os.sep):
            return path[len(os.path.dirname(place)) :]
    return path
