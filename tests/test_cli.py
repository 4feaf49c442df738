"""`python -m cppmagic build|cache|doctor`."""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from conftest import Script, c_module, command_line
from gates import GatedCompiler, finish, hear_ctrl_c, is_running, obeying_modes, wait_until

SUFFIX = EXTENSION_SUFFIXES[0]
BROKEN = "// cppmagic\n#include <Python.h>\nint broken( { return 1; }\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def libraries(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob(f"*{SUFFIX}"))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cppmagic", *arguments]


@pytest.fixture
def cli(project: Path) -> Script:
    """Run the command line in the project's directory."""
    return command_line(project)


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[GatedCompiler]:
    compiler = GatedCompiler(tmp_path / "gates")
    yield compiler
    compiler.end()


# build: what is built


def test_files_are_built_beside_their_sources(project: Path, cli: Script) -> None:
    write(project / "one.c", c_module("one", 1))
    write(project / "sub" / "two.cpp", c_module("two", 2))
    write(project / "three.c", c_module("three", 3))
    done = cli("build", "one.c", str(project / "sub" / "two.cpp"))
    assert done.returncode == 0, done.stderr
    assert libraries(project) == [f"one{SUFFIX}", f"sub/two{SUFFIX}"]
    assert "built one.c\n" in done.stdout
    assert "built sub/two.cpp\n" in done.stdout
    assert re.search(r"^2 built, 0 failed in [\d.]+ s$", done.stdout, re.M)
    assert done.stderr == ""


def test_of_a_tree_what_opts_in_is_built_and_of_named_files_all(project: Path, cli: Script) -> None:
    write(project / "in" / "chosen.c", c_module("chosen"))
    silent = write(project / "in" / "silent.c", "// mine\n" + c_module("silent"))
    write(project / "in" / ".hidden" / "away.c", BROKEN)
    done = cli("build", "in")
    assert done.returncode == 0
    assert libraries(project) == [f"in/chosen{SUFFIX}"]
    done = cli("build", str(silent))
    assert done.returncode == 0
    assert libraries(project) == [f"in/chosen{SUFFIX}", f"in/silent{SUFFIX}"]


def test_without_a_path_the_working_directory_is_built(project: Path, cli: Script) -> None:
    write(project / "pkg" / "__init__.py", "")
    write(project / "pkg" / "deep.c", c_module("deep", 4))
    assert cli("build").returncode == 0
    assert libraries(project) == [f"pkg/deep{SUFFIX}"]


def test_where_nothing_opts_in_it_says_so(project: Path, cli: Script) -> None:
    write(project / "plain.c", "// mine\n")
    done = cli("build")
    assert done.returncode == 0
    assert "nothing to build" in done.stdout
    assert "first line" in done.stdout


def test_several_compile_at_once(
    project: Path, own_cache: Path, gated: GatedCompiler, cli: Script
) -> None:
    gated.close("compile")
    for name in ("left", "right"):
        write(project / f"{name}.c", c_module(name))
    environment = {**os.environ, "CC": str(gated.path), "CPPMAGIC_JOBS": "2"}
    with subprocess.Popen(
        command("build"), cwd=project, env=environment, text=True, stdout=subprocess.PIPE
    ) as process:
        wait_until(lambda: len(gated.reached("compile")) == 2)
        gated.open("compile")
        finish(process)
    assert process.returncode == 0
    assert len(libraries(project)) == 2


# build: options


def test_force_builds_again_and_verbose_shows_commands(project: Path, cli: Script) -> None:
    write(project / "again.c", c_module("again", 77))
    first = cli("build", "-v", "again.c")
    assert "-c again.c" in first.stderr
    assert "-shared" in first.stderr
    assert "-c again.c" not in cli("build", "--verbose").stderr
    forced = cli("build", "--force", "-v")
    assert "-c again.c" in forced.stderr
    assert forced.returncode == 0
    assert "-c again.c" in cli("build", "-f", "-v").stderr


