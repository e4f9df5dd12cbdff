"""The trust file: read strictly, from where nobody else can write it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from signing_keys import Keys

from looplet.compiler.signing.trust import TrustError, read_trust, trust_path

MOMENT = "2027-01-01T00:00:00Z"


@pytest.fixture
def line(keys: Keys) -> str:
    return keys.public().line


def written(folder: Path, value: Any) -> Path:
    path = folder / "trust.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    path.chmod(0o600)
    return path


def one(**entry: Any) -> dict[str, Any]:
    return {"trust": 1, "keys": [entry]}


def test_an_entry(tmp_path: Path, keys: Keys, line: str) -> None:
    entry = one(
        key=f"{line} Ada <ada@example.org>",
        names=["hello", "team-*"],
        valid_after="2026-01-01",
        valid_before="2027-01-01T00:00:00Z",
    )
    (key,) = read_trust(str(written(tmp_path, entry))).keys
    assert key.key == keys.public()
    assert key.who == "Ada <ada@example.org>"
    assert key.names == ("hello", "team-*")
    assert (key.valid_after, key.valid_before) == ("2026-01-01T00:00:00Z", MOMENT)


def test_a_revoked_entry(tmp_path: Path, line: str) -> None:
    (key,) = read_trust(str(written(tmp_path, one(key=line, revoked="stolen")))).keys
    assert key.revoked == "stolen"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeff{"trust": 1, "keys": []}')
    assert read_trust(str(path)).keys == ()


# ── mistakes: where, what, what instead ───────────────────────────────────────────────────────────

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"

MISTAKES: dict[str, tuple[Any, str]] = {
    "no json": ("{\n  keys", "line 2, column 3"),
    "a comment": ('{"trust": 1, // who\n"keys": []}', "line 1, column 14"),
    "a key twice": ('{"trust": 1, "keys": [], "keys": []}', "'keys' is there twice"),
    "a list": ([], "it is a list, not an object with keys, trust"),
    "null": ("null", "it is null"),
    "deep": ("[" * 5000, "it is no JSON"),
    "not utf-8": ('{"trust": "\udcff"}', "it is no JSON"),
    "no format": ({"keys": []}, "it has no 'trust'"),
    "another format": ({"trust": 2, "keys": []}, "it is of format 2, and this looplet reads 1"),
    "a truth for a number": ({"trust": True, "keys": []}, "trust is true, not a whole number"),
    "a slip": ({"trust": 1, "key": []}, "there is no 'key'; did you mean 'keys'?"),
    "an entry that is a text": ({"trust": 1, "keys": [KEY]}, "keys[0] is a text"),
    "a slip in an entry": (one(key=KEY, name=["*"]), "keys[0]: there is no 'name'; did you mean"),
    "an unknown word": (one(key=KEY, names=["*"], scope=1), "it takes key, names, valid_after"),
    "no key": (one(names=["*"]), "keys[0] has no 'key'"),
    "no names": (one(key=KEY), 'keys[0].names: say for which cartridges it counts; ["*"]'),
    "empty names": (one(key=KEY, names=[]), "keys[0].names: say for which"),
    "names as a text": (one(key=KEY, names="hello"), "keys[0]: names is a text, not a list"),
    "a name that is none": (one(key=KEY, names=["a/b"]), "'a/b' is no name of a cartridge"),
    "a set of letters": (one(key=KEY, names=["[ab]"]), "'[ab]' is no name of a cartridge"),
    "a name that is a number": (one(key=KEY, names=[1]), "1 is no name"),
    "no date": (one(key=KEY, names=["*"], valid_before="soon"), "keys[0].valid_before: 'soon' is"),
    "no such day": (one(key=KEY, names=["*"], valid_after="2026-02-30"), "'2026-02-30' is no date"),
    "a date in another zone": (
        one(key=KEY, names=["*"], valid_after="2026-02-01T00:00:00+01:00"),
        "is no date; write 2027-01-31",
    ),
    "a number for a date": (one(key=KEY, names=["*"], valid_after=2026), "is a number, not a text"),
    "never": (
        one(key=KEY, names=["*"], valid_after="2026-02-01", valid_before="2026-02-01"),
        "so it never counts",
    ),
    "revoked and counting": (one(key=KEY, names=["*"], revoked="x"), "leave only key and revoked"),
    "revoked without a word": (one(key=KEY, revoked=" "), "say in a few words why"),
    "revoked, as a truth": (one(key=KEY, revoked=True), "revoked is true, not a text"),
    "another kind of key": (one(key="ssh-rsa AAAA", names=["*"]), "a key of type ssh-rsa"),
    "a damaged key": (one(key=KEY[:-4], names=["*"]), "the key is damaged"),
    "a fingerprint": (one(key="SHA256:abc", names=["*"]), "this is no public key"),
    "an empty key": (one(key="", names=["*"]), "this is no public key"),
    "two keys in one": (one(key=f"{KEY}\n{KEY}", names=["*"]), "these are several keys"),
    "half a line": (one(key="ssh-ed25519", names=["*"]), "the rest of the key is missing"),
    "a pem": (
        one(key="-----BEGIN PUBLIC KEY-----\nMCowBQ\n", names=["*"]),
        "this is a key as openssl writes it",
    ),
    "a private key": (
        one(key="-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n", names=["*"]),
        "the private half",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said(name: str, tmp_path: Path) -> None:
    value, said = MISTAKES[name]
    path = tmp_path / "trust.json"
    text = value if isinstance(value, str) else json.dumps(value)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    with pytest.raises(TrustError) as caught:
        read_trust(str(path))
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "BEGIN OPENSSH" not in str(caught.value)


def test_too_much_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="more than"):
        read_trust(str(written(tmp_path, " " * (1 << 20) + "{}")))


# ── where it lies ─────────────────────────────────────────────────────────────────────────────────


def test_it_is_looked_for_where_settings_are(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert trust_path() == str(tmp_path / "looplet/trust.json")
    assert read_trust().keys == ()
    (tmp_path / "looplet").mkdir()
    written(tmp_path / "looplet", one(key=KEY, names=["*"]))
    assert len(read_trust().keys) == 1


def test_a_relative_folder_of_settings_does_not_count(monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "here")
    monkeypatch.setenv("HOME", "/home/ada")
    assert trust_path() == "/home/ada/.config/looplet/trust.json"


def test_without_a_home_there_is_none(monkeypatch: Any) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", "nowhere")
    assert trust_path() is None
    assert read_trust().keys == ()


def test_one_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="there is no trust file of that name"):
        read_trust(str(tmp_path / "trust.json"))


def test_a_folder_is_no_trust_file(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="cannot be read"):
        read_trust(str(tmp_path))


posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


@posix
def test_a_pipe_is_no_trust_file(tmp_path: Path) -> None:
    """Nobody may write to it, ever; whoever asks is not to wait for that."""
    os.mkfifo(tmp_path / "trust.json", 0o600)
    with pytest.raises(TrustError, match="it is no file"):
        read_trust(str(tmp_path / "trust.json"))


@posix
def test_the_users_own_behind_a_dead_link_is_not_none(tmp_path: Path, monkeypatch: Any) -> None:
    """There is one, and what it revokes must not come to count again."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "looplet").mkdir()
    (tmp_path / "looplet" / "trust.json").symlink_to(tmp_path / "not-mounted" / "trust.json")
    with pytest.raises(TrustError, match="leads to nothing"):
        read_trust()


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_one_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, one(key=KEY, names=["*"]))
    path.chmod(mode)
    with pytest.raises(TrustError, match="others can write it") as caught:
        read_trust(str(path))
    assert caught.value.diagnostic.code == "CT776"


