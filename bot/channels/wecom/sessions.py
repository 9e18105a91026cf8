"""Which sessions a human attendant holds: the bot leaves them alone."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.channels.wecom.api import SessionState, WeComAPI
from bot.channels.wecom.errors import HELD, APIError
from bot.channels.wx.api import Count

log = structlog.get_logger(__name__)

SESSIONS: Final = 100_000
"""How many held sessions are remembered; of others WeCom itself says that they are held."""
REFUSALS: Final = 3
"""People refused one after the other, and nobody reached between them, from which on the set-up is to blame, not an attendant."""
HELD_KIND: Final = "held"


@dataclass
class Sessions:
    """Held sessions in memory; what was before a restart WeCom says at the next message."""

    api: WeComAPI
    count: Count
    _held: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict, repr=False)
    _refused: set[str] = field(default_factory=set, repr=False)

    def hold(self, account: str, person: str) -> None:
        """An attendant has this session, or it waits for one."""
        self._held[account, person] = None
        if len(self._held) > SESSIONS:
            self._held.popitem(last=False)

    def release(self, account: str, person: str) -> None:
        """The session has ended, or is the bot's."""
        self._held.pop((account, person), None)

    async def is_held(self, account: str, person: str) -> bool:
        """Whether to be silent here; asks WeCom about a session that was held when it was last heard of."""
        if (account, person) not in self._held:
            return False
        try:
            state = await self.api.session_state(account, person)
        except APIError as error:
            log.warning("wecom_session_unknown", kind=str(error), remedy=error.remedy)
            return True
        if state not in {SessionState.QUEUED, SessionState.ATTENDANT}:
            self.release(account, person)
            return False
        self.count(HELD_KIND)
        log.info("wecom_session_held", state=_STATES[state])
        return True

    async def refused(self, account: str, person: str) -> None:
        """WeCom took no message for this session because of its state: find out which, and say so."""
        self.count(HELD_KIND)
        self._refused.add(person)
        try:
            state = await self.api.session_state(account, person)
        except APIError as error:
            state = None
            log.warning("wecom_session_unknown", kind=str(error), remedy=error.remedy)
        if state in {SessionState.QUEUED, SessionState.ATTENDANT}:
            self.hold(account, person)
        log.warning("wecom_session_refused", state=_STATES.get(state, "不知道"), remedy=HELD)

    def reached(self) -> None:
        """Somebody got a message."""
        self._refused.clear()

    @property
    def problem(self) -> str | None:
        """What is wrong where nobody can be reached for their session's state."""
        return HELD if len(self._refused) >= REFUSALS else None


_STATES: Final[dict[int | None, str]] = {
    SessionState.NEW: "新会话，没有人接待",
    SessionState.BOT: "由智能助手接待",
    SessionState.QUEUED: "在待接入池里排队",
    SessionState.ATTENDANT: "由接待人员接待",
    SessionState.ENDED: "已经结束",
}
