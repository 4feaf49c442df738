"""`python -m cppmagic doctor`: is everything here that a build needs? What a bug report needs."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
from dataclasses import dataclass

from cppmagic import cache as caches
from cppmagic.errors import CppmagicError
from cppmagic.settings import Settings, settings

_TRIAL = """\
#include <pybind11/pybind11.h>
PYBIND11_MODULE(cppmagic_trial, m) { m.def("answer", [] { return 42; }); }
// %d
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: its name, whether it is well, and what was found."""

    name: str
    well: bool
    text: str


@dataclass(frozen=True)
class Report:
    """All findings."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether everything is well."""
        return all(item.well for item in self.findings)


def examine() -> Report:
    """Look at versions, compilers, headers and cache, and build and load a trial module."""
    checks = {
        "versions": _versions,
        "settings": _settings,
        "C++ compiler": _cxx,
        "C compiler": _cc,
        "headers": _headers,
        "cache": _cache,
        "trial build": _trial_build,
    }
    findings: list[Finding] = []
    for name, check in checks.items():
        try:
            findings.append(check())
        except CppmagicError as error:
            findings.append(Finding(name, False, str(error)))
    return Report(tuple(findings))


def render(report: Report) -> str:
    """Return the report as text."""
    width = max(len(item.name) for item in report.findings)
    lines = []
    for item in report.findings:
        mark = "ok  " if item.well else "FAIL"
        first, *rest = item.text.split("\n")
        lines.append(f"{mark}  {item.name:{width}}  {first}")
        lines += [" " * (width + 8) + line for line in rest]
    return "\n".join(lines)


def _versions() -> Finding:
    names = ("cppmagic", "pybind11", "mako", "setuptools", "filelock", "ipython", "ipykernel")
    words = [f"Python {platform.python_version()} on {platform.platform()}"]
    words += [f"{name} {_version(name)}" for name in names]
    words.append(f"in {sys.prefix}")
    return Finding("versions", True, "\n".join([words[0], ", ".join(words[1:-1]), words[-1]]))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _settings() -> Finding:
    defaults = Settings()
    changed = [f"{key} = {value!r}" for key, value in settings.items() if value != defaults[key]]
    variables = [
        f"{name}={os.environ[name]}"
        for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")
        if name in os.environ
    ]
    return Finding("settings", True, "\n".join(changed + variables) or "all at their defaults")


def _compiler(language: str, name: str) -> Finding:
    from cppmagic.toolchain.compilers import available_compilers, find_compiler

    found = find_compiler(None, language, caches.current())
    text = f"{' '.join(found.command)}: {found.version}, for {found.target or 'this machine'}"
    if language == "c++":
        text += f"\n(could be chosen: {', '.join(available_compilers()) or 'no other'})"
    return Finding(name, True, text)


def _cxx() -> Finding:
    return _compiler("c++", "C++ compiler")


def _cc() -> Finding:
    return _compiler("c", "C compiler")


def _headers() -> Finding:
    import sysconfig

    from cppmagic.inputs import find_package

    python = os.path.join(sysconfig.get_paths()["include"], "Python.h")
    if not os.path.exists(python):
        return Finding("headers", False, f"{python} is missing (Debian: apt install python3-dev)")
    pybind11 = find_package("pybind11")
    if pybind11 is None:
        return Finding("headers", False, "pybind11 is missing: pip install pybind11")
    return Finding("headers", True, f"{python}\n{os.path.join(pybind11, 'include')}")


def _cache() -> Finding:
    from cppmagic import pruning

    cache = caches.current()
    artifacts, size = pruning.size(cache)
    return Finding("cache", True, f"{cache.base}: {artifacts} artifacts, {size / 1e6:.1f} MB")


def _trial_build() -> Finding:
    from cppmagic import pipeline
    from cppmagic.modules.version import load
    from cppmagic.source import Source

    text = _TRIAL % time.time_ns()  # a text that no cache has seen
    path = os.path.join(os.getcwd(), "cppmagic_trial.cpp")
    source = Source("cppmagic_trial", text, path, "the trial module", os.getcwd(), "c++")
    started = time.perf_counter()
    module = load(pipeline.obtain(source)).module
    seconds = time.perf_counter() - started
    return Finding(
        "trial build", module.answer() == 42, f"compiled, linked, loaded in {seconds:.1f} s"
    )
