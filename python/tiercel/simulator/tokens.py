"""How many tokens a prompt has, and what is left of a text after so many."""

from bisect import bisect_right
from collections.abc import Callable, Iterable

CountTokens = Callable[[str], int]

# What a chat's envelope costs, from OpenAI's cookbook, "How to count tokens with tiktoken".
PER_MESSAGE = 3
PER_NAME = 1
REPLY_PRIMING = 3
# A low-detail image, from OpenAI's guide to vision.
PER_IMAGE = 85


def chat_tokens(messages: Iterable[tuple[str, str, str, int]], count: CountTokens) -> int:
    """Tokens of a conversation, given as (role, text, name, number of images)."""
    total = REPLY_PRIMING
    for role, text, name, n_images in messages:
        total += PER_MESSAGE + count(role) + count(text) + n_images * PER_IMAGE
        total += PER_NAME + count(name) if name else 0
    return total


def cut(text: str, limit: int, count: CountTokens) -> str:
    """The longest beginning of `text` found to have at most `limit` tokens."""
    return text[: bisect_right(range(1, len(text) + 1), limit, key=lambda length: count(text[:length]))]
