"""The compile and link commands, in the compiler's dialect."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from cppmagic.config import BuildConfig
from cppmagic.toolchain.compilers import Compiler, library_search_path_flags, platform_flags
from cppmagic.toolchain.isolation import ISOLATING_FLAGS

OBJECT_EXTENSIONS = (".o", ".obj", ".a", ".so", ".lib", ".dylib")
_CPP_EXTENSIONS = (".cpp", ".cc", ".cxx", ".c++", ".C", ".cp", ".CPP", ".mm")

# Each takes a path, in the same word or in the next.
_FILE_OPTIONS = ("-include-pch", "-include", "-imacros")
_PATH_OPTIONS = ("-iquote", "-I", "-isystem", "-idirafter", *_FILE_OPTIONS)

# From this version on, gcc writes SARIF beside its text; until then it has JSON in its place.
_FIRST_SARIF_BESIDE_TEXT = 15
_FIRST_JSON = 9
_JSON = "-fdiagnostics-format=json"
_SARIF = "-fdiagnostics-add-output=sarif:file="

DEFAULT_CPP_STANDARD = "c++17"
DEFAULT_OPTIMIZATION = "3"


@dataclass(frozen=True)
class Unit:
    """One translation unit.

    Attributes:
        path: of the file; relative for the rendered source, which lies in the build directory.
        compiler: which compiles it.
        flags: of its command, without input, output and dependency file.
    """

    path: str
    compiler: Compiler
    flags: tuple[str, ...]


def language_of(path: str) -> str:
    """Return "c++" or "c" for a source file by its extension."""
    return "c++" if path.endswith(_CPP_EXTENSIONS) else "c"


def compile_flags(
    compiler: Compiler,
    config: BuildConfig,
    language: str,
    directory: str,
    search_dirs: tuple[str, ...],
    quiet_dirs: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the flags that compile one unit.

    Args:
        compiler: which one.
        config: of the module.
        language: of the unit.
        directory: the source's; it does not show in the binary unless debug information does.
        search_dirs: the user's include directories.
        quiet_dirs: include directories whose headers give no warnings: Python's, pybind11's.
    """
    platform, _ = platform_flags(language)
    if config.debug:
        platform = tuple(word for word in platform if word != "-DNDEBUG")
    return (
        *platform,
        *_default_flags(compiler, config, language, directory),
        *(f"-I{place}" for place in search_dirs),
        *(word for place in quiet_dirs for word in ("-isystem", place)),
        *_fitting_standards(config.extra_compile_args, language),
    )


STORAGE_FLAGS = ("-O2", "-fPIC", "-fvisibility=hidden", "-std=c++11")


def storage_flags(compiler: Compiler) -> tuple[str, ...]:
    """Return the flags that compile `isolation.THREAD_STORAGE`."""
    return (*STORAGE_FLAGS, "-g0") if compiler.is_zig else STORAGE_FLAGS  # see _default_flags


