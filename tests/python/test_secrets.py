from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.compiler.secrets import find_secrets, looks_random

BODY = "Zx81kQp2mVb7Lr9sTn4Wd6Yc3Hf5Jg0aUe8"

# Put together here, so that no scanner takes this file for a leak.
LIVE = [
    ("an AWS access key", "AKIA" + "Z7QK3VN2PLX4WTRB"),
    ("an AWS access key", "ASIA" + "Z7QK3VN2PLX4WTRB"),
    ("an API key", "sk-" + BODY),
    ("an API key", "sk-proj-" + BODY),
    ("an API key", "sk-or-v1-" + BODY),
    ("an Anthropic API key", "sk-ant-api03-" + BODY + "_-x"),
    ("a Stripe key", "sk_live_" + BODY),
    ("a GitHub token", "ghp_" + BODY + "9"),
    ("a GitHub token", "github_pat_11" + BODY),
    ("a GitLab token", "glpat-" + BODY[:20]),
    ("a Slack token", "xoxb-17653672481-19874698323-" + BODY[:24]),
    ("a Google API key", "AIza" + BODY),
    ("a Hugging Face token", "hf_" + BODY),
    ("a JSON Web Token", "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + BODY),
    ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7b3k9QzX1f8d2hJ5"),
    ("a private key", "-----BEGIN " + "PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA7b3k9QzX1f8d2hJ5"),
    (
        "a private key",
        "-----BEGIN RSA " + "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F\n\n"
        "MIIEpAIBAAKCAQEA7b3k9QzX1f8d2hJ5",
    ),
]


@pytest.mark.parametrize(("kind", "key"), LIVE)
@pytest.mark.parametrize("around", ["{}", 'key = "{}"  # é', "é: '{}'\n", "https://x/?k={}&y=1"])
def test_live_keys_are_found_where_they_are(kind: str, key: str, around: str) -> None:
    text = around.format(key)
    found = find_secrets(text)
    assert [(text[start:end], what) for start, end, what in found] == [(key, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "sk-your-key-here-1234567890abc",
        "sk-" + "x" * 40,
        "sk-" + "1" * 40,
        "sk-...",
        "ghp_" + "x" * 36,
        "sk-learn-is-not-a-key-but-2-words-are-long",
        "task-force-2024-alpha-beta-gamma-delta-01",
        "the risk-" + BODY,
        "sk-abcdefghijklmnopqrstuvwxyz",
        "-----BEGIN " + "PRIVATE KEY-----\n...\n-----END",
        "AIza-is-how-they-begin",
        "${OPENAI_API_KEY}",
        "eyJ" + "a" * 30,
        "sha256-" + BODY,
        "",
    ],
)
def test_what_stands_in_place_of_a_key_is_let_pass(text: str) -> None:
    assert find_secrets(text) == []


def test_several_are_found_in_order() -> None:
    text = "\n".join(key for _, key in LIVE)
    found = find_secrets(text)
    assert [kind for *_, kind in found] == [kind for kind, _ in LIVE]
    assert all(a[1] <= b[0] for a, b in pairwise(found))


@given(st.text(alphabet="sk-ant_ghpAKIZeyJ.0123abcXYZ\n -BEGINPRIVATEKEY:", max_size=300))
def test_any_text_gives_places_inside_it(text: str) -> None:
    for start, end, kind in find_secrets(text):
        assert 0 <= start < end <= len(text) and kind


@pytest.mark.parametrize(
    "text",
    [
        "sk-" * 100_000,
        "sk-" + "a-" * 100_000,
        "-----BEGIN " + "A " * 100_000,
        "-----BEGIN " + "PRIVATE KEY-----" + "\n" * 100_000,
        "-----BEGIN " + "PRIVATE KEY-----" + ("-" * 30 + "abc: d\n") * 5_000 + "!",
        "eyJ" + "a" * 100_000,
        "eyJaaaaaaaaa." * 20_000,
        "xoxb-" * 50_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    find_secrets(text)
    # Linear work takes milliseconds, a search that backtracks would take minutes.
    assert time.process_time() - start < 5


def test_what_is_random() -> None:
    assert looks_random("Z7QK3VN2PLX4WTRB")
    assert not looks_random("AAAAAAAA11111111")
    assert not looks_random("changeme1changeme2")
