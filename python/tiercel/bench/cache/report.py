"""Every stream through every mode of the gateway and every other rule."""

from __future__ import annotations

import asyncio
import platform
import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import uvloop

from tiercel import __version__
from tiercel._core import Embedder, Prices
from tiercel.bench.cache import streams
from tiercel.bench.cache.asking import MODEL, MODES, Upstream
from tiercel.bench.cache.handbook import Handbook
from tiercel.bench.cache.measures import measure
from tiercel.bench.cache.rules import RULES, Served, follow
from tiercel.bench.machine import machine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tiercel.bench.cache.asking import Mode, Track
    from tiercel.bench.cache.streams import Stream

# Of the answers that a rule gives to other words, so many are shown, to be read by a person.
_N_EXAMPLES = 100

ASSUMPTIONS = (
    f"{streams.REPEATS:.0%} of requests are word by word what came before, by Zipf's law over the questions.",
    "All others are new to the stream and come in random order; it ends where its set has no more questions.",
    "An answer is wrong if it is of another intent. Labels are noisy, and most intents are broader than one answer.",
    "Such hits of the right intent are counted as 'broad': some of them would be wrong to whoever asked.",
    "The model is simulated: a page for each intent, in six wordings, whose number tells it from all others.",
    "So no comparison of two answers errs, as those of real models do.",
    "The embedder read the questions of four intents in five, without their labels.",
    "The verifier learned from some questions of both sets, and from the labels of intents that one answer serves.",
    f"Neither learned from questions of the stream {streams.UNSEEN!r}, which has few intents that are far apart.",
    "Nothing was fitted on the streams. The gateway learns while it is asked; its checks are in the dollars.",
    "What it learns by was chosen on the questions of half of the intents, in other orders, and on pairs of Quora's.",
    "vCache's rule learns, too, and is told the truth; cosines and probabilities were fixed beforehand.",
    "Prices are the catalogue's. Requests come one after the other, over one connection, within minutes.",
    "Intervals hold 95 % (Wilson); the same question again counts as no new trial. Other seeds are not in them.",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is asked at most of each, and what all draws follow from."""

    n_requests: int
    seed: int


def run(data: Path, scale: Scale, folder: Path, track: Track, modes: Mapping[str, Mode] = MODES) -> dict[str, Any]:
    """The whole report, as JSON can hold it.

    Raises:
        TiercelError: The data are wrong, or the gateway does not do what it should.
    """
    questions = streams.read(data)
    upstream = Upstream.of(Handbook(questions), scale.seed)
    price = upstream.price(folder)
    found = {}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for stream in streams.streams(questions, scale.n_requests, scale.seed):
            rows = {}
            for name, mode in modes.items():
                requests = track(stream.requests, f"{stream.name}, {name}")
                outcomes = runner.run(upstream.ask_all(stream, requests, mode, price, folder))
                rows[name] = {"by": "gateway", **measure(outcomes, stream.questions, mode.promise)}
            for name, (rule, promise) in RULES.items():
                requests = track(stream.requests, f"{stream.name}, {name}")
                outcomes, served = follow(rule(), stream, requests, price, scale.seed)
                measured = measure(outcomes, stream.questions, promise)
                rows[name] = {"by": "library", **measured, "examples": _examples(served, scale.seed)}
            found[stream.name] = {**_described(stream), "rows": rows}
    return {
        "seed": scale.seed,
        "model": MODEL,
        "prices": Prices().version,
        "versions": {
            "tiercel": __version__,
            "embedder": Embedder.shipped().name,
            "python": platform.python_version(),
        },
        "machine": machine(),
        "licences": streams.LICENCES,
        "assumptions": ASSUMPTIONS,
        "streams": found,
    }


def _described(stream: Stream) -> dict[str, Any]:
    asked = [stream.questions[position] for position in set(stream.requests)]
    return {
        "n_requests": len(stream.requests),
        "n_questions": len(asked),
        "n_intents": len({it.intent for it in asked}),
        "share_unseen": sum(it.is_unseen for it in asked) / max(1, len(asked)),
    }


def _examples(served: Sequence[Served], seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)  # noqa: S311 - the same ones each time
    return [asdict(it) for it in rng.sample(served, min(_N_EXAMPLES, len(served)))]
