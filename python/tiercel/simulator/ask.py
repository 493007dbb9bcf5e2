"""What is asked, whatever the dialect that it was asked in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import orjson

from tiercel.simulator.errors import ApiError
from tiercel.simulator.reading import Json

# The schema of an answer that must be a JSON object and no more.
ANY_OBJECT: Json = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a turn.

    Attributes:
        text: What it says, or the source of an image or file.
        n_tokens: Where it is not the text that is counted.
        mark: `5m` or `1h` where a prompt cache is to keep all up to here for so long.
    """

    text: str
    n_tokens: int | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message.

    Attributes:
        role: `system`, `user`, `assistant` or `tool`.
        blocks: What it says.
        name: Of who says it.
        calls: Ids of the calls that it makes.
        answers: The id of the call whose result it is.
        thought: Whether it begins with reasoning.
    """

    role: str
    blocks: Sequence[Block]
    name: str = ""
    calls: Sequence[str] = ()
    answers: str | None = None
    thought: bool = False

    @property
    def text(self) -> str:
        """What it says, without images and files."""
        return "\n".join(block.text for block in self.blocks if block.n_tokens is None)


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; `parameters` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Json | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is to be answered.

    Attributes:
        fields: The request's body, parts of which some answers repeat.
        turns: A conversation; or, where `chat` is false, prompts each of which is to be continued.
        choice: Whether tools are called: `auto`, `none` or `required`.
        forced: The tool that must be called.
        parallel: Whether more than one tool may be called.
        schema: The schema of the answer, when it must be JSON.
        sampling: Whatever else makes for another answer to the same question.
        n: Answers to each question.
        max_tokens: Limit for each answer; None for none.
        stop: Texts that end an answer.
        stream: Whether it is to be streamed.
        include_usage: Whether a stream tells the usage.
        reasons: Whether to reason first; None leaves it to the model.
        thoughts_first: Whether reasoning must not begin between a call and its result.
        marks: Whether prompts are cached where they are marked, rather than wherever they are long.
    """

    fields: Json
    model: str
    turns: Sequence[Turn]
    chat: bool = True
    tools: Sequence[Tool] = ()
    choice: str = "auto"
    forced: str | None = None
    parallel: bool = True
    schema: Json | None = None
    sampling: Sequence[object] = ()
    n: int = 1
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    stream: bool = False
    include_usage: bool = True
    reasons: bool | None = None
    thoughts_first: bool = False
    marks: bool = False

    def __post_init__(self) -> None:
        """Refuses empty conversations, results and reasoning out of place, and choices of tools that do not exist."""
        if not self.turns:
            raise ApiError(400, "There is nothing to answer.", param="messages")
        made: set[str] = set()
        for turn in self.turns:
            made.update(turn.calls)
            if turn.answers is not None and turn.answers not in made:
                raise ApiError(400, "A tool's result must follow the call that it answers.", param="messages")
        last = list(takewhile(lambda turn: turn.role != "user", reversed(self.turns)))
        called = [turn for turn in last if turn.calls]
        if self.thoughts_first and called and not called[-1].thought:
            message = "Where the model thinks, a turn that calls tools must begin with what it thought."
            raise ApiError(400, message, param="messages")
        if (self.choice == "required" or self.forced is not None) and not self.tools:
            raise ApiError(400, "A choice of tools needs tools.", param="tool_choice")
        if self.forced is not None and self.forced not in {tool.name for tool in self.tools}:
            raise ApiError(400, "The tool to call is none of the tools.", param="tool_choice")

    @property
    def questions(self) -> Sequence[str]:
        """The last message of a user, or each prompt."""
        if not self.chat:
            return [turn.text for turn in self.turns]
        return [next((turn.text for turn in reversed(self.turns) if turn.role == "user"), self.turns[-1].text)]

    @property
    def tool_result(self) -> str | None:
        """What tools said, when they had the last word."""
        results = [turn.text for turn in takewhile(lambda turn: turn.role == "tool", reversed(self.turns))]
        return ", ".join(reversed(results)) if results else None

    @property
    def identity(self) -> bytes:
        """The same for requests that ask the same, streamed or not, in whatever dialect."""
        said = [(turn.role, [block.text for block in turn.blocks]) for turn in self.turns]
        tools = [(tool.name, tool.parameters) for tool in self.tools]
        asked = [self.model, said, tools, self.choice, self.forced, self.schema, self.sampling]
        return orjson.dumps(asked, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
