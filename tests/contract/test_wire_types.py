"""The TypeScript types are those of the pydantic models."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("wire_types", ROOT / "scripts" / "wire_types.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_committed_types_are_up_to_date(script):
    if not (ROOT / script.PROGRAM).exists():
        pytest.skip("json-schema-to-typescript is not installed; run make setup")
    assert script.main(["--check"]) == 0


def test_a_stale_file_is_told(script, tmp_path, monkeypatch):
    if not (ROOT / script.PROGRAM).exists():
        pytest.skip("json-schema-to-typescript is not installed; run make setup")
    monkeypatch.setattr(script, "TARGET", tmp_path / "wire.ts")
    assert script.main(["--check"]) == 1
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0


def test_what_a_reply_always_has_is_required_and_a_request_keeps_its_defaults(script):
    definitions = script.wire_schema()["$defs"]
    assert set(definitions["StudyStatus"]["required"]) == set(definitions["StudyStatus"]["properties"])
    assert definitions["ScheduleRequest"]["required"] == ["run_id"]
    assert definitions["StudyRequest"].get("required", []) == []
    assert definitions["CompareRequest"]["required"] == ["runs"]


def test_every_record_and_every_wire_model_has_a_type():
    from pydantic import BaseModel

    from dsframework import records
    from jupyterlab_tsml import wire

    text = (ROOT / "src" / "wire.ts").read_text(encoding="utf-8")
    models = [name for module in (records, wire) for name in module.__all__ if isinstance(getattr(module, name), type)]
    models = [name for name in models if name != "Record" and issubclass(getattr(records, name, getattr(wire, name, None)), BaseModel)]
    assert len(models) > 30
    assert [name for name in models if f"export interface {name} " not in text] == []
