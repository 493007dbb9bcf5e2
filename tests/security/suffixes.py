"""Searches for words that make one question pass for another, as whoever has the gateway's own weights would.

Greedy with chance: each round proposes words that point to where the embedding still lacks something, words of the
target itself and words at random; puts each in somewhere, in another's place or takes one out; and keeps the best.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

import numpy as np

from tiercel._core import Embedder, Verifier, normalise, veto

N_ROUNDS = 14
N_NEAR, N_RANDOM = 48, 16


@dataclass(frozen=True)
class Attack:
    """A question with words behind it, and the stored one whose answer they are after."""

    text: str
    target: str
    cosine: float

    @property
    def score(self):
        """What the verifier says of the two; 0 where they are vetoed."""
        return 0.0 if veto(self.text, self.target) else Verifier.shipped().score(self.text, self.target, self.cosine)


def by_cosine(attack):
    """What is searched for where nearness is all that counts."""
    return attack.cosine


def by_verdict(attack):
    """What is searched for against vetoes and verifier; of equals, the nearer."""
    score = Verifier.shipped().score(attack.text, attack.target, attack.cosine)
    return score - (veto(attack.text, attack.target) is not None) + 1e-3 * attack.cosine


def search(own, target, worth, seed):
    """The best attack that is found with `own` at its beginning."""
    chance = random.Random(seed)
    goal = embeddings([target])[0]
    vocabulary, directions = words()
    best: Attack | None = None
    suffix: list[str] = []
    for _ in range(N_ROUNDS):
        now = embeddings([" ".join([own, *suffix])])[0]
        lacking = directions @ (goal - now * float(now @ goal))
        proposed = [vocabulary[place] for place in np.argsort(-lacking, kind="stable")[:N_NEAR]]
        proposed += chance.sample(vocabulary, N_RANDOM) + sorted(set(target.split()))
        tried = list(changes(suffix, proposed, chance))
        texts = [" ".join([own, *words]) for words in tried]
        cosines = embeddings(texts) @ goal
        attacks = [Attack(text, target, float(cosine)) for text, cosine in zip(texts, cosines, strict=True)]
        found = max(range(len(attacks)), key=lambda place: worth(attacks[place]))
        suffix = tried[found]
        best = attacks[found] if best is None else max(best, attacks[found], key=worth)
    return best


def changes(suffix, proposed, chance):
    """What may become of a suffix in a round."""
    at = chance.randrange(len(suffix) + 1)
    yield from ([*suffix[:at], word, *suffix[at:]] for word in proposed)
    if suffix:
        at = chance.randrange(len(suffix))
        yield from ([*suffix[:at], word, *suffix[at + 1 :]] for word in proposed)
        yield suffix[:at] + suffix[at + 1 :]


@cache
def words():
    """Words that the embedder knows, and where each points."""
    known = [piece for piece in Embedder.shipped().pieces if piece.isalpha() and piece.isascii()]
    return known, embeddings(known)


def embeddings(texts):
    """A row of 256 for each text, as the cache sees it."""
    packed = Embedder.shipped().embed_many([normalise(text) for text in texts])
    return np.frombuffer(packed, "float32").reshape(len(texts), -1)
