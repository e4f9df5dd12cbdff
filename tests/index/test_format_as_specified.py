"""docs/package-format.md, implemented anew from its words: what it says is what looplet does.

Nothing of looplet is used to write an archive, JSON or a digest here; looplet only makes the
packages to compare with.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.building import archive_of
from looplet.compiler.archive.package import Package, pack
from looplet.preset import canonical_json

ROOT = Path(__file__).parents[2]
CARTRIDGES = sorted((ROOT / "cartridges").glob("*.cartridge"))
VALID = sorted((ROOT / "tests" / "corpus" / "valid").glob("*.cartridge"))

Members = dict[str, tuple[bytes, bool]]


# ── as the page says ──────────────────────────────────────────────────────────────────────────────


def archive(members: Members) -> bytes:
    """The section "The archive"."""
    body, directory = b"", b""
    for name in sorted(members, key=lambda name: name.encode("utf-8")):
        data, executable = members[name]
        raw = name.encode("utf-8")
        flags = 0x0800 if any(byte > 127 for byte in raw) else 0
        both = struct.pack(
            "<HHHHHIIIHH",
            20,
            flags,
            0,
            0,
            0x21,
            zlib.crc32(data),
            len(data),
            len(data),
            len(raw),
            0,
        )
        mode = 0o100755 if executable else 0o100644
        tail = struct.pack("<HHHII", 0, 0, 0, mode << 16, len(body))
        directory += b"PK\x01\x02" + struct.pack("<H", 788) + both + tail + raw
        body += b"PK\x03\x04" + both + raw + data
    count = len(members)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def canonical(value: Any) -> str:
    """The section "Canonical JSON"."""
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: [ord(char) for char in pair[0]])
        return "{" + ",".join(f"{canonical(k)}:{canonical(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(map(escaped, value)) + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    return short.get(ord(char), f"\\u{ord(char):04x}") if ord(char) < 0x20 else char


def record_lines(members: Members) -> list[str]:
    """The section "RECORD", in order."""
    lines = []
    for name in sorted(members, key=lambda name: name.encode("utf-8")):
        data, executable = members[name]
        lines.append(f"{hashlib.sha256(data).hexdigest()} {755 if executable else 644} {name}\n")
    return lines


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def built_anew(package: Package) -> Members:
    """All members of a package, from its files and the two values that only a compiler knows."""
    files = {name: (file.data, file.executable) for name, file in package.files.items()}
    entry = package.entry
    tree = sha256(f"looplet tree 1\nentry {entry}\n{''.join(record_lines(files))}")
    preset = json.loads(json.dumps(_plain(package.ir["preset"])))
    ir = {
        "looplet": 1,
        "tree": tree,
        "layers": [
            {"name": layer["name"], "place": layer["place"], "at": _at(entry, layer["place"])}
            for layer in package.ir["layers"]
        ],
        "preset": preset,
    }
    if "nested" in package.ir:
        ir["nested"] = json.loads(json.dumps(_plain(package.ir["nested"])))
    manifest = {
        "format": 1,
        **{key: preset[key] for key in ("name", "version", "description")},
        "entry": entry,
        "digests": {"tree": tree, "meaning": sha256(canonical(preset))},
    }
    members = {
        **files,
        "CARTRIDGE-INFO/manifest.json": ((canonical(manifest) + "\n").encode(), False),
        "CARTRIDGE-INFO/ir.json": ((canonical(ir) + "\n").encode(), False),
    }
    own = "" if entry == "." else f"{entry}/"
    if lock := files.get(f"cartridge/{own}cartridge.lock"):
        members["CARTRIDGE-INFO/lock.json"] = (lock[0], False)
    record = "".join(record_lines(members)).encode()
    return {**members, "CARTRIDGE-INFO/RECORD": (record, False)}


def _at(entry: str, place: str) -> str:
    if place.startswith("@/"):
        return "parents/" + place.removeprefix("@/")
    parts: list[str] = []
    for part in f"cartridge/{entry}/{place}".split("/"):
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


# ── and as it is ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("root", [*CARTRIDGES, *VALID], ids=lambda root: root.name)
def test_a_package_is_what_the_page_says(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    package = pack(cartridge_to_preset(root, strict=False))
    assert archive(built_anew(package)) == archive_of(package)


def test_one_with_parents_is_what_the_page_says(tmp_path: Path) -> None:
    base = tmp_path / "team" / "base.cartridge"
    child = tmp_path / "team" / "agents" / "child.cartridge"
    for root in (base, child):
        (root / "prompts").mkdir(parents=True)
        (root / "prompts" / "system.md").write_text("Be brief. ä ß\n", "utf-8")
        name = root.name.removesuffix(".cartridge")
        manifest = {"name": name, "schema_version": 2, "version": "1.0"}
        (root / "cartridge.json").write_text(json.dumps(manifest))
    (base / "config.yaml").write_text("max_steps: 3\n")
    (base / "tools" / "done").mkdir(parents=True)
    (base / "tools" / "done" / "tool.yaml").write_text(
        "name: done\ndescription: Finish.\nparameters: {}\ntimeout_s: 1.5\n"
    )
    (base / "tools" / "done" / "execute.py").write_text("def execute() -> str:\n    return 'x'\n")
    (base / "tools" / "done" / "execute.py").chmod(0o755)
    (base / "größe.txt").write_text("a name that is not ASCII\n")
    (child / "config.yaml").write_text("extends: ../../base.cartridge\n")
    package = pack(cartridge_to_preset(child))
    assert package.entry == "agents/child.cartridge"
    assert [layer["at"] for layer in package.ir["layers"]] == [
        "cartridge/agents/child.cartridge",
        "cartridge/base.cartridge",
    ]
    assert archive(built_anew(package)) == archive_of(package)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False).filter(lambda number: abs(number) != float("inf")),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=10,
    )
)
def test_canonical_json_is_what_the_page_says(value: Any) -> None:
    assert canonical(value) == canonical_json(value)
    assert json.loads(canonical(value)) == value
