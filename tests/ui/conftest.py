"""A real JupyterLab with the extension, in folders of its own, and a real Chromium that looks at it.

Every step is kept as two pictures, light and dark, in test-artefacts/ui.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "test-artefacts" / "ui"
BASE_URL = "/user/ann/"  # never the root: the extension must work below a Hub's base URL
START_WITHIN = 90.0
CONFIG = """
c = get_config()
c.ServerApp.allow_root = True
c.ServerApp.open_browser = False
c.ServerApp.terminals_enabled = False
c.LabApp.expose_app_in_browser = True
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
"""

SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"renameUntitledFileOnSave": False},
}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
KERNEL_ANSWERS = """async () => {
  const context = window.jupyterapp.shell.currentWidget.sessionContext;
  await context.ready;
  await context.session.kernel.info;
}"""


# How many pixels of a canvas have each of some colours of the theme, between two shares of its width.
COUNT_COLOURS = """(canvas, [names, [from, to]]) => {
  const style = getComputedStyle(canvas);
  const swatch = document.createElement('canvas').getContext('2d');
  const wanted = names.map(name => {
    swatch.fillStyle = style.getPropertyValue(name).trim();
    swatch.clearRect(0, 0, 1, 1);
    swatch.fillRect(0, 0, 1, 1);
    return swatch.getImageData(0, 0, 1, 1).data;
  });
  const left = Math.floor(canvas.width * from);
  const { data } = canvas.getContext('2d').getImageData(left, 0, Math.floor(canvas.width * to) - left, canvas.height);
  const counts = names.map(() => 0);
  for (let at = 0; at < data.length; at += 4) {
    wanted.forEach((colour, index) => {
      const far = data[at + 3] < 200 || [0, 1, 2].some(part => Math.abs(data[at + part] - colour[part]) > 24);
      counts[index] += far ? 0 : 1;
    });
  }
  return counts;
}"""


@dataclass
class Lab:
    """A running JupyterLab: its address, its files and what it said."""

    url: str
    token: str
    files: Path
    home: Path
    dags: Path
    log: Path
    process: subprocess.Popen[bytes]

    def answers(self) -> bool:
        """Whether the server answers by now."""
        try:
            request = urllib.request.Request(f"{self.url}api/status", headers={"Authorization": f"token {self.token}"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


@dataclass
class Sidebar:
    """What a person does in the sidebar."""

    page: Page
    panel: Locator

    def unfold(self, card: str) -> Locator:
        """Open a folded card, or fold an open one."""
        found = self.panel.locator(f"[data-card={card}]")
        found.locator("h3 button").click()
        return found

    def choose_file(self, name: str) -> None:
        """Choose a data file in the dialog of the Data card."""
        self.unfold("data").get_by_role("button", name="Choose a data file…").click()
        dialog = self.page.locator(".jp-Dialog")
        dialog.locator(".jp-DirListing-item", has_text=name).click()
        dialog.locator("button.jp-mod-accept").click()

    def button(self, name: str) -> Locator:
        """Return a button by its exact name."""
        return self.panel.get_by_role("button", name=name, exact=True)

    def show(self, tab: str) -> None:
        """Go to one of its tabs."""
        self.panel.get_by_role("tab", name=tab).click()

    def says(self, text: str | re.Pattern[str]) -> None:
        """Wait until it says this of the document."""
        expect(self.panel.locator(".jp-Tsml-verdict")).to_have_text(text)


@dataclass
class Workbench:
    """A page, the screenshots of its steps and everything that went wrong on it."""

    page: Page
    name: str
    problems: list[str] = field(default_factory=list)
    steps: int = 0
    theme: str = ""

    def listen(self) -> None:
        """Collect errors of the page from now on."""
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}\n{error.stack}"))
        self.page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        refusal = "the server responded with a status of 4" in message.text  # what the person wrote is not valid yet
        if message.type == "error" and not refusal and "tsml" in f"{message.text} {message.location}".lower():
            self.problems.append(f"console: {message.text}")

    def use_theme(self, theme: str) -> None:
        """Change to the light or the dark theme, and wait until it is drawn."""
        self.theme = theme
        self.command("apputils:change-theme", theme=THEMES[theme])
        self.page.wait_for_selector(f"body[data-jp-theme-light={str(theme == 'light').lower()}]", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.evaluate(DRAWN)

    def shot(self, what: str, show: Locator | None = None) -> None:
        """Keep a screenshot of this step in both themes, with what it is about scrolled to the top; it goes on in the other theme."""
        self.steps += 1
        for theme in (self.theme, *(THEMES.keys() - {self.theme})):
            self.use_theme(theme)
            if show is not None:
                show.evaluate("node => node.scrollIntoView({block: 'start'})")
            self.page.screenshot(path=ARTEFACTS / f"{self.name}-{self.steps:02d}-{what}-{theme}.png")

    def asks(self, path: str) -> Any:
        """Ask the server extension directly, as an independent witness of what the page shows."""
        answer = self.page.request.get(f"{self.base}jupyterlab-tsml/{path}")
        assert answer.ok, answer.text()
        return answer.json()

    @property
    def base(self) -> str:
        """The address of the server, with its base URL."""
        return str(self.page.url).partition("/lab")[0] + "/"

    def open_sidebar(self, wider: int = 220) -> Sidebar:
        """Open the sidebar by its icon, and drag it to a width at which its lines can be read."""
        self.page.locator('.lm-TabBar-tab[data-id="jp-tsml-sidebar"]').click()
        panel = self.page.get_by_role("region", name="Time-series experiments")
        panel.locator("[data-card=data]").wait_for()
        box = self.page.locator("#jp-tsml-sidebar").bounding_box()
        assert box is not None
        edge = box["x"] + box["width"] + 2
        self.page.mouse.move(edge, 500)
        self.page.mouse.down()
        self.page.mouse.move(edge + wider, 500, steps=4)
        self.page.mouse.up()
        return Sidebar(self.page, panel)

    def colours_in(self, canvas: Locator, *names: str, between: tuple[float, float] = (0.0, 1.0)) -> list[int]:
        """How many pixels of a chart have each of these colours of the theme, between two shares of its width."""
        self.page.evaluate(DRAWN)
        counts: list[int] = canvas.evaluate(COUNT_COLOURS, [list(names), list(between)])
        return counts

    def new_notebook(self) -> None:
        """Open a new notebook and wait for its kernel."""
        self.command("notebook:create-new", kernelName="python3")
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell .cm-content")
        self.page.evaluate(KERNEL_ANSWERS)

    def write_cell(self, text: str) -> None:
        """Write a text into the last cell of the notebook, as if it were pasted."""
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").last.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def run_cell(self, text: str) -> None:
        """Write a text into the last cell and run it; a new empty cell follows."""
        self.write_cell(text)
        self.page.keyboard.press("Shift+Enter")

    def command(self, name: str, **arguments: object) -> None:
        """Start a JupyterLab command; what it does is waited for on the page."""
        self.page.evaluate("([name, given]) => void window.jupyterapp.commands.execute(name, given)", [name, arguments])


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Poll until something is true, or fail saying what never was."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds:.0f} s: {what}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Return the empty folder of this run's screenshots."""
    shutil.rmtree(ARTEFACTS, ignore_errors=True)
    ARTEFACTS.mkdir(parents=True)
    return ARTEFACTS


