"""kill -9 under load: what is lost and what comes twice, with the service as a process of its own.

    python -m benchmarks.telegram_kills [--kills 30] [--chats 5] [--every 1.25] [--away 0] [--webhook]

People write to the tests' Bot API server, which keeps Telegram's pace, each chat a complete question every so many seconds. The service
is killed at a random moment, started again (after `--away` seconds more, as on a busy machine), and at the end answers what is left.
A kill may cost each chat the one answer that was being worked on, and nothing may come twice. The service runs without its limit on
one person's messages, which is lower than these loads: whoever is told to slow down would look lost.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from tests.killing import Load, kill_again_and_again


async def main(arguments: argparse.Namespace) -> None:
    """Run the load, kill, and print what is missing."""
    load = Load(
        kills=arguments.kills,
        chats=arguments.chats,
        every=arguments.every,
        uptime=(arguments.uptime / 2, arguments.uptime * 3 / 2),
        away=arguments.away,
        webhook=arguments.webhook,
        seed=arguments.seed,
    )
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = await kill_again_and_again(Path(folder), load)
    held = not found.doubled and not found.strange and max(found.lost) <= load.kills
    print(
        json.dumps(
            {
                "kills": load.kills,
                "chats": load.chats,
                "every_seconds": load.every,
                "away_seconds": load.away,
                "webhook": load.webhook,
                "seconds": round(time.monotonic() - begin),
                "asked": found.asked,
                "lost": sum(found.lost),
                "lost_most_in_a_chat": max(found.lost),
                "doubled": found.doubled,
                "strange": found.strange[:3],
                "spooled": found.spooled,
                "held": held,
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What kill -9 costs under load.")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--chats", type=int, default=5)
    parser.add_argument("--every", type=float, default=1.25)
    parser.add_argument("--uptime", type=float, default=7.0, help="seconds between start and kill, on average")
    parser.add_argument("--away", type=float, default=0.0)
    parser.add_argument("--webhook", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    asyncio.run(main(parser.parse_args()))
