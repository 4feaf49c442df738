"""Which compiler builds: found, identified, remembered."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cppmagic.digest import digest, digest_file
from cppmagic.errors import ToolchainError
from cppmagic.inputs import Tool, find_package, find_tool
from cppmagic.settings import settings
from cppmagic.toolchain import process

if TYPE_CHECKING:
    from cppmagic.cache import Cache

_PARTNERS = (("clang++", "clang"), ("g++", "gcc"), ("c++", "cc"))


@dataclass(frozen=True)
class Compiler:
    """One compiler driver and what it says of itself.

    Attributes:
        command: the words that start it.
        kind: its dialect of flags: "gcc" or "clang" (zig is a clang).
        version: the first line of what `--version` prints.
        target: what it builds for, such as `x86_64-linux-gnu`.
        system_dirs: its own include directories.
        linker: the option that lets it link with the fastest linker here; "" for its own.
        tools: its executables, and those that were looked for before it and not found: any change
            there may mean another compiler.
    """

    command: tuple[str, ...]
    kind: str
    version: str
    target: str
    system_dirs: tuple[str, ...]
    linker: str
    tools: tuple[Tool, ...]

    @property
    def is_zig(self) -> bool:
        """Whether this is zig's clang, which comes with its own C++ library."""
        return "zig" in self.version or "ziglang" in self.command

    @property
    def major(self) -> int:
        """The first number of its version; 0 if it does not say."""
        # Behind what a distribution writes in parentheses: g++ (Debian 12.2.0-14) 12.2.0
        number = re.search(r"(\d+)\.\d", re.sub(r"\(.*?\)", "", self.version))
        return int(number[1]) if number else 0

    @property
    def newest_usual_standard(self) -> str:
        """The standard for plain C++: C++20 for its std::span, where the compiler has it."""
        # Both have -std=c++20 and their libraries <span> since then.
        return "c++20" if self.is_zig or self.major >= 10 else "c++17"

    @property
    def identity(self) -> str:
        """Digest of what decides its output: not where it is, but what it is."""
        return digest(self.kind, self.version, self.target, *_contents(self.tools))


def find_compiler(requested: str | None, language: str, cache: Cache) -> Compiler:
    """Find and identify the compiler of one language.

    Args:
        requested: a name, a path, a command line or "zig"; None: the setting, then CXX and CC
            from the environment, then what setuptools finds for this Python, then any compiler
            on PATH, then zig if it is installed.
        language: "c++" or "c".
        cache: remembers what a compiler says of itself.

    Raises:
        ToolchainError: there is none, or the requested one is not there or does not run.
    """
    wanted = requested or settings.compiler
    if wanted:
        return _identified(_requested_command(wanted, language), (), language, cache)
    command, missing = _default_command(language)
    return _identified(command, missing, language, cache)


def available_compilers() -> list[str]:
    """Return the names of the C++ compilers that could be requested on this machine."""
    names = [name for name in ("g++", "clang++", "c++") if shutil.which(name)]
    return names + (["zig"] if _zig_command("c++") else [])


def platform_flags(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the flags to compile and to link an extension of this Python on this platform.

    They are setuptools' (from its compiler class, with CFLAGS, CPPFLAGS and LDFLAGS of the
    environment), less what cppmagic decides itself: optimisation, debug information, warnings.
    """
    from setuptools._distutils.ccompiler import new_compiler
    from setuptools._distutils.sysconfig import customize_compiler

    asked = {
        word
        for name in ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")
        for word in _variable_words(name)
    }
    compiler = new_compiler()
    customize_compiler(compiler)
    own = re.compile(r"-g\d?|-ggdb\d?|-O.*|-W(?!l,).*")
    compile_words = [
        word for word in _flags_of(compiler.compiler_so) if word in asked or not own.fullmatch(word)
    ]
    if settings.remove_strict_prototypes:
        compile_words = [word for word in compile_words if word != "-Wstrict-prototypes"]
    link_words = _flags_of(compiler.linker_so)
    # Some builds of Python repeat their own library directories many times over. Nothing else may
    # be left out: in `-arch arm64 -arch x86_64` a word repeats and is needed.
    repeatable = re.compile(r"-L.+|-Wl,-rpath(-link)?,.+")
    unique = [
        word
        for number, word in enumerate(link_words)
        if word not in link_words[:number] or not repeatable.fullmatch(word)
    ]
    if language == "c++":
        compile_words += _variable_words("CXXFLAGS")
    return tuple(compile_words), tuple(unique)


def fast_linker_flags(compiler: Compiler, link_end: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the flags to try before linking with the compiler's own linker: at most one set.

    Args:
        compiler: which links.
        link_end: the user's flags, which may choose a linker or need the compiler's own.
    """
    chosen = any(word.startswith(("-fuse-ld", "-flto", "-B", "-T", "-Wl,-T")) for word in link_end)
    return ((compiler.linker,),) if compiler.linker and not chosen else ()


