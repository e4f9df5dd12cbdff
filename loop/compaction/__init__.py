"""Compaction: a shorter conversation in the place of one that outgrows the model's window.

Each service is an object with `compact(state, step_num)`: a hook, or the `compact_service` of a
LoopConfig. `PruneResults` takes the bulk out of old results, `Truncate` leaves old turns out,
`Summarise` has the model write down what they came to, `Chain` does one after the other until it
fits. What none of them touches: the system message and the task, which stay word for word; the
order; and that every result has its call and every call its result, without which providers refuse
a conversation. `state.steps` is not theirs: it stays whole.
"""

from __future__ import annotations

from looplet.compaction.chain import Chain
from looplet.compaction.named import STRATEGIES, compaction_from
from looplet.compaction.prune import PruneResults
from looplet.compaction.results import ResultsCap
from looplet.compaction.service import Compaction, Goal
from looplet.compaction.summarise import Summarise
from looplet.compaction.truncate import Truncate

__all__ = [
    "STRATEGIES",
    "Chain",
    "Compaction",
    "Goal",
    "PruneResults",
    "ResultsCap",
    "Summarise",
    "Truncate",
    "compaction_from",
]
