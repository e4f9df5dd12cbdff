"""Compaction services by name, as cartridges write them down."""

from __future__ import annotations

from looplet.compaction.chain import Chain
from looplet.compaction.prune import PruneResults
from looplet.compaction.service import Compaction
from looplet.compaction.summarise import Summarise
from looplet.compaction.truncate import Truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

STRATEGIES: Final[Mapping[str, type[Compaction]]] = {
    "prune": PruneResults,
    "truncate": Truncate,
    "summarise": Summarise,
}


def compaction_from(value: Any, **options: Any) -> Any:
    """The service that a value of `compact_service` or `strategy` means. Raises ValueError.

    value: a name of STRATEGIES; a mapping of one name to its keywords; a list of such, done one
    after the other; or an object that has a `compact` itself. options: `threshold`, `target` and
    `context_window`, for a list.
    """
    if callable(getattr(value, "compact", None)):
        return value
    if isinstance(value, (list, tuple)):
        return Chain([compaction(entry) for entry in value], **options)
    return compaction(value, **options)


def compaction(value: Any, **options: Any) -> Compaction:
    """The service of one name, with the keywords that stand below it or else in `options`."""
    if isinstance(value, str):
        value = {value: {}}
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(
            f"a compaction is one of {', '.join(STRATEGIES)}, one of them with its settings, or a "
            f"list of such, not {value!r:.80}"
        )
    [(name, kwargs)] = value.items()
    if name not in STRATEGIES:
        raise ValueError(f"no compaction is called {name!r}; there are {', '.join(STRATEGIES)}")
    kwargs = {} if kwargs is None else kwargs
    if not isinstance(kwargs, dict):
        raise ValueError(f"the settings of {name} are a mapping of name to value, not {kwargs!r}")
    try:
        return STRATEGIES[name](**{**options, **kwargs})
    except TypeError as error:
        raise ValueError(f"the compaction {name}: {error}") from None
