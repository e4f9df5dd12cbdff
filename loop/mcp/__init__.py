"""The Model Context Protocol, both ways, on the official SDK (`pip install 'looplet[mcp]'`).

`settings` reads what config.yaml says of a server; a `connection` is one start of it, a `server`
all of them, `servers` those of an agent, in a `background` thread; `offered` makes ToolSpecs of
their tools, `answers` makes results of what they say. `registry` has it for a cartridge, `adapter`
without one.

The other way: `as_tools` and `as_agent` are what is offered, `questions` asks the client's human,
`serve` is the server, and `wire` its standard input and output.

Importing this imports none of it, nor the SDK, nor asyncio.
"""
