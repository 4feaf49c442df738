"""The command line: `python -m cppmagic build|annotate|prepare|cache|compile-commands|doctor`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cppmagic.errors import CppmagicError
from cppmagic.settings import settings

if TYPE_CHECKING:
    from cppmagic.toolchain.prepared import Recipe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: words after the program's name; default: those of the process.

    Returns:
        The exit status: 0 for success, 1 when something failed, 2 for wrong usage, 130 for Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    _configure_logging(options)
    try:
        return int(options.run(options))
    except CppmagicError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # who reads has seen enough: `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cppmagic", description="C++ files and notebook cells as Python modules."
    )
    loudness = argparse.ArgumentParser(add_help=False)
    group = loudness.add_mutually_exclusive_group()
    group.add_argument(
        "-v", "--verbose", action="store_true", help="show commands, what they print, and times"
    )
    group.add_argument("-q", "--quiet", action="store_true", help="show failures only")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    build = commands.add_parser(
        "build",
        parents=[loudness],
        help="build files, notebooks and trees ahead of time",
        description=(
            "Build C++ and C files ahead of time and put each library beside its source. Of a "
            "directory, all files below it that opt in (by 'cppmagic' or 'cppimport' in their "
            "first line) are built; a file that is named is built in any case. Of notebooks "
            "(.ipynb), the C++ cells are built into the cache, as running them in this Python "
            "would, so that a first 'Run All' compiles nothing; what only a kernel knows is left "
            "for it."
        ),
    )
    build.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="default: .")
    build.add_argument("-f", "--force", action="store_true", help="build even if nothing changed")
    build.set_defaults(run=_build)

    annotate = commands.add_parser(
        "annotate",
        parents=[loudness],
        help="show what the compiler did with each line of a file",
        description=(
            "Build files, in the cache, and show for each line what the compiler did with it: "
            "which loops it vectorised or unrolled, or why not, and which calls it inlined."
        ),
    )
    annotate.add_argument("files", nargs="+", metavar="FILE")
    annotate.add_argument(
        "--assembly", action="store_true", help="show what lines in loops became as well"
    )
    annotate.set_defaults(run=_annotate)

    cache = commands.add_parser(
        "cache", parents=[loudness], help="show or shrink the cache directory"
    )
    actions = cache.add_subparsers(dest="action", required=True, metavar="ACTION")
    info = actions.add_parser("info", help="where it is and how large")
    info.set_defaults(run=_cache_info)
    clear = actions.add_parser("clear", help="remove all that no living process has loaded")
    clear.set_defaults(run=_cache_clear)
    prune = actions.add_parser(
        "prune", help="remove what was not used for longest, down to settings.cache_size_limit"
    )
    prune.add_argument("--background", action="store_true", help=argparse.SUPPRESS)
    prune.set_defaults(run=_cache_prune)

    prepare = commands.add_parser(
        "prepare",
        parents=[loudness],
        help="prepare headers for fast builds, now instead of in the background",
        description=(
            "Make the precompiled headers and the core of pybind11 with which later builds take a "
            "fraction of the time. Builds ask for them by themselves; with this command an image "
            "that is made for others has them from the start. Each is for one set of headers; "
            "without arguments, the usual sets are prepared. With --plain, headers are those of "
            "the standard library that a %%%%cpp cell includes: prepare --plain cmath vector."
        ),
    )
    prepare.add_argument(
        "headers", nargs="*", metavar="HEADER", help="of one set, such as stl.h numpy.h"
    )
    prepare.add_argument("--plain", action="store_true", help="only for %%%%cpp")
    prepare.add_argument("--std", help="C++ standard, such as c++20")
    prepare.add_argument(
        "-O", "--optimize", metavar="LEVEL", help="optimisation: 0, 1, 2, 3, s or fast (default: 3)"
    )
    prepare.add_argument("--request", help=argparse.SUPPRESS)
    prepare.set_defaults(run=_prepare)
    editors = commands.add_parser(
        "compile-commands",
        parents=[loudness],
        help="write compile_commands.json, so that editors with clangd understand C++ modules",
        description=(
            "Write how the C++ and C modules of files and trees are compiled, with their blocks, "
            "for clangd. Of a directory, all files below it that opt in are taken; a file that is "
            "named is taken in any case. Write it again when a block changed."
        ),
    )
    editors.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="default: .")
    editors.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="default: compile_commands.json in the first directory that is named",
    )
    editors.set_defaults(run=_compile_commands)

    doctor = commands.add_parser(
        "doctor",
        parents=[loudness],
        help="check compiler, headers and cache by a trial build: what a bug report needs",
        description=(
            "Look at versions, settings, compilers, headers and cache, and build and load a trial "
            "module. The exit status is 1 when something is not well."
        ),
    )
    doctor.set_defaults(run=_doctor)
    return parser


def _configure_logging(options: argparse.Namespace) -> None:
    level = logging.WARNING
    if options.verbose:
        level = logging.DEBUG
    elif options.quiet:
        level = logging.ERROR
    logging.basicConfig(format="%(message)s")
    logging.getLogger("cppmagic").setLevel(level)


def _build(options: argparse.Namespace) -> int:
    from cppmagic import batch

    paths, failures = _files(options.paths, with_notebooks=True)
    failed = batch.build(paths, options.force, options.quiet, options.verbose)
    if failed is None and not failures and not options.quiet:
        print(
            "nothing to build: no file there has 'cppmagic' or 'cppimport' in its first line, "
            "and no notebook has C++ cells"
        )
    return 1 if failures or failed else 0


def _files(paths: list[str], with_notebooks: bool = False) -> tuple[list[str], int]:
    """Return the files that are named, those of trees that opt in, and how many are not there."""
    from cppmagic import ahead

    files: dict[str, None] = {}
    failures = 0
    for path in paths:
        path = os.path.abspath(os.path.expanduser(path))
        if os.path.isdir(path):
            files.update(dict.fromkeys(ahead.find_sources(path)))
            if with_notebooks:
                files.update(dict.fromkeys(ahead.find_notebooks(path)))
        elif os.path.exists(path):
            files[path] = None
        else:
            print(f"error: there is no file or directory {path}", file=sys.stderr)
            failures += 1
    return list(files), failures


def _compile_commands(options: argparse.Namespace) -> int:
    from cppmagic import editors

    files, failures = _files(options.paths)
    if failures:
        return 1
    found = editors.commands(files)
    if found.failures:
        print(editors.describe(found), file=sys.stderr)
    first = os.path.abspath(os.path.expanduser(options.paths[0]))
    place = first if os.path.isdir(first) else os.path.dirname(first)
    target = options.output or os.path.join(place, "compile_commands.json")
    try:
        editors.write(found, target)
    except OSError as error:
        print(f"error: {target} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    if not options.quiet:
        count = len(found.entries)
        print(f"{os.path.relpath(target)}: {count} {'file' if count == 1 else 'files'}")
        if not files:
            print("no file there has 'cppmagic' or 'cppimport' in its first line")
    return 1 if found.failures else 0


def _annotate(options: argparse.Namespace) -> int:
    from cppmagic import ahead, annotation, batch, examining, pipeline
    from cppmagic.source import from_file
    from cppmagic.toolchain import rendering

    files, failures = _files(options.files)
    paint = rendering.paint_for(sys.stdout)
    for number, path in enumerate(files):
        try:
            source = from_file(path, ahead.module_name(path))
            found = examining.explain(pipeline.obtain(source), source)
        except CppmagicError as error:
            failures += 1
            print(batch.message_of(error), file=sys.stderr)
            continue
        print("\n" if number else "", end="")
        print(annotation.render(found, source, paint, options.assembly))
    return 1 if failures else 0


def _cache_info(options: argparse.Namespace) -> int:
    from cppmagic import cache, pruning

    current = cache.current()
    artifacts, size = pruning.size(current)
    print(f"directory   {current.base}")
    print(f"artifacts   {artifacts}")
    limit = pruning.readable_size(settings.cache_size_limit)
    print(f"size        {pruning.readable_size(size)} (limit {limit})")
    return 0


def _cache_clear(options: argparse.Namespace) -> int:
    from cppmagic import cache, pruning

    print(f"freed {pruning.readable_size(pruning.clear(cache.current()))}")
    return 0


def _cache_prune(options: argparse.Namespace) -> int:
    from cppmagic import background, cache, pruning

    if options.background:
        background.yield_to_others()
    freed = pruning.prune(cache.current(), settings.cache_size_limit)
    print(f"freed {pruning.readable_size(freed)}")
    return 0


_USUAL_HEADERS = ((), ("stl.h",), ("numpy.h",), ("numpy.h", "stl.h"))


def _recipes(options: argparse.Namespace) -> Iterator[Recipe]:
    from cppmagic import ahead
    from cppmagic.config import BuildConfig

    config = BuildConfig(std=options.std, optimize=options.optimize)
    named = tuple(options.headers)
    if named and options.plain:
        yield ahead.recipe_for_standard_headers(named, config, plain=True)
    elif named:
        yield ahead.recipe_for_headers(named, config)
    else:
        for names in () if options.plain else _USUAL_HEADERS:
            yield ahead.recipe_for_headers(names, config)
        yield ahead.recipe_for_plain_cells(config)


def _prepare(options: argparse.Namespace) -> int:
    from cppmagic import background, cache, pruning
    from cppmagic.toolchain import preparing

    current = cache.current()
    if options.request:
        background.yield_to_others()
        preparing.make(preparing.requested(options.request), current)
        pruning.prune(current, settings.cache_size_limit)
        return 0
    for recipe in _recipes(options):
        started = time.perf_counter()
        made = preparing.make(recipe, current)
        seconds = time.perf_counter() - started
        shown = " ".join(recipe.headers)
        if made is None:
            print(f"another process is preparing {shown}")
        elif not made.usable:
            print(f"cannot be prepared: {shown}", file=sys.stderr)
            return 1
        elif not options.quiet:
            print(f"prepared {shown} ({seconds:.1f} s)")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from cppmagic import doctor

    report = doctor.examine()
    print(doctor.render(report))
    return 0 if report.healthy else 1
