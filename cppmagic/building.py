"""Building: compile and link a plan in a private directory, and publish the result."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import replace

from cppmagic import inputs
from cppmagic.cache import Artifact, Cache
from cppmagic.digest import digest, digest_file
from cppmagic.errors import BuildError, Diagnostic
from cppmagic.inputs import Record
from cppmagic.log import logger
from cppmagic.modname import check_exported_name
from cppmagic.planning import Plan, named_directory, python_include_dirs
from cppmagic.recall import LIBRARY_SUFFIX
from cppmagic.settings import settings
from cppmagic.toolchain import diagnostics
from cppmagic.toolchain.commands import Unit
from cppmagic.toolchain.dependencies import read_dependencies
from cppmagic.toolchain.isolation import isolate
from cppmagic.toolchain.process import Finished, Group, in_parallel, run


def build(made: Plan, cache: Cache) -> tuple[Artifact, Record]:
    """Compile and link in a private directory and publish the result.

    Raises:
        BuildError: the compiler or the linker refused; nothing was published.
    """
    source = made.rendered.source
    logger.info("building %s (%s)", source.fullname, source.label)
    started = time.perf_counter()
    with cache.work_dir() as work:
        outputs = _compile(made, work)
        record = _record(made, _files_read(made, work))
        finished = os.path.join(work, "artifact")
        os.mkdir(finished, 0o700)
        library = os.path.join(finished, source.name + LIBRARY_SUFFIX)
        outputs.append(_link(made, work, library))
        check_exported_name(library, source)
        linked = digest_file(library)
        seconds = time.perf_counter() - started
        said = "".join(item.output for item in outputs)
        warnings = diagnostics.render(_users_own(_parse(said, made), made), _own_labels(made))
        known = cache.artifact(record.fingerprint)
        if known is not None and known.linked == linked:
            again = replace(known, built_at=time.time(), build_seconds=seconds, warnings=warnings)
            return again, record
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
            "linked": linked,
        }
        artifact = cache.publish(record.fingerprint, finished, os.path.basename(library), facts)
    logger.info("built %s in %.2f s", source.fullname, artifact.build_seconds)
    return artifact, record


def _compile(made: Plan, work: str) -> list[Finished]:
    texts = {made.units[0].path: made.rendered.text}
    texts |= {unit.name: unit.text for unit in made.rendered.generated}
    for name, text in texts.items():
        with open(os.path.join(work, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    numbered = list(enumerate(made.units))
    jobs = settings.jobs or os.cpu_count() or 1

    def compile_one(group: Group, item: tuple[int, Unit]) -> Finished:
        number, unit = item
        # Relative names: the directory must not show in what is compiled.
        flags = (*unit.flags, "-MD", "-MF", f"{number}.d", *_debug_directory(made, work))
        command = (*unit.compiler.command, *flags, "-c", unit.path, "-o", f"{number}.o")
        finished = group.run(command, directory=work)
        if finished.status != 0:
            raise _build_error(finished, made, work, "compile")
        return finished

    return list(in_parallel(compile_one, numbered, jobs))


def _debug_directory(made: Plan, work: str) -> tuple[str, ...]:
    """Let debug information name the user's directory, not the one where we happen to compile."""
    place = os.path.dirname(made.rendered.source.path)
    return (f"-fdebug-prefix-map={work}={place}",) if made.rendered.config.debug else ()


def _link(made: Plan, work: str, library: str) -> Finished:
    objects = (os.path.join(work, f"{number}.o") for number in range(len(made.units)))
    flags = (*made.link, *objects, *made.objects, "-o", library, *made.link_end)
    # Run in the source's directory: extra_link_args may name files relative to it.
    finished = run((*made.linker.command, *flags), made.rendered.source.directory)
    if finished.status != 0:
        raise _build_error(finished, made, work, "link")
    return finished


def _files_read(made: Plan, work: str) -> list[str]:
    found: dict[str, None] = {}
    for number in range(len(made.units)):
        for path in read_dependencies(os.path.join(work, f"{number}.d"), work):
            if not inputs.is_below(path, (work,)):
                found[path] = None
    return list(found)


def _record(made: Plan, files: list[str]) -> Record:
    directory = made.rendered.source.directory
    system = made.linker.system_dirs
    own = [path for path in files if not inputs.is_below(path, system)]
    taken = tuple(inputs.take(path, directory) for path in dict.fromkeys([*own, *made.inputs]))
    contents = sorted(f"{_portable(item.path, made)}={item.digest}" for item in taken)
    return Record(
        fingerprint=digest("artifact", made.key, *contents),
        inputs=taken,
        shadows=inputs.shadows(files, made.search_dirs, made.quiet_dirs + system, directory)
        + inputs.absent(made.absent, directory),
        tools=tuple(dict.fromkeys(tool for item in made.compilers for tool in item.tools)),
        packages=made.rendered.packages,
        directory=named_directory(made),
    )


def _portable(path: str, made: Plan) -> str:
    """Name a file that was read so that the same installation elsewhere gives the same name."""
    places = [os.path.dirname(os.path.abspath(__file__))]
    places += [place for _, place in made.rendered.packages]
    for place in (*places, *python_include_dirs(made.linker)):
        if path.startswith(place + os.sep):
            return path[len(os.path.dirname(place)) :]
    return path


def _build_error(finished: Finished, made: Plan, work: str, step: str) -> BuildError:
    source = made.rendered.source
    output = _with_sources_named(finished.output, made, work)
    found = _parse(output, made)
    errors = tuple(item for item in found if item.is_error)
    # What is wrong with the user's text makes code that was written for it wrong as well.
    own = tuple(item for item in errors if not diagnostics.is_about_generated(item))
    errors = own or errors
    count = f" ({len(errors)} errors)" if len(errors) > 1 else ""
    verb = "compile" if step == "compile" else "link"
    text = f"{source.fullname} did not {verb}{count}\n\n"
    # Without a message that we understand, theirs as it is beats none.
    text += (
        diagnostics.render(errors, _own_labels(made))
        if errors
        else output.strip()
        or (f"{shlex.join(finished.command)}\nended with status {finished.status} and said nothing")
    )
    advice = diagnostics.hint(output, step)
    if advice:
        text += f"\n\n{advice}"
    return BuildError(text, found, finished.command, finished.output)


def _parse(output: str, made: Plan) -> tuple[Diagnostic, ...]:
    source = made.rendered.source
    # As the #line directives name it, relative to the source's directory.
    name = os.path.basename(source.path)

    def label_of(path: str) -> str:
        return source.label if path == name else os.path.join(source.directory, path)

    line_of = diagnostics.line_reader({name: source.text}, source.directory)
    return diagnostics.parse(output, label_of, line_of)


def _users_own(found: tuple[Diagnostic, ...], made: Plan) -> tuple[Diagnostic, ...]:
    """Leave out what a package's headers say of themselves: `#warning` gets past -isystem."""
    quiet = (*made.quiet_dirs, *made.linker.system_dirs)
    return tuple(item for item in found if not inputs.is_below(item.file, quiet))


def _with_sources_named(output: str, made: Plan, work: str) -> str:
    """Let the linker speak of sources in place of the objects in our directory."""
    for number, label in enumerate(_own_labels(made)):
        output = output.replace(os.path.join(work, f"{number}.o"), label)
    return output


def _own_labels(made: Plan) -> tuple[str, ...]:
    """Return what messages call the sources of the module, in the order of its units."""
    return (made.rendered.source.label, *(unit.path for unit in made.units[1:]))
