"""Somebody, as an operator names them in a command."""

import click
from typing_extensions import override

from bot.messages import ChatIdentity


class PersonType(click.ParamType[ChatIdentity]):
    """`CHANNEL:USER`."""

    name = "person"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ChatIdentity:
        """As everything that is kept of them is keyed."""
        channel, _, user = str(value).partition(":")
        if not channel or not user:
            raise click.UsageError("请写成“渠道:用户编号”，例如 telegram:123456", ctx)
        return ChatIdentity(channel, user)


PERSON = PersonType()
