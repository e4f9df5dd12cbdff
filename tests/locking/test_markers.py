"""Markers and specifiers without packaging, held against packaging."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Environment, Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from looplet.compiler.locking.markers import BadMarker, environment, holds, satisfies
from looplet.compiler.locking.names import distribution, requirement_name, version

VERSIONS = ["3", "3.9", "3.10", "3.11", "3.11.0", "3.11.4", "3.12", "3.13.0", "4", "4.0.1"]
OPS = ["<", "<=", ">", ">=", "==", "!="]


def test_the_environment_is_that_of_packaging() -> None:
    from packaging.markers import default_environment

    assert environment() == {**default_environment(), "extra": ""}


@given(st.sampled_from(VERSIONS), st.sampled_from([*OPS, "~="]), st.sampled_from(VERSIONS))
def test_specifiers_agree(one: str, op: str, other: str) -> None:
    if op == "~=" and "." not in other:
        with pytest.raises(BadMarker):
            satisfies(one, op + other)
    else:
        assert satisfies(one, op + other) == (Version(one) in SpecifierSet(op + other))


def test_wildcards_and_lists() -> None:
    assert satisfies("3.12.4", "==3.12.*") and not satisfies("3.13", "==3.12.*")
    assert satisfies("3.13", "!=3.12.*") and satisfies("3.12", ">=3.11, <4") and satisfies("3", "")
    assert not satisfies("4", ">=3.11,<4") and satisfies("3.14.0rc1", ">=3.14")


compares = st.one_of(
    st.tuples(
        st.sampled_from(["python_version", "python_full_version"]),
        st.sampled_from(["<", ">=", "==", "!="]),
        st.sampled_from(["3.9", "3.11", "3.12", "3.14"]),
    ).map(lambda t: f"{t[0]} {t[1]} '{t[2]}'"),
    st.tuples(
        st.sampled_from(["sys_platform", "platform_machine", "implementation_name", "os_name"]),
        st.sampled_from(["==", "!=", "in", "not in"]),
        st.sampled_from(["linux", "win32", "darwin", "x86_64", "cpython", "posix", "linux darwin"]),
    ).map(lambda t: f"{t[0]} {t[1]} '{t[2]}'"),
    st.sampled_from(["'3.11' <= python_version", "'linux' == sys_platform"]),
)
markers = st.recursive(
    compares,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map(lambda one: f"({one})"),
    ),
    max_leaves=6,
)
places = st.fixed_dictionaries(
    {
        "sys_platform": st.sampled_from(["linux", "win32", "darwin"]),
        "platform_machine": st.sampled_from(["x86_64", "arm64"]),
        "python_version": st.sampled_from(["3.11", "3.12", "3.14"]),
    }
)


@settings(max_examples=300, deadline=None)
@given(markers, places)
def test_markers_agree(marker: str, place: dict[str, str]) -> None:
    here = {**environment(), **place, "python_full_version": place["python_version"] + ".0"}
    assert holds(marker, here) == Marker(marker).evaluate(cast(Environment, here))


@pytest.mark.parametrize(
    "marker",
    ["and", "sys_platform", "sys_platform ==", "(os_name == 'a'", "os_name == 'a')", "a == 'b'",
     "os_name < 'a'", "python_version < 'x'", "os_name == 'a' 'b'", "$", "os_name not 'a'"],
)  # fmt: skip
def test_what_is_no_marker_is_refused(marker: str) -> None:
    with pytest.raises(BadMarker):
        holds(marker, environment())


@pytest.mark.parametrize("specifier", ["3.11", ">=", ">=3.11;", "~=3", ">=3.*", ">=x"])
def test_what_is_no_specifier_is_refused(specifier: str) -> None:
    with pytest.raises(BadMarker):
        satisfies("3.11", specifier)


def test_one_spelling() -> None:
    assert distribution("Ruamel.Yaml__x") == "ruamel-yaml-x"
    assert requirement_name(" httpx[http2]>=0.27") == "httpx" and requirement_name("[x]") == ""
    assert version("v1.0.0") == version("1") and version("1.0RC1") == version("1rc1")
    assert version("1.0+cpu") != version("1.0") and version("1.10") != version("1.1")
    assert version("") == "" and version("1!2.0") == "1!2"
