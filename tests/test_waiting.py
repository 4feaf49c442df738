"""A build that takes longer than a moment says what it does, and leaves no trace."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from conftest import c_module
from kernel import FROM_JUPYTER, Kernel
from test_output import Terminal, environment

pytestmark = FROM_JUPYTER

LINE = r"(compiling|linking|annotating) \w+( \d/\d)? \.\.\. \d+\.\d s"


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A compiler that takes its time."""
    path = tmp_path / "slow-cc"
    path.write_text('#!/bin/sh\ncase "$*" in *" -c "*|*" -S "*) sleep 1;; esac\nexec gcc "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def kernel(tmp_path: Path, own_cache: Path) -> Iterator[Kernel]:
    running = Kernel(cwd=str(tmp_path), env=environment(own_cache))
    yield running
    running.stop()


def shown(kernel: Kernel, code: str) -> list[tuple[str, Any]]:
    """Run a cell; return the kind of each message, and the text of those that show something."""
    message_id = kernel.send(code)
    found: list[tuple[str, Any]] = []
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != message_id:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            return [item for item in found if item[0] not in ("status", "execute_input")]
        data = content.get("data", {})
        found.append((kind, content.get("text", data.get("text/plain", content.get("ename")))))


def test_a_notebook_shows_the_build_in_place_and_then_nothing(kernel: Kernel, slow: Path) -> None:
    cell = f"%%cppimport one --lang c --compiler {slow}\n" + c_module("one")
    found = shown(kernel, cell)
    kinds = [kind for kind, _ in found]
    assert kinds[0] == "display_data"
    assert set(kinds[1:-1]) == {"update_display_data"}
    assert kinds[-1] == "clear_output"
    assert re.fullmatch(LINE, found[0][1])
    assert float(found[0][1].split()[-2]) >= 0.4
    assert found[0][1] != found[1][1]
    assert kernel.run("one.value()").result == "1"
    assert shown(kernel, cell) == []  # nothing to build


def test_a_cell_that_waits_twice_leaves_no_trace_either(kernel: Kernel, slow: Path) -> None:
    cell = f"%%cppimport one --lang c -a --compiler {slow}\n" + c_module("one")
    found = shown(kernel, cell)
    kinds = [kind for kind, _ in found if kind != "update_display_data"]
    waited = ["display_data", "clear_output"]
    assert kinds == [*waited, *waited, "display_data"]
    assert any(re.fullmatch(LINE, text) and "annotating" in text for _, text in found if text)
    assert found[-1][1].startswith("In[")


def test_a_failure_is_shown_without_it(kernel: Kernel, slow: Path) -> None:
    found = shown(kernel, f"%%cppimport one --lang c --compiler {slow}\nint a")
    assert [kind for kind, _ in found][-3:] == ["clear_output", "display_data", "error"]


def test_what_the_cell_printed_before_stays(kernel: Kernel, slow: Path, tmp_path: Path) -> None:
    (tmp_path / "filed.c").write_text(c_module("filed"))
    code = (
        f"import cppmagic; cppmagic.settings.compiler = {str(slow)!r}\n"
        "print('before'); filed = cppmagic.imp('filed'); print('after')"
    )
    found = shown(kernel, code)
    assert found[0] == ("stream", "before\n")
    assert found[1][0] == "display_data"
    assert found[-2:] == [("update_display_data", ""), ("stream", "after\n")]


def test_captured_output_has_nothing_of_it(kernel: Kernel, slow: Path, tmp_path: Path) -> None:
    (tmp_path / "filed.c").write_text(c_module("filed"))
    kernel.run(f"import cppmagic; cppmagic.settings.compiler = {str(slow)!r}")
    assert shown(kernel, "%%capture captured\nfiled = cppmagic.imp('filed')") == []
    assert kernel.run("len(captured.outputs), captured.stdout, captured.stderr").result == (
        "(0, '', '')"
    )


def test_a_saved_notebook_has_nothing_of_it(slow: Path, tmp_path: Path, own_cache: Path) -> None:
    notebook = nbformat.v4.new_notebook()
    for text in (
        "%load_ext cppmagic",
        f"%%cppimport one --lang c --compiler {slow}\n" + c_module("one"),
        "one.value()",
    ):
        notebook.cells.append(nbformat.v4.new_code_cell(text))
    client = nbclient.NotebookClient(
        notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env=environment(own_cache))
    assert [cell.outputs for cell in notebook.cells[:2]] == [[], []]
    assert notebook.cells[2].outputs[0].data["text/plain"] == "1"


def test_a_terminal_shows_it_in_one_line(slow: Path, tmp_path: Path, own_cache: Path) -> None:
    (tmp_path / "cell.c").write_text(c_module("one"))
    terminal = Terminal(tmp_path, own_cache)
    try:
        terminal.run("%load_ext cppmagic")
        magic = f"run_cell_magic('cppimport', 'one --lang c --compiler {slow}'"
        text = terminal.run(f"get_ipython().{magic}, open('cell.c').read())")
        pictures = text.split("\r\x1b[K")
        assert pictures[0] == ""
        assert pictures[-1] == ""  # erased, and the prompt follows
        assert len(pictures) > 3
        assert all(re.fullmatch(LINE, picture) for picture in pictures[1:-1])
        assert "1" in terminal.run("one.value()")
    finally:
        terminal.end()
