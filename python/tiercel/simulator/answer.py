"""Everything that the body of an answer, unary or streamed, is made of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tiercel.simulator.ask import Ask
from tiercel.simulator.choices import Choice
from tiercel.simulator.models import Model
from tiercel.simulator.prompt_cache import Usage

# A word with the space before it, which is near to a token; and a few characters of JSON, as models send arguments.
_WORD = re.compile(r"\s*\S+|\s+$")
_FRAGMENT = re.compile(r"(?s).{1,8}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        number: No other answer has it.
        created: In Unix seconds.
        usage: Of the prompt.
    """

    number: int
    created: int
    ask: Ask
    model: Model
    choices: Sequence[Choice]
    usage: Usage

    def id(self, prefix: str) -> str:
        """An id that no other answer has."""
        return f"{prefix}{self.number:016x}"

    @property
    def n_tokens(self) -> int:
        """Tokens of all choices together, reasoning included."""
        return sum(choice.n_tokens for choice in self.choices)

    @property
    def n_reasoning_tokens(self) -> int:
        """Tokens of the reasoning of all choices."""
        return sum(choice.n_reasoning_tokens for choice in self.choices)

    @property
    def n_all_tokens(self) -> int:
        """Tokens of the prompt and of the choices."""
        return self.usage.prompt + self.n_tokens


def words(text: str) -> list[str]:
    """The pieces in which text is streamed."""
    return _WORD.findall(text)


def fragments(arguments: str) -> list[str]:
    """The pieces in which a call's arguments are streamed."""
    return _FRAGMENT.findall(arguments)
