"""The texts of a TerminalView: what stays on the screen, and what is redrawn. Needs rich."""

from __future__ import annotations

from looplet.cost import in_words
from looplet.types import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from rich.console import Console
    from rich.text import Text

    from looplet.live.now import Now, Running, Speaking

SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
MOST_LINES: Final = 12
"""Of what a model said before a call, so many lines stay on the screen."""


class Note:
    """Something that stays on the screen: a line, or what a model said.

    kind: "good" or "bad", of a step; "said"; or "news".
    """

    __slots__ = ("depth", "kind", "words")

    def __init__(self, words: str, kind: str, agent: str = "") -> None:
        self.words = words
        self.kind = kind
        self.depth = len(agent.split("/")) if agent else 0


class Frame:
    """The part of the screen that is redrawn, made to fit it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._count = 0

    def kept(self, notes: list[Note]) -> Text:
        """The notes, as they stay on the screen."""
        from rich.text import Text

        lines: list[Text] = []
        for note in notes:
            if note.kind == "said":
                lines += self._said(note)
                continue
            text = Text(note.words)
            if note.kind == "news":
                text.stylize("yellow")
            elif (mark := note.words.find("✓" if note.kind == "good" else "✗")) >= 0:
                text.stylize("green" if note.kind == "good" else "red", mark, mark + 1)
            lines.append(text)
        return Text("\n").join(lines)

    def _said(self, note: Note) -> list[Text]:
        """What a model said before its calls; only the beginning of a long speech."""
        from rich.text import Text

        margin = "  " * (note.depth + 1)
        width = max(10, self._console.width - 1 - len(margin))
        told = _safe_lines(note.words)
        lines = [
            part
            for line in told[:MOST_LINES]
            for part in Text(line or " ").wrap(self._console, width)
        ]
        if len(lines) > MOST_LINES or len(told) > MOST_LINES:
            lines = [*lines[: MOST_LINES - 1], Text("…")]
        return [Text(f"{margin}{line.plain}", "dim") for line in lines]

    def of(self, now: Now, time: float) -> Text:
        """The lines for what is going on."""
        from rich.text import Text

        self._count += 1
        height = max(3, self._console.height - 3)
        width = max(10, self._console.width - 1)
        lines: list[Text] = []
        room = max(1, min(10, height // 2) // (len(now.speaking) or 1))
        # Calls first: what a sub-agent says belongs under the call that it runs in.
        for ((_, agent), _), running in now.running.items():
            lines.append(self._running(running, agent, time))
        for (_, agent), speaking in now.speaking.items():
            lines += self._speaking(speaking, agent, time, width, room)
        left_out = len(lines) - (height - 1)
        if left_out > 0:
            lines = [*lines[: height - 2], Text(f"  … and {left_out + 1} more", "dim")]
        lines.append(Text(_foot(now, time), "dim"))
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return Text("\n").join(lines)

    def _speaking(
        self, speaking: Speaking, agent: str, time: float, width: int, room: int
    ) -> list[Text]:
        from rich.text import Text

        margin = _margin(agent)
        if not speaking.text.strip():
            words = f"{margin}{self._spinner()} {_name(agent)}{speaking.doing}"
            return [Text(f"{words} · {elapsed(time - speaking.since)}", "cyan")]
        style = "dim italic" if speaking.is_thought else ""
        wrapped: list[Text] = []
        # The end of it: no more is wrapped than is shown.
        for line in reversed(_safe_lines(speaking.text[-width * room :])):
            parts = Text(line or " ").wrap(self._console, max(1, width - len(margin) - 2))
            wrapped = [*parts, *wrapped]
            if len(wrapped) >= room:
                break
        return [Text(f"{margin}  {part.plain}", style) for part in wrapped[-room:]]

    def _running(self, running: Running, agent: str, time: float) -> Text:
        from rich.text import Text

        text = Text(f"{_margin(agent)}{self._spinner()} {_name(agent)}", "cyan")
        text.append(running.in_words(), "bold")
        if running.progress:
            text.append(f" · {printable(running.progress, 200)}")
        text.append(f" · {elapsed(time - running.since)}")
        return text

    def _spinner(self) -> str:
        return SPINNER[self._count % len(SPINNER)]


def elapsed(seconds: float) -> str:
    """`7s`, `3m05s`, `2h07m`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def _foot(now: Now, time: float) -> str:
    steps = f"step {now.step}"
    if now.max_steps:
        steps += f" of {now.max_steps}"
    parts = [steps, in_words(now.usage), *now.budget.values()]
    if now.since is not None:
        parts.append(elapsed(time - now.since))
    return " · ".join(part for part in parts if part)


def _margin(agent: str) -> str:
    return "  " * len(agent.split("/")) if agent else ""


def _name(agent: str) -> str:
    return f"{printable(agent.rpartition('/')[2], 40)}: " if agent else ""


def _safe_lines(text: str) -> list[str]:
    """The lines of a text, fit for any terminal; empty ones at its ends are left out."""
    lines = text.strip().splitlines()
    return [printable(line.expandtabs(4), 2000) for line in lines]
