"""A real kernel for tests: cells go in, what a user would see comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

FROM_JUPYTER = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
"""For `pytestmark`: warnings of jupyter_client and zmq, which are errors elsewhere."""


@dataclass
class Shown:
    """What one cell showed.

    Attributes:
        stdout, stderr: streams.
        result: the text of the last expression, "" without one.
        error: name of the exception, "" without one.
        message: its text.
        traceback: what is shown of it, without colours.
        displayed: bundles that were displayed.
    """

    stdout: str = ""
    stderr: str = ""
    result: str = ""
    error: str = ""
    message: str = ""
    traceback: str = ""
    displayed: list[dict[str, Any]] = field(default_factory=list)


class Kernel:
    """A running kernel with the extension loaded."""

    def __init__(self, **arguments: Any) -> None:
        self.manager: KernelManager
        self.client: BlockingKernelClient
        self.manager, self.client = start_new_kernel(kernel_name="python3", **arguments)
        assert self.run("%load_ext cppmagic") == Shown()

    def send(self, code: str) -> str:
        """Start a cell and return its message id."""
        return self.client.execute(code)

    def run(self, code: str, timeout: float = 180) -> Shown:
        """Run a cell to its end."""
        return self.collect(self.send(code), timeout)

    def collect(self, message_id: str, timeout: float = 180) -> Shown:
        """Gather what a started cell shows until the kernel is idle again."""
        shown = Shown()
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=timeout)
            except Empty:
                raise AssertionError(f"the cell did not end; so far: {shown}") from None
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                setattr(shown, content["name"], getattr(shown, content["name"]) + content["text"])
            elif kind == "execute_result":
                shown.result = content["data"]["text/plain"]
            elif kind == "display_data":
                shown.displayed.append(content["data"])
            elif kind == "clear_output":  # of a long build, which showed how long it takes
                shown.stdout = shown.stderr = ""
                shown.displayed.clear()
            elif kind == "error":
                shown.error, shown.message = content["ename"], content["evalue"]
                shown.traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"]))
            elif kind == "status" and content["execution_state"] == "idle":
                return shown

    def reply(self, message_id: str, timeout: float = 180) -> dict[str, Any]:
        """Return what the kernel answers when a cell has ended: what programs are given."""
        while True:
            message = self.client.get_shell_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == message_id:
                content: dict[str, Any] = message["content"]
                return content

    def stop(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
