"""Threads and processes that want the same module, and builders that are killed."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import c_module
from gates import GatedCompiler, finish, hear_ctrl_c, is_running, wait_until
from kernel import Kernel

import cppmagic

IMPORT = """\
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(message)s")
sys.path.insert(0, sys.argv[1])
import cppmagic.import_hook
print("ready", flush=True)
module = __import__(sys.argv[2])
print(module.value())
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[GatedCompiler]:
    compiler = GatedCompiler(tmp_path / "gates")
    yield compiler
    compiler.end()


@pytest.fixture
def start(project: Path, own_cache: Path, gated: GatedCompiler) -> Iterator[Start]:
    """Start an interpreter that imports a module of the project with the gated compiler."""
    started: list[subprocess.Popen[str]] = []

    def begin(name: str, script: str = IMPORT, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(project), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CC": str(gated.path), **environment},
            preexec_fn=hear_ctrl_c,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def work_left(cache: Path) -> list[str]:
    return [path.name for path in (cache / "v1" / "work").iterdir() if path.is_dir()]


def artifacts(cache: Path) -> list[Path]:
    return list((cache / "v1" / "artifacts").glob("*/*"))


# Threads


@pytest.mark.parametrize("face", ["hook", "imp"])
def test_threads_that_want_one_module_build_it_once(
    project: Path, own_cache: Path, caplog: pytest.LogCaptureFixture, face: str
) -> None:
    caplog.set_level(logging.INFO, "cppmagic")
    write(project / "threaded.c", c_module("threaded", 4))
    cppmagic.install()
    together = threading.Barrier(8)

    def get(_: int) -> object:
        together.wait()
        return __import__("threaded") if face == "hook" else cppmagic.imp("threaded")

    with ThreadPoolExecutor(8) as pool:
        modules = list(pool.map(get, range(8)))
    assert {id(module) for module in modules} == {id(sys.modules["threaded"])}
    assert sys.modules["threaded"].value() == 4
    built = [record for record in caplog.records if "building" in record.getMessage()]
    assert len(built) == 1
    assert len(artifacts(own_cache)) == 1


def test_threads_that_import_different_modules_all_get_theirs(
    project: Path, own_cache: Path
) -> None:
    for number in range(8):
        write(project / f"mine{number}.c", c_module(f"mine{number}", number))
    together = threading.Barrier(8)

    def get(number: int) -> int:
        together.wait()
        value: int = cppmagic.imp(f"mine{number}").value()
        return value

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(get, range(8))) == list(range(8))


# Processes


@pytest.mark.parametrize("lock", ["1", "0"])
def test_processes_that_want_one_module_all_get_it(
    project: Path, own_cache: Path, gated: GatedCompiler, start: Start, lock: str
) -> None:
    write(project / "wanted.c", c_module("wanted", 5))
    gated.close("compile")
    count = 9 if lock == "1" else 4
    processes = [start("wanted", CPPMAGIC_USE_FILELOCK=lock) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    # Without locks each builds for itself, and all must get through.
    builders = 1 if lock == "1" else count
    wait_until(lambda: len(gated.reached("compile")) == builders)
    gated.open("compile")
    results = [finish(process) for process in processes]
    assert [output for output, _ in results] == ["5\n"] * count, results
    building = [line for _, log in results for line in log.splitlines() if "building wan" in line]
    assert len([line for line in building if not line.startswith("waiting")]) == builders
    assert len(artifacts(own_cache)) == 1
    assert work_left(own_cache) == []


def test_one_modules_build_does_not_wait_for_anothers(
    project: Path, gated: GatedCompiler, start: Start
) -> None:
    write(project / "slow.c", c_module("slow", 1))
    write(project / "quick.c", c_module("quick", 2))
    gated.close("compile")
    slow = start("slow")
    gated.wait_until_reached("compile")
    output, log = finish(start("quick", CC="gcc", CPPMAGIC_COMPILER=""))
    assert output == "ready\n2\n"
    assert "waiting" not in log
    assert slow.poll() is None
    gated.open("compile")
    assert finish(slow)[0] == "ready\n1\n"


def test_threads_of_one_process_build_different_modules_at_once(
    project: Path, own_cache: Path, gated: GatedCompiler
) -> None:
    cppmagic.settings.compiler = str(gated.path)
    gated.close("compile")
    write(project / "left.c", c_module("left", 1))
    write(project / "right.c", c_module("right", 2))
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(cppmagic.imp, name) for name in ("left", "right")]
        try:
            wait_until(lambda: len(gated.reached("compile")) == 2)
        finally:
            gated.open("compile")
        assert [future.result().value() for future in futures] == [1, 2]


def test_who_waits_says_so_and_loads_what_the_other_built(
    project: Path, gated: GatedCompiler, start: Start
) -> None:
    write(project / "awaited.c", c_module("awaited", 6))
    gated.close("compile")
    builder = start("awaited")
    gated.wait_until_reached("compile")
    waiter = start("awaited")
    assert waiter.stderr is not None
    line = waiter.stderr.readline()
    assert line.startswith("waiting for another process that is building awaited")
    assert str(project / "awaited.c") in line
    gated.open("compile")
    assert finish(builder)[0] == "ready\n6\n"
    output, log = finish(waiter)
    assert output == "ready\n6\n"
    assert log == ""
    assert len(gated.reached("compile")) == 1


