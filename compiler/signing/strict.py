"""Reading back only what would have been written: one spelling for each envelope and statement.

Two programs that read one text in two ways are how forged signatures get past: a key that is there
twice, base64 with a bit that nobody looks at. So what is read is written again, and any other byte
refuses it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

from looplet.compiler.signing.errors import BadAttestation
from looplet.preset import canonical_json


def canonical(value: Any) -> bytes:
    """`value` as canonical JSON in UTF-8."""
    return canonical_json(value).encode()


def read_canonical(data: bytes, what: str) -> Any:
    """The JSON value of `data`. Raises BadAttestation unless its one spelling is `data`."""
    try:
        value = json.loads(data)
        again = canonical(value)
    except (ValueError, RecursionError) as error:
        raise BadAttestation(f"{what} is no JSON: {str(error)[:80]}") from None
    if again != data:
        raise BadAttestation(
            f"{what} is not canonical JSON: keys sorted and once each, no spaces, text as itself"
        )
    return value


def members(value: Any, names: tuple[str, ...], what: str) -> list[Any]:
    """The members of an object that has exactly these. Raises BadAttestation."""
    if not isinstance(value, dict) or sorted(value) != sorted(names):
        has = ", ".join(map(repr, value)) if isinstance(value, dict) else type(value).__name__
        raise BadAttestation(f"{what} has {', '.join(names)}, and nothing else; here: {has:.100}")
    return [value[name] for name in names]


def unbase64(text: Any, what: str) -> bytes:
    """The bytes that standard base64, with its padding, stands for. Raises BadAttestation."""
    try:
        data = b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        data = b""
    if not data or base64(data) != text:
        raise BadAttestation(f"{what} is not in base64 with `+`, `/` and padding")
    return data


def base64(data: bytes) -> str:
    return b64encode(data).decode()


__all__ = ["base64", "canonical", "members", "read_canonical", "unbase64"]
