"""No value opens a chat turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.prompts import render
from looplet.prompts.roles import MARKER, guarded

MARKERS = [
    "<|im_start|>",
    "<|im_end|>",
    "<|start_header_id|>",
    "<|eot_id|>",
    "<|START_OF_TURN_TOKEN|>",
    "<｜User｜>",
    "<start_of_turn>",
    "[INST]",
    "[/inst]",
    "[SYSTEM_PROMPT]",
    "<<SYS>>",
    "<</SYS>>",
    "</s>",
    "\n\nHuman:",
    "\n \n  Assistant:",
    "\n\nSYSTEM:",
]


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_in_a_value_is_broken_for_all_to_see(marker: str) -> None:
    text = render("a.jinja", {"a.jinja": "x{{ inputs.x }}y"}, {"inputs": {"x": marker}})
    assert marker not in text
    assert text.replace("\\", "") == f"x{marker}y"


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_that_the_author_wrote_stays(marker: str) -> None:
    text = f"x{marker}y {{{{ inputs.x }}}}"
    assert render("a.jinja", {"a.jinja": text}, {"inputs": {"x": "v"}}) == f"x{marker}y v"


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("cut", [1, 3, -1])
def test_a_marker_in_parts_is_broken(marker: str, cut: int) -> None:
    parts = {"a": marker[:cut], "b": marker[cut:]}
    for template in (
        "x{{ inputs.a }}{{ inputs.b }}",
        "x{{ inputs.a ~ inputs.b }}",
        "x" + marker[:cut] + "{{ inputs.b }}",
        "x{{ inputs.a }}" + marker[cut:],
        "x{% set y = inputs.a %}{{ y }}{# #}{{ inputs.b }}",
    ):
        text = render("a.jinja", {"a.jinja": template}, {"inputs": parts})
        assert marker not in text, template
        assert text.count("\\") >= 1


def test_ordinary_text_is_left_alone() -> None:
    text = "a < b | c > d, [x](y) [INSTALL] <s1> 'Human: hi'\nUser: Ada\n<|>|<|\n\nHumans: all"
    assert guarded([(text, True)]) == text


pieces = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(
                ["<|", "im_start", "|>", "[INST", "]", "\n", "\n\n", "Human", ":", "<", "s>"]
            ),
            st.text(max_size=3),
        ),
        st.booleans(),
    ),
    max_size=12,
)


@given(pieces)
def test_only_backslashes_are_added_and_no_marker_of_values_is_left(
    parts: list[tuple[str, bool]],
) -> None:
    plain = "".join(text for text, _ in parts)
    result = guarded(parts)
    left = iter(result)
    assert all(letter in left for letter in plain)  # the text is still there, in order
    assert len(result) - len(plain) == result.count("\\") - plain.count("\\")
    if all(from_value for _, from_value in parts):
        assert not MARKER.search(result)
    if not any(from_value for _, from_value in parts):
        assert result == plain
