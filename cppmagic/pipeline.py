"""The road from a source to an artifact: render, plan, build; or recall, when nothing changed.

Source -> render -> Rendered -> plan -> Plan -> build -> Artifact
"""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cppmagic import cache as caches
from cppmagic.cache import Artifact, Cache
from cppmagic.config import BuildConfig
from cppmagic.digest import digest, digest_file
from cppmagic.errors import BuildError, ConfigError, ModuleNameError
from cppmagic.inputs import Record, relative
from cppmagic.log import logger
from cppmagic.recall import (
    BUILD_FORMAT,
    LIBRARY_SUFFIX,
    NO_OPTIONS,
    PYTHON_IDENTITY,
    SILENT_VARIABLES,
    source_key,
)
from cppmagic.settings import settings
from cppmagic.source import Source

if TYPE_CHECKING:
    from cppmagic.errors import Diagnostic
    from cppmagic.template import Rendered
    from cppmagic.toolchain.commands import Unit
    from cppmagic.toolchain.compilers import Compiler
    from cppmagic.toolchain.process import Finished, Group


@dataclass(frozen=True)
class Plan:
    """How to build one module.

    Attributes:
        rendered: what the compiler sees.
        units: translation units; the first is the rendered source.
        linker: the compiler that links.
        link: link command without objects and output.
        objects: finished objects to link along.
        link_end: what follows the objects.
        search_dirs: the user's include directories, in the compiler's order (one after the other
            for C++ and C where they differ).
        quiet_dirs: those of packages and of Python, which come after them.
        inputs: files beside the units and their headers that decide the result.
        absent: paths that do not exist, and would decide the result if they did.
        key: digest of all that decides the binary but the files that the compiler will read.
    """

    rendered: Rendered
    units: tuple[Unit, ...]
    linker: Compiler
    link: tuple[str, ...]
    objects: tuple[str, ...]
    link_end: tuple[str, ...]
    search_dirs: tuple[str, ...]
    quiet_dirs: tuple[str, ...]
    inputs: tuple[str, ...]
    absent: tuple[str, ...]
    key: str = ""

    @property
    def compilers(self) -> tuple[Compiler, ...]:
        """All compilers that are used, each once."""
        return tuple(dict.fromkeys([self.linker, *(unit.compiler for unit in self.units)]))


def obtain(source: Source, options: BuildConfig = NO_OPTIONS, force: bool = False) -> Artifact:
    """Return the artifact of a source: from the cache if nothing that decides it changed.

    Args:
        source: what to build.
        options: what the caller asks for beyond the source's `cfg`.
        force: build even so.

    Raises:
        CppmagicError: one of its kinds, when the source cannot become a library.
    """
    return obtain_with_record(source, options, force)[0]


def obtain_with_record(
    source: Source, options: BuildConfig = NO_OPTIONS, force: bool = False
) -> tuple[Artifact, Record]:
    """Return the artifact of a source, and the record of what it was built from; see `obtain`."""
    cache = caches.current()
    force = force or settings.force_rebuild
    key = source_key(source, options)
    known = None if force else cache.recall_alias(key, source.directory)
    if known is not None:
        logger.debug("%s is unchanged", source.label)
        return known
    from cppmagic.template import render

    rendered = render(source, options)
    made = plan(rendered, cache)
    asked_at = time.time()
    with cache.lock(made.key, f"{source.fullname} ({source.label})"):
        known = cache.recall(made.key, source.directory)
        if known is None or (force and known[0].built_at < asked_at):
            known = build(made, cache)
            cache.remember(made.key, known[1])
        if rendered.reusable:
            cache.remember_alias(key, made.key)
    return known


