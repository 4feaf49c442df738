"""Planning: the commands that build a rendered source, and the key that digests all they say."""

from __future__ import annotations

import os
import sysconfig
from dataclasses import dataclass, replace

from cppmagic.cache import Cache
from cppmagic.config import BuildConfig
from cppmagic.digest import digest
from cppmagic.errors import ConfigError
from cppmagic.include import get_include
from cppmagic.inputs import is_below, relative
from cppmagic.modname import check_declared_name
from cppmagic.processor import native_identity
from cppmagic.recall import BUILD_FORMAT, PYTHON_IDENTITY, SILENT_VARIABLES
from cppmagic.source import Source
from cppmagic.template import Rendered
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
from cppmagic.toolchain.compilers import Compiler, find_compiler
from cppmagic.toolchain.isolation import THREAD_STORAGE, without_isolation

OWN_HEADERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "native", "include")
"""Headers of cppmagic that any source can include."""


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


def plan(rendered: Rendered, cache: Cache) -> Plan:
    """Decide the commands that build a rendered source.

    Raises:
        ToolchainError: there is no compiler for it.
        ConfigError: it names files that do not exist.
        ModuleNameError: it plainly defines a module of another name.
    """
    source = rendered.source
    if not source.binding:
        check_declared_name(source)
    objects, files = _named_files(rendered)
    languages = [source.language, *map(language_of, files)]
    compilers = {
        language: find_compiler(rendered.config.compiler, language, cache)
        for language in sorted(set(languages), reverse=True)  # C++ first: it links
    }
    linker = next(iter(compilers.values()))
    config = _effective(rendered, languages, linker)
    own_dirs, quiet_dirs = _include_dirs(rendered, linker)
    units = tuple(
        _unit(path, rendered, config, compilers[language], language, own_dirs, quiet_dirs)
        for path, language in zip([_rendered_name(source), *files], languages, strict=True)
    )
    include_paths = dict.fromkeys(_shared_path(unit, source) for unit in units)
    not_own = {*quiet_dirs, *linker.system_dirs}
    if "c++" in compilers and not config.share_types:
        units = (*units, Unit(THREAD_STORAGE, compilers["c++"], storage_flags(compilers["c++"])))
    library_dirs = tuple(absolute(path, source.directory) for path in config.library_dirs)
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


def _named_files(rendered: Rendered) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the objects, and the other sources, that a module consists of beside its own text."""
    source = rendered.source
    named = [absolute(path, source.directory) for path in rendered.config.sources]
    for path in named:
        if not os.path.isfile(path):
            raise ConfigError(f"{source.label}: the source file {path} in cfg does not exist")
    objects = tuple(path for path in named if path.endswith(OBJECT_EXTENSIONS))
    files = tuple(path for path in named if path not in objects)
    return objects, (*files, *(unit.name for unit in rendered.generated))


def _effective(rendered: Rendered, languages: list[str], linker: Compiler) -> BuildConfig:
    """Return the build config as the commands need it: whole standards, absolute paths."""
    source = rendered.source
    config = _with_full_standard(rendered.config, source, languages)
    words = resolve_paths(config.extra_compile_args, source.directory)
    if config.share_types:
        words = without_isolation(words)
    if source.binding and config.std is None:
        config = replace(config, std=linker.newest_usual_standard)
    return replace(config, extra_compile_args=words)


def _include_dirs(rendered: Rendered, linker: Compiler) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the user's include directories, and those whose headers give no warnings."""
    directory = rendered.source.directory
    named = (absolute(path, directory) for path in rendered.config.include_dirs)
    search_dirs = tuple(dict.fromkeys([*named, directory]))
    packages = {place for _, place in rendered.packages}
    own = tuple(place for place in search_dirs if not is_below(place, packages))
    quiet = tuple(place for place in search_dirs if place not in own)
    return own, (*quiet, get_include(), *python_include_dirs(linker))


def _unit(
    path: str,
    rendered: Rendered,
    config: BuildConfig,
    compiler: Compiler,
    language: str,
    own_dirs: tuple[str, ...],
    quiet_dirs: tuple[str, ...],
) -> Unit:
    directory = rendered.source.directory
    flags = compile_flags(compiler, config, language, directory, own_dirs, quiet_dirs)
    if not os.path.isabs(path):
        # It lies in the build directory; `#include "..."` looks beside the user's source.
        flags = ("-iquote", directory, *flags)
    return Unit(path, compiler, flags)


def _shared_path(unit: Unit, source: Source) -> tuple[str, ...]:
    """Return where a unit's headers are looked for, wherever the unit lies."""
    beside = ("-iquote", source.directory)
    return include_path(unit.flags[2:] if unit.flags[:2] == beside else unit.flags)


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


def _plan_key(made: Plan) -> str:
    """Digest of all that decides a build but the files that the compiler will read."""
    source, config = made.rendered.source, made.rendered.config
    words = [" ".join(unit.flags) for unit in made.units]
    words += [" ".join(made.link), " ".join(made.link_end)]
    words.append(native_identity(*words))
    return digest(
        "plan",
        BUILD_FORMAT,
        *PYTHON_IDENTITY,
        source.fullname,
        made.rendered.text,
        *(unit.text for unit in made.rendered.generated),
        *(compiler.identity for compiler in made.compilers),
        *portable_words(made, words),
        *(unit_name(unit, source) for unit in made.units),
        *(relative(path, source.directory) for path in made.objects),
        *config.dependencies,
        *(f"{name}={os.environ.get(name)}" for name in SILENT_VARIABLES),
    )


def portable_words(made: Plan, words: list[str]) -> list[str]:
    """Return flags as they are for the same sources, and the same packages, anywhere else."""
    if not named_directory(made):
        words = [word.replace(made.rendered.source.directory, "<source>") for word in words]
    for name, place in (*made.rendered.packages, ("cppmagic", get_include())):
        words = [word.replace(place, f"<{name}>") for word in words]
    return words


def named_directory(made: Plan) -> str:
    """Return the source's directory if the library names it, else "".

    Debug information does, and so does the search path for libraries that lie beside the source.
    """
    directory = made.rendered.source.directory
    linked = any(directory in word for word in (*made.link, *made.link_end))
    return directory if linked or made.rendered.config.debug else ""


def python_include_dirs(compiler: Compiler) -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    places = dict.fromkeys((paths["include"], paths["platinclude"]))
    # Naming one of the compiler's own directories again would change their order.
    return tuple(place for place in places if place not in compiler.system_dirs)


def _rendered_name(source: Source) -> str:
    """The rendered source's name in the build directory: plain ASCII whatever the file's is."""
    extension = ".c" if source.language == "c" else ".cpp"
    return f"{source.name}{extension}"


def unit_name(unit: Unit, source: Source) -> str:
    """Return what a unit is called in keys: the same wherever the source lies."""
    return "" if unit.path == THREAD_STORAGE else relative(unit.path, source.directory)


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
