"""What a cartridge is called where it is installed, and what it cannot be called."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name, is_normalized_name
from packaging.version import Version

from looplet.compiler.archive.wheel_names import (
    LONGEST,
    names_of,
    possible_name,
    possible_version,
    release_version,
)
from looplet.compiler.archive.wheel_taken import COMMANDS, DISTRIBUTIONS

NAMES = st.text("abzABZ019._-", min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("name", "distribution", "module"),
    [
        ("hello", "hello", "hello_cartridge"),
        ("git_detective", "git-detective", "git_detective_cartridge"),
        ("my.agent-2", "my-agent-2", "my_agent_2_cartridge"),
        ("A__b..C", "a-b-c", "a_b_c_cartridge"),
        ("2048", "2048", "_2048_cartridge"),
        ("class", "class", "class_cartridge"),
        ("x", "x", "x_cartridge"),
    ],
)
def test_names(name: str, distribution: str, module: str) -> None:
    names = names_of(name)
    assert (names.distribution, names.module) == (distribution, module)
    assert names.stem == distribution.replace("-", "_")


@given(NAMES)
def test_names_are_what_the_standards_say_or_refused(name: str) -> None:
    try:
        names = names_of(name)
    except ValueError:
        assert name[0] in "._-" or name[-1] in "._-"
        return
    assert names.distribution == canonicalize_name(name, validate=True)
    assert is_normalized_name(names.distribution)
    assert names.module.isidentifier() and not keyword.iskeyword(names.module)


@pytest.mark.parametrize(
    "name", ["", "_", "__", "-", ".", "_private", "a-", "a b", "ä", "a/b", "a\n", "x" * 101]
)
def test_names_that_no_distribution_can_have(name: str) -> None:
    with pytest.raises(ValueError, match=r"letter|characters"):
        names_of(name)
    names_of(possible_name(name))


@pytest.mark.parametrize(
    ("version", "normal"),
    [
        ("1.0.0", "1.0.0"),
        ("v1.0", "1.0"),
        ("1.0.0-beta.2", "1.0.0b2"),
        ("1.0-rc.1+build.5", "1.0rc1+build.5"),
        ("2026.03", "2026.3"),
        ("1.0.post1", "1.0.post1"),
        ("1!2.0", "1!2.0"),
        ("0.0.0", "0.0.0"),
    ],
)
def test_versions(version: str, normal: str) -> None:
    assert release_version(version) == normal


@pytest.mark.parametrize(
    ("version", "why", "instead"),
    [
        ("2026-03", "read as 2026.post3", "2026.3"),
        ("2026-03-14", "no version", "2026.3.14"),
        ("1.0.0-SNAPSHOT", "no version", "1.0.0.dev0"),
        ("1.2-final", "no version", "1.2"),
        ("v2_1_x", "no version", "2.1"),
        ("latest", "no version", "0.1.0"),
        ("", "no version", "0.1.0"),
        ("1.0poſt1", "no version", "1.0"),
        ("٣.٤", "no version", "0.1.0"),
        ("9" * 5000, "no version", "999999999"),
        ("1.0\nName: pip", "no version", "1.0"),
    ],
)
def test_versions_that_no_wheel_can_have(version: str, why: str, instead: str) -> None:
    with pytest.raises(ValueError, match=why):
        release_version(version)
    assert possible_version(version) == instead


@given(st.text(max_size=40))
def test_what_is_proposed_will_do(text: str) -> None:
    assert str(Version(possible_version(text))) == release_version(possible_version(text))
    assert names_of(possible_name(text)).distribution
    assert len(possible_name(text)) <= LONGEST


def test_what_is_taken_is_spelt_as_it_is_looked_up() -> None:
    for name in DISTRIBUTIONS:
        assert names_of(name).distribution == name
    commands = COMMANDS - {"c++", "g++"}
    assert {name for name in commands if names_of(name).distribution != name} == set()


def test_what_every_script_calls_is_taken() -> None:
    assert {"env", "find", "git", "ls", "pip", "python3", "sh", "ssh", "sudo"} <= COMMANDS
    assert {"hello", "git-detective", "reviewer", "researcher"}.isdisjoint(COMMANDS)
