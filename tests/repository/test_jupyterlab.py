"""JupyterLab as a learner meets it, in the system's own Chromium: start page, folded checks, play.

Set SCREENSHOTS to a folder to keep the pictures that are taken on the way.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from tools.books import MAIN, ROOT, START

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt install chromium")
FLAGS = [  # as root, without a GPU, and without calls home, which fail where there is no network
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
PATIENCE = 120_000  # milliseconds: a limit for what hangs, however busy the machine
SLIDER = ".widget-slider .noUi-handle"
WANTED = (
    *("import tempfile", "X = torch.arange", "def draw_valley", "def draw_fit"),
    *("### Exercise 01.1", "def momentum_step", "def three_steps"),
)


def workflow():
    """Return the cells of notebook 01 that lead to its first play, and its first exercise."""
    book = nbformat.read(MAIN[1], as_version=4)
    book.cells = [cell for cell in book.cells if cell.source.startswith(WANTED)]
    assert len(book.cells) == len(WANTED)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return book


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start JupyterLab on a course of two notebooks; yield the address of its start page."""
    folder = tmp_path_factory.mktemp("lab")
    course, runtime = folder / "course", folder / "runtime"
    (course / "my").mkdir(parents=True)
    shutil.copytree(ROOT / "lab", course / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "notebooks" / "figures", course / "notebooks" / "figures")
    shutil.copy(START, course / "my")
    nbformat.write(workflow(), course / "my" / "01_workflow.ipynb")
    environment = os.environ | {
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_CONFIG_PATH": str(course / "lab"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "COURSE_LIVE": "1",
    }
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--port=0", "--allow-root"]
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(
            [*command, "--IdentityProvider.token=t"],
            cwd=course,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield address(server, runtime, folder / "log") + "?token=t"
        finally:
            server.terminate()
            server.wait()


def address(server, runtime, log):
    """Wait until the server has written where it is."""
    while server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(file.read_text())["url"]
            except json.JSONDecodeError:
                pass  # it is being written
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab ended: {log.read_text()}")


@pytest.fixture(scope="module")
def page(lab):
    """Open the start page in a browser of a laptop's size."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 850})
        page.set_default_timeout(PATIENCE)
        page.goto(lab)
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        yield page
        browser.close()


def picture(page, name):
    """Keep a picture of the page, if someone wants to look at it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def run_all(page):
    page.click("text=Run >> nth=0")
    page.click("text=Run All Cells >> nth=0")


def test_it_opens_on_the_start_page_with_the_contents_at_the_left(page):
    page.wait_for_selector(".jp-TableOfContents-tree >> text=Your progress")
    page.wait_for_selector('img[alt^="Six boxes"]')
    loaded = "document.querySelector('img[alt^=\"Six boxes\"]').naturalWidth > 0"
    page.wait_for_function(loaded)
    assert page.locator("text=official Jupyter news").count() == 0
    picture(page, "start")


def test_its_one_cell_draws_the_progress(page):
    run_all(page)
    page.wait_for_selector(".jp-OutputArea-output >> text=in my/")
    page.wait_for_selector(".jp-RenderedImage img")
    page.locator(".jp-RenderedImage img").scroll_into_view_if_needed()
    picture(page, "progress")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_slider_moves_its_figure_and_checks_are_folded(page, lab, theme):
    page.goto(lab.replace("?", "lab/workspaces/course/tree/my/01_workflow.ipynb?"))
    shown = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-RenderedMarkdown"
    page.wait_for_selector(f"{shown} >> text=Exercise 01.1")
    page.click("text=Settings >> nth=0")
    page.hover("text=Theme >> nth=0")
    page.click(f'.lm-Menu-itemLabel:text-is("{theme}")')
    run_all(page)
    page.wait_for_selector(SLIDER)
    page.wait_for_selector("text=01.1: not attempted.")
    moving = page.locator(".widget-html img").first
    before = moving.get_attribute("src")
    handle = page.locator(SLIDER).first
    handle.scroll_into_view_if_needed()
    handle.focus()
    page.keyboard.press("ArrowRight")
    moved = "s => document.querySelector('.widget-html img').getAttribute('src') !== s"
    page.wait_for_function(moved, arg=before)
    assert "A flat line" in moving.get_attribute("alt")
    assert page.locator(".widget-readout").first.inner_text() == "0.1"
    picture(page, f"play {theme}")
    assert page.locator("text=rolling.state").count() == 0, "its first line alone shows"
    assert page.locator(".jp-InputPlaceholder, .jp-Placeholder").count() >= 1
    page.locator("text=01.1: not attempted.").scroll_into_view_if_needed()
    picture(page, f"folded {theme}")
