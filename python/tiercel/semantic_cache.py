"""Answers that are found again by what was asked, in whichever words; without a gateway.

The nearest stored question by its embedding is looked at word by word: what differs in a number, a name, a negation or
the like never serves, whatever the embeddings say, and of the rest a model says how probable it is that the answer
serves. See `docs/models/embedder.md` and `docs/models/verifier.md` for how good they are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from tiercel._core import Embedder, Index, Verifier, normalise, veto
from tiercel.answers_file import AnswersFile, dumped

if TYPE_CHECKING:
    import os

Answer = TypeVar("Answer")

# Of Quora's pairs that are served at this threshold, raters call one in ten different, of cosines above .95 two in ten.
_MIN_PROBABILITY = 0.85
# Stored questions that are compared with the one asked: the verifier judges few, and does not rank.
_N_CANDIDATES = 4


@dataclass(frozen=True)
class Hit(Generic[Answer]):
    """A stored answer that may serve.

    >>> import tiercel
    >>> cache = tiercel.SemanticCache()
    >>> cache.put("Flights from Berlin to Madrid", "IB 3677")
    >>> [hit] = cache.search("Flights from Madrid to Berlin")
    >>> hit.answer, hit.cosine > 0.9, hit.veto
    ('IB 3677', True, 'reversal')

    Attributes:
        question: To which it was stored.
        answer: As it was stored.
        cosine: Of what the two questions mean, from -1 to 1.
        probability: That the answer serves, as the verifier has it; 1 for the same words.
        veto: Why it does not serve all the same, such as `number` or `negation`.
    """

    question: str
    answer: Answer
    cosine: float
    probability: float
    veto: str | None = None


@dataclass
class Stats:
    """What has happened so far.

    Attributes:
        n_entries: Answers that there are.
        n_hits: Look-ups that found one.
        n_misses: Look-ups that found none.
        n_evicted: Answers that had to make room.
        vetoes: Nearest questions that were vetoed, by the word for why.
    """

    n_entries: int = 0
    n_hits: int = 0
    n_misses: int = 0
    n_evicted: int = 0
    vetoes: dict[str, int] = field(default_factory=dict)


class SemanticCache(Generic[Answer]):
    """Answers by the meaning of their questions, in memory and if wanted in a file; safe to use from several threads.

    >>> import tiercel
    >>> cache = tiercel.SemanticCache()
    >>> cache.put("What is your refund policy?", "30 days.")
    >>> cache.get("hi, what's your refund policy? thanks").answer
    '30 days.'
    >>> cache.get("What was your refund policy in 2019?") is None
    True

    A look-up takes some tens of microseconds. Questions are to stand alone: put what else the answer depends on (a
    system prompt, a tenant, a model) into a cache of its own each.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        max_entries: int = 100_000,
        min_probability: float = _MIN_PROBABILITY,
    ) -> None:
        """Be empty, or have what is in the file at `path`.

        Args:
            path: The file where answers outlive the process; then they must be what JSON can say. One process at a time
                has it. Without it they are kept in memory alone, and may be anything.
            max_entries: Beyond these, whoever was not used for longest goes.
            min_probability: What the verifier has to say of an answer, from 0 to 1, for it to be served. With 0.6, more
                than five times as many paraphrases are, and twice as many wrong answers among them (`docs/cache.md`).

        Raises:
            ValueError: An argument is out of its range.
            TiercelError: The file cannot be had, or is another program's.
        """
        if max_entries < 1:
            raise ValueError("max_entries must be at least 1")
        if not 0 <= min_probability <= 1:
            raise ValueError("min_probability must be from 0 to 1")
        self._max_entries = max_entries
        self._min_probability = min_probability
        self._embedder = Embedder.shipped()
        self._verifier = Verifier.shipped()
        # One more than are kept: a new one comes before an old one goes.
        self._index = Index(max_entries=max_entries + 1)
        # By id, whoever was used last at the end.
        self._entries: OrderedDict[int, tuple[str, Answer]] = OrderedDict()
        self._ids: dict[str, int] = {}
        self._n_put = 0
        self._stats = Stats()
        self._lock = threading.Lock()
        self._file: AnswersFile | None = None
        if path is not None:
            file = AnswersFile(Path(path))
            for question, answer in file.read():
                self._keep(normalise(question), question, answer, self._embed(question))
                if len(self._entries) > max_entries:
                    self._remove(next(iter(self._entries)))
            self._file = file

    def put(self, question: str, answer: Answer) -> None:
        """Keep the answer to a question, in place of one to the same words.

        Raises:
            TypeError: It is to be kept in a file, and is nothing that JSON can say.
            TiercelError: It cannot be written there; then nothing is changed.
        """
        embedding = self._embed(question)
        dump = b"" if self._file is None else dumped(answer)
        with self._lock:
            key = normalise(question)
            if self._file is not None:
                self._file.put(key, question, dump)
            self._keep(key, question, answer, embedding)
            if len(self._entries) > self._max_entries:
                self._forget(next(iter(self._entries)))
                self._stats.n_evicted += 1

    def get(self, question: str) -> Hit[Answer] | None:
        """The stored answer that serves this question, if there is one."""
        hits = self.search(question, _N_CANDIDATES)
        served = next((hit for hit in hits if hit.veto is None and hit.probability >= self._min_probability), None)
        with self._lock:
            if served is None:
                self._stats.n_misses += 1
                if hits and (word := hits[0].veto) is not None:
                    self._stats.vetoes[word] = self._stats.vetoes.get(word, 0) + 1
            else:
                self._stats.n_hits += 1
                if (used := self._ids.get(normalise(served.question))) is not None:
                    self._entries.move_to_end(used)
        return served

    def search(self, question: str, k: int = 10) -> list[Hit[Answer]]:
        """Up to `k` stored questions, the nearest first, each with what speaks for and against its answer."""
        embedding = self._embed(question)
        key = normalise(question)
        with self._lock:
            near = self._index.search(embedding, k) if any(embedding) else []
            same = self._ids.get(key)
            if same is not None and all(entry != same for entry, _ in near):
                near = [(same, 1.0), *near][:k]
            found = [(entry, cosine, *self._entries[entry]) for entry, cosine in near if entry in self._entries]
        return [self._judged(question, key, stored, answer, cosine) for _, cosine, stored, answer in found]

    def delete(self, question: str) -> bool:
        """Forget the answer to these words; whether there was one.

        Raises:
            TiercelError: It cannot be taken out of the file.
        """
        with self._lock:
            entry = self._ids.get(normalise(question))
            if entry is None:
                return False
            self._forget(entry)
            return True

    def close(self) -> None:
        """Let another process have the file, where there is one. What is in memory stays."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def stats(self) -> Stats:
        """What has happened so far."""
        with self._lock:
            stats = self._stats
            return Stats(len(self._entries), stats.n_hits, stats.n_misses, stats.n_evicted, dict(stats.vetoes))

    def __len__(self) -> int:
        """How many answers there are."""
        return len(self._entries)

    def _embed(self, question: str) -> bytes:
        return self._embedder.embed_many([normalise(question)])

    def _judged(self, question: str, key: str, stored: str, answer: Answer, cosine: float) -> Hit[Answer]:
        if key == normalise(stored):
            return Hit(stored, answer, cosine, 1.0)
        probability = self._verifier.score(question, stored, cosine)
        return Hit(stored, answer, cosine, probability, veto(question, stored))

    def _keep(self, key: str, question: str, answer: Answer, embedding: bytes) -> None:
        if (old := self._ids.get(key)) is not None:
            self._remove(old)
        self._n_put += 1
        self._entries[self._n_put] = (question, answer)
        self._ids[key] = self._n_put
        if any(embedding):
            self._index.insert(self._n_put, embedding)

    def _forget(self, entry: int) -> None:
        if self._file is not None:
            self._file.delete(normalise(self._entries[entry][0]))
        self._remove(entry)

    def _remove(self, entry: int) -> None:
        question, _ = self._entries.pop(entry)
        del self._ids[normalise(question)]
        self._index.remove(entry)
