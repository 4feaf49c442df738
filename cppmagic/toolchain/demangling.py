"""Symbols of C++ as the programmer wrote them."""

from __future__ import annotations

import ctypes
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
