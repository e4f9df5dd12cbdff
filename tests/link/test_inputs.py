from pathlib import Path
from typing import Any

import pytest

from looplet.frozen import freeze
from looplet.inputs import InputError, complete_inputs, typed_input
from looplet.preset import PresetError

DECLARED = freeze(
    {
        "repo": {"type": "string", "description": "path of a repository"},
        "limit": {"type": "integer", "minimum": 1, "default": 5},
        "tags": {"type": "array", "items": {"enum": ["x", "y"]}, "default": []},
    }
)


def test_defaults_are_filled_with_values_of_their_own() -> None:
    first = complete_inputs("a", DECLARED, {"repo": "."})
    assert first == {"repo": ".", "limit": 5, "tags": []}
    first["tags"].append("x")
    assert complete_inputs("a", DECLARED, {"repo": "."})["tags"] == []


def test_everything_wrong_is_one_error() -> None:
    given = {"limit": "7", "tags": ["x", "z"], "reop": ".", "runtime": {}}
    with pytest.raises(InputError) as caught:
        complete_inputs("git_detective", DECLARED, given)
    text = str(caught.value)
    assert text.startswith(
        "the inputs do not fit git_detective, which takes: `repo`, `limit`, `tags`\n"
    )
    assert "`repo` is missing (string: path of a repository)" in text
    assert "`reop` is not an input; did you mean `repo`?" in text
    assert "`runtime` is given by looplet itself" in text
    assert "limit" in text and "integer" in text and "tags" in text
    assert len(caught.value.problems) == 5
    assert isinstance(caught.value, PresetError)


def test_an_agent_that_declares_nothing_takes_anything() -> None:
    assert complete_inputs("a", None, {"x": 1}) == {"x": 1}
    assert complete_inputs("a", None, None) == {}


def test_an_agent_that_declares_no_inputs_takes_none() -> None:
    with pytest.raises(InputError, match="which takes: none\n  `x` is not an input"):
        complete_inputs("a", {}, {"x": 1})


def test_a_mentioned_name_is_welcome() -> None:
    assert complete_inputs("a", {}, {"x": 1}, mentioned={"x"}) == {"x": 1}


def test_a_path_is_text() -> None:
    assert complete_inputs("a", DECLARED, {"repo": Path("here")})["repo"] == "here"


def test_a_broken_schema_is_the_presets_fault() -> None:
    with pytest.raises(PresetError, match=r"config\.inputs\.x is no usable JSON Schema"):
        complete_inputs("a", {"x": {"type": "text"}}, {"x": 1})


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "5", "5"),
        ({"type": "string"}, "a=b", "a=b"),
        ({"type": "string", "pattern": "^[a-z]$"}, "5", "5"),
        ({"type": "integer"}, "5", 5),
        ({"type": "integer"}, "five", "five"),
        ({"type": "integer", "minimum": 9}, "5", 5),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "yes", "yes"),
        ({"type": ["string", "null"]}, "null", "null"),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"enum": ["5", 6]}, "5", "5"),
        ({"enum": ["5", 6]}, "6", 6),
        ({}, "5", "5"),
        (True, "5", "5"),
    ],
)
def test_typed_on_a_command_line(schema: Any, text: str, value: Any) -> None:
    found = typed_input("a", "x", freeze(schema), text)
    assert found == value and type(found) is type(value)
