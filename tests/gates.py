"""A compiler that stops where a test wants it to, and other help with processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_WRAPPER = """\
#!/bin/sh
# A C compiler with gates: `compile` and `link` before, `linked` after the work is done.
gates={gates}
pass() {{
    if [ -p "$gates/$1.gate" ]; then
        # A process of its own, as the compiler proper is one below its driver.
        cat "$gates/$1.gate" > /dev/null 2>&1 &
        echo $! >> "$gates/$1.reached"
        wait $!
    fi
}}
case " $* " in
    *" -x c "*) exec {compiler} "$@" ;;  # when it is asked what it is and can
    *" -c "*) pass compile; exec {compiler} "$@" ;;
    *" -shared "*) pass link; {compiler} "$@" || exit; pass linked; exit 0 ;;
    *) exec {compiler} "$@" ;;
esac
"""


class GatedCompiler:
    """A real C compiler behind a script. At a closed gate, it waits until the test opens it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.path = directory / "gated"
        compiler = shutil.which("gcc") or shutil.which("cc")
        self.path.write_text(_WRAPPER.format(gates=f"'{directory}'", compiler=compiler))
        self.path.chmod(0o755)

    def close(self, gate: str) -> None:
        """Let the compiler stop at `compile`, `link` or `linked`."""
        os.mkfifo(self.directory / f"{gate}.gate")

    def open(self, gate: str) -> None:
        """Let all that wait go on, and nobody wait any more."""
        path = self.directory / f"{gate}.gate"
        if path.exists():
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            path.unlink()
            os.close(descriptor)

    def reached(self, gate: str) -> list[int]:
        """The processes that came to the gate while it was closed and wait there."""
        path = self.directory / f"{gate}.reached"
        return [int(word) for word in path.read_text().split()] if path.exists() else []

    def wait_until_reached(self, gate: str) -> list[int]:
        """Wait until a process stands at the gate."""
        wait_until(lambda: bool(self.reached(gate)))
        return self.reached(gate)

    def end(self) -> None:
        """Leave no process behind."""
        for gate in ("compile", "link", "linked"):
            for pid in self.reached(gate):
                if is_running(pid):
                    os.kill(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for an event of another process; fail if it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    """Whether a process exists and is more than a zombie that nobody has waited for."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def obeying_modes(command: list[str]) -> list[str]:
    """The command for a process that file modes bind: root's could write anywhere."""
    if os.geteuid() != 0:
        return command
    without = "-dac_override,-dac_read_search"
    return ["setpriv", "--bounding-set", without, "--inh-caps", without, *command]


def finish(process: subprocess.Popen[str], seconds: float = 120) -> tuple[str, str]:
    """Wait for a process and return what it printed; it is killed when it takes too long."""
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def hear_ctrl_c() -> None:
    """For `preexec_fn`: a process started in the background would ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
