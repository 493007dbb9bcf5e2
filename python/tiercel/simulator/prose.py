"""Plausible English about whatever was asked.

Sentences are templates filled with the topic of the question: they read as an answer, tokenize as English does, and
cost microseconds. A better model says more, in order, and with its reservations.
"""

import re
from itertools import groupby
from random import Random

OPENINGS = (
    "In short, {topic} comes down to {aspect}.",
    "The key point about {topic} is {aspect}.",
    "Most questions about {topic} are really about {aspect}.",
    "To understand {topic}, it is best to begin with {aspect}.",
)
ASPECTS = (
    "what you want to achieve before you start",
    "how its parts depend on one another",
    "the balance between cost and quality",
    "what happens at the edges rather than in the common case",
    "doing the right things in the right order",
)
POINTS = (
    "Start with the simplest case and add detail only where it changes the result.",
    "A common mistake is to treat {topic} as a single step, when it is several that build on each other.",
    "It helps to write down what you know, what you assume, and what you would have to measure.",
    "In practice, {aspect} matters more than the choice of any particular method.",
    "For example, a small team can test the idea within a week and keep only what works.",
    "Look first at who is affected, because their needs set the limits for everything that follows.",
    "Costs tend to grow quietly, so it is worth checking them at regular intervals.",
    "Two sources that disagree about {topic} are often describing different situations.",
    "Once the basics of {topic} are in place, improvements come from careful comparison.",
)
CAVEATS = (
    "This depends on the context: if the constraints change, so should the conclusion.",
    "I am less certain about unusual cases, and would check them against a primary source.",
    "None of this replaces advice from someone who knows your particular situation.",
)
CLOSINGS = (
    "If you tell me more about your situation, I can be more specific.",
    "Overall, {topic} rewards patience and a clear goal.",
    "Let me know which of these points you would like to look at more closely.",
)
THOUGHTS = (
    "They ask about {topic}, so I should say first what it depends on.",
    "I could begin with {aspect}, which is what most people miss about {topic}.",
    "A short answer would do, but {topic} has an exception that is worth a word.",
    "Let me check that against a simple case before I answer.",
    "What is known about {topic} is enough; what is not, I should not guess.",
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]{0,20}")
_PLAIN = frozenset(
    re.findall(
        r"\w+",
        """
    about above after again also answer because been before being below between both could describe does doing
    down during each explain from further give have having help here hers into itself just like list make more
    most must need once only other ours over please same shall should show some such summarise summarize tell
    than that their theirs them then there these they this those through under until using very want were what
    when where which while whom will with without work works would write your yours
""",
    )
)


def write(question: str, skill: int, random: Random) -> str:
    """Answers `question` in a sentence or two (skill 1), a paragraph (2) or a structured page (3)."""
    topic = _topic(question)

    def pick(templates: tuple[str, ...], count: int) -> list[str]:
        return _pick(templates, count, topic, random)

    opening = pick(OPENINGS, 1)
    if skill == 1:
        return " ".join(opening + pick(POINTS, 1))
    if skill == 2:
        return " ".join(opening + pick(POINTS, 3) + pick(CLOSINGS, 1))
    points = [f"{number}. {point}" for number, point in enumerate(pick(POINTS, 5), start=1)]
    return "\n\n".join([*opening, "\n".join(points), " ".join(pick(CAVEATS, 2)), *pick(CLOSINGS, 1)])


def reason(question: str, random: Random) -> str:
    """Thinks about `question` aloud, in two sentences."""
    return " ".join(_pick(THOUGHTS, 2, _topic(question), random))


def _pick(templates: tuple[str, ...], count: int, topic: str, random: Random) -> list[str]:
    chosen = random.sample(templates, count)
    return [template.format(topic=topic, aspect=random.choice(ASPECTS)) for template in chosen]


def _topic(question: str) -> str:
    """The longest run of words that carry meaning, or something neutral."""
    words = _WORD.findall(question[:2000])
    runs = [
        list(run)[:3]
        for plain, run in groupby(words, lambda word: len(word) < 4 or word.lower() in _PLAIN)
        if not plain
    ]
    return max((" ".join(run) for run in runs), key=len, default="this question")
