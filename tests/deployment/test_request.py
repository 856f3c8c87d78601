"""What a schedule may be asked for."""

from __future__ import annotations

from typing import Any

import pytest

from dsframework.deployment import ScheduleRequest
from dsframework.deployment._places import dag_file, dags_folder, tsml_home
from dsframework.errors import ScheduleError

RUN = "0123456789abcdef0123456789abcdef"

BAD_NAMES = [
    "O'Brien",
    "../x",
    "x'+__import__('os').system('id')+'",
    "",
    ".hidden",
    "-rf",
    "a/b",
    "a\\b",
    "volume\n",
    "vol\x00ume",
    "{{ ds }}",
    "${HOME}",
    'x"""',
    "ünder",
    "a" * 101,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_an_unsafe_name_is_refused_in_one_line_with_field_value_and_mend(name: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        ScheduleRequest(run_id=RUN, name=name)
    line = str(caught.value)
    assert caught.value.field == "name"
    assert caught.value.value == name
    assert "\n" not in line
    assert line.startswith("name: is not a safe name (got ")
    assert "use letters, digits" in line


@pytest.mark.parametrize(("name", "slug"), [("O'Brien", "O-Brien"), ("../x", "x"), ("next day", "next-day")])
def test_the_mend_suggests_a_name_that_is_accepted(name: str, slug: str) -> None:
    with pytest.raises(ScheduleError, match=f"try '{slug}'"):
        ScheduleRequest(run_id=RUN, name=name)
    assert ScheduleRequest(run_id=RUN, name=slug).name == slug


@pytest.mark.parametrize("name", ["a", "volume", "next-day_volume.v2", "9lives", "a" * 100])
def test_a_safe_name_is_kept(name: str) -> None:
    assert ScheduleRequest(run_id=RUN, name=name).name == name


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"at": "25:00"}, "at"),
        ({"at": "4pm"}, "at"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"owner": "ann\nbob"}, "owner"),
        ({"wait": {"poke_seconds": 0}}, "wait.poke_seconds"),
        ({"wait": {"coverage": 1.5}}, "wait.coverage"),
        ({"publish": {"table": {"connection": "warehouse"}}}, "publish.table.table"),
        ({"publish": {"table": {"connection": "warehouse", "table": "x; drop table y"}}}, "publish.table.table"),
        ({"publish": {"table": {"connection": "a b", "table": "t"}}}, "publish.table.connection"),
        ({"publish": {"parquet": "p", "table": {"connection": "w", "table": "t"}}}, "publish"),
        ({"run_id": "../../etc"}, "run_id"),
        ({"naem": "x"}, "naem"),
        ({"dags_folder": 3}, "dags_folder"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_the_field(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        ScheduleRequest.model_validate({"run_id": RUN} | settings)
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"publish": {"table": {"connection": "postgresql://ann:hunter2@db/prices", "table": "t"}}},
        {"publish": {"table": {"connection": "postgresql://hunter2@db/prices", "table": "t"}}},
        {"data": "s3://KEY:hunter2@bucket/volume.parquet"},
        {"publish": {"parquet": "abfs://c@account?AccountKey=hunter2"}},
        {"owner": "password=hunter2"},
        {"dags_folder": "sftp://ann:hunter2@host/dags"},
    ],
)
def test_an_address_with_credentials_is_refused_and_never_repeated(settings: dict[str, Any]) -> None:
    with pytest.raises(ScheduleError, match="credentials") as caught:
        ScheduleRequest.model_validate({"run_id": RUN} | settings)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.value)


def test_the_folder_of_dags_is_the_one_asked_for_then_of_tsml_then_of_airflow_then_of_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TSML_DAGS_FOLDER", "AIRFLOW_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert dags_folder() == tsml_home() / "dags"
    monkeypatch.setenv("AIRFLOW_HOME", "/opt/airflow")
    assert str(dags_folder()) == "/opt/airflow/dags"
    monkeypatch.setenv("TSML_DAGS_FOLDER", "/srv/dags")
    assert str(dags_folder()) == "/srv/dags"
    assert str(dags_folder("/mine")) == "/mine"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_path_is_made_of_an_unsafe_name(name: str) -> None:
    with pytest.raises(ScheduleError):
        dag_file(name, dags_folder())