def test_quiet_shows_failures_only(project: Path, cli: Script) -> None:
    write(project / "fine.c", c_module("fine"))
    done = cli("build", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    write(project / "faulty.c", BROKEN)
    done = cli("build", "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert "FAILED faulty.c" in done.stderr
    assert "fine" not in done.stderr


def on_a_terminal(project: Path, **environment: str) -> tuple[int, bytes]:
    """Build with a terminal for the error stream; return the exit status and what came there."""
    ours, theirs = pty.openpty()
    kept = {**os.environ, "TERM": "xterm", **environment}
    with subprocess.Popen(
        command("build"), cwd=project, stdout=subprocess.DEVNULL, stderr=theirs, env=kept
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # Linux's way to say that the other end is closed
            pass
    os.close(ours)
    return process.returncode, shown


def test_on_a_terminal_an_error_has_colours(project: Path) -> None:
    write(project / "faulty.c", BROKEN)
    status, shown = on_a_terminal(project, NO_COLOR="")
    assert status == 1
    assert b"\x1b[1;31merror:\x1b[0m" in shown
    assert b"\x1b[1;31m" not in on_a_terminal(project, NO_COLOR="1")[1]


def test_on_a_terminal_a_line_counts(project: Path) -> None:
    for name in ("left", "right"):
        write(project / f"{name}.c", c_module(name))
    status, shown = on_a_terminal(project)
    assert status == 0
    assert b"[0/2] building" in shown
    assert b"[1/2] building" in shown
    assert shown.endswith(b"\r\x1b[K")


# build: failures


def test_a_failure_is_reported_and_the_rest_goes_on(project: Path, cli: Script) -> None:
    write(project / "a_bad.c", BROKEN)
    write(project / "b_good.c", c_module("b_good"))
    write(project / "c_other.c", c_module("somebody"))
    write(project / "d_good.c", c_module("d_good"))
    done = cli("build", CPPMAGIC_JOBS="1")
    assert done.returncode == 1
    assert libraries(project) == [f"b_good{SUFFIX}", f"d_good{SUFFIX}"]
    assert "built b_good.c" in done.stdout
    assert "built d_good.c" in done.stdout
    assert "2 built, 2 failed" in done.stdout
    assert "FAILED a_bad.c\n" in done.stderr
    assert f"{project / 'a_bad.c'}:3:" in done.stderr
    assert "FAILED c_other.c\n" in done.stderr
    assert "'somebody'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_path_that_is_not_there_fails_and_the_rest_goes_on(project: Path, cli: Script) -> None:
    write(project / "there.c", c_module("there"))
    done = cli("build", "nowhere.c", "there.c")
    assert done.returncode == 1
    assert f"there is no file or directory {project / 'nowhere.c'}" in done.stderr
    assert libraries(project) == [f"there{SUFFIX}"]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("two-words.c", c_module("two_words").encode(), "cannot name a module"),
        ("binary.c", b"// cppmagic\n\xff\xfe\n", "not UTF-8"),
        ("empty.c", b"", "is empty"),
        ("notes.txt", b"just notes\n", "notes"),
    ],
)
def test_a_named_file_that_is_no_module_gets_a_clear_error(
    project: Path, cli: Script, name: str, data: bytes, expected: str
) -> None:
    (project / name).write_bytes(data)
    done = cli("build", name)
    assert done.returncode == 1
    assert f"FAILED {name}" in done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write anywhere"
)
def test_a_read_only_directory_is_named_and_import_works_all_the_same(project: Path) -> None:
    source = write(project / "guarded.c", c_module("guarded", 6))
    project.chmod(0o555)
    try:
        built = subprocess.run(
            obeying_modes(command("build", str(source))), capture_output=True, text=True
        )
        script = (
            f"import sys; sys.path.insert(0, {str(project)!r})\n"
            "import cppmagic.import_hook, guarded; print(guarded.value())"
        )
        imported = subprocess.run(
            obeying_modes([sys.executable, "-c", script]), capture_output=True, text=True
        )
    finally:
        project.chmod(0o755)
    assert built.returncode == 1
    assert f"{project / f'guarded{SUFFIX}'} cannot be written: Permission denied" in built.stderr
    assert "Traceback" not in built.stderr
    assert os.listdir(project) == ["guarded.c"]
    assert imported.stdout == "6\n", imported.stderr


# Ctrl-C


