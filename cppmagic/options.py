"""The options of the cell magics: named as in `%%cython` where it has them."""

from __future__ import annotations

import argparse
import re
import shlex
from typing import Any, NoReturn

from cppmagic.config import BuildConfig, Cfg
from cppmagic.errors import OptionError, nearest
from cppmagic.helpers import pkg_config, setup_openmp

# Options whose value may itself begin with a dash, which argparse would take for an option.
_DASHED_VALUES = ("-c", "--compile-args", "--link-args")

# What fingers know from the compiler's command line: -fopenmp, -march=native, -Wall.
_COMPILER_FLAG = re.compile(r"-(f(?![vqgh]+$)\w|[mW]\w)")

_ARGUMENTS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("-f", "--force"), {"action": "store_true", "help": "build even if nothing changed"}),
    (
        ("-v", "--verbose"),
        {"action": "store_true", "help": "show commands, what they print, and times"},
    ),
    (("-q", "--quiet"), {"action": "store_true", "help": "show no warnings"}),
    (
        ("-a", "--annotate"),
        {
            "action": "store_true",
            "help": "show for each line what the compiler did with it, and its assembly",
        },
    ),
    (
        ("-c", "--compile-args"),
        {
            "action": "append",
            "default": [],
            "metavar": "FLAGS",
            "help": "flags for the compiler, such as -c -march=native; may be repeated",
        },
    ),
    (
        ("--link-args",),
        {
            "action": "append",
            "default": [],
            "metavar": "FLAGS",
            "help": "flags for the linker; may be repeated",
        },
    ),
    (
        ("-I", "--include"),
        {"action": "append", "default": [], "metavar": "DIR", "help": "directory for #include"},
    ),
    (
        ("-L", "--library-dirs"),
        {
            "action": "append",
            "default": [],
            "metavar": "DIR",
            "help": "directory of libraries, for linking and for loading",
        },
    ),
    (
        ("-l", "--lib"),
        {"action": "append", "default": [], "metavar": "NAME", "help": "library to link"},
    ),
    (
        ("-S", "--src"),
        {"action": "append", "default": [], "metavar": "FILE", "help": "further source file"},
    ),
    (
        ("-D", "--define"),
        {"action": "append", "default": [], "metavar": "NAME[=VALUE]", "help": "define a macro"},
    ),
    (
        ("--pkg",),
        {
            "action": "append",
            "default": [],
            "metavar": "NAME",
            "help": "package whose flags pkg-config knows, such as fftw3",
        },
    ),
    (("--openmp",), {"action": "store_true", "help": "compile and link with OpenMP"}),
    (
        ("--std",),
        {"metavar": "STD", "help": "language standard, such as c++20 or 20 (default: c++17)"},
    ),
    (
        ("-O", "--optimize"),
        {"metavar": "LEVEL", "help": "optimisation: 0, 1, 2, 3, s or fast (default: 3)"},
    ),
    (
        ("-g", "--debug"),
        {"action": "store_true", "help": "add debug information and keep assert() alive"},
    ),
    (
        ("--lang",),
        {"choices": ["c", "c++"], "default": "c++", "help": "language (default: c++)"},
    ),
    (
        ("--compiler",),
        {"metavar": "NAME", "help": "g++, clang++, zig, a path, or a command line"},
    ),
    (
        ("--share-types",),
        {
            "action": "store_true",
            "help": "exchange objects of C++ classes with other modules that do, and with "
            "installed packages (such a class cannot be redefined without a restart)",
        },
    ),
    (
        ("--star",),
        {"action": "store_true", "help": "also put the module's public names here"},
    ),
    (("-h", "--help"), {"action": "store_true", "help": "show this manual"}),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise OptionError(f"{self.prog}: {message}")


# Of `%%cpp` alone.
_PLAIN_ARGUMENTS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--main",), {"action": "store_true", "help": "bind main too: main(argv)"}),
)


