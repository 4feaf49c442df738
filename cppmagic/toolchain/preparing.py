"""Make kits (see `prepared`), in the background or at once."""

from __future__ import annotations

import json
import os
import re
import sys

from cppmagic import background, inputs
from cppmagic.cache import MANIFEST, Cache
from cppmagic.errors import CppmagicError, LockTimeoutError, ToolchainError
from cppmagic.lexical import code_only
from cppmagic.locks import lock, work_dir
from cppmagic.toolchain import headers, process
from cppmagic.toolchain.commands import STORAGE_FLAGS, core_link_flags
from cppmagic.toolchain.dependencies import read_dependencies
from cppmagic.toolchain.isolation import ISOLATING_FLAGS, THREAD_STORAGE
from cppmagic.toolchain.prepared import HEADER, Kit, Recipe, load_kit, usable_kits

_FOLDER = "pybind11"
# gcc inlines less the larger a unit is, and the core is larger than any module: without these, a
# call costs 4 % more.
_INLINE_AS_IN_SMALL_UNITS = ("--param=inline-unit-growth=1000", "--param=large-unit-insns=1000000")
# Headers that a core cannot contain for everybody: they need other libraries, or a main program.
_NOT_FOR_ALL = re.compile(r"(eigen|embed|subinterpreter|detail/|conduit/).*")

_TRIAL = """\
{includes}
#include <stdexcept>
#include <string>
struct Trial {{ int value; }};
PYBIND11_MODULE(trial, m) {{
    pybind11::class_<Trial>(m, "Trial").def(pybind11::init<int>()).def_readonly("v", &Trial::value);
    m.def("add", [](Trial& t, int n) {{ return t.value + n; }}, pybind11::arg("t"),
          pybind11::arg("n") = 1, pybind11::call_guard<pybind11::gil_scoped_release>());
    m.def("fail", [](const std::string& text) {{ throw std::runtime_error(text); }});
    m.def("call", [](const pybind11::object& f) {{ return f(1); }});
}}
"""
_TRY = """\
import importlib.machinery, importlib.util, sys
spec = importlib.util.spec_from_file_location("trial", sys.argv[1])
trial = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trial)
assert trial.add(trial.Trial(2), n=3) == 5 and trial.call(lambda n: n + 1) == 2
try:
    trial.fail("as it should")
except RuntimeError as error:
    assert str(error) == "as it should"
else:
    raise AssertionError("no exception")
"""


def ask_for(recipe: Recipe, cache: Cache, at_once: bool) -> None:
    """Have a kit made by a process of its own, which this one does not wait for.

    Args:
        recipe: of the kit.
        cache: where it goes.
        at_once: at the first request; else at the second, because flags that were tried once may
            never come again.
    """
    path = cache.fact_path("wanted", recipe.name)
    known = cache.read_json(path)
    if known is None:
        cache.write_json(path, recipe.to_json())
    if known is not None or at_once:
        background.start("prepare", "--request", path, cache_dir=cache.base)


def make(recipe: Recipe, cache: Cache) -> Kit | None:
    """Make a kit, or return it if it is there; None if another process is making it.

    It is made in its place, which precompiled headers contain, and is there when its manifest is.

    Raises:
        ToolchainError: the compiler cannot make it. A kit that says so is left in the cache, so
            that nobody tries again and again.
    """
    target = cache.prepared_path(recipe.name)
    try:
        with lock(cache, "kit-" + recipe.name, f"what {recipe.name} needs", timeout=0):
            known = load_kit(target)
            if known is not None:
                return known
            cache.remove(target)
            cache.make_dir(target)
            with work_dir(cache) as work:
                kit = Kit(os.path.realpath(target), recipe, (), (), (), True)
                try:
                    _make_files(kit, work, next(usable_kits(recipe, cache), None))
                except CppmagicError as error:
                    _publish(kit, work, cache, usable=False)
                    what = " ".join(recipe.headers)
                    raise ToolchainError(f"{what} cannot be prepared: {error}") from error
                return _publish(kit, work, cache, usable=True)
    except LockTimeoutError:
        return None


