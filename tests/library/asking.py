"""What the tests of the library ask for, and how."""

import asyncio
from typing import Any

from tiercel import Gateway

PROMPT = "Explain the refund policy"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]
ASK: Any = {"model": "auto", "messages": MESSAGES}
TIERS = """
[tiers]
small = ["first/small"]
medium = ["first/medium"]

[routes.auto]
tiers = ["small", "medium"]
default = "small"
classifier = { mode = "off" }

[prices."first/small"]
input = 1.0
output = 4.0
"""
EVENT = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"%b"},"finish_reason":%b}]}\n\n'


def use(text, ask, **options):
    """What the coroutine function `ask` gives for a gateway that is closed thereafter."""

    async def main():
        async with Gateway.from_text(text, **options) as gateway:
            return await ask(gateway)

    return asyncio.run(main())


async def events_of(stream):
    return [event async for event in stream]


def has_hung_up(simulator):
    """Whether the provider has seen everybody leave."""
    return simulator.journal and all(entry.disconnected_at is not None for entry in simulator.journal)