def test_ctrl_c_ends_a_build_and_leaves_nothing(
    project: Path, own_cache: Path, gated: GatedCompiler
) -> None:
    gated.close("compile")
    for name in ("left", "right", "third"):
        write(project / f"{name}.c", c_module(name))
    environment = {**os.environ, "CC": str(gated.path), "CPPMAGIC_JOBS": "2"}
    with subprocess.Popen(
        command("build"),
        cwd=project,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_ctrl_c,
    ) as process:
        wait_until(lambda: len(gated.reached("compile")) == 2)
        process.send_signal(signal.SIGINT)
        _, errors = finish(process)
    assert process.returncode == 130
    assert errors == "interrupted\n"
    wait_until(lambda: not any(map(is_running, gated.reached("compile"))), 10)
    assert len(gated.reached("compile")) == 2  # the third was not begun
    assert sorted(os.listdir(project)) == ["left.c", "right.c", "third.c"]
    assert os.listdir(own_cache / "v1" / "work") == []
    assert not (own_cache / "v1" / "artifacts").exists()
    gated.open("compile")
    again = subprocess.run(command("build", "-q"), cwd=project, env=environment, check=False)
    assert again.returncode == 0
    assert len(libraries(project)) == 3


# cache


def test_cache_info_says_where_and_how_large(project: Path, own_cache: Path, cli: Script) -> None:
    empty = cli("cache", "info")
    assert empty.returncode == 0
    assert str(own_cache) in empty.stdout
    assert re.search(r"artifacts\s+0$", empty.stdout, re.M)
    assert re.search(r"size\s+0 B \(limit 4.0 GB\)$", empty.stdout, re.M)
    write(project / "counted.c", c_module("counted"))
    cli("build")
    full = cli("cache", "info", CPPMAGIC_CACHE_SIZE_LIMIT="5 MB")
    assert re.search(r"artifacts\s+1$", full.stdout, re.M)
    assert re.search(r"size\s+[1-9][\d.]* kB \(limit 5.0 MB\)$", full.stdout, re.M)


@pytest.mark.parametrize("action", ["clear", "prune"])
def test_what_a_living_process_has_loaded_stays(
    project: Path, own_cache: Path, cli: Script, action: str
) -> None:
    write(project / "used.c", c_module("used", 1))
    write(project / "unused.c", c_module("unused", 2))
    cli("build", "unused.c")
    script = (
        f"import sys; sys.path.insert(0, {str(project)!r})\n"
        "import cppmagic; used = cppmagic.imp('used'); print('loaded', flush=True)\n"
        "input(); print(used.value())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
        done = cli("cache", action, CPPMAGIC_CACHE_SIZE_LIMIT="1")
        assert done.returncode == 0
        assert re.search(r"^freed [1-9][\d.]* k?B$", done.stdout, re.M)
        kept = list((own_cache / "v1" / "artifacts").glob(f"*/*/*{SUFFIX}"))
        assert [path.name for path in kept] == [f"used{SUFFIX}"]
        assert process.communicate("\n")[0] == "1\n"
    cli("cache", action, CPPMAGIC_CACHE_SIZE_LIMIT="1")
    assert list((own_cache / "v1" / "artifacts").glob(f"*/*/*{SUFFIX}")) == []


def test_prune_below_the_limit_removes_nothing(project: Path, own_cache: Path, cli: Script) -> None:
    write(project / "small.c", c_module("small"))
    cli("build")
    assert cli("cache", "prune").stdout == "freed 0 B\n"
    assert re.search(r"artifacts\s+1$", cli("cache", "info").stdout, re.M)


def test_after_clear_a_module_is_built_again(project: Path, own_cache: Path, cli: Script) -> None:
    write(project / "renewed.c", c_module("renewed"))
    cli("build")
    assert cli("cache", "clear").returncode == 0
    assert re.search(r"artifacts\s+0$", cli("cache", "info").stdout, re.M)
    (project / f"renewed{SUFFIX}").unlink()
    assert "-c renewed.c" in cli("build", "-v").stderr
    assert libraries(project) == [f"renewed{SUFFIX}"]


def test_a_cache_directory_that_is_refused_is_an_error_of_one_line(
    tmp_path: Path, cli: Script
) -> None:
    file = write(tmp_path / "file", "")
    done = cli("cache", "info", CPPMAGIC_CACHE_DIR=str(file))
    assert done.returncode == 1
    assert done.stderr.startswith("error: the cache directory")
    assert "Traceback" not in done.stderr


# doctor


def test_doctor_finds_a_healthy_machine_healthy(cli: Script, shared_cache: Path) -> None:
    done = cli("doctor", CPPMAGIC_LOCK_TIMEOUT="77")
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout
    assert f"Python {sys.version.split()[0]}" in done.stdout
    assert "pybind11 3" in done.stdout
    assert re.search(r"ok +C\+\+ compiler +\S+: .*\d+\.\d+", done.stdout)
    assert "Python.h" in done.stdout
    assert str(shared_cache) in done.stdout
    assert "lock_timeout = 77" in done.stdout
    assert re.search(r"ok +trial build +.*\d s", done.stdout)


def test_doctor_without_a_compiler_fails_and_says_how_to_get_one(
    tmp_path: Path, own_cache: Path, cli: Script
) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    # Not a package, so that the real one is not found behind it.
    write(tmp_path / "hiding" / "ziglang.py", "")
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(tmp_path / "hiding"), *([known] if known else [])])
    done = cli("doctor", PATH=str(nothing), PYTHONPATH=path)
    assert done.returncode == 1
    assert re.search(r"FAIL +C\+\+ compiler +no C\+\+ compiler was found", done.stdout)
    assert re.search(r"FAIL +trial build", done.stdout)
    assert "-m pip install 'cppmagic[zig]'" in done.stdout
    assert re.search(r"ok +headers", done.stdout)
    assert done.stderr == ""


