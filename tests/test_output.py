"""What C++ writes: in the cell that called it, in order with what Python prints."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from kernel import FROM_JUPYTER, Kernel, Shown
from talk_source import TALK

pytestmark = FROM_JUPYTER

IN_ORDER = (
    "print('a'); talk.printf('b'); talk.cout('c\\n'); print('d', end=''); talk.puts('e'); "
    "talk.cout('f'); print('g'); talk.printf('h')"
)


def environment(cache: Path) -> dict[str, str]:
    """Return what a user's kernel has: told of pytest, ipykernel leaves the descriptors alone."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**rest, "CPPMAGIC_CACHE_DIR": str(cache)}


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Kernel]:
    """A kernel with the module `talk`."""
    place = tmp_path_factory.mktemp("talking")
    running = Kernel(cwd=str(place), env=environment(shared_cache))
    assert running.run("%%cppimport talk -q\n" + TALK) == Shown(stdout="loaded\n")
    yield running
    running.stop()


def messages(kernel: Kernel, code: str) -> list[tuple[str, str]]:
    """Run a cell and return what it shows, message by message; streams are joined."""
    found: list[tuple[str, str]] = []
    message_id = kernel.send(code)
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != message_id:
            continue
        if kind == "status" and content["execution_state"] == "idle":
            return found
        if kind == "stream":
            if found and found[-1][0] == content["name"]:
                found[-1] = (content["name"], found[-1][1] + content["text"])
            else:
                found.append((content["name"], content["text"]))
        elif kind in ("display_data", "execute_result"):
            found.append((kind, content["data"]["text/plain"]))
        elif kind == "error":
            found.append((kind, content["ename"]))


def test_what_cpp_and_python_write_is_in_order(talking: Kernel) -> None:
    assert talking.run(IN_ORDER) == Shown(stdout="a\nbc\nde\nfg\nh")
    shown = talking.run(
        "import sys\nprint(1, file=sys.stderr); talk.cerr('2'); talk.stderr('3\\n')\n"
        "print(4, file=sys.stderr); talk.cerr('5')"
    )
    assert shown == Shown(stderr="1\n23\n4\n5")


def test_many_writes_stay_in_order(talking: Kernel) -> None:
    code = "for i in range(2000): print(f'p{i}'); talk.printf(f'c{i}\\n')"
    assert talking.run(code).stdout == "".join(f"p{i}\nc{i}\n" for i in range(2000))


def test_output_comes_before_the_result_the_error_and_the_figure_that_follow(
    talking: Kernel,
) -> None:
    assert messages(talking, "talk.cout('x'); 5") == [("stdout", "x"), ("execute_result", "5")]
    assert messages(talking, "print('a'); talk.fails()") == [
        ("stdout", "a\nbefore it fails"),
        ("error", "ValueError"),
    ]
    shown = messages(talking, "talk.printf('a'); display(1); talk.printf('b'); display(2)")
    assert shown == [
        ("stdout", "a"),
        ("display_data", "1"),
        ("stdout", "b"),
        ("display_data", "2"),
    ]


def test_threads_and_child_processes_keep_their_place(talking: Kernel) -> None:
    assert talking.run("print(1); talk.in_thread('2'); print(3); talk.in_thread('4')") == Shown(
        stdout="1\n23\n4"
    )
    shown = talking.run(
        "import subprocess\n"
        "print(1); talk.printf('2\\n'); subprocess.run(['echo', '3']); print(4)\n"
        "talk.printf('5\\n'); _ = subprocess.run('echo 6; echo 7 > /dev/stderr', shell=True)"
    )
    assert shown == Shown(stdout="1\n2\n3\n4\n5\n6\n", stderr="7\n")


def test_forked_children_are_heard_once(talking: Kernel) -> None:
    shown = talking.run(
        "import multiprocessing\n"
        "talk.printf('before ')\n"
        "child = multiprocessing.get_context('fork').Process(target=talk.printf, args=('C++ ',))\n"
        "child.start(); child.join(); print('after')\n"
        "child = multiprocessing.get_context('fork').Process(target=print, args=('Python',))\n"
        "child.start(); child.join(); talk.printf('end')"
    )
    assert shown.error == "", shown.traceback
    assert shown.stdout.startswith("before C++ after\n")
    words = ("before", "C++", "after", "Python", "end")
    assert [shown.stdout.count(word) for word in words] == [1] * 5
    assert talking.run("import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait(); print(1)") == (
        Shown(stdout="1\n")
    )


