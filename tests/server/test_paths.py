"""What a request may name: files below the server's root, and nothing that only looks like one."""

from __future__ import annotations

import os

import pytest
import yaml

from dsframework.errors import DataError, NotFoundError
from jupyterlab_tsml.root import ForbiddenPathError, Root


@pytest.fixture
def root(tmp_path):
    inside = tmp_path / "inside"
    (inside / "data" / ".secret").mkdir(parents=True)
    (inside / "books").mkdir()
    for name in ("data/a.csv", "data/.hidden.csv", "data/.secret/b.csv"):
        (inside / name).write_text("time,volume\n2020-01-01,1\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "c.csv").write_text("time,volume\n2020-01-01,1\n")
    (tmp_path / "inside-not").mkdir()
    (tmp_path / "inside-not" / "d.csv").write_text("")
    (inside / "link.csv").symlink_to(tmp_path / "outside" / "c.csv")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "good.csv").symlink_to(inside / "data" / "a.csv")
    (inside / "seen.csv").symlink_to(inside / "data" / ".hidden.csv")
    (inside / "loop.csv").symlink_to(inside / "loop.csv")
    return Root(inside)


ESCAPES = [
    "../outside/c.csv",
    "data/../../outside/c.csv",
    "..",
    "../inside-not/d.csv",
    "link.csv",
    "folder/c.csv",
    "folder/../../outside/c.csv",
    "/etc/passwd",
    "http://example.org/a.csv",
    "s3://bucket/a.csv",
    "file:///etc/passwd",
    "~/c.csv",
    "~root/c.csv",
    ".ssh/id",
    "data/.hidden.csv",
    "data/.secret/b.csv",
    "seen.csv",
]


@pytest.mark.parametrize("name", [*ESCAPES, "data/a.csv\0.png"])
def test_what_leads_out_or_is_hidden_is_forbidden_whether_it_exists_or_not(root, name):
    with pytest.raises(ForbiddenPathError):
        root.file(name)


@pytest.mark.parametrize("name", ["data/a.csv", "./data/a.csv", "data/../data/a.csv", "good.csv"])
def test_a_file_below_the_root_is_found_however_it_is_written(root, name):
    assert root.file(name) == root.folder / "data" / "a.csv"


def test_an_absolute_path_below_the_root_is_admitted(root):
    assert root.file(str(root.folder / "data" / "a.csv")).is_file()


def test_hidden_files_are_admitted_when_the_server_shows_them(root):
    assert Root(root.folder, hidden=True).file("data/.hidden.csv").is_file()


def test_a_folder_a_missing_file_and_a_loop_of_links_are_told_apart(root):
    with pytest.raises(DataError, match="is a folder"):
        root.file("data")
    with pytest.raises(NotFoundError):
        root.file("data/none.csv")
    with pytest.raises((NotFoundError, DataError)):
        root.file("loop.csv")
    with pytest.raises(NotFoundError):
        root.file("x" * 300)
    with pytest.raises(NotFoundError):
        root.directory("x" * 300)
    os.mkfifo(root.folder / "pipe.csv")  # who opens it for reading waits for ever
    with pytest.raises(DataError, match="is a pipe"):
        root.file("pipe.csv")
    with pytest.raises(NotFoundError):
        root.directory("none")
    with pytest.raises(DataError, match="is not a folder"):
        root.directory("data/a.csv")


def test_a_root_that_is_itself_a_link_holds_its_own_files(tmp_path, root):
    (tmp_path / "door").symlink_to(root.folder)
    assert Root(tmp_path / "door").file("data/a.csv") == root.folder / "data" / "a.csv"


class TestOverRest:
    @pytest.fixture
    def jp_root_dir(self, root):
        return root.folder

    @pytest.mark.parametrize("name", ESCAPES)
    async def test_no_escape_is_previewed(self, ask, name):
        answer = await ask("GET", "preview", params={"path": name})
        assert answer.code == 403, answer
        assert answer.body["code"] == "path.forbidden"
        assert answer.body["field"] == "path"

    async def test_a_folder_is_a_422_and_a_missing_file_a_404(self, ask):
        assert (await ask("GET", "preview", params={"path": "data"})).code == 422
        assert (await ask("GET", "preview", params={"path": "data/none.csv"})).code == 404
        assert (await ask("GET", "preview", params={"path": "x" * 300})).code == 404

    @pytest.mark.parametrize("route", ["folds", "studies"])
    @pytest.mark.parametrize("name", ["../../outside/c.csv", "/etc/passwd", "../link.csv", "../folder/c.csv", ".hidden.csv", "~/c.csv"])
    async def test_no_document_reads_from_outside(self, ask, document, route, name):
        answer = await ask("POST", route, {"spec": document(name), "base": "data"})
        assert answer.code == 403, answer
        assert answer.body["field"] == "data.path"

    async def test_no_variant_of_a_document_reads_from_outside(self, ask, document):
        spec = document("a.csv")
        spec["variants"] = {"data": {"good": spec.pop("data"), "bad": {"loader": "csv", "path": "../link.csv"}}}
        answer = await ask("POST", "studies", {"yaml": yaml.safe_dump(spec), "base": "data"})
        assert answer.code == 403, answer
        assert answer.body["field"] == "variants.data.bad.path"

    @pytest.mark.parametrize(
        ("base", "code"), [("../outside", 403), ("folder", 403), ("none", 404), ("x" * 300, 404), ("data/a.csv", 422), (".secret", 403)]
    )
    async def test_the_base_is_a_folder_below_the_root(self, ask, document, base, code):
        for route in ("validate", "folds", "studies"):
            answer = await ask("POST", route, {"spec": document("a.csv"), "base": base})
            assert answer.code == code, (route, answer)
            assert answer.body["field"] == "base"

    async def test_validation_tells_a_missing_and_a_forbidden_file_as_mistakes(self, ask, document):
        missing = (await ask("POST", "validate", {"spec": document("none.csv"), "base": "data"})).body
        assert (missing["valid"], missing["issues"][0]["field"]) == (False, "data.path")
        assert missing["issues"][0]["message"] == "no file 'none.csv' in data"
        assert not (await ask("POST", "validate", {"spec": document("x" * 300), "base": "data"})).body["valid"]
        assert (await ask("POST", "folds", {"spec": document("x" * 300), "base": "data"})).code == 422
        outside = (await ask("POST", "validate", {"spec": document("../link.csv"), "base": "data"})).body
        assert (outside["valid"], outside["issues"][0]["field"]) == (False, "data.path")
        assert (await ask("POST", "validate", {"spec": document("../data/a.csv"), "base": "books"})).body["valid"]
        assert (await ask("POST", "validate", {"spec": document("none.csv")})).body["valid"]  # without a base nothing is looked for


@pytest.fixture
def document():
    """A document that reads the file that is given."""

    def make(path: str) -> dict:
        return {
            "version": 1,
            "name": "probe",
            "task": "regression",
            "data": {"loader": "csv", "path": path},
            "target": {"column": "volume"},
            "features": [{"lag": {"columns": ["volume"], "periods": [0]}}],
            "models": ["ridge"],
        }

    return make


def test_the_tests_own_escapes_are_there(root):
    assert os.path.realpath(root.folder / "link.csv") == str(root.folder.parent / "outside" / "c.csv")
    assert (root.folder / "folder" / "c.csv").is_file()
