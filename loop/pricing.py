"""ModelPrices: what the tokens of a run's models cost, each looked up once, and only where needed.

`looplet.cost` has the tables; nothing of them is loaded for a model without a name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.cost import Price, Prices


class ModelPrices:
    """prices: those of the run's own, before the tables. needed: whether there has to be one."""

    def __init__(self, prices: Prices | None, *, needed: bool) -> None:
        self._prices = prices
        self._needed = needed
        self._found: dict[int, tuple[Any, Price | None]] = {}

    def of(self, llm: Any) -> Price | None:
        """What a model's tokens cost; None if that is not known."""
        if id(llm) not in self._found:
            found = None
            if getattr(llm, "name", None):
                from looplet.cost import price_of

                found = price_of(llm, self._prices)
            self._found[id(llm)] = llm, found  # the model too: its id is nobody else's then
        return self._found[id(llm)][1]

    def see_to(self, llm: Any) -> None:
        """Raises ValueError where the cost of a model is capped whose price nobody knows."""
        name = getattr(llm, "name", None)
        if self._needed and name != "scripted" and self.of(llm) is None:
            which = f"of the model {name!r}" if name else "of a model without a name"
            raise ValueError(
                f"max_cost cannot be kept: the price {which} is not known. Give it as `prices` of "
                "the LoopConfig or in the file that LOOPLET_PRICES names, or cap the run with "
                "max_tokens instead"
            )
