"""BudgetCap: tokens, money and time of a run; the model hears of it before they are used up."""

from __future__ import annotations

from looplet.events import BUDGET, Event
from looplet.hooks import HookDecision
from looplet.settings import above_zero, at_least, part_of_one
from looplet.tokens import window_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SCRIPTED = "scripted"
"""The name of the model that costs nothing."""

STOP_REASONS = {"tokens": "max_tokens", "cost": "max_cost", "seconds": "max_seconds"}


class BudgetCap:
    """`budget_cap`: the run ends when one of its budgets is used up.

    max_tokens: of all questions and answers together, as the provider counts them; where it tells
        none, as they are estimated.
    max_cost: in US dollars. A model whose price is not known (see `LoopConfig.prices`) is an error
        when the run starts.
    max_seconds: of wall time, a resumed run's earlier time included.
    warn_at: at this part of a budget the model is told, once for each; earlier if one more turn
        like the last would use it up. `max_steps` is told of too: at this part, and before the last
        step. None: it is told of nothing.
    done_tool: the name in the warnings.
    clock: a function that gives seconds; in tests, your own.

    Each ends the run with its own stop reason: `max_tokens`, `max_cost`, `max_seconds`. What is
    used is looked at before each question and after each step, so a run ends between two steps and
    never inside one: a budget can be passed by one question and its calls. A call that hangs is not
    ended by it; the tool's `timeout_s` does that. The answer of such a run is None.

    Runs of sub-agents that are given `hand_down()` draw on the same budgets.
    """

    def __init__(
        self,
        *,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        max_seconds: float | None = None,
        warn_at: float | None = 0.8,
        done_tool: str = "done",
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.limits: dict[str, float] = {}
        if max_tokens is not None:
            self.limits["tokens"] = at_least("max_tokens", max_tokens, 1)
        if max_cost is not None:
            self.limits["cost"] = above_zero("max_cost", max_cost)
        if max_seconds is not None:
            self.limits["seconds"] = above_zero("max_seconds", max_seconds)
        self.warn_at = None if warn_at is None else part_of_one("warn_at", warn_at, "a budget")
        self.done_tool = done_tool
        self._clock = clock
        self._costs = False
        self._parent: BudgetCap | None = None
        self._children: list[BudgetCap] = []
        self._ended: list[BudgetCap] = []
        self._state: Any = None
        self._started: float | None = None
        self._earlier = 0.0
        self._warned: set[str] = set()
        self._before: dict[str, float] = dict.fromkeys(self.limits, 0.0)
        self._uncounted = 0
        self._told = 0
        self._asked = False

    @property
    def needs_price(self) -> bool:
        """Whether a run with a model whose price is not known is not to start."""
        return "cost" in self.limits

    def hand_down(self) -> BudgetCap:
        """A hook for the run of a sub-agent: what that uses counts here, as it is used.

        When that run is over, its usage has to come into this one's (`ctx.add_usage`).
        """
        child = BudgetCap(warn_at=self.warn_at, done_tool="", clock=self._clock)
        child.limits = self.limits
        child._parent = self
        return child

    # ── the hook ──────────────────────────────────────────────────────────────────────────────

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        if self._clock is None:
            from time import monotonic

            self._clock = monotonic
        self._state, self._started, self._earlier = state, self._clock(), 0.0
        self._warned, self._before = set(), dict.fromkeys(self.limits, 0.0)
        self._children, self._ended = [], []
        # What the state knows already: of a conversation that goes on, or a run that is resumed.
        self._uncounted, self._told, self._asked = 0, state.usage.total_tokens, False
        if self._parent is not None:
            self._parent._children.append(self)
        self._costs = self.needs_price and window_of(state).model != SCRIPTED

    def pre_prompt(
        self, state: Any, session_log: Any, context: Any, step_num: int
    ) -> HookDecision | None:
        self._count(state)
        over = self._over(step_num)
        return self._warning(state, step_num) if over is None else over

    def should_stop(self, state: Any, step_num: int, new_entities: Any) -> HookDecision | None:
        self._ended.clear()  # by now, what they used is in the state
        return self._over(step_num)

    def on_loop_end(self, state: Any, session_log: Any, context: Any, llm: Any) -> None:
        if self._parent is not None and self in self._parent._children:
            self._parent._children.remove(self)
            self._parent._ended.append(self)

    def save_state(self) -> dict[str, Any]:
        return {
            "seconds": self._seconds(),
            "warned": sorted(self._warned),
            "uncounted": self._uncounted,
        }

    def restore_state(self, data: dict[str, Any]) -> None:
        self._earlier = data["seconds"]
        self._warned = set(data["warned"])
        self._uncounted = data["uncounted"]
        self._before = {what: self.used(what) for what in self.limits}

    # ── what is used ──────────────────────────────────────────────────────────────────────────

    def used(self, what: str) -> float:
        """How much of "tokens", "cost" or "seconds" is used, by this run and those below it."""
        top = self
        while top._parent is not None:
            top = top._parent
        return top._seconds() if what == "seconds" else top._used_below(what)

    def _used_below(self, what: str) -> float:
        own = 0.0
        if self._state is not None:
            usage = self._state.usage
            own = usage.total_tokens + self._uncounted if what == "tokens" else usage.cost or 0.0
        for run in [*self._children, *self._ended]:
            own += run._used_below(what)
        return own

    def _seconds(self) -> float:
        if self._clock is None or self._started is None:
            return self._earlier
        return self._earlier + self._clock() - self._started

    def _count(self, state: Any) -> None:
        """See to it that the last question counts, also if the provider told nothing of it."""
        told = state.usage.total_tokens
        if self._asked and told == self._told:
            self._uncounted += window_of(state).used(state.conversation)
        if self._asked and self._costs and state.usage.cost is None:
            raise ValueError(
                "max_cost cannot be kept: what the last question cost is not known; the model "
                "tells no usage, or none that has a price"
            )
        self._told, self._asked = told, True

    # ── what follows from it ──────────────────────────────────────────────────────────────────

    def _over(self, step_num: int) -> HookDecision | None:
        for what, limit in self.limits.items():
            used = self.used(what)
            if used >= limit:
                stop = f"the budget is used up: {_in_words(what, used, limit)}"
                event = _event(what, used, limit, step_num)
                return HookDecision(stop=stop, stop_reason=STOP_REASONS[what], events=[event])
        return None

    def _warning(self, state: Any, step_num: int) -> HookDecision | None:
        if self.warn_at is None:
            return None
        texts, events = [], []
        for what, limit in self.limits.items():
            used = self.used(what)
            as_before = used + used - self._before[what]
            self._before[what] = used
            if what not in self._warned and max(used / self.warn_at, as_before) >= limit:
                self._warned.add(what)
                texts.append(f"Used: {_in_words(what, used, limit)}.")
                events.append(_event(what, used, limit, step_num))
        if texts:
            texts.append(f"At the limit the run ends without an answer. {self._what_to_do}")
        left, most = state.budget_remaining, state.max_steps
        if left == 1 and "last step" not in self._warned:
            self._warned |= {"steps", "last step"}
            texts.append(f"Only one more step can be made. {self._what_to_do}")
            events.append(_event("steps", most - left, most, step_num))
        elif "steps" not in self._warned and most - left >= self.warn_at * most:
            self._warned.add("steps")
            texts.append(f"{left} steps of {most} are left. {self._what_to_do}")
            events.append(_event("steps", most - left, most, step_num))
        if not texts:
            return None
        return HookDecision(additional_context=" ".join(texts), events=events)

    @property
    def _what_to_do(self) -> str:
        how = f"call `{self.done_tool}`" if self.done_tool else "finish"
        return f"Wrap up and {how} with what you have."


def _event(what: str, used: float, limit: float, step_num: int) -> Event:
    return Event(BUDGET, step_num, data={"what": what, "used": used, "limit": limit})


def _in_words(what: str, used: float, limit: float) -> str:
    if what == "cost":
        return f"${used:.4f} of ${limit:.4f}"
    return f"{used:.0f} of {limit:g} {what}"
