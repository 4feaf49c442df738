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

import nbformat
import pytest
from kernel import FROM_JUPYTER

pytestmark = FROM_JUPYTER

CHECKOUT = Path(__file__).parent.parent
TAG = "raises-exception"


@dataclass(frozen=True)
class Image:
    """What Binder would make of the repository.

    Attributes:
        place: a directory that the user owns, with `repository`, `home` and the environment `venv`.
        as_user: words before a command that take root's rights away.
        environment: variables.
    """

    place: Path
    as_user: tuple[str, ...]
    environment: dict[str, str]

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository as the user."""
        return subprocess.run(
            [*self.as_user, *command],
            cwd=self.place / "repository",
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )

    @property
    def artifacts(self) -> set[str]:
        """The names of all artifacts in the cache."""
        shelves = self.place / "home" / ".cache" / "cppmagic" / "v1" / "artifacts"
        return {path.name for path in shelves.glob("*/*")}


def without_rights() -> tuple[str, ...]:
    """Return the words that make a command one of a user who may write nowhere but at home."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv") or ""
    other = (setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups")
    question = [sys.executable, "-c", "import sys, nbclient; print(sys.base_prefix)"]
    answer = subprocess.run([*other, *question], capture_output=True, text=True, check=False)
    if answer.stdout.strip() == sys.base_prefix:
        return other
    # No other user can read this Python. What makes root what it is can be dropped.
    return (setpriv, "--bounding-set", "-all", "--inh-caps", "-all")


def copy_checkout(target: Path) -> None:
    """Copy what git has or would add."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, target / name)


def make_environment(place: Path) -> None:
    """Make a virtual environment with what the project needs, but neither it nor a compiler.

    The packages are those of the environment that tests run in, so that pip finds them there and
    needs no network.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "venv"], check=True)
    packages = place / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "cppmagic" not in entry.name and not entry.name.startswith("ziglang"):
            (packages / entry.name).symlink_to(entry)
    (site,) = (place / "venv").glob("lib/python*/site-packages")
    (site / "packages.pth").write_text(f"{packages}\n")
    for script in importlib.metadata.entry_points(group="console_scripts"):
        if script.name in ("jupyter", "jupyter-execute"):
            path = place / "venv" / "bin" / script.name
            call = (
                f"import sys; from {script.module} import {script.attr}; sys.exit({script.attr}())"
            )
            path.write_text(f"#!{place}/venv/bin/python\n{call}\n")
            path.chmod(0o755)


@pytest.fixture
def image() -> Iterator[Image]:
    """The repository in an environment of its own; nothing is installed yet."""
    # Not below pytest's directory, which other users cannot enter.
    with tempfile.TemporaryDirectory(prefix="binder-", ignore_cleanup_errors=True) as directory:
        place = Path(directory)
        make_environment(place)
        copy_checkout(place / "repository")
        (place / "home").mkdir()
        (place / "tmp").mkdir()
        as_user = without_rights()
        if "--reuid" in as_user:
            for path in [place, *place.rglob("*")]:
                os.chown(path, 65534, 65534, follow_symlinks=False)
        environment = {
            "PATH": os.pathsep.join([str(place / "venv" / "bin"), "/usr/local/bin:/usr/bin:/bin"]),
            "HOME": str(place / "home"),
            "TMPDIR": str(place / "tmp"),
            "LANG": "C.UTF-8",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # as pip reads it: no isolation
        }
        yield Image(place, as_user, environment)


@pytest.mark.slow
@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root's rights cannot be dropped"
)
@pytest.mark.skipif(shutil.which("g++") is None, reason="binder/apt.txt has g++")
def test_an_image_of_binder_runs_the_notebooks_without_a_compiler(image: Image) -> None:
    made = image.run("bash", "binder/postBuild")
    assert made.returncode == 0, made.stdout
    assert "left for the kernel" in made.stdout
    assert " 0 failed" in made.stdout
    finished = image.artifacts

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
