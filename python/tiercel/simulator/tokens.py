"""How many tokens a prompt has, and what is left of a text after so many."""

from bisect import bisect_right
from collections.abc import Callable

CountTokens = Callable[[str], int]

# What a chat's envelope costs, from OpenAI's cookbook, "How to count tokens with tiktoken".
PER_MESSAGE = 3
PER_NAME = 1
REPLY_PRIMING = 3
# A low-detail image, from OpenAI's guide to vision; files count no more.
PER_IMAGE = 85


def cut(text: str, limit: int, count: CountTokens) -> str:
    """The longest beginning of `text` found to have at most `limit` tokens."""
    return text[: bisect_right(range(1, len(text) + 1), limit, key=lambda length: count(text[:length]))]
