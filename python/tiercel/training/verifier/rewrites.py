"""Other ways to ask the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tiercel.training.verifier import words

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_BEFORE = ("i was wondering {}", "hello, {}", "need to know: {}", "{} cheers", "{} thank you so much", "quick one, {}")

_FORMS = (
    (r"^how (?:do|can) i (.*)", ("what do i have to do to {}", "ways to {}", "i am trying to {}, how", "steps to {}")),
    (r"^how to (.*)", ("what do i do to {}", "i want to {}, how does one do that")),
    (r"^(?:what is|what's) (?:the )?(.*)", ("{}", "i want to know the {}", "which is the {}", "{}, what is it")),
    (r"^what are (?:the )?(.*)", ("list the {}", "{}", "which are the {}")),
    (r"^who (?:is|was) (.*)", ("{}, who is that", "which person is {}")),
    (r"^where (?:is|are) (.*)", ("{} location", "what is the location of {}")),
    (r"^why (?:do|does|is|are) (.*)", ("how come {}", "{}, why", "what is the reason that {}")),
    (r"^(?:can|could) you (.*)", ("{}", "i want you to {}", "i need you to {}", "are you able to {}")),
    (r"^i (?:want|need|would like) to (.*)", ("how do i {}", "let me {}", "can i {}")),
    (r"^is (?:it|there) (.*)", ("tell me if it is {}", "i wonder if it is {}")),
    (r"^(?:explain|describe) (.*)", ("what is {}", "give an explanation of {}")),
)

# Words and what may stand for them; half of them in no list of the gateway's, which does not have every word either.
_SYNONYMS = words.synonyms()

_SHORT = (("what is", "what's"), ("do not", "don't"), ("i am", "i'm"), ("is not", "isn't"), ("cannot", "can't"))


def rewrite(text: str, rng: random.Random) -> tuple[str, str] | None:
    """The question in other words, and by which way; `None` where the way that was drawn does not apply."""
    name = rng.choice(list(_WAYS))
    made = _WAYS[name](text, rng)
    if made is not None and name != "form" and rng.random() < 0.4:
        second = rng.choice(("form", "case", "typo", "courtesy"))
        made = _WAYS[second](made, rng) or made
    return None if made is None or made == text else (made, name)


def _form(text: str, rng: random.Random) -> str | None:
    plain = text.rstrip("?. ")
    for pattern, forms in _FORMS:
        if found := re.match(pattern, plain, re.IGNORECASE):
            return rng.choice(forms).format(found[1])
    return None


def _synonym(text: str, rng: random.Random) -> str | None:
    found = [word for word in text.split() if word.lower() in _SYNONYMS]
    if not found:
        return None
    word = rng.choice(found)
    return re.sub(rf"\b{re.escape(word)}\b", _SYNONYMS[word.lower()], text, count=1)


def _typo(text: str, rng: random.Random) -> str | None:
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return None
    at = rng.choice(long)
    word, place = words[at], rng.randrange(1, len(words[at]) - 2)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    words[at] = rng.choice((swapped, word[:place] + word[place + 1 :], word[:place] + word[place] + word[place:]))
    return " ".join(words)


def _order(text: str, rng: random.Random) -> str | None:
    found = re.match(r"^(.{12,}) ((?:in|on|at|for|with|from) [\w ]{2,25})\??$", text)
    return rng.choice((f"{found[2]}, {found[1]}", f"{found[2]} {found[1]}")) if found else None


def _article(text: str, rng: random.Random) -> str | None:
    without = re.sub(r"\b(the|a|an|my) ", "", text, flags=re.IGNORECASE)
    return rng.choice((without, text.replace(" of ", " of the ", 1)))


def _contraction(text: str, rng: random.Random) -> str | None:
    pairs = [(a, b) for pair in _SHORT for a, b in (pair, pair[::-1]) if a in text.lower()]
    if not pairs:
        return None
    old, new = rng.choice(pairs)
    return re.sub(re.escape(old), new, text, count=1, flags=re.IGNORECASE)


def _case(text: str, rng: random.Random) -> str:
    return rng.choice((text.lower(), text.upper(), text.title(), text.capitalize())).rstrip("?.")


def _courtesy(text: str, rng: random.Random) -> str:
    return rng.choice(_BEFORE).format(text)


def _idle(text: str, rng: random.Random) -> str | None:
    """A word more that says nothing."""
    words = text.split(" ")
    at = rng.randrange(1, len(words)) if len(words) > 2 else 0
    return (
        " ".join([*words[:at], rng.choice(("actually", "really", "exactly", "currently")), *words[at:]]) if at else None
    )


_WAYS: dict[str, Callable[[str, random.Random], str | None]] = {
    "form": _form,
    "form again": _form,
    "synonym": _synonym,
    "synonym again": _synonym,
    "typo": _typo,
    "order": _order,
    "article": _article,
    "contraction": _contraction,
    "case": _case,
    "courtesy": _courtesy,
    "idle": _idle,
}
