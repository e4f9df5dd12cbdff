"""Changing a literal in Python source by splicing, for tools in short form."""

from __future__ import annotations

from typing import Any

from looplet.compiler.diagnostics import Position
from looplet.compiler.python.facts import decode, facts
from looplet.compiler.text.edit import EditRefused
from looplet.compiler.text.lines import BOM, Lines
from looplet.frozen import thaw
from looplet.preset import canonical_json


def assign_literal(path: str, data: bytes, name: str, value: Any) -> bytes:
    """`data` with the top-level assignment to `name` holding `value`; inserted if there is none.

    Raises EditRefused if the file is not UTF-8 or does not read as wanted afterwards.
    """
    known = facts(data)
    text = decode(data)
    lines = Lines(text)
    spelt = repr(thaw(value))
    if name in known["assigned"]:
        line, column, end_line, end_column = known["assigned"][name]["value_span"]
        start = lines.offset(Position(line, column))
        end = lines.offset(Position(end_line, end_column))
        if start is None or end is None:
            raise EditRefused(f"{path}: the value of {name} cannot be found in the text")
        made = text[:start] + spelt + text[end:]
    else:
        first = min((f["span"][0] for f in known["functions"]), default=len(lines))
        start = lines.offset(Position(first, 1)) or 0
        made = f"{text[:start]}{name} = {spelt}\n\n\n{text[start:]}"
    result = (BOM.encode() if data.startswith(BOM.encode()) else b"") + made.encode()
    after = facts(result)["assigned"].get(name)
    if after is None or canonical_json(after.get("value")) != canonical_json(thaw(value)):
        raise EditRefused(f"{path}: cannot change {name} without rewriting more of the file")
    return result
