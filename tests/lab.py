"""A real JupyterLab or Notebook 7 for tests: a server, a browser, an open notebook.

    with Lab(directory) as lab:
        notebook = lab.open([code("%load_ext cppmagic"), code("1 + 1")])
        notebook.run_all()
        notebook.page.screenshot(path="seen.png")

Nothing waits a fixed time: each method returns when what it asked for has happened.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import ElementHandle, Locator, Page, sync_playwright

TREE = Path(__file__).parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

# Seconds after which what was waited for is taken not to come, on a busy machine too.
_PATIENCE = 180

# A browser for tests has no business in the network.
_BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_SERVER_CONFIG = {
    "ServerApp": {"open_browser": False, "allow_root": True},
    "LabApp": {"expose_app_in_browser": True},
    "JupyterNotebookApp": {"expose_app_in_browser": True},
}

# Nothing pops up that a test did not ask for.
_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

_COLOURS = """
element => Array.from(element.querySelectorAll('.cm-line'), line => {
    const pieces = [];
    const walk = node => {
        if (node.nodeType === Node.TEXT_NODE) {
            const style = getComputedStyle(node.parentElement);
            if (node.data) pieces.push([node.data, style.color, style.fontWeight]);
        } else {
            node.childNodes.forEach(walk);
        }
    };
    walk(line);
    return pieces;
})
"""


@dataclass(frozen=True)
class Piece:
    """A piece of text in an editor and how the browser draws it.

    Attributes:
        text: what is written.
        colour: as the browser computes it: "rgb(0, 128, 0)".
        weight: of the font: "400", or "700" for bold.
    """

    text: str
    colour: str
    weight: str


def code(source: str) -> NotebookNode:
    """Return a code cell."""
    return nbformat.v4.new_code_cell(source)


class Lab:
    """A server with JupyterLab and Notebook 7, and a browser.

    The extension and templates are those of the source tree; the kernel is this Python. What a user
    of this machine has configured plays no part.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        """Start both.

        Args:
            directory: holds the notebooks, and is where their kernels run.
            environment: variables for the server and its kernels, besides those of this process.
        """
        self._close = ExitStack()
        self._directory = directory
        private = directory / ".private"
        private.mkdir(parents=True)
        self._token = uuid.uuid4().hex
        try:
            self._start_server(private, environment or {})
            playwright = self._close.enter_context(sync_playwright())
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=_BROWSER_ARGUMENTS, headless=True
            )
            self._close.callback(browser.close)
            self._context = browser.new_context(viewport={"width": 1000, "height": 900})
            self._context.set_default_timeout(_PATIENCE * 1000)
        except BaseException:
            self._close.close()
            raise

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close.close()

    def open(self, cells: Sequence[NotebookNode] | Path, app: str = "lab") -> OpenNotebook:
        """Open a notebook in a page of its own, and wait until its kernel is ready.

        Args:
            cells: cells, or a notebook's file, of which a copy is opened.
            app: "lab" for JupyterLab, "notebook" for Notebook 7.
        """
        name = uuid.uuid4().hex[:8]
        path = self._directory / f"{name}.ipynb"
        if isinstance(cells, Path):
            shutil.copyfile(cells, path)
        else:
            kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
            notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
            nbformat.write(notebook, path)
        page = self._context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(f"{error.message}\n{error.stack}"))
        # A workspace of its own: JupyterLab would open again what another page has open.
        place = "notebooks" if app == "notebook" else f"lab/workspaces/{name}/tree"
        page.goto(f"{self._url}/{place}/{path.name}?token={self._token}")
        return OpenNotebook(page, path, errors)

    def _start_server(self, private: Path, environment: Mapping[str, str]) -> None:
        (private / "config").mkdir()
        (private / "config/jupyter_server_config.json").write_text(json.dumps(_SERVER_CONFIG))
        for name, values in _SETTINGS.items():
            file = private / f"settings/@jupyterlab/{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(values))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        log = self._close.enter_context((private / "server.log").open("w+"))
        server = subprocess.Popen(
            [
                *[
                    sys.executable,
                    "-m",
                    "jupyterlab",
                    f"--port={port}",
                    "--ServerApp.port_retries=0",
                ],
                *[f"--IdentityProvider.token={self._token}", f"--notebook-dir={self._directory}"],
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=self._directory,
            env={
                **os.environ,
                "JUPYTER_PATH": str(TREE / "share/jupyter"),
                "JUPYTER_CONFIG_DIR": str(private / "config"),
                "JUPYTER_DATA_DIR": str(private / "data"),
                "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
                "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
                "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
                "IPYTHONDIR": str(private / "ipython"),
                **environment,
            },
        )
        self._close.callback(server.wait, timeout=30)
        self._close.callback(server.terminate)
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if server.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise AssertionError(f"JupyterLab did not start:\n{log.read()}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self._url}/api", timeout=5).close()
        except OSError:
            return False
        return True


class OpenNotebook:
    """A notebook that is open in the browser.

    Attributes:
        page: the browser's page, for all that has no method here.
        path: the notebook's file; `save` writes it.
        errors: what was thrown in the page and not caught.
    """

    def __init__(self, page: Page, path: Path, errors: list[str]) -> None:
        self.page = page
        self.path = path
        self.errors = errors
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext")
        page.evaluate(
            """async () => {
                const panel = window.jupyterapp.shell.currentWidget;
                await panel.context.ready;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
            }"""
        )

    def command(self, name: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Run a command of the application's, such as "notebook:restart-kernel", to its end."""
        self.page.evaluate(
            """async ([name, values]) => {
                await window.jupyterapp.commands.execute(name, values);
            }""",
            [name, dict(arguments or {})],
        )

    def start_all(self) -> None:
        """Start to run all cells, and do not wait for their end."""
        self.page.evaluate(
            "() => { void window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )

    def run_all(self) -> None:
        """Run all cells, until the last has ended or one has failed."""
        self.command("notebook:run-all-cells")

    def run_all_to_the_end(self) -> None:
        """Run all cells, those behind a cell that is meant to fail too, until all have ended."""
        self.start_all()
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const cells = panel.content.widgets.filter(cell => cell.model.type === 'code');
                const idle = panel.sessionContext.session.kernel.status === 'idle';
                return idle && cells.every(cell => cell.model.executionCount !== null);
            }"""
        )

    def run(self, index: int) -> None:
        """Run one cell to its end."""
        self.select(index)
        self.command("notebook:run-cell")

    def interrupt(self) -> None:
        """Interrupt the kernel, as the menu does."""
        self.command("notebook:interrupt-kernel")

    def save(self) -> NotebookNode:
        """Save the notebook and return it."""
        self.command("docmanager:save")
        return nbformat.read(self.path, as_version=4)

    def select(self, index: int) -> None:
        """Make a cell the active one, in command mode; negative indices count from the end."""
        self.page.evaluate(
            """index => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.mode = 'command';
                notebook.activeCellIndex = index < 0 ? notebook.widgets.length + index : index;
                notebook.deselectAll();
            }""",
            index,
        )

    def cell(self, index: int) -> Locator:
        """Return a cell, scrolled into view; negative indices count from the end."""
        found = self.page.locator(".jp-Notebook .jp-Cell").nth(index)
        found.scroll_into_view_if_needed()
        return found

    def output(self, index: int) -> Locator:
        """Return the output of a cell."""
        return self.cell(index).locator(".jp-OutputArea")

    def editor(self, index: int) -> Locator:
        """Return the text field of a cell."""
        return self.cell(index).locator(".cm-content")

    def edit(self, index: int, end: bool = True) -> None:
        """Put the cursor into a cell, at the end of its text or at the beginning."""
        self.editor(index).click()
        self.page.keyboard.press("Control+End" if end else "Control+Home")

    def text(self, index: int) -> str:
        """Return the text of a cell as the notebook has it."""
        return str(
            self.page.evaluate(
                """index => {
                    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
                    return cells.at(index).model.sharedModel.source;
                }""",
                index,
            )
        )

    def set_text(self, index: int, text: str) -> None:
        """Replace the text of a cell."""
        self.page.evaluate(
            """([index, text]) => {
                const cells = window.jupyterapp.shell.currentWidget.content.widgets;
                cells.at(index).model.sharedModel.source = text;
            }""",
            [index, text],
        )

    def lines(self, index: int) -> list[list[Piece]]:
        """Return the lines of a cell as they are drawn."""
        element: ElementHandle | None = self.editor(index).element_handle()
        assert element is not None
        return [[Piece(*piece) for piece in line] for line in element.evaluate(_COLOURS)]

    def colour_named(self, variable: str) -> str:
        """Return the value of one of JupyterLab's colours, such as "keyword"."""
        return str(
            self.page.evaluate(
                """name => {
                    const probe = document.body.appendChild(document.createElement('i'));
                    probe.style.color = `var(--jp-mirror-editor-${name}-color)`;
                    const colour = getComputedStyle(probe).color;
                    probe.remove();
                    return colour;
                }""",
                variable,
            )
        )

    def close(self) -> None:
        """Close the page and end the kernel."""
        self.command("notebook:shutdown-kernel")
        self.page.close()
