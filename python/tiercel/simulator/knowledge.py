"""Questions with a right answer, so that the difference between models can be graded.

Which model knows which is fixed: a learner that sends easy questions to `small` and hard ones to `large` is right
every time.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One question.

    Attributes:
        question: Found anywhere in the prompt, in lower case, it asks for this fact.
        right: What a model of at least `difficulty` says.
        wrong: What a lesser one says.
        difficulty: 1 to 3.
        reason: What the best model adds.
    """

    question: str
    right: str
    wrong: str
    difficulty: int
    reason: str

    def answer(self, skill: int) -> str:
        """Answers in one or two sentences, as a model of this skill does."""
        said = self.right if skill >= self.difficulty else self.wrong
        if skill == 1:
            return f"{said}."
        return f"The answer is {said}." if skill == 2 else f"The answer is {said}. {self.reason}"


FACTS = (
    Fact("capital of france", "Paris", "Lyon", 1, "It has been the seat of government for most of French history."),
    Fact("7 + 5", "12", "13", 1, "Seven and three make ten, and two more make twelve."),
    Fact("days in a leap year", "366", "365", 1, "The extra day is 29 February."),
    Fact("boiling point of water", "100 degrees Celsius", "90 degrees Celsius", 1, "This holds at sea level."),
    Fact("who wrote hamlet", "William Shakespeare", "Christopher Marlowe", 1, "It was written about 1600."),
    Fact("capital of australia", "Canberra", "Sydney", 2, "It was chosen as a compromise with Melbourne."),
    Fact("17 * 23", "391", "381", 2, "Seventeen times twenty is 340, and seventeen times three is 51."),
    Fact("chemical symbol for gold", "Au", "Go", 2, "It comes from the Latin word aurum."),
    Fact("year did apollo 11 land", "1969", "1968", 2, "The landing was on 20 July of that year."),
    Fact("is 91 a prime", "no, 91 is not prime", "yes, 91 is prime", 2, "It is seven times thirteen."),
    Fact("capital of kazakhstan", "Astana", "Almaty", 3, "Almaty was the capital until 1997."),
    Fact("347 * 689", "239,083", "238,983", 3, "It is 347 times 700 less 347 times 11."),
    Fact("how many r's are in strawberry", "3", "2", 3, "One is in straw, and two are in berry."),
    Fact(
        "bat and a ball cost $1.10",
        "5 cents",
        "10 cents",
        3,
        "With the bat a dollar dearer, the ball at 5 cents and the bat at $1.05 add up to $1.10.",
    ),
)

_SPACE = re.compile(r"\s+")


def find(prompt: str) -> Fact | None:
    """The first fact that `prompt` asks for."""
    text = _SPACE.sub(" ", prompt.lower())
    return next((fact for fact in FACTS if fact.question in text), None)
