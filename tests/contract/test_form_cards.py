"""Nothing can be written in YAML that the form has no card for."""

from __future__ import annotations

import re
from pathlib import Path

from dsframework.spec import json_schema

CARDS = Path(__file__).resolve().parents[2] / "src" / "experiment" / "cards.ts"
ABOVE_THE_CARDS = {"name", "version"}


def test_every_key_of_the_document_has_a_card() -> None:
    lists = re.findall(r"keys: \[([^\]]*)\]", CARDS.read_text(encoding="utf-8"))
    drawn = [key for text in lists for key in re.findall(r"'(\w+)'", text)]
    assert sorted(drawn) == sorted(set(json_schema()["properties"]) - ABOVE_THE_CARDS)
