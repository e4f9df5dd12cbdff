"""`looplet-compile lock`, with pip and uv that really run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from locked_folders import CONFIG, DIGEST, MANIFEST, NPM, Lock, read_lock
from wheelhouse import hash_of

from looplet.compiler.locking.lockfile import read


def package(lock: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in lock["python"]["packages"] if each["name"] == name]
    return found


@pytest.fixture(params=["uv", "pip"])
def resolver(request: Any) -> str:
    return str(request.param)


def test_everything_that_executes_is_pinned(
    lock: Lock, child: Path, wheels: Path, resolver: str
) -> None:
    code, out, err = lock("--resolver", resolver)
    assert code == 0, err
    assert out.startswith(f"wrote {child}/cartridge.lock: 2 parents, ")
    found = read((child / "cartridge.lock").read_bytes())
    assert found["cartridge"] == {"name": "child", "schema_version": 2}
    assert found["model"] == {"provider": "openai", "name": "made-2026-01-31"}
    assert found["looplet"] == ">=1,<2"
    assert [(each["place"], each["name"], each["version"]) for each in found["parents"]] == [
        ("../parent.cartridge", "parent", "0.3.0"),
        ("../grand.cartridge", "grand", "0.0.0"),
    ]
    python = found["python"]
    assert python["requires"] == ["alpha>=1", "beta<1.5", "delta", "gamma"]
    assert python["requires_python"] == ">=3.11"
    pins = {each["name"]: each["version"] for each in python["packages"]}
    assert pins.items() >= {"alpha": "2.0", "beta": "1.4", "gamma": "1.0", "delta": "0.1"}.items()
    for each in python["packages"]:
        file = wheels / f"{each['name']}-{each['version']}-py3-none-any.whl"
        assert each["hashes"] == [hash_of(file)]
    servers = found["servers"]
    assert servers["docs"] == {
        "kind": "npm",
        "command": ["npx", "-y", "@acme/docs@1.4.2", "--stdio"],
        "env": ["DOCS_TOKEN"],
        "packages": [
            {"name": "@acme/docs", "version": "1.4.2", "integrity": [NPM["@acme/docs@1.4.2"]]}
        ],
    }
    clock = hash_of(wheels / "clock-2.0-py3-none-any.whl")
    assert servers["clock"]["packages"] == [
        {"name": "clock", "version": "2.0", "integrity": [clock]}
    ]
    assert (servers["logs"]["kind"], servers["logs"]["starts"]) == ("image", f"acme/logs@{DIGEST}")
    assert (servers["own"]["kind"], servers["own"]["starts"]) == ("file", "own.py")
    assert servers["web"]["kind"] == "url"
    helper = found["agents"]["agents/helper.cartridge"]
    assert helper["model"] == {"provider": "ollama", "name": "small:1b"}
    assert helper["servers"]["inner"]["packages"][0]["integrity"] == [NPM["inner@0.1.0"]]


def test_what_only_another_platform_needs(lock: Lock, child: Path, edit: Any) -> None:
    """uv resolves for every platform, pip for this one, and the lock says which it was."""
    edit({"child.cartridge/config.yaml": CONFIG.replace("clock: {command: uvx clock==2.0}", "")})
    assert lock("--resolver", "uv")[0] == 0
    found = read_lock(child)
    assert "resolved_for" not in found["python"] and found["python"]["resolver"] == "uv"
    assert package(found, "winonly")["marker"] == "sys_platform == 'win32'"
    assert lock("--resolver", "pip")[0] == 0
    found = read_lock(child)
    assert found["python"]["resolved_for"]["sys_platform"] == sys.platform
    assert "winonly" not in [each["name"] for each in found["python"]["packages"]]


def test_the_same_bytes_again(lock: Lock, child: Path, monkeypatch: Any) -> None:
    assert lock("--resolver", "uv")[0] == 0
    before = (child / "cartridge.lock").read_bytes()
    assert before == json.dumps(
        json.loads(before), indent=2, sort_keys=True, ensure_ascii=False
    ).encode() + b"\n"  # fmt: skip
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    code, out, _ = lock()  # with the resolver that the lock names
    assert (code, out[:27]) == (0, "cartridge.lock is as it was")
    moved = child.parent / "elsewhere"
    moved.mkdir()
    for name in ("child", "parent", "grand"):
        (child.parent / f"{name}.cartridge").rename(moved / f"{name}.cartridge")
    (moved / "child.cartridge" / "cartridge.lock").unlink()
    assert lock("--resolver", "uv", path=moved / "child.cartridge")[0] == 0
    again = (moved / "child.cartridge" / "cartridge.lock").read_bytes()
    assert again == before
    for word in (str(child.parent), os.environ["PIP_FIND_LINKS"], 'quite-secret-words"}'):
        assert word not in before.decode()


def test_no_value_of_the_environment_is_in_it(lock: Lock, edit: Any, child: Path) -> None:
    edit({"child.cartridge/config.yaml": CONFIG.replace("?key=quite-secret-words", "")})
    assert lock()[0] == 0
    assert b"quite-secret-words" not in (child / "cartridge.lock").read_bytes()


def test_versions_are_kept_until_an_upgrade(lock: Lock, child: Path, edit: Any) -> None:
    edit({"child.cartridge/cartridge.json": MANIFEST.replace("alpha>=1", "alpha<2")})
    assert lock("--resolver", "uv")[0] == 0
    assert package(read_lock(child), "alpha")["version"] == "1.1"
    edit({"child.cartridge/cartridge.json": MANIFEST})
    assert lock()[0] == 0
    assert package(read_lock(child), "alpha")["version"] == "1.1"  # it still fits
    assert lock("--upgrade")[0] == 0
    assert package(read_lock(child), "alpha")["version"] == "2.0"
    edit({"child.cartridge/cartridge.json": MANIFEST.replace("alpha>=1", "alpha==1.0")})
    assert lock()[0] == 0
    assert package(read_lock(child), "alpha")["version"] == "1.0"  # it does not


def test_a_lock_without_anything_to_ask_for(lock: Lock, edit: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    files = {
        "child.cartridge/cartridge.json": MANIFEST.replace('"alpha>=1", "gamma"', ""),
        "child.cartridge/config.yaml": "extends: ../grand.cartridge\nbuiltin_tools: []\n",
        **{f"grand.cartridge/{path}": text for path, text in DONE_FILES.items()},
    }
    edit(files)
    code, out, _ = lock()
    assert code == 0 and out.endswith("cartridge.lock: 1 parent\n")


DONE_FILES = {
    "tools/done/tool.yaml": "name: done\ndescription: End.\n",
    "tools/done/execute.py": "def execute():\n    return {}\n",
}


# ── what cannot be locked ─────────────────────────────────────────────────────────────────────────


def refused(lock: Lock, child: Path, *options: str) -> str:
    code, out, err = lock(*options)
    assert (code, out) == (1, "")
    assert not (child / "cartridge.lock").exists()
    assert "Traceback" not in err
    return err


def test_every_floating_server_is_told_with_its_line(lock: Lock, edit: Any, child: Path) -> None:
    config = CONFIG.replace("@1.4.2", "@latest").replace("clock==2.0", "clock")
    edit(
        {
            "child.cartridge/config.yaml": config,
            "child.cartridge/agents/helper.cartridge/config.yaml": "mcp_servers:\n"
            "  inner: {command: npx -y inner}\n",
        }
    )
    err = refused(lock, child)
    assert (
        "config.yaml:6:14: error[CT786] the `command` of `docs` starts `@acme/docs@latest`" in err
    )
    assert "config.yaml:8:20: error[CT786] the `command` of `clock` starts whatever is the" in err
    assert "agents/helper.cartridge/config.yaml:2:20: error[CT786]" in err
    assert err.endswith("3 errors\n")


@pytest.mark.parametrize(
    ("dependency", "says"),
    [
        ("nowhere-to-be-found", "nowhere-to-be-found"),
        ("alpha>=3", "alpha"),
        ("alpha @ https://ada:pw@example.org/a-1.0-py3-none-any.whl", "holds a password"),
        ("alpha @ git+https://example.org/alpha", "no `https://` one"),
        ("alpha @ https://example.org/${HOME}/a-1.0-py3-none-any.whl", "read as a variable"),
    ],
)
def test_dependencies_that_cannot_be_resolved(
    lock: Lock, edit: Any, child: Path, resolver: str, dependency: str, says: str
) -> None:
    edit({"child.cartridge/cartridge.json": MANIFEST.replace("alpha>=1", dependency)})
    err = refused(lock, child, "--resolver", resolver)
    assert "error[CT787]" in err and says in err and "pw" not in err


def test_nothing_is_built_unless_it_is_allowed(
    lock: Lock, edit: Any, child: Path, wheels: Path, resolver: str
) -> None:
    edit({"child.cartridge/cartridge.json": MANIFEST.replace("alpha>=1", "built")})
    err = refused(lock, child, "--resolver", resolver)
    assert "--allow-builds" in err
    assert not (wheels / "it_was_built").exists()


def test_a_package_that_npm_does_not_have(lock: Lock, edit: Any, child: Path) -> None:
    edit({"child.cartridge/config.yaml": CONFIG.replace("@1.4.2", "@9.9.9")})
    err = refused(lock, child)
    assert "`@acme/docs 9.9.9` of npm cannot be locked: the registry has no such version" in err


def test_without_npm(lock: Lock, child: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert "npm is not installed" in refused(lock, child)


def test_a_key_in_a_command_is_not_copied(lock: Lock, edit: Any, child: Path) -> None:
    key = "ghp_" + "a8Kd03LmQz7Vx1Tn5Rw9Yb2Cf6Hj4Ps0Ue8G"
    edit({"child.cartridge/config.yaml": CONFIG.replace("--stdio", f"--token {key}")})
    err = refused(lock, child)
    assert "its command line or address holds a GitHub token" in err and key not in err


def test_a_package_is_not_locked_in_place(lock: Lock, child: Path, capsys: Any) -> None:
    from looplet.compiler.cli import main

    assert lock()[0] == 0
    assert main(["build", str(child), "-o", str(child.parent / "dist")]) == 0
    (built,) = (child.parent / "dist").iterdir()
    code, _, err = lock(path=built)
    assert code == 2 and "lock the folder it was built from" in err
    assert lock("--check", path=built)[0] == 0


@pytest.mark.parametrize(
    "options",
    [("--check", "--upgrade"), ("--installed",), ("--check", "--requirements"),
     ("--requirements", "--resolver", "pip")],
)  # fmt: skip
def test_options_that_do_not_go_together(lock: Lock, options: tuple[str, ...]) -> None:
    assert lock(*options)[0] == 2


def test_a_cartridge_with_mistakes_is_not_locked(lock: Lock, edit: Any, child: Path) -> None:
    edit({"child.cartridge/config.yaml": CONFIG + "max_stps: 3\n"})
    assert "CT201" in refused(lock, child)


# ── what comes of it ──────────────────────────────────────────────────────────────────────────────


def test_requirements_are_what_pip_installs_with_hashes(
    lock: Lock, child: Path, tmp_path: Path, wheels: Path
) -> None:
    assert lock("--resolver", "uv")[0] == 0
    code, text, _ = lock("--requirements")
    assert code == 0
    file = tmp_path / "requirements.txt"
    file.write_text(text)
    target = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", file]
    command += ["--disable-pip-version-check", "--target", target]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert sorted(path.name for path in target.glob("*.py")) == [
        "alpha.py",
        "beta.py",
        "delta.py",
        "gamma.py",
    ]
    assert (target / "beta.py").read_text() == "version = '1.4'\n"
    file.write_text(text.replace(text.partition("sha256:")[2][:64], "0" * 64))
    ran = subprocess.run([*command, "--upgrade"], capture_output=True, text=True)
    assert ran.returncode != 0 and "HASHES" in ran.stderr


def test_requirements_of_a_stale_lock_are_not_printed(lock: Lock, edit: Any) -> None:
    assert lock("--requirements")[0] == 1
    assert lock()[0] == 0
    edit({"child.cartridge/cartridge.json": MANIFEST.replace('"gamma"', '"gamma", "beta"')})
    code, out, err = lock("--requirements")
    assert (code, out) == (1, "") and "CT784" in err
