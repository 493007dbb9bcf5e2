"""What of the core is measured. Each group is made when it is wanted, since filling a cache takes its time."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

import tiercel
from tiercel._core import Classifier, Embedder
from tiercel.bench.core.caller import Caller, told
from tiercel.bench.core.inputs import (
    EVENTS_OF_STREAM,
    STREAM,
    body,
    conversation,
    phrase_rules,
    prompt,
    question,
    questions,
)
from tiercel.bench.core.timing import Stage
from tiercel.bench.rows import OURS, Quantity, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tiercel._core import Reply

SHORT, LONG = 130, 2_000
"""Bytes of the prompt: what other gateways' figures are about, and a page of text."""


N_ASKED = 1_000
"""Questions that take turns: one alone would find all that is looked at near the processor, from the time before."""

N_LONG_QUESTIONS = 1_000


def opening(n_short: int, n_long: int) -> Iterator[Stage]:
    """P1 and P2: from the request that the server hands over to the bytes for the provider's socket.

    Every layer is on: the key, a bound on costs, so that deployments are priced, rules of which none holds, the
    classifier, and the cache, among `n_short` and `n_long` questions. The conversation is as long as the prompt, and
    its last words, another question each time, are what is looked for. Beside it is the same without the cache, and a
    page that is one question.
    """
    for key, n_bytes, n_rules, n_entries, most, most_p99 in (
        ("P1", SHORT, 20, n_short, 11, 30),
        ("P2", LONG, 1_000, n_long, 30, None),
    ):
        asked = [conversation(n_bytes, question(n_entries + number)) for number in range(N_ASKED)]
        route = f"max_cost = 1.0\n{phrase_rules(n_rules, prompt(n_bytes))}"
        layers = f"open to outgoing bytes, {n_bytes:,} B with a question of {len(question(0))}, {n_rules:,} rules"
        yield begin(f"{key} uncached", Quantity(f"{layers}, no cache", "us"), Caller(route), asked)
        cached = Caller(route, has_cache=True)
        cached.fill(conversation(n_bytes, question(number)) for number in range(n_entries))
        among = f"{layers}, cache of {n_entries:,}"
        p99 = Quantity(f"p99 of {among}", "us", Target(most=most_p99)) if most_p99 else None
        yield begin(key, Quantity(among, "us", Target(most=most)), cached, asked, p99)
    asking = partial(conversation, SHORT)
    taught = Caller(has_cache=True)
    taught.fill(asking(question(number)) for number in range(n_short))
    yield from hits(taught, asking)
    n_entries = min(n_short, N_LONG_QUESTIONS)
    cached = Caller(has_cache=True)
    cached.fill(body(questions(number, LONG)) for number in range(n_entries))
    for key, caller, title in (
        ("long question", Caller(), "no cache"),
        ("long question cached", cached, f"cache of {n_entries:,} like it"),
    ):
        quantity = Quantity(f"open to outgoing bytes, a question of {LONG:,} B, {title}", "us")
        yield begin(key, quantity, caller, [body(questions(n_entries, LONG))])


def begin(
    key: str, quantity: Quantity, caller: Caller, requests: Sequence[bytes], p99: Quantity | None = None
) -> Stage:
    """A request up to the bytes that go to its provider; `requests` take turns."""
    turns = itertools.cycle(requests)
    is_sent = lambda sent: sent is not None and sent.startswith(b"POST /v1/chat/completions ")  # noqa: E731
    return Stage(key, quantity, OURS, lambda: caller.begin(next(turns)), caller.renew, is_sent, p99)


def hits(caller: Caller, asking: Callable[[str], bytes]) -> Iterator[Stage]:
    """From the request to the answer that the cache has, of a question that `asking` makes a request of."""
    known = question(5)
    for word, asked in (("exact", known), ("semantic", caller.teach(asking, known))):
        quantity = Quantity(f"{word} hit of the cache, from the request to the answer", "us")
        look = partial(_look, caller, asking(asked))
        yield Stage(f"hit {word}", quantity, OURS, look, caller.renew, partial(_is_from, word))


def _look(caller: Caller, request: bytes) -> Reply | None:
    return caller.open(request).take_reply()


def _is_from(word: str, reply: Reply | None) -> bool:
    return told(reply) == word


def calls() -> Iterator[Stage]:
    """Everything that the server does with the core for one answer, on a connection that is kept."""
    caller = Caller()
    for n_bytes in (SHORT, LONG):
        request = body(prompt(n_bytes))
        yield begin(
            f"open {n_bytes}", Quantity(f"open to outgoing bytes, {n_bytes:,} B, no rules", "us"), caller, [request]
        )

        def whole(request: bytes = request) -> Reply | None:
            call = caller.answer(request)
            reply = call.take_reply()
            call.settle()
            return reply

        yield Stage(
            f"call {n_bytes}",
            Quantity(f"a whole call, {n_bytes:,} B", "us"),
            OURS,
            whole,
            caller.renew,
            lambda reply: reply is not None and reply.status == 200,
        )
    streamed = body(prompt(SHORT), stream=True)
    yield Stage(
        "stream",
        Quantity(f"a whole stream of {EVENTS_OF_STREAM} events, one a read", "us"),
        OURS,
        lambda: caller.answer(streamed, STREAM).settle(),
        caller.renew,
        lambda _: not caller.calls[-1].is_answered,
    )


def models() -> Iterator[Stage]:
    """What reads a text: the classifier, the embedder, and the tokenizer."""
    classifier, embedder = Classifier.shipped(), Embedder.shipped()
    for n_bytes, most in ((SHORT, None), (500, 7), (LONG, None)):
        text = prompt(n_bytes)
        quantity = Quantity(f"classify, {n_bytes:,} characters", "us", Target(most=most) if most else None)
        yield Stage(f"classify {n_bytes}", quantity, OURS, partial(classifier.classify, text))
    texts = itertools.cycle([question(number) for number in range(1_000)])
    yield Stage("embed", Quantity("embed a question", "us"), OURS, lambda: embedder.embed_many([next(texts)]))
    tiercel.count_tokens("")  # makes the vocabulary's tables
    for n_bytes in (SHORT, LONG):
        text = prompt(n_bytes)
        yield Stage(f"tokens {n_bytes}", tokens(n_bytes), OURS, partial(tiercel.count_tokens, text))


def tokens(n_bytes: int) -> Quantity:
    """Of ours and of its peer."""
    return Quantity(f"count_tokens, {n_bytes:,} B", "us")
