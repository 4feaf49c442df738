"""Tab completion of the magics' lines, of `%cppmagic`, and of words and headers in C++ cells."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cppmagic.cells import is_cpp_cell, magic_line
from cppmagic.settings import settings
from cppmagic.toolchain import known_names

_CPP_STANDARDS = ("c++11", "c++14", "c++17", "c++20", "c++23")
_C_STANDARDS = ("c99", "c11", "c17", "c23")
_LEVELS = ("0", "1", "2", "3", "s", "fast")
_FLAGS = (
    *("-march=native", "-ffast-math", "-funroll-loops", "-fno-math-errno", "-fno-exceptions"),
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"),
)

_KEYWORDS = """
alignas alignof auto bool break case catch char char8_t char16_t char32_t class co_await
co_return co_yield concept const const_cast consteval constexpr constinit continue decltype
default delete do double dynamic_cast else enum explicit export extern false final float for
friend if inline int long mutable namespace new noexcept nullptr operator override private
protected public reinterpret_cast requires return short signed sizeof static static_assert
static_cast struct switch template this thread_local throw true try typedef typeid typename
union unsigned using virtual void volatile while
"""

_INCLUDE = re.compile(r"\s*#\s*include\s*(<|\")([^>\"]*)$")
_MANAGE = re.compile(r"\s*%cppmagic\s+(.*)$")
_LIBRARY = re.compile(r"lib(.+)\.(?:so|a|dylib)")
_SOURCES = (".c", ".cc", ".cpp", ".cxx")
_HEADER_FILES = (".h", ".hh", ".hpp", ".hxx")


@dataclass(frozen=True)
class Found:
    """What may stand at the cursor.

    Attributes:
        fragment: what is written of it already.
        texts: what may stand in its place, best first.
        kind: what it is, as an editor shows it.
    """

    fragment: str
    texts: Sequence[str]
    kind: str = "option"


def completions(shell: Any, context: Any) -> dict[str, Any]:
    """Return what IPython's completer expects of a matcher.

    Args:
        shell: the shell; its namespace has modules.
        context: IPython's CompletionContext: text, and where the cursor is.
    """
    found = find(shell, context.full_text, context.cursor_line, context.text_until_cursor)
    if found is None:
        return {"completions": []}
    from IPython.core.completer import SimpleCompletion

    texts = [text for text in found.texts if text.startswith(found.fragment)]
    if not texts and found.fragment:
        # Only a matcher that found something keeps the others quiet, and they take this for Python.
        texts = [found.fragment]
    return {
        "completions": [SimpleCompletion(text, type=found.kind) for text in texts],
        "matched_fragment": found.fragment,
        "suppress": True,
        "ordered": True,
    }


def find(shell: Any, text: str, line: int, before: str) -> Found | None:
    """Return what may stand at the cursor; None if it is not for us to say.

    Args:
        shell: the shell.
        text: the whole cell.
        line: number of the cursor's line, counted from 0.
        before: that line, as far as the cursor.
    """
    if is_cpp_cell(text):
        first = magic_line(text)
        if line == first:
            return _in_magic_line(shell, text, before)
        return _in_cpp(text, line, before) if line > first else None
    manage = _MANAGE.match(before)
    return _in_manage_line(shell, manage[1]) if manage else None


def _in_magic_line(shell: Any, text: str, before: str) -> Found | None:
    from cppmagic.options import parser_of

    magic, *words = re.split(r"\s+", before.lstrip())
    if not words or magic.lstrip("%") not in shell.magics_manager.magics["cell"]:
        return None  # the name of the magic is IPython's to complete
    fragment, earlier = words[-1], words[:-1]
    actions = parser_of(magic.lstrip("%"))._actions
    by_name = {name: action for action in actions for name in action.option_strings}
    previous = by_name.get(earlier[-1]) if earlier else None
    if previous is not None and previous.nargs != 0:
        return _value(previous, fragment, earlier)
    name, equals, value = fragment.partition("=")
    named = by_name.get(name) or by_name.get(f"-{name}")  # compilers have -std=
    if equals and named is not None:
        return _value(named, value, earlier)
    if fragment.startswith("-O"):
        return Found(fragment, [f"-O{level}" for level in _LEVELS])
    if fragment.startswith("-"):
        once = {name for action in actions if not _may_repeat(action) for name in _names(action)}
        used = {name for word in earlier for name in _names(by_name.get(word))}
        names = sorted(by_name, key=lambda name: (not name.startswith("--"), name))
        return Found(fragment, [name for name in names if name not in once & used])
    if all(word.startswith("-") for word in earlier):
        from cppmagic.modname import declared_names

        return Found(fragment, list(dict.fromkeys(declared_names(text))), "module")
    return Found(fragment, [])


def _names(action: argparse.Action | None) -> Sequence[str]:
    return action.option_strings if action is not None else ()


def _may_repeat(action: argparse.Action) -> bool:
    return isinstance(action.default, list)


def _value(action: argparse.Action, fragment: str, earlier: Sequence[str]) -> Found:
    """Return the values of an option; the words before it may matter."""
    if action.choices is not None:
        return Found(fragment, sorted(action.choices), "value")
    is_c = "--lang=c" in earlier or ("--lang", "c") in pairwise(earlier)
    values: dict[str, Callable[[str], Iterable[str]]] = {
        "--std": lambda fragment: _C_STANDARDS if is_c else _CPP_STANDARDS,
        "--optimize": lambda fragment: _LEVELS,
        "--compile-args": lambda fragment: _FLAGS,
        "--compiler": lambda fragment: _compilers(),
        "--pkg": lambda fragment: _packages(),
        "--include": _directories,
        "--library-dirs": _directories,
        "--lib": lambda fragment: _libraries(earlier),
        "--src": lambda fragment: _files(fragment, _SOURCES),
    }
    listed = values.get(action.option_strings[-1])
    return Found(fragment, list(listed(fragment)) if listed else [], "value")


def _compilers() -> Iterable[str]:
    from cppmagic.toolchain.compilers import available_compilers

    return available_compilers()


def _packages() -> Iterable[str]:
    """Return what pkg-config knows."""
    import subprocess

    try:
        listed = subprocess.run(
            ["pkg-config", "--list-all"], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return sorted(line.split()[0] for line in listed.stdout.splitlines() if line.strip())


def _libraries(earlier: Sequence[str]) -> list[str]:
    """Return what `-l` finds: in the directories of `-L`, and where systems have libraries."""
    import sysconfig

    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    places = [value for name, value in pairwise(earlier) if name in ("-L", "--library-dirs")]
    places += [f"/usr/local/lib/{multiarch}", f"/usr/lib/{multiarch}"]
    places += ["/usr/local/lib", "/usr/lib64", "/usr/lib"]
    found: set[str] = set()
    for place in places:
        with contextlib.suppress(OSError):
            names = os.listdir(os.path.expanduser(place))
            found.update(match[1] for name in names if (match := _LIBRARY.fullmatch(name)))
    return sorted(found)


def _directories(fragment: str) -> list[str]:
    return _files(fragment, ())


def _files(fragment: str, extensions: tuple[str, ...]) -> list[str]:
    """Return directories, and files with one of the extensions, whose path begins like that."""
    place = os.path.dirname(fragment)
    try:
        entries = sorted(Path(place or ".").expanduser().iterdir())
    except OSError:
        return []
    hidden = os.path.basename(fragment).startswith(".")
    names = [
        entry.name + "/" if entry.is_dir() else entry.name
        for entry in entries
        if (entry.is_dir() or entry.name.endswith(extensions or ("/",)))
        and (hidden or not entry.name.startswith("."))
    ]
    return [os.path.join(place, name) for name in names]


def _in_cpp(text: str, line: int, before: str) -> Found | None:
    include = _INCLUDE.match(before)
    if include:
        return Found(include[2], _headers(include[1], include[2]), "path")
    match = re.search(r"(?<!\w)[A-Za-z_]\w*$|$", before)
    fragment = match[0] if match else ""
    if not fragment and not re.search(r"(?:\.|->|::)$", before):
        return None
    from cppmagic.lexical import code_only

    lines = text.split("\n")
    # The word at the cursor is not one of the cell's yet.
    lines[line] = lines[line][: len(before) - len(fragment)] + lines[line][len(before) :]
    body = code_only("\n".join(lines[magic_line(text) + 1 :]))
    words = sorted(set(re.findall(r"\b[A-Za-z_]\w*\b", body)))
    keywords = _KEYWORDS if fragment else ""
    return Found(fragment, list(dict.fromkeys([*words, *keywords.split()])), "text")


def _headers(quote: str, fragment: str) -> list[str]:
    if quote == '"':
        return _files(fragment, _HEADER_FILES)
    return [*known_names.CPP_HEADERS, *_installed_headers()]


def _installed_headers() -> list[str]:
    """Return the headers that every module finds besides the standard's."""
    import pybind11

    root = Path(pybind11.get_include())
    return sorted(path.relative_to(root).as_posix() for path in root.glob("pybind11/*.h"))