def library_search_path_flags(directory: str) -> tuple[str, ...]:
    """Return the link flags that let the finished library find libraries in a directory."""
    # Not -Wl,-rpath,...: the directory's name may have a comma.
    return ("-Xlinker", "-rpath", "-Xlinker", directory)


def _requested_command(wanted: str, language: str) -> tuple[str, ...]:
    if wanted == "zig":
        zig = _zig_command(language)
        if zig is None:
            raise ToolchainError(
                "the compiler 'zig' was asked for and is not installed; "
                f"{sys.executable} -m pip install 'cppmagic[zig]' gets it",
                is_missing=True,
            )
        return zig
    words = [wanted] if os.path.exists(wanted) else _words(wanted, "the compiler's setting")
    if not words or shutil.which(words[0]) is None:
        found = ", ".join(available_compilers()) or "none"
        raise ToolchainError(
            f"the compiler {wanted!r} was asked for, and there is no such program on PATH "
            f"(found: {found})",
            is_missing=True,
        )
    return tuple(_for_language(words, language))


def _default_command(language: str) -> tuple[tuple[str, ...], tuple[Tool, ...]]:
    """Return the command, and the compilers that would have come first but are not there."""
    variable, named = _named_in_environment(language)
    if named:
        if find_tool(named[0]).path:
            return tuple(named), ()
        raise ToolchainError(
            f"{variable} in the environment names the compiler {named[0]!r}, and there is no such "
            f"program (found: {', '.join(available_compilers()) or 'none'})",
            is_missing=True,
        )
    missing: list[Tool] = []
    for words in _usual(language):
        tool = find_tool(words[0]) if words else None
        if tool and tool.path:
            return tuple(words), tuple(missing)
        missing += [tool] if tool else []
    zig = _zig_command(language)
    if zig is not None:
        return zig, tuple(missing)
    message = f"no C++ compiler was found on PATH. {_how_to_install()}"
    raise ToolchainError(message, is_missing=True)


def _named_in_environment(language: str) -> tuple[str, list[str]]:
    """Return the variable that names the compiler, and the command; CC decides for C++ too."""
    for variable in ("CXX", "CC") if language == "c++" else ("CC", "CXX"):
        words = _variable_words(variable)
        if words:
            return variable, _for_language(words, language)
    return "", []


def _usual(language: str) -> list[list[str]]:
    """Return the compiler that Python was built with, then those that systems have."""
    import sysconfig

    if language == "c++":
        python, usual = sysconfig.get_config_var("CXX"), [["c++"], ["g++"], ["clang++"]]
    else:
        python, usual = sysconfig.get_config_var("CC"), [["cc"], ["gcc"], ["clang"]]
    return [_driver_only(shlex.split(python or "")), *usual]


def _variable_words(name: str) -> list[str]:
    return _words(os.environ.get(name, ""), f"{name} in the environment")