def plan(rendered: Rendered, cache: Cache) -> Plan:
    """Decide the commands that build a rendered source.

    Raises:
        ToolchainError: there is no compiler for it.
        ConfigError: it names files that do not exist.
        ModuleNameError: it plainly defines a module of another name.
    """
    from cppmagic.toolchain.commands import (
        OBJECT_EXTENSIONS,
        Unit,
        absolute,
        compile_flags,
        include_path,
        language_of,
        link_flags,
        link_libraries,
        resolve_paths,
        storage_flags,
    )
    from cppmagic.toolchain.compilers import find_compiler
    from cppmagic.toolchain.isolation import THREAD_STORAGE, without_isolation

    source, config = rendered.source, rendered.config
    _check_module_name(rendered)
    directory = source.directory
    named = [absolute(path, directory) for path in config.sources]
    for path in named:
        if not os.path.isfile(path):
            raise ConfigError(f"{source.label}: the source file {path} in cfg does not exist")
    objects = tuple(path for path in named if path.endswith(OBJECT_EXTENSIONS))
    files = [path for path in named if path not in objects]
    languages = [source.language, *map(language_of, files)]
    config = replace(
        _with_full_standard(config, source, languages),
        extra_compile_args=resolve_paths(config.extra_compile_args, directory),
    )
    if config.share_types:
        config = replace(config, extra_compile_args=without_isolation(config.extra_compile_args))
    compilers = {
        language: find_compiler(config.compiler, language, cache)
        for language in sorted(set(languages), reverse=True)  # C++ first: it links
    }
    linker = next(iter(compilers.values()))
    search_dirs = tuple(
        dict.fromkeys([*(absolute(p, directory) for p in config.include_dirs), directory])
    )
    quiet = {place for _, place in rendered.packages}
    own_dirs = tuple(p for p in search_dirs if not p.startswith(tuple(q + os.sep for q in quiet)))
    quiet_dirs = tuple(p for p in search_dirs if p not in own_dirs) + _python_include_dirs(linker)
    units = tuple(
        Unit(
            path,
            compilers[language],
            compile_flags(compilers[language], config, language, directory, own_dirs, quiet_dirs),
        )
        for path, language in zip([_rendered_name(source), *files], languages, strict=True)
    )
    include_paths = dict.fromkeys(include_path(unit.flags) for unit in units)
    not_own = {*quiet_dirs, *linker.system_dirs}
    # The rendered source lies elsewhere; `#include "..."` looks beside the user's.
    units = (replace(units[0], flags=("-iquote", directory, *units[0].flags)), *units[1:])
    if "c++" in compilers and not config.share_types:
        units = (*units, Unit(THREAD_STORAGE, compilers["c++"], storage_flags()))
    library_dirs = tuple(absolute(path, directory) for path in config.library_dirs)
    inputs, absent = _declared_inputs(rendered, library_dirs)
    made = Plan(
        rendered=rendered,
        units=units,
        linker=linker,
        link=link_flags(linker, library_dirs),
        objects=objects,
        link_end=link_libraries(config),
        search_dirs=tuple(p for path in include_paths for p in path if p not in not_own),
        quiet_dirs=quiet_dirs,
        inputs=(*inputs, *objects),
        absent=absent,
    )
    return replace(made, key=_plan_key(made))


def _with_full_standard(config: BuildConfig, source: Source, languages: list[str]) -> BuildConfig:
    """Write the standard "20" as "c++20" or "c20", whichever the source's language is."""
    standard = config.std
    if not standard:
        return config
    if standard[0].isdigit():
        return replace(config, std=source.language + standard)
    language = "c++" if "++" in standard else "c"
    if language not in languages:
        raise ConfigError(
            f"{source.label}: {standard!r} is a standard of {language.upper()}, and all sources "
            f"are {languages[0].upper()}"
        )
    return config


def build(made: Plan, cache: Cache) -> tuple[Artifact, Record]:
    """Compile and link in a private directory and publish the result.

    Raises:
        BuildError: the compiler or the linker refused; nothing was published.
    """
    from cppmagic.toolchain.diagnostics import render
    from cppmagic.toolchain.isolation import isolate

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
        _check_init_function(library, source)
        linked = digest_file(library)
        seconds = time.perf_counter() - started
        said = "".join(item.output for item in outputs)
        warnings = render(_parse(said, made), _own_labels(made))
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


def _plan_key(made: Plan) -> str:
    """Digest of all that decides a build but the files that the compiler will read."""
    source, config = made.rendered.source, made.rendered.config
    words = [" ".join(unit.flags) for unit in made.units]
    words += [" ".join(made.link), " ".join(made.link_end)]
    # The same sources built elsewhere are the same module, and so with an installed package.
    if not _named_directory(made):
        words = [word.replace(source.directory, "<source>") for word in words]
    for name, place in made.rendered.packages:
        words = [word.replace(place, f"<{name}>") for word in words]
    return digest(
        "plan",
        BUILD_FORMAT,
        *PYTHON_IDENTITY,
        source.fullname,
        made.rendered.text,
        *(compiler.identity for compiler in made.compilers),
        *words,
        *(_unit_name(unit, source) for unit in made.units),
        *(relative(path, source.directory) for path in made.objects),
        *config.dependencies,
        *(f"{name}={os.environ.get(name)}" for name in SILENT_VARIABLES),
    )


