"""An experiment is saved to a file and opened again; a form is filled by the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.ui, pytest.mark.slow]


@pytest.mark.timeout(200)
def test_an_experiment_is_saved_opened_again_and_not_replaced_unasked(lab: Any, workbench: Any) -> None:
    page = workbench.page
    sidebar = workbench.open_sidebar()
    name = sidebar.panel.get_by_label("Name of the experiment")
    name.fill("kept")
    sidebar.says("Valid")
    file = lab.files / "kept.tsml.yaml"
    sidebar.button("Save").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog.locator("input")).to_have_value("kept.tsml.yaml")
    dialog.locator("button.jp-mod-accept").click()
    expect(sidebar.panel).to_contain_text("kept.tsml.yaml")
    first = file.read_text()
    assert "name: kept" in first

    sidebar.button("New").click()
    expect(name).not_to_have_value("kept")
    sidebar.button("Save").click()
    dialog.locator("input").fill("kept")
    dialog.locator("button.jp-mod-accept").click()
    expect(dialog).to_contain_text("Replace kept.tsml.yaml?")
    workbench.shot("replace")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert file.read_text() == first

    sidebar.button("Open…").click()
    dialog.locator(".jp-DirListing-item", has_text="kept.tsml.yaml").click()
    dialog.locator("button.jp-mod-accept").click()
    expect(name).to_have_value("kept")
    sidebar.says("Validkept.tsml.yaml")
    workbench.shot("opened")
    assert workbench.problems == []


def focused(page: Page) -> str:
    """The name of what has the focus, and whether one can see that it has."""
    seen: str = page.evaluate(
        """() => {
          const node = document.activeElement;
          const name = node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent;
          const { outlineStyle, outlineWidth } = getComputedStyle(node);
          return `${name.trim()} ${outlineStyle === 'none' || outlineWidth === '0px' ? 'unseen' : 'seen'}`;
        }"""
    )
    return seen


@pytest.mark.timeout(200)
def test_the_form_is_reached_and_filled_by_the_keyboard_alone(lab: Any, workbench: Any) -> None:
    page = workbench.page
    page.locator("body").press("Alt+Shift+E")
    panel = page.get_by_role("region", name="Time-series experiments")
    panel.locator("[data-card=data]").wait_for()
    panel.get_by_role("tab", name="Experiment").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Runs seen"
    page.keyboard.press("Home")
    assert focused(page) == "Experiment seen"
    steps: list[str] = []
    while len(steps) < 30 and not any(step.startswith("Target") for step in steps):
        page.keyboard.press("Tab")
        for _ in range(20):  # what is drawn again while it has the focus shows it a moment later
            if focused(page).endswith(" seen"):
                break
            page.wait_for_timeout(50)
        steps.append(focused(page))
    assert [step for step in steps if not step.endswith(" seen")] == []
    page.keyboard.press("Enter")
    expect(panel.locator("[data-card=target] h3 button")).to_have_attribute("aria-expanded", "true")
    panel.locator("[data-card=target]").get_by_label("Column").first.wait_for()  # its fields are drawn after it has opened
    assert focused(page).startswith("Target")
    page.keyboard.press("Tab")
    assert focused(page).startswith("Task")
    page.keyboard.press("Tab")
    assert focused(page).startswith("Column")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("close")
    expect(panel.locator(".jp-Tsml-verdict")).to_have_text("Valid")
    assert workbench.problems == []
