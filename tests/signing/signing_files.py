"""Package files to sign, and trust files for those who did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from signing_keys import Keys

from looplet.compiler.cli import Answer, _answer

ROOT = Path(__file__).parents[2]
HELLO = ROOT / "cartridges/hello.cartridge"


def compile_(*words: str | Path) -> Answer:
    """What `looplet-compile` answers."""
    return _answer([str(word) for word in words])


class Desk(NamedTuple):
    """A folder in which packages are built and signed, and the keys to do it."""

    folder: Path
    keys: Keys

    def built(self, form: str = "zip", of: Path = HELLO) -> Path:
        """A new package file, built by somebody else; it replaces the one before."""
        with pytest.MonkeyPatch.context() as elsewhere:
            elsewhere.setenv("XDG_STATE_HOME", str(self.folder / "elsewhere"))
            answer = compile_("build", of, "-o", self.folder / form, "--format", form, "--json")
        assert not answer.status, answer.remarks
        return Path(json.loads(answer.text)["file"])

    def signed(self, *numbers: int, form: str = "zip") -> Path:
        path = self.built(form)
        for number in numbers:
            answer = compile_("sign", path, "--key", self.keys.pem(number))
            assert not answer.status, answer.remarks
        return path

    def trust(self, *numbers: int, **more: Any) -> Path:
        """The user's own trust file, with these keys."""
        entry = {"names": ["*"], **more} if "revoked" not in more else more
        entries = [{"key": f"{self.keys.public(n).line} key {n}", **entry} for n in numbers]
        return self.trusting({"trust": 1, "keys": entries})

    def trusting(self, value: Any) -> Path:
        path = self.folder / "config/looplet/trust.json"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(json.dumps(value))
        path.chmod(0o600)
        return path