def make_parser(magic: str, plain: bool = False) -> argparse.ArgumentParser:
    """Return the parser of a cell magic's line.

    Args:
        magic: its name, for messages.
        plain: whether bindings are written for the cell.
    """
    parser = _Parser(prog=magic, add_help=False, allow_abbrev=False)
    what = "the module's name" + ("" if plain else ", as in PYBIND11_MODULE")
    parser.add_argument("modname", nargs="?", help=what)
    for names, details in (*_ARGUMENTS, *(_PLAIN_ARGUMENTS if plain else ())):
        if plain and "--std" in names:
            details = {**details, "help": details["help"].replace("c++17", "c++20")}
        parser.add_argument(*names, **details)
    return parser


def parser_of(magic: str) -> argparse.ArgumentParser:
    """Return the parser of the cell magic with this name."""
    return make_parser(f"%%{magic}", plain=magic == "cpp")


def manual(parser: argparse.ArgumentParser) -> str:
    """Return the list of options as text."""
    return parser.format_help()


def parse_line(parser: argparse.ArgumentParser, line: str) -> argparse.Namespace:
    """Parse a magic's line.

    Raises:
        OptionError: an unknown option or a wrong value; the message names the nearest known one.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise OptionError(f"{parser.prog}: {error}: {line}") from None
    words = _prepared(words)
    for word in words:
        # argparse would read -fopenmp as -f with more options behind it.
        if _COMPILER_FLAG.match(word):
            raise OptionError(_unknown_message(parser, word))
    options, unknown = parser.parse_known_args(words)
    if unknown:
        raise OptionError(_unknown_message(parser, unknown[0]))
    return options


def build_config(options: argparse.Namespace) -> BuildConfig:
    """Return what the options say about the build.

    Raises:
        ConfigError: a package that `--pkg` names is not there.
    """
    cfg = Cfg()
    cfg["sources"] = options.src
    cfg["include_dirs"] = options.include
    cfg["library_dirs"] = options.library_dirs
    cfg["libraries"] = options.lib
    cfg["extra_compile_args"] = _split_all(options.compile_args)
    cfg["extra_link_args"] = _split_all(options.link_args)
    cfg["extra_compile_args"] += [f"-D{word}" for word in options.define]
    cfg["std"] = options.std
    cfg["optimize"] = options.optimize
    cfg["debug"] = options.debug
    cfg["share_types"] = options.share_types
    cfg["bind_main"] = getattr(options, "main", False)
    cfg["compiler"] = options.compiler
    if options.openmp:
        setup_openmp(cfg)
    if options.pkg:
        pkg_config(cfg, *options.pkg)
    return cfg.freeze()


def _split_all(values: list[str]) -> list[str]:
    return [word for value in values for word in shlex.split(value)]


def _prepared(words: list[str]) -> list[str]:
    """Write the line as argparse wants it: `-c -O2` as `-c=-O2`, `-std=c++20` as `--std=c++20`."""
    result: list[str] = []
    waiting = ""
    for word in words:
        if waiting:
            result.append(f"{waiting}={word}")
            waiting = ""
        elif word in _DASHED_VALUES:
            waiting = word
        elif word.startswith("-std="):
            result.append("-" + word)
        else:
            result.append(word)
    return [*result, waiting] if waiting else result


def _unknown_message(parser: argparse.ArgumentParser, word: str) -> str:
    names = [name for names, _ in (*_ARGUMENTS, *_PLAIN_ARGUMENTS) for name in names]
    text = f"{parser.prog}: unknown option {word}"
    if not word.startswith("-"):
        return f"{parser.prog}: {word!r} is one word too many: there is one module name"
    close = nearest(word.partition("=")[0], [name for name in names if name.startswith("--")])
    if close and word.startswith("--"):
        return text + close
    if _COMPILER_FLAG.match(word):
        return f"{text}; a flag for the compiler follows -c: -c {word}"
    return f"{text}; {parser.prog} --help lists them"
