"""What the format has and this version of looplet does not do, said once for check and binding."""

from __future__ import annotations

NOT_RUN = {
    "config.yaml": ("builtin_tools", "mcp_servers", "state_services", "llm_gateway"),
    "runtime.yaml": (
        "checkpoint_dir",
        "initial_checkpoint",
        "compact_service",
        "router",
        "tracer",
        "recovery_registry",
        "tool_result_persist_dir",
    ),
}
"""Keys that are read, checked and kept, and that nothing here can run. Without them a run would
do less than its author expects, so it does not start."""

NO_EFFECT = {
    "runtime.yaml": (
        "recovery_temperature",
        "max_turn_continuations",
        "reactive_recovery",
        "context_window_total_chars",
        "max_briefing_tokens",
        "cache_policy",
        "tool_render_hints",
    ),
}
"""Keys that are read, checked and kept, and change nothing yet: a run is the same without them."""
