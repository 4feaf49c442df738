"""Progress bars of C++ loops, and interrupts that reach them, whatever the thread and binding."""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType

import pytest
from gates import wait_until
from kernel import FROM_JUPYTER, Kernel, Shown
from test_output import environment

import cppmagic

pytestmark = FROM_JUPYTER

# Loops that never end by themselves. The callback tells that one has begun.
LOOPS = r"""
struct Tracer {
    ~Tracer() { unwound++; }
    static int unwound;
};
int Tracer::unwound = 0;

static void loop() {
    Tracer tracer;
    for (;;) cppmagic::check_interrupt();
}
static void bar_loop() {
    Tracer tracer;
    for (auto i : cppmagic::progress(1L << 60, "endless")) (void)i;
}
static void thread_loop() { std::async(std::launch::async, loop).get(); }
static void asking_loop() {
    Tracer tracer;
    while (!cppmagic::interrupt_requested()) {}
    cppmagic::check_interrupt();
    throw std::logic_error("nothing was requested");
}
static const std::map<std::string, void (*)()> loops = {
    {"loop", loop}, {"bar", bar_loop}, {"thread", thread_loop}, {"asking", asking_loop}};
"""

RAW = (
    r"""// cppmagic
#include <cppmagic/progress.hpp>
#include <future>
#include <map>
#include <numeric>
#include <thread>
#include <vector>
"""
    + LOOPS
    + r"""
static PyObject *run(PyObject *, PyObject *arguments) {
    const char *name;
    int keeps_gil;
    PyObject *begun;
    if (!PyArg_ParseTuple(arguments, "siO", &name, &keeps_gil, &begun)) return nullptr;
    PyObject *told = PyObject_CallNoArgs(begun);
    if (told == nullptr) return nullptr;
    Py_DECREF(told);
    PyThreadState *state = keeps_gil ? nullptr : PyEval_SaveThread();
    try {
        loops.at(name)();
    } catch (const cppmagic::interrupted &stop) {
        if (state) PyEval_RestoreThread(state);
        stop.restore();
        return nullptr;
    }
    return nullptr;
}
static PyObject *unwound(PyObject *, PyObject *) { return PyLong_FromLong(Tracer::unwound); }
static PyObject *quiet(PyObject *, PyObject *steps) {
    long sum = 0;
    for (long i = PyLong_AsLong(steps); i > 0; i--) {
        cppmagic::check_interrupt();
        sum += i;
    }
    return PyLong_FromLong(sum);
}
static PyObject *bars(PyObject *, PyObject *) {
    auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); };
    long sum = 0;
    for (auto i : cppmagic::progress(300, "counted")) { pause(); sum += i; }
    std::vector<int> values(20, 1);
    for (auto &value : cppmagic::progress(values, "elements")) value = 2;
    for (auto value : cppmagic::progress(values)) sum += value;
    for (auto i : cppmagic::progress(8u, "left")) if (i == 4) break;
    cppmagic::progress_bar unknown(0, "unknown");
    unknown.update(3);
    unknown.close();
    cppmagic::progress_bar shared(4000, "threads");
    auto part = [&] { for (int i = 0; i < 1000; i++) shared.update(); };
    std::vector<std::future<void>> parts;
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < 3; i++) parts.push_back(std::async(std::launch::async, part));
    for (int i = 0; i < 1000; i++) shared.advance();
    for (auto &item : parts) item.get();
    Py_END_ALLOW_THREADS
    shared.close();
    for (auto i : cppmagic::progress(0, "none")) sum += i;
    return PyLong_FromLong(sum);
}
static PyMethodDef methods[] = {
    {"run", run, METH_VARARGS, ""}, {"unwound", unwound, METH_NOARGS, ""},
    {"quiet", quiet, METH_O, ""}, {"bars", bars, METH_NOARGS, ""}, {0}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "raw_loops", "", -1, methods};
PyMODINIT_FUNC PyInit_raw_loops(void) { return PyModule_Create(&definition); }
"""
)

# The header comes before pybind11's; one loop is in a unit that knows nothing of pybind11.
PYBIND11 = (
    r"""// cppmagic
#include <cppmagic/progress.hpp>
#include <future>
#include <map>
#include <pybind11/functional.h>
"""
    + LOOPS
    + r"""
void elsewhere();
void run(const std::string &name, bool keeps_gil, std::function<void()> begun) {
    begun();
    auto loop = name == "elsewhere" ? elsewhere : loops.at(name);
    if (keeps_gil) return loop();
    pybind11::gil_scoped_release released;
    loop();
}
PYBIND11_MODULE(bound_loops, m) {
    m.def("run", &run);
    m.def("unwound", [] { return Tracer::unwound; });
}
<%
cfg['sources'] = ['elsewhere.cpp']
%>
"""
)
ELSEWHERE = """\
#include <cppmagic/interrupt.hpp>
void elsewhere() { for (;;) cppmagic::check_interrupt(); }
"""

