"""Requests over many connections, and what they cost the gateway."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tiercel.bench.scale.client import Answer, Client, quantile

if TYPE_CHECKING:
    from tiercel.bench.scale.samples import Samples
    from tiercel.bench.scale.service import Service

# Connections that are begun at once: a server's backlog is a thousand and more.
_AT_ONCE = 256


@dataclass(slots=True)
class Done:
    """What came of a load."""

    answers: list[Answer] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def samples(self, name: str) -> Samples:
        """The rows of `samples.of_clients`, and the CPU of a request in milliseconds."""
        waited = [answer.seconds * 1e3 for answer in self.answers if answer.is_good]
        return {
            f"{name}-failures": len(self.answers) - len(waited),
            f"{name}-cpu": self.cpu_seconds / max(len(self.answers), 1) * 1e3,
            f"{name}-p50": quantile(waited, 0.5),
            f"{name}-p99": quantile(waited, 0.99),
        }


async def run(service: Service, n_connections: int, n_requests: int, request: bytes) -> Done:
    """Asks over so many connections, over each as soon as it is answered, until all were asked."""
    done = Done()
    n_left = n_requests

    async def ask() -> None:
        nonlocal n_left
        client = await Client.connect(service.port)
        while n_left > 0:
            n_left -= 1
            done.answers.append(await client.ask(request))
            if not client.is_open:
                client = await Client.connect(service.port)
        client.leave()

    used = service.usage(proportional=False).seconds
    await asyncio.gather(*(ask() for _ in range(n_connections)))
    done.cpu_seconds = service.usage(proportional=False).seconds - used
    return done


async def held(service: Service, n_clients: int, request: bytes, n_events: int | None = None) -> Held:
    """So many connections that stay, each of which has asked once."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def hold() -> tuple[Client, Answer]:
        async with turns:
            client = await Client.connect(service.port)
            return client, await client.ask(request, n_events)

    both = await asyncio.gather(*(hold() for _ in range(n_clients)))
    return Held([client for client, _ in both], [answer for _, answer in both])


@dataclass(slots=True)
class Held:
    """Clients that stay, and what each was told."""

    clients: list[Client]
    answers: list[Answer]

    async def ask_again(self, request: bytes) -> list[Answer]:
        """What each is told now."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def ask(client: Client) -> Answer:
            async with turns:
                return await client.ask(request)

        return list(await asyncio.gather(*map(ask, self.clients)))

    def leave(self) -> None:
        """All hang up."""
        for client in self.clients:
            client.leave()
