"""Binder's steps in a clean environment, without root's rights and without the network."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from kernel import FROM_JUPYTER

pytestmark = FROM_JUPYTER

CHECKOUT = Path(__file__).parent.parent
TAG = "raises-exception"


VISITOR: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": ()}
"""Whom root turns into for Binder's commands; who is not root has no rights to give up."""


@dataclass(frozen=True)
class Image:
    """What Binder would make of the repository.

    Attributes:
        place: a directory that the user can read. In it the user owns `repository`, `home`, `tmp`
            and the environment, `venv`.
        environment: variables.
    """

    place: Path
    environment: dict[str, str]

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository as the user."""
        return subprocess.run(
            command,
            cwd=self.place / "repository",
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
            **(VISITOR if os.geteuid() == 0 else {}),
        )

    @property
    def artifacts(self) -> set[str]:
        """The names of all artifacts in the cache."""
        shelves = self.place / "home" / ".cache" / "cppmagic" / "v1" / "artifacts"
        return {path.name for path in shelves.glob("*/*")}


def within_reach(tree: str, target: Path, *without: str) -> Path:
    """Return a tree that the user can read: the very tree, or else a copy.

    Args:
        tree: a directory.
        target: where the copy goes; files are linked there if they can be.
        without: patterns of names that the copy can do without.
    """
    seen = ["test", "-x", tree]
    if os.geteuid() != 0 or subprocess.run(seen, **VISITOR, check=False).returncode == 0:
        return Path(tree)

    def link(source: str, copy: str) -> None:
        try:
            os.link(source, copy)
        except OSError:  # another file system
            shutil.copy2(source, copy)

    ignored = shutil.ignore_patterns(*without)
    return shutil.copytree(tree, target, symlinks=True, ignore=ignored, copy_function=link)


def copy_checkout(target: Path) -> None:
    """Copy what git has or would add."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, target / name)


def make_environment(image: Image, python: Path) -> None:
    """Make a virtual environment with what the project needs, but neither it nor a compiler.

    The packages are those of the environment that tests run in, so that pip finds them there and
    needs no network.
    """
    interpreter = python / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    ran = image.run(str(interpreter), "-m", "venv", "--without-pip", str(image.place / "venv"))
    assert ran.returncode == 0, ran.stdout
    library = within_reach(sysconfig.get_path("purelib"), image.place / "library", "ziglang*")
    packages = image.place / "packages"
    packages.mkdir()
    for entry in library.iterdir():
        if "cppmagic" not in entry.name and not entry.name.startswith("ziglang"):
            (packages / entry.name).symlink_to(entry)
    (site,) = (image.place / "venv").glob("lib/python*/site-packages")
    (site / "packages.pth").write_text(f"{packages}\n")
    for script in importlib.metadata.entry_points(group="console_scripts"):
        if script.name in ("jupyter", "jupyter-execute"):
            path = image.place / "venv" / "bin" / script.name
            call = (
                f"import sys; from {script.module} import {script.attr}; sys.exit({script.attr}())"
            )
            path.write_text(f"#!{image.place}/venv/bin/python\n{call}\n")
            path.chmod(0o755)


@pytest.fixture
def image() -> Iterator[Image]:
    """The repository in an environment of its own; nothing is installed yet."""
    # Not below pytest's directory, which other users cannot enter.
    with tempfile.TemporaryDirectory(prefix="binder-", ignore_cleanup_errors=True) as directory:
        place = Path(directory)
        place.chmod(0o755)
        for name in ("home", "tmp", "venv"):
            (place / name).mkdir()
        copy_checkout(place / "repository")
        if os.geteuid() == 0:
            for path in place.rglob("*"):
                os.chown(path, VISITOR["user"], VISITOR["group"])
        python = within_reach(sys.base_prefix, place / "python", "site-packages", "test")
        environment = {
            "PATH": os.pathsep.join([str(place / "venv" / "bin"), "/usr/local/bin:/usr/bin:/bin"]),
            "LD_LIBRARY_PATH": str(python / "lib"),
            "HOME": str(place / "home"),
            "TMPDIR": str(place / "tmp"),
            "LANG": "C.UTF-8",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # as pip reads it: no isolation
        }
        made = Image(place, environment)
        make_environment(made, python)
        yield made


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="binder/apt.txt has g++")
def test_an_image_of_binder_runs_the_notebooks_without_a_compiler(image: Image) -> None:
    made = image.run("bash", "binder/postBuild")
    assert made.returncode == 0, made.stdout
    assert "left for the kernel" in made.stdout
    assert " 0 failed" in made.stdout
    finished = image.artifacts
    whose = image.run(
        "python", "-I", "-c", "import os, cppmagic; print(os.geteuid(), cppmagic.__file__)"
    )
    user, where = whose.stdout.split()
    assert user != "0"
    assert where.startswith(str(image.place / "venv"))

    alone = {"PATH": str(image.place / "venv" / "bin")}
    examined = image.run("python", "-m", "cppmagic", "doctor", **alone)
    assert "no C++ compiler was found" in examined.stdout
    notebooks = sorted((image.place / "repository" / "notebooks").glob("*.ipynb"))
    for notebook in notebooks:
        ran = image.run("jupyter", "execute", "--inplace", str(notebook), **alone)
        assert ran.returncode == 0, ran.stdout
        assert failed_cells(notebook) == []
    assert len(notebooks) >= 4
    assert image.artifacts == finished


def failed_cells(notebook: Path) -> list[str]:
    """Return the ids of the cells that failed and are not meant to, or that did not run."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [
        cell.id
        for cell in cells
        if cell.cell_type == "code"
        and TAG not in cell.metadata.get("tags", ())
        and (not cell.execution_count or any(item.output_type == "error" for item in cell.outputs))
    ]
