"""The price table: what it holds, what comes first, and what is wrong with one."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import looplet
from looplet import Usage
from looplet.cost import Price, PriceError, Prices, dollars, in_words, price, price_of
from looplet.cost import _fits as fits

SHIPPED = json.loads(Path(looplet.__file__).with_name("prices.json").read_bytes())


@pytest.fixture(autouse=True)
def no_prices_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOPLET_PRICES", raising=False)


# ── what a reply costs ────────────────────────────────────────────────────────────────────────────


def test_each_kind_of_token_at_its_price() -> None:
    usage = Usage(1_000_000, 100_000, cached_tokens=600_000, cache_write_tokens=300_000)
    rates = Price(10, 50, cached_input=1, cache_write=12.5)
    assert rates.cost(usage) == pytest.approx(0.1 * 10 + 0.6 * 1 + 0.3 * 12.5 + 0.1 * 50)


def test_cached_tokens_without_a_price_of_their_own_cost_what_others_do() -> None:
    usage = Usage(1_000_000, 0, cached_tokens=600_000, cache_write_tokens=300_000)
    assert Price(2, 8).cost(usage) == pytest.approx(2)


def test_more_cached_tokens_than_there_were_are_not_paid_back() -> None:
    assert Price(2, 8, cached_input=0).cost(Usage(100, 0, cached_tokens=500)) == 0


@pytest.mark.parametrize(("tokens", "cost"), [(100_000, 0.01), (100_001, 0.0500005)])
def test_a_longer_prompt_costs_more_from_its_first_token_on(tokens: int, cost: float) -> None:
    assert price(Usage(tokens, 0), "anthropic:claude-haiku-5-5") == pytest.approx(cost)


def test_an_unknown_model_has_no_cost_and_not_none_at_all() -> None:
    assert price(Usage(1000, 1000), "openai:gpt-99") is None
    assert price(Usage(1000, 1000), "gpt-5-mini") is None, "whose?"
    assert price(Usage(), "openai:gpt-5-mini") == 0


def test_the_price_of_a_model_object_goes_by_its_name() -> None:
    class Model:
        name = "openai:gpt-5-mini"

    assert price_of(Model()) == Price(0.25, 2, 0.025)
    assert price_of(object()) is None
    Model.name = ""
    assert price_of(Model()) is None


# ── names ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", SHIPPED["models"])
def test_every_shipped_price_is_found_and_with_a_date_too(model: str) -> None:
    found = Prices().of(model)
    assert found is not None and 0 < found.input < found.output
    assert found.cached_input <= found.input <= found.cache_write
    assert Prices().of(f"{model}-20260930") == Prices().of(f"{model}-2026-09-30") == found


@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-5-mini-fast",
        "openai:gpt-5-mini-",
        "openai:gpt-5-mini-2026",
        "openai:gpt-5-mini-2026-9-301",
        "openai:gpt-5-mini--20260930",
        "anthropic:claude-opus-5-6",
        "20260930",
        "-20260930",
        "",
    ],
)
def test_a_name_that_only_looks_alike_has_no_price(model: str) -> None:
    assert Prices().of(model) is None


def test_ones_own_entries_come_first_then_the_file_then_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"openai:gpt-5-mini": {"input": 7, "output": 7}, "x:a": {"input": 1, "output": 1}}
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"models": table}))
    monkeypatch.setenv("LOOPLET_PRICES", str(path))
    prices = Prices({"x:a": {"input": 2, "output": 2}})
    assert prices.of("x:a") == Price(2, 2)
    assert prices.of("openai:gpt-5-mini") == Price(7, 7)
    assert prices.of("openai:gpt-5-nano") == Price(0.05, 0.4, 0.005)
    alone = Prices({"x:a": {"input": 2, "output": 2}}, shipped=False)
    assert alone.of("openai:gpt-5-nano") is None and alone.of("x:a") == Price(2, 2)


def test_a_star_in_ones_own_name_comes_before_a_shipped_name() -> None:
    assert Prices({"openai:*": {"input": 1, "output": 1}}).of("openai:gpt-5-mini") == Price(1, 1)


def test_the_longest_of_the_fitting_names_holds_and_an_exact_one_before_it() -> None:
    def entry(amount: int) -> dict[str, int]:
        return {"input": amount, "output": amount}

    prices = Prices({"a:*": entry(1), "a:big*": entry(2), "a:*ger": entry(3), "a:big": entry(4)})
    found = [prices.of(name) for name in ("a:small", "a:bigg", "a:bigger", "a:big")]
    assert [each.input if each else None for each in found] == [1, 2, 2, 4]


@given(st.text("ab*", max_size=6), st.text("ab", max_size=8))
def test_a_star_means_what_it_means_in_a_shell(pattern: str, name: str) -> None:
    if "*" in pattern:
        assert fits(pattern, name) == fnmatchcase(name, pattern)


# ── what is wrong with a table ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"input": 1}, "the price of output is missing"),
        ({"output": 1}, "the price of input is missing"),
        ({"input": 1, "output": "2"}, "output is US dollars for a million tokens, not '2'"),
        ({"input": -1, "output": 2}, "input is US dollars for a million tokens, not -1"),
        ({"input": True, "output": 2}, "not True"),
        ({"input": float("nan"), "output": 2}, "not nan"),
        ({"input": float("inf"), "output": 2}, "not inf"),
        ({"input": 1, "output": 2, "cached": 1}, "there is no 'cached'; the prices are input,"),
        (5, "this is a mapping of input, cached_input, cache_write, output and above"),
        ({"input": 1, "output": 2, "above": 5}, "above: this is a mapping of"),
        ({"input": 1, "output": 2, "above": {"tokens": 5}}, "above: the price of input is missing"),
        (
            {"input": 1, "output": 2, "above": {"tokens": "5", "input": 1, "output": 2}},
            "above has `tokens`",
        ),
    ],
)
def test_a_wrong_entry_is_an_error_that_names_it(entry: Any, says: str) -> None:
    with pytest.raises(PriceError) as caught:
        Prices({"x:a": entry})
    assert str(caught.value).startswith("Prices: x:a: ") and says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", ":1:2: no JSON: "),
        (b"\xff", ": no JSON: "),
        (b"[]", ': a price table is {"models"'),
        (b'{"models": []}', ': a price table is {"models"'),
        (b"[" * 100_000, ": no JSON: "),
    ],
)
def test_a_file_that_is_no_table_is_an_error_that_names_it(
    text: bytes, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(text)
    monkeypatch.setenv("LOOPLET_PRICES", str(path))
    with pytest.raises(PriceError) as caught:
        Prices()
    assert str(caught.value).startswith(f"LOOPLET_PRICES: {path}") and says in str(caught.value)


def test_a_file_that_is_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPLET_PRICES", str(tmp_path / "none.json"))
    with pytest.raises(PriceError, match=r"none\.json: No such file"):
        Prices()


# ── in words ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (Usage(), ""),
        (Usage(1200, 34), "1,200 tokens in, 34 out"),
        (Usage(1200, 34, cached_tokens=1000), "1,200 tokens in (1,000 cached), 34 out"),
        (Usage(1200, 34, cost=0.01234), "1,200 tokens in, 34 out, $0.0123"),
        (Usage(cost=0.5), "0 tokens in, 0 out, $0.5000"),
    ],
)
def test_usage_on_one_line(usage: Usage, words: str) -> None:
    assert in_words(usage) == words


@pytest.mark.parametrize(
    ("cost", "words"),
    [(0, "$0.0000"), (0.00001, "under $0.0001"), (0.0001, "$0.0001"), (12.345, "$12.35")],
)
def test_little_money_is_not_shown_as_none(cost: float, words: str) -> None:
    assert dollars(cost) == words
