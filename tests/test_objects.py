"""A unit that nothing has changed is not compiled again; what compiles and links is the fastest."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import c_module

import cppmagic
from cppmagic import BuildError, pruning, settings
from cppmagic.cache import Cache
from cppmagic.config import BuildConfig
from cppmagic.pipeline import obtain
from cppmagic.source import from_file

pytestmark = pytest.mark.usefixtures("own_cache")

Compiled = Callable[..., list[str]]


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A module of four sources in C; the third includes a header, three deep."""
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "one.h").write_text('#include "two.h"\n')
    (tmp_path / "include" / "two.h").write_text('#include "three.h"\n')
    (tmp_path / "include" / "three.h").write_text("#define THREE 3\n")
    (tmp_path / "a.c").write_text("int a(void) { return 1; }\n")
    (tmp_path / "b.c").write_text("#ifndef B\n#define B 2\n#endif\nint b(void) { return B; }\n")
    (tmp_path / "c.c").write_text('#include "one.h"\nint c(void) { return THREE; }\n')
    text = "int a(void); int b(void); int c(void);\n" + c_module(
        "several", "a() + b() * 10 + c() * 100"
    )
    text += "<%\ncfg['sources'] = ['a.c', 'b.c', 'c.c']\ncfg['include_dirs'] = ['include']\n%>\n"
    path = tmp_path / "several.c"
    path.write_text(text)
    return path


@pytest.fixture
def compiled(caplog: pytest.LogCaptureFixture) -> Compiled:
    """Build a file; return the names of the units that were compiled."""
    caplog.set_level(logging.DEBUG, logger="cppmagic")

    def build(path: Path, value: int, force: bool = False, **options: object) -> list[str]:
        caplog.clear()
        config = BuildConfig(**options)  # type: ignore[arg-type]
        artifact = obtain(from_file(path), config, force)
        module = cppmagic.modules.version.load(artifact).module
        assert module.value() == value
        commands = [r.getMessage().split() for r in caplog.records if " -c " in r.getMessage()]
        return sorted(Path(words[words.index("-c") + 1]).name for words in commands)

    return build


ALL = ["a.c", "b.c", "c.c", "several.c"]


def test_only_what_changed_is_compiled(several: Path, compiled: Compiled) -> None:
    assert compiled(several, 321) == ALL
    (several.parent / "a.c").write_text("int a(void) { return 4; }\n")
    assert compiled(several, 324) == ["a.c"]
    (several.parent / "include" / "three.h").write_text("#define THREE 5\n")
    assert compiled(several, 524) == ["c.c"]
    several.write_text(several.read_text().replace("c() * 100", "c() * 1000"))
    assert compiled(several, 5024) == ["several.c"]


def test_touching_compiles_nothing(several: Path, compiled: Compiled) -> None:
    assert compiled(several, 321) == ALL
    for path in [several, *several.parent.glob("*.c"), *several.parent.glob("include/*.h")]:
        os.utime(path)
    assert compiled(several, 321) == []


def test_what_was_there_before_is_linked_again(several: Path, compiled: Compiled) -> None:
    assert compiled(several, 321) == ALL
    before = (several.parent / "a.c").read_text()
    (several.parent / "a.c").write_text("int a(void) { return 4; }\n")
    assert compiled(several, 324) == ["a.c"]
    (several.parent / "a.c").write_text(before)
    assert compiled(several, 321) == []


def test_another_flag_or_macro_compiles_everything(several: Path, compiled: Compiled) -> None:
    assert compiled(several, 321) == ALL
    assert compiled(several, 371, extra_compile_args=("-DB=7",)) == ALL
    assert compiled(several, 321, optimize="1") == ALL


def test_a_header_that_appears_first_on_the_path_is_seen(several: Path, compiled: Compiled) -> None:
    assert compiled(several, 321) == ALL
    (several.parent / "one.h").write_text("#define THREE 8\n")
    assert compiled(several, 821) == ["c.c"]


def test_the_order_of_include_directories_matters(several: Path, compiled: Compiled) -> None:
    for name in ("first", "second"):
        (several.parent / name).mkdir()
        (several.parent / name / "size.h").write_text(f"#define SIZE {len(name)}\n")
    (several.parent / "a.c").write_text('#include "size.h"\nint a(void) { return SIZE; }\n')
    assert compiled(several, 325, include_dirs=("first", "second")) == ALL
    assert compiled(several, 326, include_dirs=("second", "first")) == ALL


def test_force_compiles_everything(several: Path, compiled: Compiled) -> None:
    assert compiled(several, 321) == ALL
    assert compiled(several, 321, force=True) == ALL


def test_a_warning_comes_again_with_an_object_that_is_reused(several: Path) -> None:
    (several.parent / "b.c").write_text("int b(void) { int idle; return 2; }\n")
    assert "idle" in obtain(from_file(several)).warnings
    (several.parent / "a.c").write_text("int a(void) { return 4; }\n")
    assert "idle" in obtain(from_file(several)).warnings


@pytest.mark.parametrize("damage", ["unit.o", "manifest.json"])
def test_a_damaged_object_is_compiled_again(
    damage: str, several: Path, compiled: Compiled, own_cache: Path
) -> None:
    assert compiled(several, 321) == ALL
    for path in own_cache.glob(f"v1/objects/*/*/{damage}"):
        path.unlink()
    (several.parent / "a.c").write_text("int a(void) { return 4; }\n")
    assert compiled(several, 324) == ALL