@pytest.fixture(scope="session")
def built_extension() -> Path:
    """Return the folder of the built labextension."""
    built = ROOT / "jupyterlab_tsml" / "labextension"
    if not (built / "package.json").is_file():
        pytest.skip("the labextension is not built; run make setup")
    return built


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, artefacts: Path, built_extension: Path, market_data: Path) -> Iterator[Lab]:
    """Start JupyterLab for the whole session; end it and its kernels afterwards."""
    folder = tmp_path_factory.mktemp("lab")
    files, home, dags, config = (folder / name for name in ("files", "home", "dags", "config"))
    for path in (files, home, dags, config):
        path.mkdir()
    for name in ("one_stock.csv", "sp500_60.parquet"):
        shutil.copy(market_data / name, files)
    (config / "jupyter_server_config.py").write_text(CONFIG)
    for name, settings in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))
    port, token = _free_port(), secrets.token_hex(16)
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_TOKEN": token,
        "TSML_HOME": str(home),
        "TSML_DAGS_FOLDER": str(dags),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.base_url={BASE_URL}", f"--ServerApp.root_dir={files}"]
    log = artefacts / "server.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=files, env=environment, stdout=stream, stderr=stream, start_new_session=True)
    server = Lab(f"http://127.0.0.1:{port}{BASE_URL}", token, files, home, dags, log, process)
    try:
        wait_until(lambda: server.answers() or process.poll() is not None, "JupyterLab does not answer", START_WITHIN)
        assert process.poll() is None, log.read_text()[-3000:]
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """Start the system's Chromium."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"]
        running = playwright.chromium.launch(executable_path=str(chromium), args=arguments)
        yield running
        running.close()


@pytest.fixture
def workbench(lab: Lab, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Workbench]:
    """Open JupyterLab in a new browser profile; afterwards nothing may have gone wrong on the page."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    bench = Workbench(page, re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-"))
    bench.listen()
    page.goto(f"{lab.url}lab?reset&token={lab.token}")
    page.wait_for_selector("#jp-main-dock-panel, .jp-Launcher", timeout=60_000)
    page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored", timeout=60_000)
    page.evaluate("() => window.jupyterapp.restored.then(() => null)")
    page.locator(".jp-LauncherCard").first.wait_for()  # it comes last, and takes the focus
    page.wait_for_function("() => document.activeElement.closest('.jp-MainAreaWidget')")
    bench.use_theme("light")
    try:
        yield bench
    finally:
        if not page.is_closed():
            bench.shot("end")
        context.close()