def _words(text: str, origin: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ToolchainError(f"{origin} is {text!r}, which is no command line: {error}") from None


def _driver_only(words: list[str]) -> list[str]:
    """Leave out flags that sysconfig keeps behind the compiler's name.

    Such as `-pthread`, and `-B directory` in Pythons from conda.
    """
    return words[: len(words) - len(_flags_of(words))]


def _flags_of(words: list[str]) -> list[str]:
    """Return what follows the words that start the compiler, which may be two: `ccache gcc`."""
    return list(itertools.dropwhile(lambda word: not word.startswith("-"), words))


def _for_language(words: list[str], language: str) -> list[str]:
    """Return the same compiler's driver for a language: clang++ for clang, gcc-12 for g++-12."""
    if not words:
        return words
    # The compiler's name is the last word that is not a flag: `ccache g++ -m32`.
    position = max(i for i, word in enumerate(words) if i == 0 or not word.startswith("-"))
    directory, name = os.path.split(words[position])
    for plus, plain in _PARTNERS:
        old, new = (plain, plus) if language == "c++" else (plus, plain)
        pattern = rf"(?<![\w+]){re.escape(old)}(?![\w+])"
        changed = re.sub(pattern, new, name)
        candidate = os.path.join(directory, changed)
        if changed != name and shutil.which(candidate):
            return [*words[:position], candidate, *words[position + 1 :]]
    return words


def _zig_command(language: str) -> tuple[str, ...] | None:
    directory = find_package("ziglang")
    if directory is None:
        return None
    zig = os.path.join(directory, "zig.exe" if sys.platform == "win32" else "zig")
    return (zig, "c++" if language == "c++" else "cc") if os.path.exists(zig) else None


def _how_to_install() -> str:
    zig = f"{sys.executable} -m pip install 'cppmagic[zig]'"
    if sys.platform == "darwin":
        return f"Install one: xcode-select --install (or, in this environment only: {zig})"
    managers = {
        "apt-get": "sudo apt-get install g++",
        "dnf": "sudo dnf install gcc-c++",
        "apk": "sudo apk add g++",
        "pacman": "sudo pacman -S gcc",
        "zypper": "sudo zypper install gcc-c++",
        "conda": "conda install gxx",
    }
    for manager, command in managers.items():
        if shutil.which(manager):
            return f"Install one: {command} (or, without administrator's rights: {zig})"
    return f"Install one: {zig}"


_FACTS = {"kind", "version", "target", "system_dirs", "linker", "digests"}
_FAST_LINKERS = ("mold", "lld", "gold")


def _identified(
    command: tuple[str, ...], missing: tuple[Tool, ...], language: str, cache: Cache
) -> Compiler:
    found = tuple(find_tool(word) for word in command if not word.startswith("-"))
    tools = tuple(tool for tool in found if tool.path)
    linkers = [name for name in _FAST_LINKERS if find_tool(f"ld.{name}").path]
    path = cache.fact_path("toolchains", digest(language, *command, repr(tools), *linkers))
    known = cache.read_json(path)
    if not isinstance(known, dict) or known.keys() != _FACTS:
        digests = [digest_file(tool.path) for tool in tools]
        known = {**_ask(command, language), "digests": digests}
        known["linker"] = _fastest_linker(command, linkers)
        cache.write_json(path, known)
    tools = tuple(
        replace(tool, digest=content) for tool, content in zip(tools, known["digests"], strict=True)
    )
    return Compiler(
        command,
        known["kind"],
        known["version"],
        known["target"],
        tuple(known["system_dirs"]),
        known["linker"],
        (*missing, *tools),
    )


def _fastest_linker(command: tuple[str, ...], names: list[str]) -> str:
    """Return the option for the first of these linkers with which the compiler can link."""
    with tempfile.TemporaryDirectory() as place:
        empty = os.path.join(place, "empty.c")
        with open(empty, "w"):
            pass
        for name in names:
            option = f"-fuse-ld={name}"
            trial = (*command, "-shared", "-fPIC", option, "-x", "c", empty, "-o", empty + ".so")
            if process.run(trial, place).status == 0:
                return option
    return ""


def _contents(tools: tuple[Tool, ...]) -> list[str]:
    """Size and time of each executable: the same wherever the same package put it."""
    return [str(tool.stat[:2]) for tool in tools if tool.stat is not None]


def _ask(command: tuple[str, ...], language: str) -> dict[str, Any]:
    version = process.run((*command, "--version"))
    if version.status != 0:
        raise ToolchainError(
            f"the compiler {shlex.join(command)} does not run: "
            f"{version.output.strip() or f'exit status {version.status}'}"
        )
    search = process.run(
        (*command, "-E", "-v", "-x", language, os.devnull, "-o", os.devnull),
        without_variables=("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"),
    )
    listed = re.search(
        r"#include <\.\.\.> search starts here:\n(.*?)End of search", search.output, re.S
    )
    target = re.search(r"^Target: (\S+)", search.output, re.M)
    words = version.output.lower()
    first_line = next((line for line in version.output.splitlines() if line.strip()), "")
    zig = os.path.basename(command[0]).startswith("zig")
    return {
        "kind": "clang" if "clang" in words else "gcc",
        "version": ("zig: " if zig else "") + first_line.strip(),
        "target": target[1] if target else "",
        "system_dirs": [
            os.path.abspath(line.strip()) for line in (listed[1] if listed else "").splitlines()
        ],
    }