def test_the_lock_timeout_raises_and_names_the_setting(
    project: Path, own_cache: Path, gated: GatedCompiler, start: Start
) -> None:
    path = write(project / "blocked.c", c_module("blocked", 7))
    gated.close("compile")
    builder = start("blocked")
    gated.wait_until_reached("compile")
    os.environ["CC"] = str(gated.path)
    try:
        cppmagic.settings.lock_timeout = 0.2
        with pytest.raises(cppmagic.LockTimeoutError) as caught:
            cppmagic.imp("blocked")
    finally:
        del os.environ["CC"]
    assert isinstance(caught.value, TimeoutError)
    assert str(path) in str(caught.value)
    assert "0.2 s" in str(caught.value)
    assert "settings.lock_timeout" in str(caught.value)
    assert "CPPMAGIC_LOCK_TIMEOUT" in str(caught.value)
    assert "blocked" not in sys.modules
    gated.open("compile")
    assert finish(builder)[0] == "ready\n7\n"


# Builders that are killed


@pytest.mark.parametrize("point", ["compile", "link", "linked"])
def test_after_a_killed_builder_the_next_one_starts_at_once(
    project: Path, own_cache: Path, gated: GatedCompiler, start: Start, point: str
) -> None:
    write(project / "retried.c", c_module("retried", 8))
    gated.close(point)
    builder = start("retried")
    orphans = gated.wait_until_reached(point)
    builder.kill()
    builder.wait()
    # Its compiler is still there and will go on later: nobody waits for it, nothing of it is used.
    assert all(is_running(pid) for pid in orphans)
    assert len(work_left(own_cache)) == 1
    output, log = finish(start("retried", CC="gcc", CPPMAGIC_LOCK_TIMEOUT="1"))
    assert output == "ready\n8\n", log
    assert "building retried" in log
    assert "waiting" not in log
    gated.open(point)
    wait_until(lambda: not any(is_running(pid) for pid in orphans))
    assert work_left(own_cache) == []
    assert finish(start("retried", CC="gcc")) == ("ready\n8\n", "")


def test_with_the_same_compiler_too_a_killed_builders_lock_is_free(
    project: Path, own_cache: Path, gated: GatedCompiler, start: Start
) -> None:
    write(project / "relocked.c", c_module("relocked", 9))
    gated.close("linked")
    builder = start("relocked")
    gated.wait_until_reached("linked")
    waiter = start("relocked", CPPMAGIC_LOCK_TIMEOUT="30")
    assert waiter.stdout is not None
    assert waiter.stdout.readline() == "ready\n"
    builder.kill()
    wait_until(lambda: len(gated.reached("linked")) == 2)  # the one who waited builds now
    gated.open("linked")
    assert finish(waiter)[0] == "9\n"
    assert len(artifacts(own_cache)) == 1


@pytest.mark.parametrize("point", ["compile", "link"])
def test_ctrl_c_while_building_ends_the_compiler_and_the_next_run_works(
    project: Path, own_cache: Path, gated: GatedCompiler, start: Start, point: str
) -> None:
    write(project / "stopped.c", c_module("stopped", 3))
    gated.close(point)
    builder = start("stopped")
    compilers = gated.wait_until_reached(point)
    builder.send_signal(signal.SIGINT)
    _, log = finish(builder)
    assert "KeyboardInterrupt" in log
    assert builder.returncode == -signal.SIGINT
    wait_until(lambda: not any(map(is_running, compilers)), 10)
    assert os.listdir(own_cache / "v1" / "work") == []
    assert artifacts(own_cache) == []
    gated.open(point)
    assert finish(start("stopped"))[0] == "ready\n3\n"


def test_after_ctrl_c_the_same_process_can_import_it(
    project: Path, gated: GatedCompiler, start: Start
) -> None:
    script = """\
import sys
sys.path.insert(0, sys.argv[1])
import cppmagic.import_hook
try:
    import patient
except KeyboardInterrupt:
    print("patient" in sys.modules, flush=True)
sys.stdin.readline()
import patient
print(patient.value())
"""
    write(project / "patient.c", c_module("patient", 2))
    write(project / "extra.c", "int extra;\n")
    text = (project / "patient.c").read_text() + "// <% cfg['sources'] = ['extra.c'] %>\n"
    write(project / "patient.c", text)
    gated.close("compile")
    builder = start("patient", script, CPPMAGIC_JOBS="2")
    wait_until(lambda: len(gated.reached("compile")) == 2)  # two units: they compile in threads
    builder.send_signal(signal.SIGINT)
    assert builder.stdout is not None
    assert builder.stdout.readline() == "False\n"
    wait_until(lambda: not any(map(is_running, gated.reached("compile"))), 10)
    gated.open("compile")
    assert finish(builder) == ("2\n", "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter_client's
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_two_kernels_with_different_flags_at_once_get_each_its_own(
    tmp_path: Path, own_cache: Path
) -> None:
    """The same module, the same cache, the same moments; one object of both is shared, two not."""
    (tmp_path / "same.c").write_text("int same(void) { return 100; }\n")
    (tmp_path / "own.c").write_text("int own(void) { return OWN; }\n")
    kernels = [Kernel(cwd=str(tmp_path), env=dict(os.environ)) for _ in range(2)]
    before = "int same(void); int own(void);\n"
    try:
        for edit in range(4):
            text = before + c_module("both", f"same() * 100 + own() * 10 + {edit}")
            text += "<% cfg['sources'] = ['same.c', 'own.c'] %>"
            cells = [
                f"%%cppimport both --lang c -D OWN={number} -O {number}\n{text}"
                for number in (1, 2)
            ]
            sent = [kernel.send(cell) for kernel, cell in zip(kernels, cells, strict=True)]
            for kernel, message in zip(kernels, sent, strict=True):
                assert kernel.collect(message).error == ""
            values = [kernel.run("both.value()").result for kernel in kernels]
            assert values == [str(10_000 + number * 10 + edit) for number in (1, 2)]
    finally:
        for kernel in kernels:
            kernel.stop()