def test_what_comes_while_the_cell_runs_is_shown_at_once(talking: Kernel, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    message_id = talking.send(f"talk.meanwhile('now', {str(opened)!r}); print('then')")
    text = ""
    while text != "now\n":
        message = talking.client.get_iopub_msg(timeout=60)
        text += message["content"]["text"] if message["msg_type"] == "stream" else ""
    opened.touch()
    assert talking.collect(message_id) == Shown(stdout="then\n")


def test_a_thread_that_goes_on_after_the_cell_is_heard(talking: Kernel, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    assert talking.run(f"talk.later('late', {str(opened)!r})") == Shown()
    opened.touch()
    text = ""
    while text != "late\n":
        message = talking.client.get_iopub_msg(timeout=60)
        text += message["content"]["text"] if message["msg_type"] == "stream" else ""


def test_captured_with_pythons_output_and_in_order(talking: Kernel) -> None:
    captured = "%%capture captured\n" + IN_ORDER + "; talk.cerr('E')"
    assert talking.run(captured) == Shown()
    shown = talking.run("print((captured.stdout, captured.stderr))")
    assert shown.stdout == repr(("a\nbc\nde\nfg\nh", "E")) + "\n"
    shown = talking.run(
        "import contextlib, io\n"
        "from IPython.utils.capture import capture_output\n"
        "text, errors = io.StringIO(), io.StringIO()\n"
        "talk.printf('<')\n"
        "with contextlib.redirect_stdout(text), contextlib.redirect_stderr(errors):\n"
        "    print(1); talk.printf('2'); print(3); talk.cout('4'); talk.cerr('E')\n"
        "talk.printf('>')\n"
        "with capture_output() as captured:\n"
        "    talk.printf('5'); print(6); talk.printf('7')\n"
        "print(); print((text.getvalue(), errors.getvalue(), captured.stdout))"
    )
    assert shown == Shown(stdout="<>\n" + repr(("1\n23\n4", "E", "56\n7")) + "\n")
    assert talking.run("get_ipython().run_cell('print(1); talk.printf(\"2\")'); print(3)") == Shown(
        stdout="1\n23\n"
    )


def test_who_holds_the_stream_keeps_its_place_too(talking: Kernel) -> None:
    talking.run(
        "import logging\nlog = logging.getLogger('held'); log.propagate = False\n"
        "log.addHandler(logging.StreamHandler())"
    )
    code = "talk.cerr('a\\n'); log.warning('b'); talk.cerr('c\\n'); log.warning('d')"
    assert talking.run(code) == Shown(stderr="a\nb\nc\nd\n")


def test_a_redirection_that_cannot_take_the_text_loses_nothing(talking: Kernel) -> None:
    shown = talking.run(
        "closed = io.StringIO(); closed.close()\n"
        "with contextlib.redirect_stdout(closed):\n    talk.printf('kept')\n"
        "with contextlib.redirect_stdout(None):\n    talk.printf('dropped')\n"
    )
    assert shown == Shown(stdout="kept")


def test_a_hundred_megabytes_from_a_function_that_keeps_the_gil(talking: Kernel) -> None:
    assert talking.run("%%capture captured\ntalk.much(100_000)", timeout=60) == Shown()
    assert talking.run("len(captured.stdout)").result == "100000000"
    shown = talking.run("talk.much(5_000); print('end')", timeout=60)
    assert shown.stdout == ("x" * 999 + "\n") * 5000 + "end\n"


def test_characters_come_whole_and_wrong_ones_are_marked(talking: Kernel) -> None:
    shown = talking.run("talk.bytes(b'\\xc3'); display(1); talk.bytes(b'\\xa9\\n'); print(2)")
    assert shown.stdout == "é\n2\n"
    assert talking.run("talk.bytes(b'caf\\xe9')").stdout == "caf\N{REPLACEMENT CHARACTER}"
    assert talking.run("talk.printf('next')").stdout == "next"


def test_a_cout_with_a_buffer_of_its_own_is_flushed(tmp_path: Path, shared_cache: Path) -> None:
    # sync_with_stdio(false) holds for the whole process: a kernel of its own, ended politely.
    kernel = Kernel(cwd=str(tmp_path), env=environment(shared_cache))
    try:
        kernel.run("%%cppimport talk -q\n" + TALK)
        code = "talk.unshared(); talk.cout('a\\n'); print('b'); talk.cout('c')"
        assert kernel.run(code) == Shown(stdout="a\nb\nc")
    finally:
        kernel.client.shutdown()
        deadline = time.monotonic() + 30
        while kernel.manager.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        ended = not kernel.manager.is_alive()
        kernel.stop()
    assert ended


def test_unloading_gives_everything_back(tmp_path: Path, shared_cache: Path) -> None:
    kernel = Kernel(cwd=str(tmp_path), env=environment(shared_cache))
    state = (
        "import contextlib, os, sys, threading\n"
        "from IPython.utils.capture import capture_output\n"
        "state = [os.fstat(1).st_ino, os.fstat(2).st_ino, 'write' in vars(type(sys.stdout)),\n"
        "    'flush' in vars(sys.stdout), contextlib.redirect_stdout.__enter__,\n"
        "    contextlib.redirect_stdout.__exit__, capture_output.__enter__,\n"
        "    capture_output.__exit__, sys.stdout, sys.stderr, len(os.listdir('/proc/self/task'))]\n"
    )
    try:
        kernel.run(state + "before = state")
        kernel.run("%%cppimport talk -q\n" + TALK)
        kernel.run("talk.printf('x')")
        assert kernel.run(state + "state == before").result == "False"
        kernel.run("import subprocess; child = subprocess.Popen(['cat'], stdin=subprocess.PIPE)")
        assert kernel.run("talk.printf('last')\n%unload_ext cppmagic") == Shown(stdout="last")
        # A child that has our end of the pipe still reaches what was there before.
        ended = kernel.run("child.communicate(b'from the child'); child.returncode")
        assert ended.result == "0"
        shown = kernel.run(
            "import time\ndeadline = time.monotonic() + 20\n"
            "while True:\n"
            + "".join(f"    {line}\n" for line in state.splitlines())
            + "    if state == before or time.monotonic() > deadline: break\n"
            "    time.sleep(0.01)\n"
            "[pair for pair in zip(state, before) if pair[0] != pair[1]]"
        )
        assert shown.result == "[]"
        assert kernel.run("%load_ext cppmagic") == Shown()
        assert kernel.run(IN_ORDER) == Shown(stdout="a\nbc\nde\nfg\nh")
    finally:
        kernel.stop()


def test_without_a_compiler_for_the_pump_nothing_breaks(tmp_path: Path, own_cache: Path) -> None:
    kernel = Kernel(cwd=str(tmp_path), env=environment(own_cache))
    try:
        kernel.run("import cppmagic.pump; cppmagic.pump._SOURCE = '/no/such/pump.c'")
        assert kernel.run("%%cppimport talk -q\n" + TALK).error == ""
        assert kernel.run("print(talk.fails.__name__)") == Shown(stdout="fails\n")
    finally:
        kernel.stop()


# Terminals


class Terminal:
    """IPython in a pseudo-terminal."""

    def __init__(self, place: Path, cache: Path) -> None:
        options = ["--no-banner", "--simple-prompt", "--colors=NoColor", "--no-confirm-exit"]
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *options],
            cwd=str(place),
            env={**environment(cache), "TERM": "dumb"},
            encoding="utf-8",
            timeout=60,
            echo=False,
        )
        self.child.expect(r"In \[1\]: ")

    def run(self, line: str) -> str:
        """Run a line and return what it shows, up to the next prompt."""
        self.child.sendline(line)
        self.child.expect(r"\r?\n?In \[\d+\]: ")
        shown = self.child.before
        assert isinstance(shown, str)
        return shown.replace("\r\n", "\n")

    def end(self) -> None:
        self.child.sendline("exit")
        self.child.expect(pexpect.EOF)
        self.child.close()


