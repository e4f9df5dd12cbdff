"""`looplet mcp serve`: offer a cartridge's tools, or the whole agent as one, to any MCP client."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from looplet.cli import Failure, Terminated
from looplet.commands.run import bound, found, inputs_of, loaded, model_of
from looplet.commands.show import safe
from looplet.commands.terminal import ended_by_signals
from looplet.preset import AgentPreset

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Coroutine

    from looplet.mcp.serve import Offer
    from looplet.mcp.wire import Wire


def serve(args: Namespace) -> int:
    """Run the command; its exit code. Raises Failure for what keeps it from serving."""
    if find_spec("mcp") is None:
        raise Failure("serving a cartridge needs the protocol: pip install 'looplet[mcp]'")
    preset = loaded(found(args.cartridge), args).preset
    inputs = inputs_of(preset, args.input)
    if not args.agent and (args.model or args.script or args.scripted):
        raise Failure("a model is for the agent: add --agent, or leave out what names a model")
    from looplet.mcp.wire import claimed

    with claimed() as wire, ended_by_signals():
        if args.agent:
            return _serve_agent(preset, inputs, args, wire)
        return _serve_tools(preset, inputs, args, wire)


def _serve_tools(preset: AgentPreset, inputs: dict[str, Any], args: Namespace, wire: Wire) -> int:
    from looplet.mcp.as_tools import CartridgeTools

    binding = bound(preset, inputs)
    try:
        return _serve(CartridgeTools(binding), preset, args, wire)
    finally:
        try:
            binding.close()
        except (Exception, SystemExit) as error:
            _say(safe(binding.in_words(error)))


def _serve_agent(preset: AgentPreset, inputs: dict[str, Any], args: Namespace, wire: Wire) -> int:
    from looplet.mcp.as_agent import CartridgeAgent

    model = model_of(preset, args)  # what is wrong with it is said now, not at the first call

    def of_a_run() -> Any:
        # A script begins anew with each run; any other model serves any number of them.
        return model_of(preset, args) if args.script or args.scripted else model

    try:
        return _serve(CartridgeAgent(preset, inputs, of_a_run), preset, args, wire)
    finally:
        if close := getattr(model, "close", None):
            close()


def _serve(offer: Offer, preset: AgentPreset, args: Namespace, wire: Wire) -> int:
    from looplet.mcp import serve

    server = serve.server_of(offer, preset.name, preset.version, preset.description)
    if args.http is None:
        _run(serve.over_stdio(server, wire))
        return 0
    from socket import create_server

    try:
        listening = create_server((serve.HOST, args.http))
    except OSError as error:
        raise Failure(f"cannot serve on port {args.http}: {error.strerror or error}") from error
    with listening:
        _run(serve.over_http(server, listening, lambda url: _say(f"serving {url}")))
    return 0


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end. A signal ends it in good order, as the client's leaving does."""
    import asyncio

    async def main() -> None:
        told: list[int] = []
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def end(number: int) -> None:
            told.append(number)
            task.cancel()

        for name in ("SIGTERM", "SIGHUP"):
            with suppress(AttributeError, NotImplementedError, RuntimeError):
                loop.add_signal_handler(number := getattr(signal, name), end, number)
        try:
            await work
        except asyncio.CancelledError:
            if not told:
                raise
        except Exception as error:
            # Cancelled in the middle of much traffic, the SDK tells of what broke by that.
            if not task.cancelling():
                raise
            if not told:
                raise asyncio.CancelledError from error
        if told:
            raise Terminated(told[0])

    asyncio.run(main())


def _say(text: str) -> None:
    sys.stderr.write(f"looplet: {text}\n")
    sys.stderr.flush()


__all__ = ["serve"]
