"""The terminal as a channel for one person, without a server."""

from collections.abc import Callable, Iterator

from bot.messages import ChatIdentity, ChoiceStyle, Incoming, Reply, Turn

PERSON = ChatIdentity("terminal", "local")


def render(reply: Reply) -> str:
    """The reply with its choices as a numbered list."""
    numbered = [f"  {number}. {choice.label}" for number, choice in enumerate(reply.choices, 1)]
    hint = ["回复数字继续，或者直接说："] if numbered else []
    return "\n".join([reply.text, "", *hint, *numbered]).rstrip()


async def talk(turn: Turn, lines: Iterator[str], write: Callable[[str], None]) -> None:
    """Answer line by line until the input ends."""
    for line in lines:
        reply = await turn(Incoming(PERSON, line.rstrip("\n"), choice_style=ChoiceStyle.NUMBERS))
        if reply is not None:
            write(render(reply))
