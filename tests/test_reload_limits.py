"""There is no limit to the number of versions, and threads are safe."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from conftest import Script, pybind11_module

import cppmagic
from cppmagic import pipeline
from cppmagic.modules import live
from cppmagic.modules.register import KEY_LENGTH
from cppmagic.modules.version import load
from cppmagic.source import Source

MANY = """
import gc, json, os, sys, time
from dataclasses import replace
from cppmagic import pipeline
from cppmagic.modules import live, version
from cppmagic.modules.register import KEY_LENGTH
from cppmagic.source import Source

path, count = sys.argv[1], int(sys.argv[2])
text = open(path).read()
source = Source("many", text, path, "In[1]", os.path.dirname(path), "c++")
artifact = pipeline.obtain(source)
library = open(artifact.library, "rb").read()
own = artifact.fingerprint[:KEY_LENGTH].encode()
assert own in library

def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def edit(number):
    # As a build does it: the same library, named after another fingerprint.
    fingerprint = f"{number:032x}"[::-1]
    copy = os.path.join(os.path.dirname(path), f"v{number}", os.path.basename(artifact.library))
    os.mkdir(os.path.dirname(copy))
    with open(copy, "wb") as file:
        file.write(library.replace(own, fingerprint[:KEY_LENGTH].encode()))
    started = time.perf_counter()
    made = version.load(replace(artifact, fingerprint=fingerprint, library=copy))
    live.publish(made, source, module)
    times.append(time.perf_counter() - started)

module, times, first = live.new("many"), [], None
for number in range(1, count + 1):
    edit(number)
    thing = module.module.Thing()
    assert module.module.read(thing) == 1 and module.module.released(thing) == 1
    if number == 1:
        first, read = thing, module.module.read
    if number == 100:
        before = resident()
after = resident()
assert read(first) == 1
try:
    module.module.read(first)
except TypeError as error:
    assert f"version 1 of many and was given to code of version {count}" in str(error)
else:
    raise SystemExit("taken for a Thing of its own")
times.sort()
half = len(times) // 2
print(json.dumps({
    "library": len(library), "per_version": (after - before) / (count - 100),
    "median": times[half],
}))
"""

THING = pybind11_module(
    "many",
    'py::class_<Thing>(m, "Thing").def(py::init<>()).def_readwrite("a", &Thing::a);'
    'm.def("read", [](const Thing& thing) { return thing.a; });'
    'm.def("released", [](py::object thing) {'
    "    py::gil_scoped_release release;"
    "    { py::gil_scoped_acquire acquire; return thing.cast<const Thing&>().a; }"
    "});",
    "struct Thing { int a = 1; };",
)


def test_more_versions_than_the_system_has_keys(tmp_path: Path, run_python: Script) -> None:
    path = tmp_path / "many.cpp"
    path.write_text(THING)
    done = run_python(MANY, str(path), "1200")
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["per_version"] <= measured["library"] + 64 * 1024
    assert measured["median"] < 0.02


@pytest.fixture
def busy(tmp_path: Path) -> Callable[[int], ModuleType]:
    """Import a module that calls back, at a version."""

    def imported(number: int) -> ModuleType:
        path = tmp_path / "busy.cpp"
        path.write_text(BUSY.replace("VERSION", str(number)) + "<% cfg['optimize'] = '0' %>")
        return cppmagic.imp_from_filepath(path)

    return imported


BUSY = pybind11_module(
    "busy",
    """
    m.def("call", [](py::function inside) { inside(); return version() + part(); });
    m.def("wait", [] {
        py::gil_scoped_release release;
        waiting = true;
        while (!go) std::this_thread::yield();
        return version() + part();
    });
    m.def("is_waiting", [] { return waiting.load(); });
    m.def("let_go", [] { go = true; });
    m.def("meet", [] {
        py::gil_scoped_release release;
        // Only when two threads are inside at once can either of them leave in time.
        std::unique_lock<std::mutex> lock(mutex);
        ++inside;
        changed.notify_all();
        return changed.wait_for(lock, std::chrono::seconds(30), [] { return inside >= 2; });
    });
    """,
    """
    #include <atomic>
    #include <chrono>
    #include <condition_variable>
    #include <mutex>
    #include <thread>
    static std::atomic<bool> go{false}, waiting{false};
    static std::mutex mutex;
    static std::condition_variable changed;
    static int inside = 0;
    int version() { return VERSION; }
    int part() { return 10 * VERSION; }
    """,
)


class Running(threading.Thread):
    """A thread that keeps what its function returns or raises."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        super().__init__(daemon=True)
        self._call = (function, arguments)
        self.outcome: object = None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self._call[0](*self._call[1])
        except BaseException as error:
            self.outcome = error


def test_a_rerun_while_threads_are_inside_of_the_old_version(
    busy: Callable[[int], ModuleType],
) -> None:
    module = busy(1)
    old_is_waiting, old_let_go = module.is_waiting, module.let_go
    entered, leave = threading.Event(), threading.Event()

    def inside() -> None:
        entered.set()
        assert leave.wait(120)

    calling, waiting = Running(module.call, inside), Running(module.wait)
    assert entered.wait(60)
    while not old_is_waiting():
        assert waiting.is_alive()
    assert busy(2) is module
    assert (module.call(lambda: None), module.is_waiting()) == (22, False)
    module.let_go()  # the new version's own
    assert module.wait() == 22
    assert calling.is_alive()
    assert waiting.is_alive()
    leave.set()
    old_let_go()
    calling.join(60)
    waiting.join(60)
    assert (calling.outcome, waiting.outcome) == (11, 11)


def test_functions_that_release_the_gil_run_in_parallel(
    busy: Callable[[int], ModuleType],
) -> None:
    module = busy(1)
    threads = [Running(module.meet) for _ in range(2)]
    for thread in threads:
        thread.join(60)
    assert [thread.outcome for thread in threads] == [True, True]


def test_threads_that_call_while_versions_change_always_get_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "many.cpp"
    path.write_text(THING)
    source = Source("many", THING, str(path), str(path), str(tmp_path), "c++")
    artifact = pipeline.obtain(source)
    library = Path(artifact.library).read_bytes()
    own = artifact.fingerprint[:KEY_LENGTH].encode()
    known = live.new("many")
    live.publish(load(artifact), source, known)
    module, stop = known.module, threading.Event()

    def work() -> int:
        count = 0
        while not stop.is_set():
            thing_class, read = module.Thing, module.read
            thing = thing_class()
            try:
                assert read(thing) == 1
            except TypeError as error:  # a new version came between the two names
                assert "many" in str(error)  # noqa: PT017
            assert thing.a == 1
            count += 1
        return count

    threads = [Running(work) for _ in range(2)]
    for number in range(1, 41):
        fingerprint = f"{number:031x}f"[::-1]
        copy = tmp_path / f"v{number}" / os.path.basename(artifact.library)
        copy.parent.mkdir()
        copy.write_bytes(library.replace(own, fingerprint[:KEY_LENGTH].encode()))
        made = replace(artifact, fingerprint=fingerprint, library=str(copy))
        live.publish(load(made), source, known)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert all(isinstance(thread.outcome, int) for thread in threads), [
        thread.outcome for thread in threads
    ]
    assert module.read(module.Thing()) == 1
