"""One-line helpers for a template's block: `setup_numpy(cfg)`, `pkg_config(cfg, 'fftw3')`, ...

Each adds what one package needs to the build config, and names what is missing.
"""

from __future__ import annotations

import os
import sys

from cppmagic.config import Cfg
from cppmagic.errors import ConfigError
from cppmagic.inputs import find_package

ISOLATION_PLACEHOLDER = "_cppmagic_version_000000000000000000000000_"
"""Stands in every build where a version's own type registry is named; see toolchain.isolation."""


def setup_pybind11(cfg: Cfg) -> None:
    """Add pybind11's headers. (They are added by default; cppimport's files ask for them.)"""
    cfg["include_dirs"] += [os.path.join(package_dir("pybind11", cfg), "include")]


def setup_numpy(cfg: Cfg) -> None:
    """Add NumPy's C headers (`numpy/arrayobject.h`). `pybind11/numpy.h` does not need them."""
    root = package_dir("numpy", cfg)
    for part in ("_core", "core"):  # NumPy 2, NumPy 1
        include = os.path.join(root, part, "include")
        if os.path.isdir(include):
            cfg["include_dirs"] += [include]
            return
    raise ConfigError(f"NumPy in {root} has no C headers; install it again: pip install numpy")


def setup_nanobind(cfg: Cfg) -> None:
    """Add nanobind: its headers, and its own source, which is compiled along."""
    root = package_dir("nanobind", cfg)
    cfg["include_dirs"] += [
        os.path.join(root, "include"),
        os.path.join(root, "ext", "robin_map", "include"),
    ]
    cfg["sources"] += [os.path.join(root, "src", "nb_combined.cpp")]
    # nanobind's documentation asks for these where no CMake script sets them. The domain keeps
    # the types of one version apart from those of another.
    cfg["extra_compile_args"] += [
        "-fno-strict-aliasing",
        "-DNB_COMPACT_ASSERTIONS",
        f"-DNB_DOMAIN={ISOLATION_PLACEHOLDER}",
    ]


def setup_openmp(cfg: Cfg) -> None:
    """Compile and link with OpenMP."""
    cfg["extra_compile_args"] += ["-fopenmp"]
    cfg["extra_link_args"] += ["-fopenmp"]


def pkg_config(cfg: Cfg, *packages: str) -> None:
    """Add the flags that pkg-config knows for these packages.

    Raises:
        ConfigError: pkg-config itself, or a package, is missing; the message names it.
    """
    import shlex
    import subprocess

    command = shlex.split(os.environ.get("PKG_CONFIG", "pkg-config"))
    try:
        done = subprocess.run(
            [*command, "--cflags", "--libs", *packages], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise ConfigError(
            f"{command[0]} is not installed, so the flags of {', '.join(packages)} are unknown; "
            "install it (Debian: apt install pkg-config), or give the flags yourself with "
            "include_dirs, library_dirs and libraries"
        ) from None
    if done.returncode != 0:
        raise ConfigError(
            f"pkg-config cannot give the flags of {', '.join(packages)}: {done.stderr.strip()}\n"
            "Install the development package of the one that is missing, or set PKG_CONFIG_PATH "
            "to the directory of its .pc file."
        )
    _add_flags(cfg, shlex.split(done.stdout))


def package_dir(name: str, cfg: Cfg) -> str:
    """Return the directory of an installed package without importing it, and note its use.

    Raises:
        ConfigError: the package is not installed.
    """
    directory = find_package(name)
    if directory is None:
        raise ConfigError(
            f"the Python package {name!r} is not installed in {sys.prefix}; "
            f"install it: {sys.executable} -m pip install {name}"
        )
    cfg.packages[name] = directory
    return directory


def _add_flags(cfg: Cfg, flags: list[str]) -> None:
    keys = {"-I": "include_dirs", "-L": "library_dirs", "-l": "libraries"}
    for flag in flags:
        if flag[:2] in keys:
            cfg[keys[flag[:2]]] += [flag[2:]]
        elif flag.startswith("-Wl,") or flag.endswith((".a", ".so", ".o")):
            cfg["extra_link_args"] += [flag]
        elif flag == "-pthread":
            cfg["extra_compile_args"] += [flag]
            cfg["extra_link_args"] += [flag]
        else:
            cfg["extra_compile_args"] += [flag]


PURE_HELPERS = {
    "setup_pybind11": setup_pybind11,
    "setup_numpy": setup_numpy,
    "setup_nanobind": setup_nanobind,
    "setup_openmp": setup_openmp,
}
"""Helpers whose result depends on nothing but the packages that they note in `cfg.packages`."""

HELPERS = {**PURE_HELPERS, "pkg_config": pkg_config}
