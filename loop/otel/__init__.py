"""OpenTelemetry: a run as spans and metrics, by the semantic conventions for generative AI.

    invoke_agent my_agent
        chat gpt-5-mini
        execute_tool researcher
            invoke_agent researcher
                chat …
        chat gpt-5-mini

    hook = OTelHook()
    for step in composable_loop(llm, task, tools, hooks=[hook]): …

Parents are passed on by the events, not by what happens to be current, so that calls that run at
the same time, sub-agents and async runs each keep their own. In turn, the span of a model's answer
is current while it is asked, and the span of a call while it runs alone; of calls that run at the
same time, the agent's is. So what else is traced, HTTP requests say, hangs below it.

Needs `pip install 'looplet[otel]'`, which is the API alone: where to send it all is the host's
business, and without an SDK nothing is recorded. The conventions are in development: the names
here are those of November 2026.
"""

from __future__ import annotations

from looplet.otel.hook import OTelHook

__all__ = ["OTelHook"]