# annotate


def test_annotate_tells_what_became_of_a_file(project: Path, cli: Script) -> None:
    loop = "void twice(double *x, long n) {\n    for (long i = 0; i < n; i++) x[i] *= 2;\n}\n"
    write(project / "looped.c", c_module("looped", 1, loop))
    write(project / "broken.c", "int f() { return nope; }")
    done = cli("annotate", "looped.c")
    assert done.returncode == 0
    assert re.search(r"looped\.c as .* compiles it with -O3", done.stdout)
    assert re.search(r"for \(long i.*\n +\| +\^ vectorised, ", done.stdout)
    assert "mulpd" not in done.stdout
    assert re.search("mulpd|addpd", cli("annotate", "--assembly", "looped.c").stdout)
    failed = cli("annotate", "broken.c", "looped.c", "nowhere.c")
    assert failed.returncode == 1
    assert "broken.c:1:" in failed.stderr
    assert "nowhere.c" in failed.stderr
    assert "^ vectorised, " in failed.stdout
    assert not list(project.glob("*.so"))


def test_a_reader_may_leave_before_the_end(project: Path) -> None:
    # More than a pipe holds.
    write(project / "long.c", c_module("long", 1, "".join(f"// line {i}\n" for i in range(20_000))))
    words = f"{shlex.join(command('annotate', 'long.c'))} | head -n 1"
    done = subprocess.run(["sh", "-c", words], cwd=project, capture_output=True, text=True)
    assert "compiles it with" in done.stdout
    assert done.stderr == ""


# Help and wrong usage


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--help"], ["build", "cache", "doctor", "python -m cppmagic"]),
        (["build", "--help"], ["PATH", "--force", "--verbose", "--quiet", "opt in", "beside"]),
        (["annotate", "--help"], ["FILE", "--assembly", "vectorised", "inlined"]),
        (["cache", "--help"], ["info", "clear", "prune"]),
        (["doctor", "--help"], ["compiler", "trial", "exit status"]),
    ],
)
def test_help_says_what_there_is(cli: Script, arguments: list[str], expected: list[str]) -> None:
    done = cli(*arguments)
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert [word for word in expected if word not in text] == []


@pytest.mark.parametrize(
    "arguments", [[], ["make"], ["build", "--unknown"], ["cache"], ["build", "-v", "-q"]]
)
def test_wrong_usage_has_a_status_of_its_own(cli: Script, arguments: list[str]) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_a_setting_of_the_environment_that_is_wrong_is_named(
    cli: Script, run_python: Script
) -> None:
    done = cli("cache", "info", CPPMAGIC_LOCK_TIMEOUT="soon")
    assert done.returncode != 0
    assert "CPPMAGIC_LOCK_TIMEOUT cannot be 'soon'" in done.stderr