def _named_directory(made: Plan) -> str:
    """Return the source's directory if the library names it, else "".

    Debug information does, and so does the search path for libraries that lie beside the source.
    """
    directory = made.rendered.source.directory
    linked = any(directory in word for word in (*made.link, *made.link_end))
    return directory if linked or made.rendered.config.debug else ""


def _python_include_dirs(compiler: Compiler) -> tuple[str, ...]:
    import sysconfig

    paths = sysconfig.get_paths()
    places = dict.fromkeys((paths["include"], paths["platinclude"]))
    # Naming one of the compiler's own directories again would change their order.
    return tuple(place for place in places if place not in compiler.system_dirs)


def _rendered_name(source: Source) -> str:
    """The rendered source's name in the build directory: plain ASCII whatever the file's is."""
    extension = ".c" if source.language == "c" else ".cpp"
    return f"{source.name}{extension}"


def _declared_inputs(
    rendered: Rendered, library_dirs: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files that decide the result and that no compiler's output will name.

    The second tuple has those that do not exist, and would decide it if they did.
    """
    source, config = rendered.source, rendered.config
    for word in config.dependencies:
        if os.path.isdir(os.path.join(source.directory, word)):
            raise ConfigError(
                f"{source.label}: {word!r} in cfg['dependencies'] is a directory; name its files"
            )
    named_dirs, named_libraries, words = _read_link_args(config.extra_link_args)
    response_files = [
        word[1:]
        for word in (*config.extra_compile_args, *config.extra_link_args)
        if word.startswith("@")
    ]
    candidates = [
        os.path.join(source.directory, word)
        for word in (*config.dependencies, *words, *response_files)
    ]
    places = (*library_dirs, *(os.path.join(source.directory, place) for place in named_dirs))
    candidates += [
        os.path.join(place, pattern.format(name))
        for name in (*config.libraries, *named_libraries)
        for place in places
        for pattern in (
            (name[1:],)
            if name.startswith(":")
            else ("lib{}.so", "lib{}.a", "lib{}.dylib", "{}.lib")
        )
    ]
    paths = dict.fromkeys([*rendered.inputs, *map(os.path.abspath, candidates)])
    present = tuple(path for path in paths if os.path.isfile(path))
    return present, tuple(path for path in paths if path not in present)


def _read_link_args(words: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    """Return the directories (-L), the libraries (-l) and the files that link flags name."""
    places: list[str] = []
    libraries: list[str] = []
    files: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word in ("-L", "-l"):
            word += next(remaining, "")
        if word.startswith("-L"):
            places.append(word[2:])
        elif word.startswith("-l"):
            libraries.append(word[2:])
        elif not word.startswith(("-", "@")):
            files.append(word)
    return places, libraries, files


def _compile(made: Plan, work: str) -> list[Finished]:
    from cppmagic.toolchain.process import in_parallel

    with open(os.path.join(work, made.units[0].path), "w", encoding="utf-8", newline="\n") as file:
        file.write(made.rendered.text)
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
    from cppmagic.toolchain.process import run

    objects = (os.path.join(work, f"{number}.o") for number in range(len(made.units)))
    flags = (*made.link, *objects, *made.objects, "-o", library, *made.link_end)
    # Run in the source's directory: extra_link_args may name files relative to it.
    finished = run((*made.linker.command, *flags), made.rendered.source.directory)
    if finished.status != 0:
        raise _build_error(finished, made, work, "link")
    return finished


def _unit_name(unit: Unit, source: Source) -> str:
    from cppmagic.toolchain.isolation import THREAD_STORAGE

    return "" if unit.path == THREAD_STORAGE else relative(unit.path, source.directory)


def _files_read(made: Plan, work: str) -> list[str]:
    from cppmagic.toolchain.dependencies import read_dependencies

    found: dict[str, None] = {}
    for number in range(len(made.units)):
        for path in read_dependencies(os.path.join(work, f"{number}.d"), work):
            if not path.startswith(work + os.sep):
                found[path] = None
    return list(found)


def _record(made: Plan, files: list[str]) -> Record:
    from cppmagic import inputs

    directory = made.rendered.source.directory
    system = made.linker.system_dirs
    below_system = tuple(place + os.sep for place in system)
    own = [path for path in files if not path.startswith(below_system)]
    taken = tuple(inputs.take(path, directory) for path in dict.fromkeys([*own, *made.inputs]))
    contents = sorted(f"{_portable(item.path, made)}={item.digest}" for item in taken)
    return Record(
        fingerprint=digest("artifact", made.key, *contents),
        inputs=taken,
        shadows=inputs.shadows(files, made.search_dirs, made.quiet_dirs + system, directory)
        + inputs.absent(made.absent, directory),
        tools=tuple(dict.fromkeys(tool for item in made.compilers for tool in item.tools)),
        packages=made.rendered.packages,
        directory=_named_directory(made),
    )


def _portable(path: str, made: Plan) -> str:
    """Name a file that was read so that the same installation elsewhere gives the same name."""
    places = [place for _, place in made.rendered.packages]
    for place in (*places, *_python_include_dirs(made.linker)):
        if path.startswith(place + os.sep):
            return path[len(os.path.dirname(place)) :]
    return path


def _with_sources_named(output: str, made: Plan, work: str) -> str:
    """Let the linker speak of sources in place of the objects in our directory."""
    for number, label in enumerate(_own_labels(made)):
        output = output.replace(os.path.join(work, f"{number}.o"), label)
    return output


def _own_labels(made: Plan) -> tuple[str, ...]:
    """Return what messages call the sources of the module, in the order of its units."""
    return (made.rendered.source.label, *(unit.path for unit in made.units[1:]))


def _build_error(finished: Finished, made: Plan, work: str, step: str) -> BuildError:
    from cppmagic.toolchain import diagnostics

    source = made.rendered.source
    output = _with_sources_named(finished.output, made, work)
    found = _parse(output, made)
    errors = tuple(item for item in found if item.is_error)
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
    from cppmagic.toolchain import diagnostics

    source = made.rendered.source
    # As the #line directives name it, relative to the source's directory.
    name = os.path.basename(source.path)

    def label_of(path: str) -> str:
        return source.label if path == name else os.path.join(source.directory, path)

    line_of = diagnostics.line_reader({name: source.text}, source.directory)
    return diagnostics.parse(output, label_of, line_of)


def _check_module_name(rendered: Rendered) -> None:
    """Find a wrong module name before the compiler spends seconds on it."""
    import re

    from cppmagic.lexical import code_only

    source = rendered.source
    code = code_only(source.text)
    pattern = (
        r"\b(?:PYBIND11_MODULE|PYBIND11_EMBEDDED_MODULE|NB_MODULE|BOOST_PYTHON_MODULE)\s*\(\s*(\w+)"
        r"|\bPyInit_(\w+)\s*\("
    )
    found = list(re.finditer(pattern, code))
    names = [match[1] or match[2] for match in found]
    if not names or source.name in names:
        return
    # `${name}` or a macro may still become the right name; the finished library will tell.
    if any(re.search(rf"#\s*define\s+{name}\b", code) for name in names) or "$" in code:
        return
    line = code.count("\n", 0, found[0].start()) + 1
    raise ModuleNameError(_name_message(source, names[0], line))


def _name_message(source: Source, name: str, line: int | None) -> str:
    place = f"{source.label}:{line}" if line else source.label
    return (
        f"{place}: the C++ names its module {name!r}, but it is imported as {source.name!r}. "
        f"Write {source.name!r} in the C++, or import it as {name!r}"
    )


def _check_init_function(library: str, source: Source) -> None:
    import re

    with open(library, "rb") as file:
        data = file.read()
    if b"PyInit_" + source.name.encode() + b"\0" in data:
        return
    other = re.search(rb"\0PyInit_(\w+)\0", data)
    if other:
        raise ModuleNameError(_name_message(source, other[1].decode(), None))
    raise ModuleNameError(
        f"{source.label}: the C++ defines no Python module, so there is nothing to import. Add\n\n"
        f"    PYBIND11_MODULE({source.name}, m) {{\n"
        '        m.def("function", &function);\n'
        "    }\n"
    )
