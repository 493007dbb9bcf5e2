"""The prompt cache that providers keep: which beginnings of prompts were seen before.

A prompt is cut after each tool and each block of a message. At providers that cache what is marked (Anthropic,
Bedrock), the longest beginning that was kept before is read, and what follows it up to the last mark is written. At the
others (OpenAI, Gemini, Cohere), beginnings of at least 1,024 tokens are kept and read with no mark and no charge for
writing (OpenAI's guide to prompt caching). Lifetimes are told apart in the usage, but nothing expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import orjson

from tiercel.simulator.ask import Ask
from tiercel.simulator.tokens import PER_MESSAGE, PER_NAME, REPLY_PRIMING, CountTokens

_MAX_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Prefix:
    """A beginning of a prompt; `mark` is the lifetime that was asked for it."""

    digest: bytes
    n_tokens: int
    mark: str | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a prompt: all of them, and of these those read from the cache and written to it, by lifetime."""

    prompt: int
    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def written(self) -> int:
        """Tokens written, for however long."""
        return self.written_5m + self.written_1h

    @property
    def fresh(self) -> int:
        """Tokens that have nothing to do with the cache."""
        return self.prompt - self.read - self.written


def prefixes(ask: Ask, count: CountTokens) -> list[Prefix]:
    """Every beginning of a prompt; the last is the whole, with what primes the reply, and is never kept."""
    digest, n_tokens = blake2b(ask.model.encode(), digest_size=16), 0
    found = []
    for tool in ask.tools:
        told = orjson.dumps([tool.name, tool.description, tool.parameters])
        digest.update(told)
        n_tokens += count(told.decode())
        found.append(Prefix(digest.digest(), n_tokens, tool.mark))
    for turn in ask.turns:
        digest.update(f"\0{turn.role}\0{turn.name}".encode())
        n_tokens += PER_MESSAGE + count(turn.role) if ask.chat else 0
        n_tokens += PER_NAME + count(turn.name) if turn.name else 0
        for block in turn.blocks:
            digest.update(b"\0" + block.text.encode())
            n_tokens += count(block.text) if block.n_tokens is None else block.n_tokens
            found.append(Prefix(digest.digest(), n_tokens, block.mark))
    return [*found, Prefix(b"", n_tokens + (REPLY_PRIMING if ask.chat else 0), None)]


@dataclass(slots=True)
class PromptCache:
    """The beginnings kept, the oldest of which make room for new ones; unmarked ones from `least` tokens on."""

    least: int
    _kept: dict[bytes, None] = field(default_factory=dict)

    def use(self, found: Sequence[Prefix], *, marks: bool) -> Usage:
        """Reads and writes for one prompt."""
        *parts, whole = found
        if marks:
            kept = [prefix for prefix in parts if prefix.mark is not None]
            parts = [prefix for prefix in parts if kept and prefix.n_tokens <= kept[-1].n_tokens]
        else:
            kept = [prefix for prefix in parts if prefix.n_tokens >= self.least]
        read = max((prefix.n_tokens for prefix in parts if prefix.digest in self._kept), default=0)
        self._keep(kept)
        written, end = {"5m": 0, "1h": 0}, read
        for prefix in kept:
            if prefix.mark is not None and prefix.n_tokens > end:
                written[prefix.mark] += prefix.n_tokens - end
                end = prefix.n_tokens
        return Usage(whole.n_tokens, read, written["5m"], written["1h"])

    def _keep(self, found: Sequence[Prefix]) -> None:
        for prefix in found:
            self._kept.pop(prefix.digest, None)
            self._kept[prefix.digest] = None
        while len(self._kept) > _MAX_KEPT:
            del self._kept[next(iter(self._kept))]
