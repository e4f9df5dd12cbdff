"""`lock --check`: whatever was changed since the lock was written is found, without any network."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locked_folders import AGENT, CONFIG, DONE, FILES, MANIFEST, Lock, lock_quickly, write

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import pack
from looplet.compiler.locking.comparing import differences
from looplet.compiler.locking.declared import declared, folder_digest
from looplet.compiler.locking.errors import LockError
from looplet.compiler.locking.holding import carried, current
from looplet.compiler.locking.lockfile import digest_of, read, written


@pytest.fixture
def locked(child: Path) -> dict[str, Any]:
    return lock_quickly(child)


def test_a_lock_that_holds(lock: Lock, locked: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", "/dev/null")
    code, out, err = lock("--check")
    assert (code, err) == (0, "")
    assert out == "cartridge.lock holds: 2 parents, 4 Python packages, 6 servers\n"


def test_a_prompt_is_no_matter_of_the_lock(lock: Lock, locked: Any, edit: Any) -> None:
    edit({"child.cartridge/prompts/extra.md": "x", "child.cartridge/own.py": "print(2)\n"})
    assert lock("--check")[0] == 0


def test_no_lock(lock: Lock, child: Path) -> None:
    code, out, _ = lock("--check")
    assert code == 1
    assert (
        f"CT780] there is no `cartridge.lock`; write one with `looplet-compile lock {child}`"
        in (out)
    )


def test_the_lock_of_a_parent_is_not_the_childs(lock: Lock, locked: Any, child: Path) -> None:
    shutil.move(child / "cartridge.lock", child.parent / "parent.cartridge" / "cartridge.lock")
    assert "CT780" in lock("--check")[1]


AGENT_CONFIG = FILES[f"{AGENT}/config.yaml"]
CHANGES: list[tuple[str, str, str, str, str]] = [
    # file, what stands there, what instead, code and place, a part of the message
    ("child.cartridge/config.yaml", "@1.4.2", "@1.4.3", "CT784 config.yaml:5:3",
     "the server `docs`: `@acme/docs 1.4.3` here, `@acme/docs 1.4.2` in `cartridge.lock`"),
    ("child.cartridge/config.yaml", "@1.4.2", "@latest", "CT786 config.yaml:6:14", "`docs` starts"),
    ("child.cartridge/config.yaml", "--stdio", "--http", "CT784 config.yaml:5:3",
     "other arguments here"),
    ("child.cartridge/config.yaml", "DOCS_TOKEN", "DOCS_OPTIONS", "CT784 config.yaml:5:3",
     "other names in `env` here"),
    ("child.cartridge/config.yaml", "clock==2.0", "clock==2.1", "CT784 config.yaml:8:3", "clock"),
    ("child.cartridge/config.yaml", "  clock:", "  watch:", "CT784 config.yaml:8:3",
     "the server `watch`: `clock 2.0` here, not there in `cartridge.lock`"),
    ("child.cartridge/config.yaml", "5e5e\"", "5e5f\"", "CT784 config.yaml:9:3", "acme/logs"),
    ("child.cartridge/config.yaml", "/own.py", "/tools/../own.py", "CT784 config.yaml:10:3", "own"),
    ("child.cartridge/config.yaml", "?key=quite", "?key=other", "CT784 config.yaml:11:3",
     "other query here"),
    ("child.cartridge/config.yaml", "docs.example.com", "evil.example", "CT784 config.yaml:11:3",
     "`https://evil.example/mcp` here, `https://docs.example.com/mcp` in"),
    ("child.cartridge/config.yaml", "made-2026-01-31", "made-2026-02-01", "CT784 config.yaml:2:1",
     "the model: `openai:made-2026-02-01` here"),
    ("child.cartridge/config.yaml", "provider: openai", "provider: anthropic",
     "CT784 config.yaml:2:1", "`openai:made-2026-01-31` in"),
    ("child.cartridge/config.yaml", "builtin_tools: [subagent]", "builtin_tools: []",
     "CT784 config.yaml:3:1", "the agent `agents/helper.cartridge` in this one: not there here"),
    ("child.cartridge/config.yaml", "../parent", "../grand", "CT785 config.yaml:1:1", "parent"),
    ("child.cartridge/cartridge.json", '"gamma"', '"gamma<2"', "CT784 cartridge.json:6:3",
     "a dependency: `gamma<2` here, not there"),
    ("child.cartridge/cartridge.json", '"alpha>=1", ', "", "CT784 cartridge.json:6:3",
     "a dependency: not there here, `alpha>=1`"),
    ("child.cartridge/cartridge.json", ">=3.11", ">=3.11.1", "CT784 cartridge.json:5:22", "Python"),
    ("child.cartridge/cartridge.json", '"child"', '"kid"', "CT783 cartridge.json:2:11",
     "the lock is that of `child`, and this is `kid`"),
    ("parent.cartridge/prompts/system.md", "Do it", "Do that", "CT785 config.yaml:1:1",
     "the parent `../parent.cartridge`: files of the digest "),
    ("parent.cartridge/cartridge.json", "0.3.0", "0.3.1", "CT785 config.yaml:1:1",
     "`parent 0.3.1` here, `parent 0.3.0` in"),
    ("parent.cartridge/cartridge.json", "beta<1.5", "beta<1.6", "CT784 cartridge.json:6:3", "beta"),
    ("grand.cartridge/config.yaml", "7", "8", "CT785 config.yaml:1:1", "`../grand.cartridge`"),
    ("child.cartridge/cartridge.json", '"gamma"', '"gamma @ https://ada:pw@example.org/g.whl"',
     "CT784 cartridge.json:6:3", "a dependency: `gamma @ https://example.org/g.whl` here"),
    (f"{AGENT}/config.yaml", "0.1.0", "0.1.1", "CT784 agents/helper.cartridge/config.yaml:3:3",
     "the server `inner` of the agent `agents/helper.cartridge`"),
    (f"{AGENT}/config.yaml", "@0.1.0", "", "CT786 agents/helper.cartridge/config.yaml:3:20",
     "newest `inner`"),
    (f"{AGENT}/config.yaml", "1b", "3b", "CT784 agents/helper.cartridge/config.yaml:1:1",
     "the model of the agent `agents/helper.cartridge`"),
    (f"{AGENT}/cartridge.json", "delta", "delta>0", "CT784 cartridge.json:6:3", "`delta>0`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "expect", "says"), CHANGES, ids=lambda value: str(value)[:20]
)
def test_each_change_is_found_in_its_place(
    lock: Lock, locked: Any, child: Path, edit: Any, file: str, old: str, new: str, expect: str,
    says: str,
) -> None:  # fmt: skip
    before = (child.parent / file).read_text()
    assert old in before
    edit({file: before.replace(old, new)})
    if new == "../grand":
        edit({f"grand.cartridge/{path}": text for path, text in DONE.items()})
    code, out, _ = lock("--check", "--format", "json")
    found = json.loads(out)["diagnostics"]
    assert code == 1
    places = {
        f"{each['code']} {each['path']}:{each['start']['line']}:{each['start']['column']}": each
        for each in found
    }
    assert expect in places, places
    assert any(says in each["message"] for each in found if each["code"] == expect[:5])


def test_several_changes_are_all_told(lock: Lock, locked: Any, edit: Any) -> None:
    config = CONFIG.replace("@1.4.2", "@1.5.0").replace("clock==2.0", "clock==2.1")
    edit({"child.cartridge/config.yaml": config, "grand.cartridge/config.yaml": "max_steps: 5\n"})
    code, out, _ = lock("--check")
    assert code == 1 and out.endswith("1 cartridge checked: 3 errors\n")


def test_a_parent_that_is_gone(lock: Lock, locked: Any, child: Path) -> None:
    shutil.rmtree(child.parent / "grand.cartridge")
    code, _, err = lock("--check")
    assert (code == 1 and "CT310" in err) or "grand" in err
    with pytest.raises(Exception, match="grand"):
        cartridge_to_preset(child)


def test_a_lock_that_misses_a_parent(lock: Lock, locked: dict[str, Any], child: Path) -> None:
    locked["parents"].pop()
    (child / "cartridge.lock").write_bytes(written(locked))
    code, out, _ = lock("--check")
    says = "the parent `../grand.cartridge`: `grand 0.0.0` here, not there in `cartridge.lock`"
    assert code == 1 and says in out


def test_the_digest_of_a_parent_is_the_tree_digest_of_its_folder() -> None:
    alone = cartridge_to_preset("hello")
    assert folder_digest(alone.layers[0]) == pack(alone).tree_digest


# ── hypothesis: any change at all ─────────────────────────────────────────────────────────────────


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    if path:
        yield path


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    """What the child declares, and its lock."""
    child = write(tmp_path_factory.mktemp("any"), FILES) / "child.cartridge"
    lock = lock_quickly(child)
    return declared(cartridge_to_preset(child)), lock


def changed(value: Any, path: tuple[Any, ...], draw: Any) -> Any:
    """A copy with one thing replaced, or taken away."""
    made = copy.deepcopy(value)
    home = made
    for step in path[:-1]:
        home = home[step]
    if draw(st.booleans()):
        del home[path[-1]]
    else:
        old = home[path[-1]]
        other = draw(st.sampled_from(["", "x", "1.0.0", 0, 3, None, [], {}, ["x"], f"{old}x"]))
        home[path[-1]] = other
    return made


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_of_the_lock_is_found(everything: Any, data: Any) -> None:
    """Also one that somebody sealed with a digest that fits, if the cartridge says otherwise."""
    now, lock = everything
    path = data.draw(st.sampled_from(list(leaves(lock))))
    edited = changed(lock, path, data.draw)
    if edited == lock:
        return
    text = json.dumps(edited, indent=2, sort_keys=True).encode()
    with pytest.raises(LockError):
        read(text)
    if path[0] in ("digest", "format", "looplet") or path[:2] == ("python", "packages"):
        return
    known = {"hashes", "integrity", "resolver", "packages"} & set(map(str, path))
    try:
        sealed = read(written(edited))
    except LockError:
        return
    assert known or differences(now, sealed)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_of_what_is_declared_is_found(everything: Any, data: Any) -> None:
    now, lock = everything
    path = data.draw(st.sampled_from(list(leaves(now.values))))
    home = values = copy.deepcopy(now.values)
    for step in path[:-1]:
        home = home[step]
    old = home[path[-1]]
    if isinstance(old, str):
        home[path[-1]] = old + data.draw(st.sampled_from(["x", " ", "0"]))
    elif isinstance(old, int):
        home[path[-1]] = old + 1
    elif old:
        home[path[-1]] = type(old)()
    else:
        return
    try:
        found = differences(now._replace(values=values), lock)
    except (KeyError, IndexError):
        return  # no declaration has that shape
    assert found
    assert all(each.message for each in found)


# ── a file that is no lock ────────────────────────────────────────────────────────────────────────


def resealed(lock: dict[str, Any]) -> bytes:
    return json.dumps({**lock, "digest": digest_of(lock)}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is no JSON: expecting value"),
        (b"{", "it is no JSON"),
        (b"\xff\xfe", "it is no text"),
        (b"[]", "it holds no mapping"),
        (b"null", "it holds no mapping"),
        (b'{"format": 1, "format": 1}', "the key `format` twice"),
        (b'{"format": 1, "a": {"b": 1, "b": 2}}', "the key `b` twice"),
        (b'{"format": NaN}', "no JSON of a lock"),
        (b"[" * 100_000, "no JSON of a lock"),
        (b'{"format": ' + b"9" * 5000 + b"}", "no JSON of a lock"),
        (b"{}", "of format `None`, and this looplet reads 1"),
        (b'{"format": 2}', "of format `2`, and this looplet reads 1; update looplet"),
        (b'{"format": true}', "of format `True`"),
        (b'{"format": "1"}', "of format `1`"),
        (b'{"format": 1}', "`digest` is missing"),
        (b" " * 5_000_000, "more than any lock"),
        (b'{"format": 1,\n<<<<<<< HEAD\n', "the marks of a merge (`<<<<<<<`); take either side"),
        (b'{\n||||||| base\n', "the marks of a merge"),
        (b'{\n>>>>>>> theirs\n', "the marks of a merge"),
    ],
)  # fmt: skip
def test_what_is_no_lock(lock: Lock, child: Path, data: bytes, says: str) -> None:
    (child / "cartridge.lock").write_bytes(data)
    code, out, err = lock("--check")
    assert (code, err) == (1, "") and says in out, out
    assert "CT781" in out or "CT782" in out
    with pytest.raises(LockError):
        carried(cartridge_to_preset(child))


def test_the_line_of_a_mistake(lock: Lock, locked: Any, child: Path) -> None:
    file = child / "cartridge.lock"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:3], "<<<<<<< ours", *lines[3:]]))
    assert f"{file}:4:1: error[CT781]" in lock("--check")[1]
    file.write_text("\n".join([*lines[:3], "oh", *lines[3:]]))
    assert f"{file}:4:1: error[CT781] the lock cannot be used: it is no JSON" in lock("--check")[1]


def test_a_value_of_another_shape_is_named(lock: Lock, locked: dict[str, Any], child: Path) -> None:
    locked["python"]["packages"][0]["hashes"] = ["md5:abc"]
    (child / "cartridge.lock").write_bytes(resealed(locked))
    out = lock("--check")[1]
    assert "CT781" in out and "hashes" in out


def test_an_edit_by_hand(lock: Lock, locked: Any, child: Path) -> None:
    file = child / "cartridge.lock"
    file.write_text(file.read_text().replace('"version": "1.4.2"', '"version": "1.4.3"'))
    assert "it was changed after it was written, by hand or in a merge" in lock("--check")[1]


def test_locking_again_mends_all_but_a_newer_format(
    lock: Lock, child: Path, edit: Any, monkeypatch: Any
) -> None:
    edit(
        {
            "child.cartridge/cartridge.json": '{"name": "child", "schema_version": 2}',
            "parent.cartridge/cartridge.json": '{"name": "parent", "schema_version": 2}',
            f"{AGENT}/cartridge.json": '{"name": "helper", "schema_version": 2}',
            "child.cartridge/config.yaml": CONFIG.replace("clock: {command: uvx clock==2.0}", ""),
        }
    )
    file = child / "cartridge.lock"
    file.write_text("<<<<<<< ours\n")
    code, out, err = lock()
    assert code == 0 and out.startswith("wrote ")
    assert "has the marks of a merge" in err and "it is made anew" in err
    assert lock("--check")[0] == 0
    file.write_text('{"format": 2}')
    code, out, err = lock()
    assert (code, out) == (1, "") and "CT782" in err
    assert file.read_text() == '{"format": 2}'


def test_what_goes_into_a_package(child: Path, locked: Any, edit: Any) -> None:
    preset = cartridge_to_preset(child)
    assert carried(preset) == (child / "cartridge.lock").read_bytes()
    assert current(preset) == locked
    edit({"child.cartridge/cartridge.json": MANIFEST.replace("gamma", "delta")})
    with pytest.raises(LockError, match="a dependency"):
        carried(cartridge_to_preset(child))
    (child / "cartridge.lock").unlink()
    assert carried(cartridge_to_preset(child)) is None