def link_flags(compiler: Compiler, library_dirs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the flags that link a module, before its objects."""
    _, flags = platform_flags("c++")
    return (
        *flags,
        # A library that shows its symbols to the whole process (settings.rtld_flags) must not be
        # given those of its former version. macOS and Windows bind to the own ones anyway.
        *(("-Wl,-Bsymbolic",) if sys.platform.startswith("linux") else ()),
        *(f"-L{place}" for place in library_dirs),
        *(flag for place in library_dirs for flag in library_search_path_flags(place)),
    )


def core_link_flags() -> tuple[str, ...]:
    """Return the flags that leave out of a library what it does not use of a kit's core."""
    return ("-Wl,-dead_strip",) if sys.platform == "darwin" else ("-Wl,--gc-sections",)


def link_libraries(config: BuildConfig) -> tuple[str, ...]:
    """Return what follows the objects on the link command: libraries, then the user's flags."""
    return (*(f"-l{name}" for name in config.libraries), *config.extra_link_args)


def _default_flags(
    compiler: Compiler, config: BuildConfig, language: str, directory: str
) -> tuple[str, ...]:
    flags = [
        f"-O{DEFAULT_OPTIMIZATION if config.optimize is None else config.optimize}",
        "-fPIC",
        # Without it, two versions of one module would share what is global in both.
        "-fvisibility=hidden",
        "-Wall",
        *_diagnostics_flags(compiler),
        # __FILE__ and assert() show the user's name of the file, wherever it lies.
        f"-fmacro-prefix-map={directory}/=",
    ]
    standard = _standard(config, language)
    if standard:
        flags.append(f"-std={standard}")
    if config.debug:
        flags.append("-g")
    if language == "c++":
        flags.append("-fvisibility-inlines-hidden")
        if compiler.kind == "gcc":
            # Statics of inline functions and templates would be one for the whole process,
            # whatever their visibility, and a new version would continue the old one's.
            flags.append("-fno-gnu-unique")
        if not config.share_types:
            flags += ISOLATING_FLAGS
    if compiler.is_zig:
        flags.append("-fno-sanitize=undefined")  # zig's default without optimisation
        # zig's defaults with optimisation: debug information, and no assertions even beside -g.
        if config.debug:
            flags.append("-UNDEBUG")
        elif not any(word.startswith("-g") for word in config.extra_compile_args):
            flags.append("-g0")  # zig lets no later -g win over it
    return tuple(flags)


def _diagnostics_flags(compiler: Compiler) -> tuple[str, ...]:
    """Return the flags that make a compiler say all that it knows, to be read by a program."""
    if compiler.kind != "gcc":
        # Without carets it says nothing of fix-its. The lines that it shows begin with a blank.
        return (
            "-fno-color-diagnostics",
            "-fdiagnostics-print-source-range-info",
            "-fdiagnostics-parseable-fixits",
        )
    # We print the source line ourselves: the compiler does not know the cell.
    flags = ["-fno-diagnostics-show-caret", "-fno-diagnostics-color"]
    if compiler.major >= 11:
        # Not as a terminal shows it: for that gcc reads the file of the name that #line gives, and
        # takes lines of the rendered text, in our directory, for the user's.
        flags.append("-fdiagnostics-column-unit=byte")
    if _FIRST_JSON <= compiler.major < _FIRST_SARIF_BESIDE_TEXT:
        return (*flags, _JSON)
    return (*flags, "-fdiagnostics-parseable-fixits")


def report_flags(compiler: Compiler, number: int) -> tuple[str, ...]:
    """Return the flags by which a compiler writes what it says to a file too, for unit `number`."""
    if compiler.kind == "gcc" and compiler.major >= _FIRST_SARIF_BESIDE_TEXT:
        return (f"{_SARIF}{number}.sarif",)
    return ()


def report_name(command: tuple[str, ...]) -> str:
    """Return the name of the file that `report_flags` asked for, or ""."""
    found = (word.removeprefix(_SARIF) for word in command if word.startswith(_SARIF))
    return next(found, "")


def as_text(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that makes gcc say in words what it says in JSON, and nothing else."""
    words = list(command)
    for option in ("-MF", "-o"):
        if option in words:
            position = words.index(option)
            del words[position : position + 2]
    return (*(word for word in words if word not in (_JSON, "-MD", "-c")), "-fsyntax-only")


def _standard(config: BuildConfig, language: str) -> str | None:
    if config.std and ("++" in config.std) == (language == "c++"):
        return config.std
    return DEFAULT_CPP_STANDARD if language == "c++" else None


def _fitting_standards(words: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Leave out `-std=` of the other language: clang refuses it, and modules mix C and C++."""
    return tuple(
        word
        for word in words
        if not word.startswith("-std=") or ("++" in word) == (language == "c++")
    )


def resolve_paths(words: tuple[str, ...], directory: str) -> tuple[str, ...]:
    """Return compile flags with absolute paths: the compiler does not run where the source is.

    Args:
        words: flags that name paths as the user wrote them, such as `-Iinclude`.
        directory: where relative ones resolve.
    """
    resolved: list[str] = []
    for option, value in _split_paths(words):
        if option:
            resolved += [option, _resolved(option, value, directory)]
        elif value.startswith("@"):
            resolved.append("@" + absolute(value[1:], directory))
        else:
            resolved.append(value)
    return tuple(resolved)


def _resolved(option: str, value: str, directory: str) -> str:
    path = absolute(value, directory)
    # `-include Python.h` is searched for like any header; `=` stands for the sysroot.
    searched = option in _FILE_OPTIONS and not os.path.isfile(path)
    return value if searched or value[:1] in ("", "=") else path


def include_path(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return where headers are looked for, by flags and environment, in the compiler's order."""
    named = list(_split_paths(flags))

    def of_option(wanted: str) -> Iterator[str]:
        return (path for option, path in named if option == wanted)

    def of_environment(*names: str) -> Iterator[str]:
        return (path for name in names for path in os.environ.get(name, "").split(os.pathsep))

    places = (
        *of_option("-iquote"),
        *of_option("-I"),
        *of_environment("CPATH"),
        *of_option("-isystem"),
        *of_environment("C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"),
        *of_option("-idirafter"),
    )
    return tuple(os.path.normpath(place) for place in places if os.path.isabs(place))


def _split_paths(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield (option, path) for those that name one, in one word or in two, else ("", word)."""
    remaining = iter(words)
    for word in remaining:
        option = next((option for option in _PATH_OPTIONS if word.startswith(option)), "")
        if option:
            yield option, word[len(option) :] or next(remaining, "")
        else:
            yield "", word


def absolute(path: str, directory: str) -> str:
    """Return a path of the build config as an absolute, normalised one."""
    return os.path.abspath(os.path.join(directory, os.path.expanduser(path)))
