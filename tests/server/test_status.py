"""What the server works with, told without secrets."""

from __future__ import annotations

import pytest

from jupyterlab_tsml.services._places import tracking_place


async def test_the_status_names_versions_and_places(ask, own_places, jp_root_dir):
    body = (await ask("GET", "status")).body
    assert body["tracking"] == {"kind": "sqlite", "location": str(own_places / "mlflow.db")}
    assert body["dags_folder"] == str(own_places / "dags")
    assert body["executors"] == ["local", "ray"]
    assert body["versions"]["mlflow"].startswith("3.")
    assert body["root_dir"] == str(jp_root_dir)


@pytest.mark.parametrize(
    ("uri", "kind", "location"),
    [
        ("http://localhost:5000", "http", "http://localhost:5000"),
        ("https://ann:hunter2@mlflow.example/api/?token=hunter2#hunter2", "https", "https://mlflow.example/api/"),
        (
            "postgresql+psycopg2://ann:hunter2@db:5432/mlflow?password=hunter2",
            "postgresql+psycopg2",
            "postgresql+psycopg2://db:5432/mlflow",
        ),
        ("http://[::1]:5000", "http", "http://[::1]:5000"),
        ("http://host:hunter2/", "http", "http://host/"),
        ("mlruns", "file", "mlruns"),
    ],
)
def test_the_place_of_mlflow_is_told_without_credentials(uri, kind, location):
    place = tracking_place(uri)
    assert (place.kind, place.location) == (kind, location)
    assert "hunter2" not in str(place)


def test_sqlite_is_told_by_its_file():
    assert tracking_place("sqlite:////srv/ann/.tsml/mlflow.db").location == "/srv/ann/.tsml/mlflow.db"
