"""The role guard: text from outside can't open a chat turn of its own. Knows nothing of templates.

Chat models tell turns apart by markers in the text: `<|im_start|>system`, `[INST]`, `Human:` after
an empty line. A marker that a *value* brought into a prompt, wholly or in part, gets a backslash
that breaks it and that anyone can see: `<\\|im_start|>`. What the author wrote is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

MARKER: Final = re.compile(
    r"""
      <\|[^|<>\n]{1,64}\|>                      # ChatML, Llama 3, Phi, Harmony, Cohere
    | <｜[^｜<>\n]{1,64}｜>                      # DeepSeek (fullwidth bars)
    | <</?SYS>>                                 # Llama 2
    | \[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS)\]
    | </?s>                                     # Llama 2 and Mistral: begin and end of a sequence
    | </?(?:start|end)_of_(?:turn|image|audio)> # Gemma
    | (?:\A|\n[^\S\n]*\n)[^\S\n]*(?:Human|Assistant|System|User)(?P<colon>:)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def guarded(pieces: Iterable[tuple[str, bool]]) -> str:
    """The pieces of a text joined, with every marker broken that a value has a part in.

    A piece is its text and whether it came from a value. Looking at the whole text, and not at
    each value, also catches a marker put together from two values or from a value and the template.
    """
    texts: list[str] = []
    values: list[tuple[int, int]] = []
    length = 0
    for text, from_value in pieces:
        texts.append(text)
        if from_value and text:
            values.append((length, length + len(text)))
        length += len(text)
    whole = "".join(texts)
    if not values:
        return whole
    broken: list[str] = []
    done = 0
    upcoming = 0
    for match in MARKER.finditer(whole):
        start, end = match.span()
        while upcoming < len(values) and values[upcoming][1] <= start:
            upcoming += 1
        if upcoming == len(values):
            break
        if values[upcoming][0] >= end:
            continue
        cut = match.start("colon") if match["colon"] else start + 1
        broken += (whole[done:cut], "\\")
        done = cut
    broken.append(whole[done:])
    return "".join(broken)
