"""A newcomer's mistakes in the sidebar: each stands in one line at its field, no dialog opens, and nothing that was written is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.ui, pytest.mark.slow]


def field(sidebar: Any, label: str) -> Locator:
    """Return a field with everything that stands at it."""
    found: Locator = sidebar.panel.locator(".jp-Tsml-field", has=sidebar.page.get_by_label(label, exact=True))
    return found.last


def write_yaml(page: Page, text: str) -> None:
    page.locator(".jp-Tsml-editor .cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def yaml_of(page: Page) -> str:
    return "\n".join(line.rstrip() for line in page.locator(".jp-Tsml-editor .cm-line").all_inner_texts()).strip()


@pytest.mark.timeout(300)
def test_a_mistake_stands_at_its_field_and_run_waits_until_it_is_mended(lab: Any, workbench: Any) -> None:
    (lab.files / "no_time.csv").write_text("a,b\n1,2\n3,4\n")
    sidebar = workbench.open_sidebar()
    data = sidebar.unfold("data")
    data.get_by_label("Loader").select_option("csv")
    file = data.get_by_label("File", exact=False).first
    for name, label, says in (
        ("", "File*", "is missing"),
        ("not_there.csv", "File*", "no file 'not_there.csv'"),
        ("../one_stock.csv", "File*", "leads out of the server's folder"),
        ("no_time.csv", "Time column", "there are a, b"),
    ):
        file.fill(name)
        expect(field(sidebar, label).locator(".jp-Tsml-mistakes")).to_contain_text(says)
        expect(sidebar.button("Run")).to_be_disabled()
    workbench.shot("no-time-column")
    file.fill("one_stock.csv")
    sidebar.says("Valid")
    expect(data.get_by_label("Time column")).to_have_value("date")
    for label, wrong, says, right in (
        ("Time column", "dat", "did you mean date?", "date"),
        ("Exchange calendar", "XNYZ", "did you mean XNZE or XNYS?", "XNYS"),
        ("From", "yesterday", "2024-01-31", ""),
    ):
        data.get_by_label(label, exact=True).fill(wrong)
        expect(field(sidebar, label).locator(".jp-Tsml-mistakes li")).to_have_text(re.compile(re.escape(says)))
        sidebar.says("1 mistake")
        expect(sidebar.button("Run")).to_be_disabled()
        expect(data.get_by_role("region", name="First rows")).to_contain_text("2013-02-08")
        data.get_by_label(label, exact=True).fill(right)
        sidebar.says("Valid")
    sidebar.unfold("data")
    target = sidebar.unfold("target")
    target.get_by_label("Column", exact=False).first.fill("volum")
    expect(target.locator(".jp-Tsml-mistakes")).to_have_text("no such column; did you mean volume?")
    workbench.shot("no-target-column")
    target.get_by_label("Column", exact=False).first.fill("volume")
    expect(sidebar.button("Run")).to_be_enabled()
    assert workbench.page.locator(".jp-Dialog").count() == 0
    assert workbench.problems == []


@pytest.mark.timeout(300)
def test_form_and_yaml_lose_nothing_even_with_a_broken_yaml_in_between(lab: Any, workbench: Any) -> None:
    page = workbench.page
    sidebar = workbench.open_sidebar()
    sidebar.button("New").click()
    models = sidebar.unfold("models")
    models.locator(".jp-Tsml-componentName", has_text="ridge").click()
    alpha = models.get_by_label("Alpha")
    alpha.fill("plenty")
    expect(models.locator(".jp-Tsml-mistakes")).to_contain_text("expected a number > 0")
    sidebar.button("YAML").click()
    expect(page.locator(".jp-Tsml-editor")).to_contain_text("alpha: plenty")  # a mistake is carried over, not dropped
    issues = sidebar.panel.get_by_role("list", name="Mistakes")
    expect(issues).to_contain_text("models[0].ridge.alpha")
    write_yaml(page, yaml_of(page).replace("plenty", "0.5"))
    sidebar.says("Valid")
    good = "# mine\n" + yaml_of(page)

    write_yaml(page, good.replace("metrics:", "metrix:"))
    expect(issues).to_contain_text("did you mean metrics?")
    issues.get_by_role("button", name=re.compile(r"^Line \d+")).click()
    expect(page.locator(".jp-Tsml-editor .cm-focused")).to_have_count(1)
    write_yaml(page, good + "\nfeatures: [\n")
    expect(issues).to_contain_text("not valid YAML")
    workbench.shot("broken-yaml")
    sidebar.button("Form").click()
    expect(sidebar.panel).to_contain_text("The form follows once the mistakes are mended.")
    assert "features: [" in yaml_of(page)

    write_yaml(page, good)
    sidebar.says("Valid")
    sidebar.show("Runs")  # and back: what is being written stays
    sidebar.show("Experiment")
    sidebar.button("Form").click()
    models.locator(".jp-Tsml-componentName", has_text="ridge").click()  # the card is still open
    expect(models.get_by_label("Alpha")).to_have_value("0.5")
    sidebar.button("YAML").click()
    expect(page.locator(".jp-Tsml-editor")).to_contain_text("# mine")
    assert yaml_of(page) == good
    assert page.locator(".jp-Dialog").count() == 0
    assert workbench.problems == []