def _make_files(kit: Kit, work: str, sibling: Kit | None) -> None:
    recipe = kit.recipe
    if not recipe.has_core:
        _precompile(kit, work)
        _try_to_compile(kit, work, _includes(recipe.headers) + "int trial;\n")
        return
    core = os.path.join(work, "core.cpp")
    _write(core, _includes(_all_headers(recipe)))
    _compile(recipe, work, recipe.include_dirs, "-M", "-MF", "core.d", core)
    kept = os.path.join(work, "emitting")
    _rewrite_headers(kit, work, kept)
    _precompile(kit, work)
    if sibling is not None and set(recipe.headers) <= set(_all_headers(sibling.recipe)):
        os.link(sibling.core, kit.core)
    else:
        sections = ("-ffunction-sections", "-fdata-sections", "-w", "-c")
        growth = _INLINE_AS_IN_SMALL_UNITS if recipe.kind == "gcc" else ()
        places = (kept, *recipe.include_dirs)
        _compile(recipe, work, places, *sections, *growth, core, "-o", kit.core)
    _try_out(kit, work)


def _rewrite_headers(kit: Kit, work: str, kept: str) -> None:
    """Write pybind11's headers twice: for units into the kit, for the core into `kept`."""
    recipe = kit.recipe
    rewritten = {
        path
        for path in read_dependencies(os.path.join(work, "core.d"), work)
        if path.startswith(os.path.join(recipe.include_dirs[0], _FOLDER) + os.sep)
    }
    shown = os.path.join(kit.directory, "include")
    # clang lets callers of a constructor know by its definition which of its two forms they need.
    constructors = recipe.kind == "gcc"
    for path in _header_files(recipe):
        text = _read(path)
        plain = path not in rewritten
        declared = text if plain else headers.declarations_only(text, constructors)
        emitted = text if plain else headers.definitions_emitted(text, constructors)
        name = os.path.relpath(path, recipe.include_dirs[0])
        # The compiler speaks of the header by its own name: in messages, in debug information.
        line = f'#line 1 "{path}"\n'
        _write(os.path.join(shown, name), line + declared)
        _write(os.path.join(kept, name), line + emitted)


def _precompile(kit: Kit, work: str) -> None:
    recipe = kit.recipe
    # clang wants to find the header again; gcc must not, see Kit.flags.
    clang = recipe.kind == "clang"
    header = os.path.join(kit.directory if clang else work, HEADER)
    _write(header, _includes(recipe.headers))
    copies = (os.path.join(kit.directory, "include"),) if recipe.has_core else ()
    places = (*copies, *recipe.include_dirs)
    output = os.path.join(kit.directory, HEADER + (".pch" if clang else ".gch"))
    # clang would refuse a copy of the cache by the headers' times.
    stamp = ("-Xclang", "-fno-pch-timestamp") if clang else ()
    depend = ("-MD", "-MF", os.path.join(work, "kit.d"))
    _compile(recipe, work, places, *stamp, *depend, "-x", "c++-header", header, "-o", output)


def _try_out(kit: Kit, work: str) -> None:
    """Build and run a module with the kit, in a process that may crash."""
    recipe = kit.recipe
    _try_to_compile(kit, work, _TRIAL.format(includes=_includes(recipe.headers)))
    objects = ["trial.o", kit.core]
    if set(ISOLATING_FLAGS) <= set(recipe.flags):
        _run((*recipe.command, *STORAGE_FLAGS, "-c", THREAD_STORAGE, "-o", "tss.o"), work)
        objects.append("tss.o")
    link = ("-shared", *objects, *core_link_flags(), "-o", "trial.so")
    threads = ("-pthread",) if "-pthread" in recipe.flags else ()
    openmp = tuple(word for word in recipe.flags if word.startswith("-fopenmp"))
    _run((*recipe.command, *threads, *openmp, *link), work)
    _run((sys.executable, "-c", _TRY, os.path.join(work, "trial.so")), work)