def _in_manage_line(shell: Any, words: str) -> Found:
    """Return commands and their arguments: the manual is the table of both."""
    *earlier, fragment = re.split(r"\s+", words)
    manual = shell.magics_manager.magics["line"]["cppmagic"].__doc__ or ""
    usages = [usage.split() for usage in re.findall(r"^ +%cppmagic (\S.*?)(?:  |$)", manual, re.M)]
    if not earlier:
        return Found(fragment, list(dict.fromkeys(usage[0] for usage in usages)), "command")
    arguments = [usage[1] for usage in usages if usage[0] == earlier[0] and len(usage) > 1]
    texts: list[str] = []
    for argument in arguments if len(earlier) == 1 else ():
        bare = argument.strip("[]")
        if bare == "NAME":
            texts += _modules(shell)
        elif bare == "KEY=VALUE":
            key, equals, value = fragment.partition("=")
            if equals:
                return Found(value, _setting_values(key), "value")
            texts += [f"{name}=" for name in settings]
        else:
            texts.append(bare)
    return Found(fragment, texts, "argument")


def _setting_values(key: str) -> list[str]:
    if key == "compiler":
        return list(_compilers())
    return list(settings.choices(key)) if key in settings else []


def _modules(shell: Any) -> list[str]:
    from cppmagic.modules.live import live_modules, live_of

    here = [live_of(value) for value in list(shell.user_ns.values())]
    return sorted({live.name for live in [*live_modules(), *here] if live and live.newest})