NANOBIND = (
    r"""// cppmagic
#include <cppmagic/progress.hpp>
#include <future>
#include <map>
#include <nanobind/nanobind.h>
"""
    + LOOPS
    + r"""
namespace nb = nanobind;
void run(const char *name, bool keeps_gil, nb::callable begun) {
    begun();
    auto loop = loops.at(name);
    if (keeps_gil) return loop();
    nb::gil_scoped_release released;
    loop();
}
NB_MODULE(nano_loops, m) {
    cppmagic::translate_interrupts();
    m.def("run", &run);
    m.def("unwound", [] { return Tracer::unwound; });
}
<%
setup_nanobind(cfg)
%>
"""
)


def build(project: Path, name: str, text: str) -> ModuleType:
    (project / f"{name}.cpp").write_text(text)
    return cppmagic.imp(name)


@pytest.fixture
def raw(project: Path) -> ModuleType:
    return build(project, "raw_loops", RAW)


@pytest.fixture
def bound(project: Path) -> ModuleType:
    (project / "elsewhere.cpp").write_text(ELSEWHERE)
    return build(project, "bound_loops", PYBIND11)


@pytest.fixture
def nano(project: Path) -> ModuleType:
    return build(project, "nano_loops", NANOBIND)


class CtrlC:
    """Presses Ctrl-C from another process (a loop may keep the GIL) when a loop has begun.

    Again and again, but slowly: a thread that had not begun when it was pressed does not hear it.
    """

    def __init__(self) -> None:
        script = f"read begun; while sleep 0.3; do kill -INT {os.getpid()}; done"
        self._process = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE)

    def begun(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()

    def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()


@pytest.fixture
def ctrl_c() -> Iterator[CtrlC]:
    presses = CtrlC()
    yield presses
    presses.end()


def check(module: ModuleType, loop: str, keeps_gil: bool, ctrl_c: CtrlC) -> None:
    """Run a loop until it is interrupted, and see that it was unwound."""
    before = module.unwound()
    with pytest.raises(KeyboardInterrupt):
        module.run(loop, keeps_gil, ctrl_c.begun)
    ctrl_c.end()
    assert module.unwound() == before + (loop != "elsewhere")


@pytest.mark.parametrize("keeps_gil", [True, False])
@pytest.mark.parametrize("loop", ["loop", "bar", "thread", "asking"])
def test_ctrl_c_ends_a_loop_and_unwinds_it(
    raw: ModuleType, ctrl_c: CtrlC, loop: str, keeps_gil: bool
) -> None:
    check(raw, loop, keeps_gil, ctrl_c)


@pytest.mark.parametrize("loop", ["bar", "thread", "elsewhere"])
def test_ctrl_c_with_pybind11(bound: ModuleType, ctrl_c: CtrlC, loop: str) -> None:
    check(bound, loop, False, ctrl_c)


@pytest.mark.parametrize("loop", ["bar", "thread"])
def test_ctrl_c_with_nanobind(nano: ModuleType, ctrl_c: CtrlC, loop: str) -> None:
    check(nano, loop, False, ctrl_c)


def test_a_loop_in_a_python_thread_ends_too(raw: ModuleType, ctrl_c: CtrlC) -> None:
    raised: list[BaseException] = []
    caught = threading.Event()  # not join(): interrupted, it takes the thread for ended

    def work() -> None:
        try:
            raw.run("loop", False, ctrl_c.begun)
        except BaseException as error:
            raised.append(error)
            caught.set()

    thread = threading.Thread(target=work)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        threading.Event().wait()
    ctrl_c.end()
    assert caught.wait(60)
    thread.join()
    assert [type(error) for error in raised] == [KeyboardInterrupt]


def test_pythons_signal_handlers_decide(raw: ModuleType, ctrl_c: CtrlC) -> None:
    calls: list[int] = []

    def handler(number: int, frame: FrameType | None) -> None:
        calls.append(number)
        if len(calls) == 2:  # after the first one the loop goes on
            raise ValueError("stop")

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(ValueError, match="stop"):
            raw.run("loop", False, ctrl_c.begun)
        ctrl_c.end()
        assert calls == [signal.SIGINT] * 2
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_of_the_past_ends_no_loop(raw: ModuleType, ctrl_c: CtrlC) -> None:
    check(raw, "loop", False, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert raw.quiet(1000) == 500500
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(raw.quiet(1000)))
    thread.start()
    thread.join()
    assert results == [500500]


def bars(project: Path, before: str = "pass") -> tuple[str, str]:
    """Run the bars in a new process; return what it wrote to its streams, \\r and all."""
    script = f"import cppmagic; module = cppmagic.imp('raw_loops'); {before}; print(module.bars())"
    done = subprocess.run(
        [sys.executable, "-c", "import sys; " + script],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(project)},
        timeout=60,
        check=False,
    )
    return done.stdout.decode(), done.stderr.decode()


