"""What the format has and this version of looplet does not do, said once for check and binding."""

from __future__ import annotations

NOT_RUN = {
    "config.yaml": ("state_services", "llm_gateway"),
    "runtime.yaml": ("recovery_registry",),
}
"""Keys that are read, checked and kept, and that nothing here can run. Without them a run would
do less than its author expects, so it does not start.

A `recovery_registry` is an object of a class that only another loop has; what it is for, a hook, a
`recovery_hint`, `recovery_temperature` and `reactive_recovery` do here."""

NO_EFFECT = {
    "runtime.yaml": ("cache_policy", "tool_render_hints"),
}
"""Keys that are read, checked and kept, and change nothing yet: a run is the same without them.

What a provider caches is the model's own setting (`AnthropicBackend(cache=…)`), on from the start;
render hints are for whoever shows a run."""
