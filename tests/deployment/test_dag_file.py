"""A DAG file is the fixed body and one literal, whatever the literal holds."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.deployment._dag import body_of, literal_of, render_dag, template
from dsframework.errors import ScheduleError

NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "O'Brien",
            '"""',
            "'''",
            "\\",
            "\\'",
            "x'+__import__('os').system('id')+'",
            "}\n\nimport os\nos.system('id')\n\nSCHEDULE = {",
            "SCHEDULE = {}",
            "{{ ds }} {% raw %}",
            "%s %(x)s {0} ${HOME} `id`",
            "# -*- coding: latin-1 -*-",
            "\u2028\u2029\x00\x0b\x0c\x1c\x85\ufeff\ud800",
            "\r\n\r",
            "ümlaut 日本 🙂",
        ]
    ),
)
SCALAR = st.one_of(NASTY, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NASTY, inner, max_size=4), max_leaves=12)


@settings(max_examples=60, deadline=None)
@given(literal=st.dictionaries(NASTY, JSON, max_size=6))
def test_any_plain_data_comes_back_and_leaves_the_body_as_the_template_has_it(literal: dict[str, Any]) -> None:
    text = render_dag(literal)
    node = next(node for node in ast.parse(text).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCHEDULE")
    assert ast.literal_eval(node.value) == literal
    assert literal_of(text) == literal
    head, tail = template().split("SCHEDULE = {}", 1)
    assert text.startswith(head + "SCHEDULE = ")
    assert text.endswith(tail)
    assert body_of(text) == (head, tail)
    assert literal_of(text.encode("utf-8").decode("utf-8")) == literal


@settings(max_examples=25, deadline=None)
@given(literal=st.dictionaries(NASTY, JSON, max_size=6))
def test_the_code_beside_the_literal_is_the_same_for_every_schedule(literal: dict[str, Any]) -> None:
    def code(text: str) -> list[str]:
        return [
            ast.dump(node)
            for node in ast.parse(text).body
            if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCHEDULE")
        ]

    assert code(render_dag(literal)) == code(template())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, (1, 2), {1: "x"}, b"x", object()])
def test_data_that_is_not_plain_json_is_refused(value: Any) -> None:
    with pytest.raises(ScheduleError):
        render_dag({"x": value})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "SCHEDULE = {",
        "SCHEDULE = __import__('os').system('id')",
        "SCHEDULE = {'a': print(1)}",
        "SCHEDULE = [1]",
        "SCHEDULE = {}\nSCHEDULE = {}",
        "if True:\n    SCHEDULE = {}",
        "SCHEDULE = OTHER = {}",
        "SCHEDULE = {}\x00",
        "SCHEDULE = " + "[" * 5000,
        "SCHEDULE = {{}: 1}",
    ],
)
def test_a_file_without_exactly_one_literal_is_an_error_and_is_never_run(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        literal_of(text)
    assert "\n" not in str(caught.value)


def test_the_template_needs_airflow_and_the_standard_library_only() -> None:
    import sys

    roots = set()
    for node in ast.walk(ast.parse(template())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            roots.add(str(node.module).partition(".")[0])
    assert roots - set(sys.stdlib_module_names) == {"airflow"}


def test_no_program_of_the_template_is_started_through_a_shell() -> None:
    for node in ast.walk(ast.parse(template())):
        if isinstance(node, ast.Call):
            assert not any(keyword.arg == "shell" for keyword in node.keywords)
            assert ast.unparse(node.func) not in ("os.system", "os.popen", "eval", "exec")


def test_the_literal_is_written_one_key_a_line_for_people_who_read_it(make_literal: Any) -> None:
    literal = make_literal()
    lines = render_dag(literal).splitlines()
    assert "    'name': 'volume'," in lines
    assert "        'at': '16:30'," in lines
    assert json.loads(json.dumps(literal)) == literal