def _try_to_compile(kit: Kit, work: str, text: str) -> None:
    trial = os.path.join(work, "trial.cpp")
    _write(trial, text)
    places = kit.recipe.include_dirs
    _compile(kit.recipe, work, places, "-c", trial, "-o", "trial.o", first=kit.flags)


def _publish(kit: Kit, work: str, cache: Cache, usable: bool) -> Kit:
    recipe = kit.recipe
    files = _files_read(kit, work) if usable else _header_files(recipe)
    system = recipe.system_dirs
    taken = tuple(inputs.take(path, "") for path in files if not inputs.is_below(path, system))
    names = tuple(sorted({name for path in files for name in _names_of(path, recipe)}))
    words: set[str] = set()
    for path in files if usable else ():
        words.update(re.findall(r"\b[A-Za-z_]\w*", code_only(_read(path))))
    _write(os.path.join(kit.directory, "identifiers.txt"), "\n".join(sorted(words)))
    manifest = {
        "directory": kit.directory,
        "recipe": recipe.to_json(),
        "inputs": [[item.path, item.digest, item.stat] for item in taken],
        "files": files,
        "names": names,
        "usable": usable,
    }
    cache.write_json(os.path.join(kit.directory, MANIFEST), manifest)
    return Kit(kit.directory, recipe, taken, tuple(files), names, usable)


def _files_read(kit: Kit, work: str) -> list[str]:
    """Return what the kit was made from: the real headers in place of the rewritten ones."""
    found = dict.fromkeys(
        kit.real_path(path)
        for name in (("kit.d", "core.d") if kit.recipe.has_core else ("kit.d",))
        for path in read_dependencies(os.path.join(work, name), work)
        if not path.endswith((os.sep + HEADER, os.sep + "core.cpp"))
    )
    return list(found)


def _names_of(path: str, recipe: Recipe) -> list[str]:
    return [
        path[len(place) + 1 :]
        for place in (*recipe.include_dirs, *recipe.system_dirs)
        if path.startswith(place + os.sep)
    ]


def _all_headers(recipe: Recipe) -> tuple[str, ...]:
    """Return the headers whose functions a core contains: all that any module may include."""
    root = recipe.include_dirs[0]
    names = [os.path.relpath(path, root) for path in _header_files(recipe)]
    public = [name for name in names if not _NOT_FOR_ALL.match(name.removeprefix(_FOLDER + os.sep))]
    return tuple(sorted({*public, *recipe.headers}))


def _header_files(recipe: Recipe) -> list[str]:
    """Return all headers of pybind11."""
    if not recipe.has_core:
        return []
    found = []
    for directory, _, names in os.walk(os.path.join(recipe.include_dirs[0], _FOLDER)):
        found += [os.path.join(directory, name) for name in names if name.endswith(".h")]
    return sorted(found)


def _includes(names: tuple[str, ...]) -> str:
    # The one that all others need comes first, as in most sources.
    ordered = sorted(names, key=lambda name: (name != "pybind11/pybind11.h", name))
    return "".join(f"#include <{name}>\n" for name in ordered)


def _compile(
    recipe: Recipe,
    work: str,
    places: tuple[str, ...],
    *words: str,
    first: tuple[str, ...] = (),
) -> None:
    paths = (word for place in places for word in ("-isystem", place))
    _run((*recipe.command, *first, *recipe.flags, *paths, *words), work)


def _run(command: tuple[str, ...], work: str) -> None:
    finished = process.run(command, work)
    if finished.status != 0:
        raise ToolchainError(finished.output.strip() or f"{command[0]} ended with an error")


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        file.write(text)


def requested(path: str) -> Recipe:
    """Return the recipe that a request of `ask_for` describes.

    Raises:
        ToolchainError: the file is not one.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return Recipe.from_json(json.load(file))
    except (OSError, ValueError, TypeError) as error:
        raise ToolchainError(f"{path} is no request for preparation: {error}") from error
