"""Every key of every file, one slip away from itself, is found and named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from looplet.compiler.schema import check_document
from looplet.compiler.scopes import SYNONYMS, VERSION_1, scopes
from looplet.compiler.suggest import closest, distance, one_slip
from looplet.compiler.syntax import parse

OTHERWISE = SYNONYMS.keys() | VERSION_1.keys()


def slips(word: str) -> Iterator[str]:
    middle = len(word) // 2
    yield word[:middle] + word[middle + 1 :]
    yield word[:middle] + "q" + word[middle:]
    yield word[:middle] + "q" + word[middle + 1 :]
    yield word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    yield word + "s"
    yield word.replace("_", "-")
    yield word.capitalize()


def test_every_key_one_slip_away(kind: str, sample: dict[str, Any]) -> None:
    for path, home in homes(sample):
        for key in list(home):
            if path[:1] in (("metadata",), ("inputs",), ("state_services",)):
                continue
            if path not in scopes(kind).get(key, []) or len(key) < 3:
                continue
            for slip in slips(key):
                if slip == key or slip in scopes(kind) or (kind, slip) in OTHERWISE:
                    continue
                value = home.pop(key)
                home[slip] = value
                document, _ = parse("a.json", json.dumps(sample).encode())
                assert document is not None
                found = [f for f in check_document(kind, document) if f.code == "CT201"]
                assert [f for f in found if f"`{key}`" in f.message], (kind, path, slip, found)
                assert found[0].fixes, (kind, path, slip)
                del home[slip]
                home[key] = value


def homes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        yield path, value
        for key, item in list(value.items()):
            yield from homes(item, (*path, key))


def test_closest() -> None:
    assert closest("max_step", ["max_tokens", "max_steps"]) == "max_steps"
    assert closest("Max-Steps", ["max_steps"]) == "max_steps"
    assert closest("desc", ["name", "description"]) == "description"
    assert closest("de", ["description"]) is None
    assert closest("foo", ["bar", "baz"]) is None
    assert closest("cat", ["cut", "cot"]) == "cut"
    assert closest("ab", ["ac"]) is None
    assert closest("name", ["name"]) is None


def test_one_slip_is_one_edit() -> None:
    assert one_slip("nmae", "name")
    assert one_slip("Done-Tool", "done_tool")
    assert not one_slip("match", "matches")


def test_distance_counts_a_swap_as_one_and_stops_at_the_limit() -> None:
    assert [distance("ab", "ba", 2), distance("abc", "abc", 0), distance("a", "xyz", 1)] == [
        1,
        0,
        2,
    ]
    assert distance("kitten", "sitting", 5) == 3