@pytest.fixture
def terminal(tmp_path: Path, shared_cache: Path) -> Iterator[Terminal]:
    (tmp_path / "talk.cpp").write_text(TALK)
    running = Terminal(tmp_path, shared_cache)
    yield running
    running.end()


def test_in_a_terminal_in_order_complete_and_captured(terminal: Terminal) -> None:
    terminal.run("%load_ext cppmagic")
    shown = terminal.run("import cppmagic.import_hook, talk")
    assert shown.rpartition("\x1b[K")[2] == "loaded\n"  # a slow machine shows that it waits
    assert terminal.run(IN_ORDER) == "a\nbc\nde\nfg\nh"
    shown = terminal.run("print('a', end=''); talk.cerr('b'); print('c', end=''); talk.fails()")
    assert shown.startswith("abcbefore it fails"), shown
    assert "True" in terminal.run("__import__('os').isatty(1)")
    captured = f"get_ipython().run_cell_magic('capture', 'captured', {IN_ORDER!r})"
    assert terminal.run(captured) == ""
    assert terminal.run("print((captured.stdout,))") == repr(("a\nbc\nde\nfg\nh",)) + "\n"
    assert "True" in terminal.run("__import__('os').isatty(1)")
    assert terminal.run(IN_ORDER) == "a\nbc\nde\nfg\nh"
    assert terminal.run("%unload_ext cppmagic") == ""
    assert terminal.run("print('a'); talk.puts('b')") == "a\nb\n"


PYTEST_FILE = """\
import sys
import cppmagic.import_hook
import talk

def test_order():
    print("a"); talk.printf("b"); talk.cout("c\\n"); print("d", end=""); talk.puts("e")
    talk.cout("f"); print("g"); talk.printf("h")

def test_other():
    talk.printf("other")
    assert "-s" in sys.argv
"""


@pytest.mark.parametrize("option", ["-s", "--capture=fd"])
def test_under_pytest(tmp_path: Path, shared_cache: Path, option: str) -> None:
    (tmp_path / "talk.cpp").write_text(TALK)
    (tmp_path / "test_talk.py").write_text(PYTEST_FILE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", option, "test_talk.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(shared_cache),
        timeout=120,
        check=False,
    )
    if option == "-s":
        assert done.stdout.startswith("loaded\na\nbc\nde\nfg\nh.other."), done.stdout
    else:
        captured = done.stdout.partition("Captured stdout call")[2]
        assert captured.partition("\n")[2].startswith("other\n"), done.stdout