def test_bars_tell_how_far_a_loop_is(raw: ModuleType, project: Path) -> None:
    result, shown = bars(project)
    assert result == f"{299 * 150 + 40}\n"
    lines = shown.split("\n")
    last = [line.rpartition("\r")[2].rstrip() for line in lines]
    times = r"\[\d\d:\d\d<00:00, [\d.?]+[kMG]? it/s\]"
    assert re.fullmatch(r"counted: 100%\|##########\| 300/300 " + times, last[0])
    assert last[1].startswith("elements: 100%|##########| 20/20 [")
    assert last[2].startswith("100%|##########| 20/20 [")
    assert last[3].startswith("left:  50%|#####     | 4/8 [")
    assert re.fullmatch(r"unknown: 3 it \[00:00, .* it/s\]", last[4])
    assert last[5].startswith("threads: 100%|##########| 4000/4000 [")
    assert last[6].startswith("none: 0 it [")
    assert last[7:] == [""]
    # Three hundred steps of a millisecond: three pictures of it, and some for a slow machine.
    pictures = lines[0].split("\r")[1:]
    assert 3 <= len(pictures) < 100
    assert re.match(r"counted:   0%\|          \| \d+/300 \[00:00<", pictures[0])


@pytest.mark.parametrize("stream", ["None", "object()"])
def test_a_bar_does_not_mind_how_sys_stderr_is(raw: ModuleType, project: Path, stream: str) -> None:
    assert bars(project, f"sys.stderr = {stream}")[0] == f"{299 * 150 + 40}\n"


@pytest.fixture(scope="module")
def looping(place: Path, shared_cache: Path) -> Iterator[Kernel]:
    """A kernel with the module `raw_loops`."""
    running = Kernel(cwd=str(place), env=environment(shared_cache))
    assert running.run("%%cppimport raw_loops\n" + RAW) == Shown()
    yield running
    running.stop()


def test_kernel_interrupt_reaches_loops_and_the_bar_is_seen(looping: Kernel) -> None:
    for keeps_gil in (1, 0):
        message_id = looping.send(f"raw_loops.run('bar', {keeps_gil}, int)")
        text = ""
        while "endless:   0%|          | " not in text or text.count("\r") < 3:
            message = looping.client.get_iopub_msg(timeout=60)
            if message["msg_type"] == "stream":
                assert message["content"]["name"] == "stderr"
                text += message["content"]["text"]
        looping.manager.interrupt_kernel()
        shown = looping.collect(message_id)
        assert shown.error == "KeyboardInterrupt"
        assert shown.stderr.endswith("]\n")
    assert looping.run("raw_loops.unwound()").result == "2"
    assert looping.run("raw_loops.quiet(10)").result == "55"


@pytest.mark.parametrize("keeps_gil", [1, 0])
@pytest.mark.parametrize("loop", ["loop", "bar", "asking"])
def test_kernel_interrupt_raises_within_a_tenth_of_a_second(
    looping: Kernel, place: Path, loop: str, keeps_gil: int
) -> None:
    # On two processors: 5 to 10 ms, and 15 to 25 ms while six other processes want them.
    assert statistics.median(waits(looping, place, loop, keeps_gil)) < 0.1


def waits(looping: Kernel, place: Path, loop: str, keeps_gil: int) -> Iterator[float]:
    """Interrupt a loop nine times; yield the seconds until the kernel sends the error."""
    begun = place / "begun"
    for _ in range(9):
        begun.unlink(missing_ok=True)
        # A loop that keeps the GIL keeps the kernel's messages, too: a file tells that it runs.
        call = f"raw_loops.run({loop!r}, {keeps_gil}, lambda: open('begun', 'w').close())"
        # Else the kernel would refuse what comes soon after an error: the next call.
        message_id = looping.client.execute(call, stop_on_error=False)
        wait_until(begun.exists)
        pressed = time.monotonic()
        looping.manager.interrupt_kernel()
        while (message := looping.client.get_iopub_msg(timeout=60))["msg_type"] != "error":
            pass
        yield time.monotonic() - pressed
        assert message["content"]["ename"] == "KeyboardInterrupt"
        assert looping.reply(message_id)["status"] == "error"