def test_a_unit_that_does_not_compile_leaves_nothing(several: Path, compiled: Compiled) -> None:
    (several.parent / "a.c").write_text("int a(void) { return nothing; }\n")
    with pytest.raises(BuildError, match=r"a\.c"):
        compiled(several, 321)
    (several.parent / "a.c").write_text("int a(void) { return 1; }\n")
    assert "a.c" in compiled(several, 321)


def tool(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_launcher_compiles_and_does_not_link(several: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    launcher = tool(tmp_path / "bin" / "launch", f'echo "$@" >> "{log}"\nexec "$@"\n')
    settings.compiler_launcher = str(launcher)
    obtain(from_file(several))
    lines = log.read_text().splitlines()
    assert len(lines) == len(ALL)
    assert all(" -c " in line for line in lines)


@pytest.mark.parametrize("deep", ["include/three.h", "a.c", "several.h"])
def test_what_changes_during_a_build_is_built_again(
    several: Path, compiled: Compiled, tmp_path: Path, deep: str
) -> None:
    """The compiler has read the old content; what is digested afterwards is the new one."""
    (several.parent / "several.h").write_text("#define C_WEIGHT 100\n")
    text = several.read_text().replace("c() * 100", "c() * C_WEIGHT")
    several.write_text('#include "several.h"\n' + text)
    changed = several.parent / deep
    before, size = changed.read_text(), changed.stat().st_size
    after = {"include/three.h": "#define THREE 5\n", "several.h": "#define C_WEIGHT 500\n"}
    later = tmp_path / "later"
    later.write_text(after.get(deep, "int a(void) { return 7; }\n"))
    assert later.stat().st_size == size
    reader = {"include/three.h": "/c.c", "several.h": " several.c", "a.c": "/a.c"}[deep]
    script = f'"$@"; status=$?; case "$*" in *"{reader} -o"*) cp "{later}" "{changed}";; esac\n'
    settings.compiler_launcher = str(tool(tmp_path / "bin" / "launch", script + "exit $status\n"))
    assert compiled(several, 321) == ALL
    settings.compiler_launcher = ""
    assert changed.read_text() != before
    expected = {"include/three.h": 521, "several.h": 1521, "a.c": 327}[deep]
    assert compiled(several, expected) != []
    assert compiled(several, expected) == []
    changed.write_text(before)
    compiled(several, 321)


def links(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = [record.getMessage() for record in caplog.records]
    return [text for text in messages if " -shared " in text and "empty.c" not in text]


def test_the_users_linker_wins(
    several: Path, compiled: Compiled, caplog: pytest.LogCaptureFixture
) -> None:
    compiled(several, 321, extra_link_args=("-fuse-ld=bfd",))
    assert [text.count("-fuse-ld") for text in links(caplog)] == [1]


def test_a_linker_that_does_not_work_is_passed_over(
    several: Path,
    compiled: Compiled,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ld.mold", "mold"):
        tool(tmp_path / "bin" / name, "echo broken >&2\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    settings.compiler = "gcc -B" + str(tmp_path / "bin")
    compiled(several, 321)
    assert all("-fuse-ld=mold" not in text for text in links(caplog))


def test_a_linker_that_stops_working_is_replaced_by_the_compilers_own(
    several: Path,
    compiled: Compiled,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "cppmagic.toolchain.compilers._fastest_linker", lambda command, names: "-fuse-ld=nothing"
    )
    compiled(several, 321)
    assert [("-fuse-ld=nothing" in text) for text in links(caplog)] == [True, False]


def test_the_cache_is_brought_down_to_its_limit_in_the_background(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = []
    for name in ("old", "new"):
        path = tmp_path / f"{name}.c"
        path.write_text(c_module(name))
        libraries.append(Path(obtain(from_file(path)).library))
    os.utime(libraries[0].parent / "manifest.json", (0, 0))
    cache = Cache(str(own_cache))
    monkeypatch.setenv("CPPMAGIC_CACHE_SIZE_LIMIT", str(pruning.size(cache)[1] - 5000))
    monkeypatch.setenv("CPPMAGIC_BACKGROUND", "1")
    settings.background = True
    (own_cache / "v1" / "looked-at").unlink(missing_ok=True)
    pruning.prune_if_due(cache)
    deadline = time.monotonic() + 60
    while libraries[0].exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [path.exists() for path in libraries] == [False, True]


def test_a_build_has_the_cache_looked_at_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "cppmagic.background.start", lambda *words, cache_dir: started.append(words)
    )
    for name in ("one", "two"):
        path = tmp_path / f"{name}.c"
        path.write_text(c_module(name))
        obtain(from_file(path))
    assert started == [("cache", "prune", "--background")]


def test_objects_count_and_go_first_when_they_were_used_least_recently(
    several: Path, own_cache: Path
) -> None:
    artifact = obtain(from_file(several))
    cache = Cache(str(own_cache))
    objects = list(own_cache.glob("v1/objects/*/*"))
    assert len(objects) == len(ALL)
    for path in objects:
        os.utime(path / "manifest.json", (0, 0))
    size = sum(path.stat().st_size for path in own_cache.glob("v1/objects/*/*/*"))
    assert pruning.prune(cache, pruning.size(cache)[1] - size // 2) > 0
    left = list(own_cache.glob("v1/objects/*/*"))
    assert len(left) < len(objects)
    assert Path(artifact.library).exists()
