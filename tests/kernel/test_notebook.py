"""A notebook on a real kernel: what is saved in it can be read without a kernel, widgets or scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, own_home: Path, small: Callable[[str], str]) -> nbformat.NotebookNode:
    folder = tmp_path_factory.mktemp("notebook")
    cells = [
        "%load_ext jupyterlab_tsml",
        "%%tsml\n" + small("in-a-notebook"),
        "result = _\nresult.best.model",
        "%tsml compare {result.best.run_id}",
        "%%tsml\nname: x\ntsak: regression",
        "%%tsml\n" + small("no-file").replace("{loader: sample, n_entities: 2, n_days: 160}", "{loader: csv, path: no.csv, time: date}"),
    ]
    book = new_notebook(cells=[new_code_cell(text) for text in cells])
    client = NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, allow_errors=True)
    client.execute()
    file = folder / "saved.ipynb"
    nbformat.write(book, file)
    return nbformat.read(file, as_version=4)


def html_of(cell: nbformat.NotebookNode) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


@pytest.mark.slow
def test_the_saved_cell_has_the_live_view_and_the_final_table_and_picture(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    outputs = notebook.cells[1].outputs
    assert [output.output_type for output in outputs] == ["display_data", "execute_result"], outputs
    assert WIDGET in outputs[0].data
    assert "finished" in html_of(notebook.cells[1]) and "ridge" in html_of(notebook.cells[1])
    assert "image/png" in outputs[1].data and WIDGET not in outputs[1].data


@pytest.mark.slow
def test_the_result_is_the_value_of_the_cell(notebook: nbformat.NotebookNode) -> None:
    assert notebook.cells[2].outputs[0].data["text/plain"] == "'ridge'"


@pytest.mark.slow
def test_a_comparison_in_a_notebook_is_kept_as_a_table_too(notebook: nbformat.NotebookNode) -> None:
    assert WIDGET in notebook.cells[3].outputs[0].data
    assert "jp-TsmlStatic" in html_of(notebook.cells[3])


@pytest.mark.slow
def test_a_mistake_in_a_saved_cell_is_one_line(notebook: nbformat.NotebookNode) -> None:
    (error,) = notebook.cells[4].outputs
    assert error.output_type == "error"
    lines = [line for line in error.traceback if line]
    assert any("cell:3" in line and "did you mean 'task'" in line for line in lines)
    assert not any("Traceback" in line for line in lines)


@pytest.mark.slow
def test_a_study_that_cannot_begin_leaves_its_one_line_and_no_panel(notebook: nbformat.NotebookNode) -> None:
    (error,) = notebook.cells[5].outputs
    assert error.ename == "DataError" and "no.csv" in error.evalue
    assert len([line for line in error.traceback if line]) == 1


@pytest.mark.slow
def test_the_page_made_of_it_without_a_kernel_shows_the_table_and_the_picture(notebook: nbformat.NotebookNode) -> None:
    notebook.metadata.pop("widgets", None)  # what JupyterLab saves holds no widget state
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert re.search(r'<div class="jp-TsmlStatic">.*?<table>.*?ridge.*?</table>', page, re.DOTALL)
    assert "data:image/png;base64," in page
