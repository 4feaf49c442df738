"""Symbols of C++ as the programmer wrote them."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Collection

_LIBRARIES = ("libstdc++.so.6", "libc++abi.so.1", "libc++abi.dylib")


def demangled(symbols: Collection[str]) -> dict[str, str]:
    """Return what each symbol is called in C++; itself where nothing here can tell."""
    mangled = [symbol for symbol in symbols if symbol.startswith("_Z")]
    names = {symbol: symbol for symbol in symbols}
    if mangled:
        names.update(zip(mangled, _by_tool(mangled) or _by_library(mangled), strict=True))
    return names


def _by_tool(symbols: list[str]) -> list[str]:
    tool = shutil.which("c++filt") or shutil.which("llvm-cxxfilt")
    if tool is None:
        return []
    done = subprocess.run(
        [tool], input="\n".join(symbols), capture_output=True, text=True, check=False
    )
    names = done.stdout.strip().split("\n")
    return names if len(names) == len(symbols) else []


def _by_library(symbols: list[str]) -> list[str]:
    """Ask the C++ library: zig comes without such tools."""
    for name in _LIBRARIES:
        try:
            demangle = ctypes.CDLL(name).__cxa_demangle
        except (OSError, AttributeError):
            continue
        demangle.restype = ctypes.c_char_p
        texts = (demangle(symbol.encode(), None, None, None) for symbol in symbols)
        return [
            text.decode() if text else symbol for text, symbol in zip(texts, symbols, strict=True)
        ]
    return symbols


def short_name(name: str) -> str:
    """Return the last two parts of a function's name, without its result and arguments.

    `constexpr std::size_t std::span<int>::size() const [with T = int]` is `span::size`.
    """
    # Inline namespaces and tags of versions are the library's own business.
    name = re.sub(r"\[abi:\w+\]|\b__\w+::(?=\w)", "", name)
    text = re.sub(
        r" \[with .*$| requires .*$|\.(?:constprop|isra|part|cold|lto_priv)\b.*$", "", name
    )
    text = re.sub(r"operator(?:<<=?|<=>?|<|->\*?|>>=?|>=?|\(\))", _hide_operator, text)
    text = _without(_without(text, "<", ">"), "(", ")")
    text = re.sub(r" (?:const|volatile|noexcept|&&?)\b", "", text)
    words = re.sub(r"operator (\w)", "operator\ue004\\1", text.strip()).split(" ")
    short = next((word for word in reversed(words) if word.strip("*&")), name)
    return _shown_operator("::".join(short.lstrip("*&").split("::")[-2:]))


_HIDDEN = {"<": "\ue000", ">": "\ue001", "(": "\ue002", ")": "\ue003"}


def _hide_operator(match: re.Match[str]) -> str:
    return "".join(_HIDDEN.get(letter, letter) for letter in match[0])


def _shown_operator(text: str) -> str:
    for letter, hidden in (*_HIDDEN.items(), (" ", "\ue004")):
        text = text.replace(hidden, letter)
    return text


def _without(text: str, opening: str, closing: str) -> str:
    """Return the text without what stands between brackets, however deep; `<lambda(...)>` stays."""
    text = re.sub(r"<lambda\([^()]*\)>", "lambda", text)
    result, depth = [], 0
    for letter in text:
        if letter == opening:
            depth += 1
        elif letter == closing and depth:
            depth -= 1
        elif not depth:
            result.append(letter)
    return "".join(result)
