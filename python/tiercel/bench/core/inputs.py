"""What the core is measured with: configurations, requests, and a provider's answer."""

from __future__ import annotations

import json

N_WORDS = 10_000
"""Different words that `word` can make."""

QUESTION = 80
"""Bytes that `question` has, about."""

SYLLABLES = ("ka", "re", "to", "mi", "sun", "del", "ora", "bi", "ent", "low")

WORDS = "My order of two pairs of shoes has not arrived yet, and the tracking page is empty. "

CONFIG = """\
[[keys]]
name = "shop"
key = {{ env = "TIERCEL_BENCH_KEY" }}

[providers.openai]
base_url = "http://127.0.0.1:9/v1"
keys = [{{ env = "TIERCEL_BENCH_PROVIDER_KEY" }}]

[providers.local]
base_url = "http://127.0.0.1:9/v1"

[tiers]
cheap = ["openai/gpt-4o-mini", "local/small"]
mid = ["openai/gpt-4o", "local/large"]

[routes.auto]
tiers = ["cheap", "mid"]
default = "cheap"
{route}
"""

CACHE = """
[cache]
mode = "semantic"
max_entries = 200_000
max_error = 0.5
check_rate = 0.001
"""

HEADERS = [
    (b"host", b"127.0.0.1:8080"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"connection", b"keep-alive"),
    (b"accept", b"application/json"),
    (b"content-type", b"application/json"),
    (b"user-agent", b"OpenAI/Python 3.0.0"),
    (b"x-stainless-lang", b"python"),
    (b"x-stainless-package-version", b"3.0.0"),
    (b"x-stainless-os", b"Linux"),
    (b"x-stainless-arch", b"x64"),
    (b"x-stainless-runtime", b"CPython"),
    (b"x-stainless-retry-count", b"0"),
    (b"authorization", b"Bearer sk-bench"),
    (b"content-length", b"400"),
]
"""As the OpenAI SDK for Python sends them."""


def prompt(n_bytes: int) -> str:
    """Words rather than one letter over and over, which would be few tokens."""
    return (WORDS * (n_bytes // len(WORDS) + 1))[:n_bytes]


def body(text: str, *, system: str | None = None, stream: bool = False) -> bytes:
    """A chat completion that asks `text`."""
    messages = [{"role": "user", "content": text}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    fields = {"model": "auto", "messages": messages, "temperature": 0.2, "max_tokens": 256, "stream": stream}
    return json.dumps(fields).encode()


def conversation(n_bytes: int, asked: str) -> bytes:
    """A chat completion of about so many bytes, of which the last are the question."""
    return body(asked, system=prompt(n_bytes - QUESTION))


def questions(number: int, n_bytes: int) -> str:
    """So many bytes of questions, others for each number below a million."""
    # Words are no longer than four of the longest syllable, so this many are enough.
    n_questions = n_bytes // 40 + 1
    return " ".join(question(number + 7_919 * n) for n in range(n_questions))[:n_bytes]


def question(number: int) -> str:
    """Another one for each number below a hundred million."""
    third_number = 31 * number + 5 + number // N_WORDS
    first, second, third = (word(n % N_WORDS) for n in (number, 7 * number + 3, third_number))
    return f"How do I {first} the {second} of my {third}?"


def word(number: int) -> str:
    """A made-up word, another for each number below ten thousand."""
    return "".join(SYLLABLES[int(digit)] for digit in f"{number:04}")


def phrase_rules(n_rules: int, text: str) -> str:
    """So many rules, each of five phrases that begin with a word of `text` and are not in it: none holds."""
    words = text.split(" ")[:16]
    phrases = [f"{words[n % len(words)]} {word(n)}" for n in range(5 * n_rules)]
    return "".join(
        f'[[routes.auto.rules]]\nname = "r{rule}"\nuse = "cheap"\nmax_tokens = 2000\n'
        f"any_phrase = {json.dumps(phrases[5 * rule : 5 * rule + 5])}\n"
        for rule in range(n_rules)
    )


def _completion() -> bytes:
    content = "You can ask for a refund within 30 days of purchase: open the orders page and choose Request refund."
    fields = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 42, "completion_tokens": 22, "total_tokens": 64},
    }
    return json.dumps(fields).encode()


def _stream(n_deltas: int) -> list[bytes]:
    """Head, events and end of a stream, each as a read brings it."""
    common = '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini"'
    events = [
        f'{{{common},"choices":[{{"index":0,"delta":{{"content":" word{n}"}},"finish_reason":null}}]}}'
        for n in range(n_deltas)
    ]
    events.append(
        f'{{{common},"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop"}}],'
        f'"usage":{{"prompt_tokens":42,"completion_tokens":{n_deltas},"total_tokens":{42 + n_deltas}}}}}'
    )
    chunks = [f"data: {event}\n\n" for event in [*events, "[DONE]"]]
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    reads = [head, *(f"{len(chunk):x}\r\n{chunk}\r\n" for chunk in chunks), "0\r\n\r\n"]
    return [read.encode() for read in reads]


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
ANSWER = _HEAD % len(_completion()) + _completion()
STREAM = _stream(50)
EVENTS_OF_STREAM = len(STREAM) - 2
