"""The record of its work that a compiler's optimiser is asked for."""

from __future__ import annotations

from collections.abc import Callable

from cppmagic.toolchain.clang_remarks import from_clang
from cppmagic.toolchain.compilers import Compiler
from cppmagic.toolchain.gcc_remarks import from_gcc
from cppmagic.toolchain.remarks import Remark

RECORD = "record"
"""Name of the file that the compiler is asked for, in the directory where it runs."""

_CLANG_PASSES = "loop-vectorize|slp-vectorizer|loop-unroll|loop-idiom|loop-distribute|inline"


def record_flags(compiler: Compiler) -> tuple[str, ...]:
    """Return the flags that make a compiler write what it did to the file `RECORD`."""
    if compiler.kind == "gcc":
        return (
            f"-fopt-info-vec-all-internals={RECORD}",
            f"-fopt-info-loop-inline-optimized-missed={RECORD}",
        )
    return (
        "-fsave-optimization-record",
        f"-foptimization-record-file={RECORD}",
        f"-foptimization-record-passes={_CLANG_PASSES}",
    )


def read_record(compiler: Compiler, text: str, is_own: Callable[[str], bool]) -> list[Remark]:
    """Return what is worth telling of a record, in its order, each once.

    Args:
        compiler: which wrote it.
        text: all of it.
        is_own: whether a file, as the compiler names it, is the user's. Calls in others are left
            out; loops are not, because a call of the user's may be what they are for.
    """
    found = from_gcc(text, is_own) if compiler.kind == "gcc" else from_clang(text, is_own)
    return list(dict.fromkeys(found))