@posix
def test_one_in_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, one(key=KEY, names=["*"]))
    tmp_path.chmod(0o777)
    with pytest.raises(TrustError, match="others can write the folder"):
        read_trust(str(path))
    tmp_path.chmod(0o1777)  # as /tmp is
    assert read_trust(str(path)).keys
    tmp_path.chmod(0o755)
    assert read_trust(str(path)).keys


@posix
def test_the_users_own_belongs_to_the_user(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "looplet").mkdir(mode=0o700)
    path = written(tmp_path / "looplet", one(key=KEY, names=["*"]))
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(path).st_uid + 1)
    if os.stat(path).st_uid == 0:
        os.chown(path, 4242, -1)
    with pytest.raises(TrustError, match="belongs to another user"):
        read_trust()
    assert read_trust(str(path)).keys, "whoever names a file has chosen it"


@posix
def test_nobody_else_writes_the_way_to_the_users_own(tmp_path: Path, monkeypatch: Any) -> None:
    """Who can rename a folder can put another in its place."""
    folder = tmp_path / "above/config"
    (folder / "looplet").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    written(folder / "looplet", one(key=KEY, names=["*"]))
    (tmp_path / "above").chmod(0o775)
    with pytest.raises(TrustError, match=r"others can write the folder .*/above "):
        read_trust()
    (tmp_path / "above").chmod(0o755)
    assert read_trust().keys


@posix
def test_a_link_is_followed_and_its_own_folder_judged(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "open").mkdir()
    target = written(tmp_path / "dotfiles", one(key=KEY, names=["*"]))
    link = tmp_path / "open/trust.json"
    link.symlink_to(target)
    assert read_trust(str(link)).keys
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(TrustError, match=r"others can write the folder .*/open "):
        read_trust(str(link))
