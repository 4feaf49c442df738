"""The cache directory: who may have it, what happens when it is damaged, how it shrinks."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from conftest import Script, c_module
from gates import GatedCompiler, obeying_modes

import cppmagic
from cppmagic import cache as caches
from cppmagic import pruning

SUFFIX = EXTENSION_SUFFIXES[0]
IMPORT = """\
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
sys.path.insert(0, sys.argv[1])
import cppmagic
print(cppmagic.imp(sys.argv[2]).value())
"""

needs_modes = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write anywhere"
)


@pytest.fixture(autouse=True)
def forget_caches(clean_slate: None) -> Iterator[None]:
    """Each directory is checked once per process: here, once per test."""
    yield
    caches._caches.clear()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[str]]:
    """The messages so far at a level of the logger `cppmagic`."""
    caplog.set_level(logging.INFO, "cppmagic")

    def messages(level: str) -> list[str]:
        found = [r.getMessage() for r in caplog.records if r.levelname == level]
        caplog.clear()
        return found

    return messages


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def library_of(cache: Path, name: str) -> Path:
    (found,) = (cache / "v1" / "artifacts").glob(f"*/*/{name}{SUFFIX}")
    return found


def artifacts(cache: Path) -> list[Path]:
    return list((cache / "v1" / "artifacts").glob("*/*"))


# Who may have it


@needs_modes
def test_a_cache_that_cannot_be_written_is_named_with_the_remedy(
    project: Path, tmp_path: Path
) -> None:
    write(project / "unsaved.c", c_module("unsaved"))
    closed = tmp_path / "closed"
    closed.mkdir(0o555)
    for place in (closed, closed / "cache"):
        done = subprocess.run(
            obeying_modes([sys.executable, "-c", IMPORT, str(project), "unsaved"]),
            capture_output=True,
            text=True,
            env={**os.environ, "CPPMAGIC_CACHE_DIR": str(place)},
        )
        last = done.stderr.splitlines()[-1]
        assert last.startswith("cppmagic.errors.CacheError: ")
        assert str(place) in last
        assert "Permission denied" in last
        assert "CPPMAGIC_CACHE_DIR" in last
    assert os.listdir(closed) == []


@needs_modes
def test_what_is_in_a_cache_that_became_read_only_is_still_used(
    project: Path, own_cache: Path
) -> None:
    write(project / "sealed.c", c_module("sealed", 4))
    command = obeying_modes([sys.executable, "-c", IMPORT, str(project), "sealed"])
    subprocess.run(command, capture_output=True, check=True)
    directories = [own_cache, *(path for path in own_cache.rglob("*") if path.is_dir())]
    for path in directories:
        path.chmod(0o555)
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    finally:
        for path in directories:
            path.chmod(0o755)
    assert (done.stdout, done.stderr) == ("4\n", "")


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777, 0o757])
def test_a_cache_that_others_can_write_to_is_refused(
    project: Path, own_cache: Path, mode: int
) -> None:
    write(project / "risky.c", c_module("risky"))
    own_cache.mkdir()
    own_cache.chmod(mode)
    with pytest.raises(cppmagic.CacheError, match="others can write to") as caught:
        cppmagic.imp("risky")
    assert f"chmod go-w {own_cache}" in str(caught.value)
    assert isinstance(caught.value, OSError)
    assert os.listdir(own_cache) == []
    own_cache.chmod(0o700)
    assert cppmagic.imp("risky").value() == 1


def test_a_cache_of_another_user_is_refused(project: Path, own_cache: Path) -> None:
    write(project / "alien.c", c_module("alien"))
    if os.geteuid() == 0:
        own_cache.mkdir()
        os.chown(own_cache, 12345, 12345)
    else:
        cppmagic.settings.cache_dir = "/usr"
    with pytest.raises(cppmagic.CacheError, match="belongs to another user"):
        cppmagic.imp("alien")


def test_a_cache_that_is_no_directory_is_refused(project: Path, own_cache: Path) -> None:
    write(project / "flat.c", c_module("flat"))
    own_cache.write_text("a file")
    with pytest.raises(cppmagic.CacheError, match="is not a directory"):
        cppmagic.imp("flat")


def test_what_is_made_is_private(project: Path, own_cache: Path) -> None:
    before = os.umask(0)
    try:
        write(project / "private.c", c_module("private"))
        cppmagic.imp("private")
    finally:
        os.umask(before)
    for path in [own_cache, *own_cache.rglob("*")]:
        if path.is_dir():
            assert path.stat().st_mode & 0o022 == 0, path


# Paths


def test_paths_with_spaces_and_letters_outside_ascii(
    tmp_path: Path, run_python: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "Über uns — 日本 'q' \"d\" $x"
    cache = tmp_path / "câche mit Leer zeichen"
    write(place / "extra ü.c", "int extra(void) { return 5; }\n")
    write(place / "heads é" / "a b.h", "#define NUMBER 70\nint extra(void);\n")
    text = c_module("spaced", "NUMBER + extra()").replace("#include", '#include "a b.h"\n#include')
    block = "/* <% cfg['sources'] = ['extra ü.c']; cfg['include_dirs'] = ['heads é'] %> */\n"
    write(place / "spaced.c", text + block)
    for locale in ("C", "C.UTF-8"):
        environment = {"CPPMAGIC_CACHE_DIR": str(cache / locale), "LC_ALL": locale}
        first = run_python(IMPORT, str(place), "spaced", **environment)
        assert first.stdout == "75\n", first.stderr
        second = run_python(IMPORT, str(place), "spaced", **environment)
        assert (second.stdout, second.stderr) == ("75\n", "")
    write(place / "heads é" / "a b.h", "#define NUMBER 80\nint extra(void);\n")
    third = run_python(IMPORT, str(place), "spaced", **environment)
    assert third.stdout == "85\n", third.stderr  # the header was found among what was read


# Damage


@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten", "deleted"])
def test_a_damaged_library_is_built_again_with_one_line(
    project: Path, own_cache: Path, run_python: Script, damage: str
) -> None:
    write(project / "hurt.c", c_module("hurt", 3))
    assert run_python(IMPORT, str(project), "hurt").stdout == "3\n"
    library = library_of(own_cache, "hurt")
    content = library.read_bytes()
    if damage == "deleted":
        library.unlink()
    else:
        garbage = b"\0" * len(content)
        library.write_bytes(
            {"truncated": content[:5000], "emptied": b"", "overwritten": garbage}[damage]
        )
    done = run_python(IMPORT, str(project), "hurt")
    assert done.stdout == "3\n", done.stderr
    warnings = [line for line in done.stderr.splitlines() if line.startswith("WARNING")]
    assert len(warnings) == 1
    assert str(library.parent) in warnings[0]
    assert "damaged" in warnings[0]
    assert run_python(IMPORT, str(project), "hurt").stderr == ""
    assert library.read_bytes() == content


@pytest.mark.parametrize("text", ["", "{", "[]", '{"library": 5}', "null", "\0\0"])
def test_a_corrupt_manifest_is_built_again_with_one_line(
    project: Path, own_cache: Path, logged: Callable[[str], list[str]], text: str
) -> None:
    write(project / "unlisted.c", c_module("unlisted", 3))
    cppmagic.imp("unlisted")
    manifest = library_of(own_cache, "unlisted").parent / "manifest.json"
    manifest.write_text(text)
    logged("INFO")
    assert cppmagic.imp("unlisted").value() == 3
    assert isinstance(json.loads(manifest.read_text())["library"], str)
    (warning,) = logged("WARNING")
    assert "damaged" in warning
    cppmagic.imp("unlisted")
    assert logged("WARNING") == logged("INFO") == []


@pytest.mark.parametrize("text", ["", "{", "[5]", '{"a": 1}', '[{"fingerprint": "x"}]', "7"])
def test_a_corrupt_record_is_as_if_it_were_not_there(
    project: Path, own_cache: Path, logged: Callable[[str], list[str]], text: str
) -> None:
    write(project / "unrecorded.c", c_module("unrecorded", 3))
    cppmagic.imp("unrecorded")
    records = list((own_cache / "v1" / "records").rglob("*.json"))
    assert records
    for path in records:
        path.write_text(text)
    logged("INFO")
    assert cppmagic.imp("unrecorded").value() == 3
    assert any("building" in line for line in logged("INFO"))
    cppmagic.imp("unrecorded")
    assert logged("INFO") == []


def test_corrupt_facts_about_a_compiler_are_asked_again(project: Path, own_cache: Path) -> None:
    write(project / "asked.c", c_module("asked", 3))
    cppmagic.imp("asked")
    facts = list((own_cache / "v1" / "toolchains").rglob("*.json"))
    assert facts
    for text in ("", "[]", "{}"):
        for path in facts:
            path.write_text(text)
        write(project / "asked.c", c_module("asked", len(text)))
        assert cppmagic.imp("asked").value() == len(text)


def test_an_artifact_directory_without_a_manifest_is_replaced(
    project: Path, own_cache: Path
) -> None:
    write(project / "halved.c", c_module("halved", 3))
    cppmagic.imp("halved")
    library = library_of(own_cache, "halved")
    (library.parent / "manifest.json").unlink()
    assert cppmagic.imp("halved").value() == 3
    assert (library.parent / "manifest.json").exists()


# Published means finished


def test_an_artifact_is_seen_with_its_manifest_or_not_at_all(
    project: Path, own_cache: Path
) -> None:
    finished = threading.Event()
    incomplete: list[Path] = []
    looked = 0

    def watch() -> None:
        nonlocal looked
        while not finished.is_set():
            for path in artifacts(own_cache):
                looked += 1
                names = {"manifest.json", "watched" + SUFFIX}
                if path.exists() and set(os.listdir(path)) != names:
                    incomplete.append(path)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for number in range(5):
            write(project / "watched.c", c_module("watched", number))
            cppmagic.imp("watched")
    finally:
        finished.set()
        watcher.join()
    assert looked
    assert incomplete == []


def test_a_published_artifact_is_never_changed(project: Path, own_cache: Path) -> None:
    write(project / "constant.c", c_module("constant", 3))
    cppmagic.imp("constant")
    library = library_of(own_cache, "constant")
    before = library.stat()
    cppmagic.force_rebuild()
    cppmagic.imp("constant")
    after = library.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_after_a_failed_build_nothing_is_left(project: Path, own_cache: Path) -> None:
    write(project / "failing.c", "// cppmagic\n#include <Python.h>\nint broken( {\n")
    with pytest.raises(cppmagic.BuildError):
        cppmagic.imp("failing")
    assert artifacts(own_cache) == []
    assert os.listdir(own_cache / "v1" / "work") == []


def test_the_work_of_a_killed_builder_is_swept(
    project: Path, own_cache: Path, tmp_path: Path
) -> None:
    gated = GatedCompiler(tmp_path / "gates")
    gated.close("compile")
    write(project / "swept.c", c_module("swept"))
    write(project / "other.c", c_module("other"))
    work = own_cache / "v1" / "work"
    command = [sys.executable, "-c", IMPORT, str(project), "swept"]
    with subprocess.Popen(
        command, env={**os.environ, "CC": str(gated.path)}, stderr=subprocess.DEVNULL
    ) as builder:
        gated.wait_until_reached("compile")
        (place,) = (path for path in work.iterdir() if path.is_dir())
        cppmagic.imp("other")  # while the builder lives, its work stays
        assert (place / "swept.c").exists()
        builder.kill()
    gated.end()
    write(project / "other.c", c_module("other", 2))
    cppmagic.imp("other")
    assert os.listdir(work) == []


# Size


def test_prune_removes_what_was_not_used_for_longest(project: Path, own_cache: Path) -> None:
    for name in ("oldest", "older", "newest"):
        write(project / f"{name}.c", c_module(name))
        cppmagic.build(name)
    now = time.time()
    for age, name in enumerate(("newest", "older", "oldest")):
        manifest = library_of(own_cache, name).parent / "manifest.json"
        os.utime(manifest, (now - 1000 * age - 1000,) * 2)
    pruning.prune(caches.current(), _size(own_cache) - 1)
    assert _names(own_cache) == {"older", "newest"}
    cppmagic.imp("older")  # a use makes it young (and loaded; so ask as another process would)
    shutil.rmtree(own_cache / "v1" / "users")
    pruning.prune(caches.current(), _size(own_cache) - 1)
    assert _names(own_cache) == {"older"}


def test_prune_ends_at_the_limit(project: Path, own_cache: Path) -> None:
    for number in range(4):
        write(project / f"many{number}.c", c_module(f"many{number}"))
        cppmagic.build(f"many{number}")
    total = _size(own_cache)
    each = sum(path.stat().st_size for path in artifacts(own_cache)[0].iterdir())
    limit = total - each * 3 // 2
    freed = pruning.prune(caches.current(), limit)
    assert len(artifacts(own_cache)) == 2
    assert freed == total - _size(own_cache)
    assert _size(own_cache) <= limit
    assert pruning.prune(caches.current(), _size(own_cache)) == 0
    assert len(artifacts(own_cache)) == 2


def test_clear_removes_all_and_the_next_import_builds(
    project: Path, own_cache: Path, run_python: Script
) -> None:
    write(project / "cleared.c", c_module("cleared", 2))
    run_python(IMPORT, str(project), "cleared")
    assert pruning.clear(caches.current()) > 0
    assert artifacts(own_cache) == []
    assert list((own_cache / "v1" / "records").rglob("*.json")) == []
    done = run_python(IMPORT, str(project), "cleared")
    assert done.stdout == "2\n"
    assert "building cleared" in done.stderr


def test_clear_in_a_running_process_keeps_its_modules_alive(project: Path, own_cache: Path) -> None:
    write(project / "alive.c", c_module("alive", 2))
    alive = cppmagic.imp("alive")
    pruning.clear(caches.current())
    assert [path.name for path in library_of(own_cache, "alive").parent.iterdir()] != []
    assert alive.value() == 2
    write(project / "alive.c", c_module("alive", 3))
    assert cppmagic.imp("alive").value() == 3


def test_the_note_of_a_dead_process_keeps_nothing(
    project: Path, own_cache: Path, run_python: Script
) -> None:
    write(project / "left.c", c_module("left"))
    run_python(IMPORT, str(project), "left")
    assert len(os.listdir(own_cache / "v1" / "users")) == 1
    pruning.prune(caches.current(), 0)
    assert artifacts(own_cache) == []
    assert os.listdir(own_cache / "v1" / "users") == []


def test_a_cache_directory_that_vanishes_is_made_again(project: Path, own_cache: Path) -> None:
    write(project / "phoenix.c", c_module("phoenix", 1))
    cppmagic.imp("phoenix")
    shutil.rmtree(own_cache)
    write(project / "phoenix.c", c_module("phoenix", 2))
    assert cppmagic.imp("phoenix").value() == 2
    assert len(artifacts(own_cache)) == 1


def _size(cache: Path) -> int:
    return sum(path.lstat().st_size for path in cache.rglob("*") if not path.is_dir())


def _names(cache: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in cache.rglob(f"*{SUFFIX}")}
