"""What is asked and heard, whatever the SDK, and what the SDKs have in common."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import httpx
import pydantic

from tests.gateways import HTTP

# The smallest PNG, of one pixel.
IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


class Trip(pydantic.BaseModel):
    """What a structured answer is to be."""

    city: str
    days: int


@dataclass(frozen=True)
class Question:
    """What to ask.

    Attributes:
        before: Role and text of the turns before `text`.
        tools: JSON schema of the arguments, by name.
        forced: The tool that must be called.
        is_marked: Whether the system prompt is to be kept in the provider's prompt cache.
        thinks: Whether the model is to think first, and to show it.
        after: Turns after `text`, as the SDK itself has them.
        extra: Fields and options that only this SDK has.
    """

    model: str
    text: str = "Explain the refund policy"
    system: str = ""
    before: tuple[tuple[str, str], ...] = ()
    tools: dict[str, Any] = field(default_factory=dict)
    forced: str = ""
    image: bool = False
    is_marked: bool = False
    thinks: bool = False
    max_tokens: int = 4000
    stop: tuple[str, ...] = ()
    after: tuple[Any, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    def of(self, model, **changes):
        """The same of another model, otherwise changed as well."""
        return replace(self, model=model, **changes)


@dataclass(frozen=True)
class Usage:
    """Tokens; `cached` is part of `prompt`, and `thought` of `completion`."""

    prompt: int
    completion: int
    cached: int
    thought: int


@dataclass
class Heard:
    """What the user of an SDK was told.

    Attributes:
        calls: Name and arguments of each tool that is to be called.
        finish: Why the answer ends, as OpenAI says it.
    """

    text: str = ""
    thought: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    finish: str | None = None
    usage: Usage | None = None


class Sdk:
    """An official SDK, in front of a gateway or of a provider itself.

    Attributes:
        client: The SDK's own.
        head: Headers of the last answer.
        n_answers: How many answers there have been, retries included.
        errors: What it raises, by status; `None` is the base of all.
    """

    client: Any
    errors: ClassVar[dict[int | None, type[Exception]]]

    def __init__(self, origin, key, **options):
        self.head = httpx.Headers()
        self.n_answers = 0
        self.client = self.connected(origin, key, HTTP | {"event_hooks": {"response": [self._note]}}, **options)

    def connected(self, origin, key, http, **options):
        """The SDK's own client, which makes requests with the options `http` of httpx."""
        raise NotImplementedError

    def ask(self, question):
        """The SDK's answer."""
        raise NotImplementedError

    def stream(self, question):
        """The same in the same form, put together from a stream."""
        raise NotImplementedError

    def heard(self, answer):
        """What the SDK's answer says."""
        raise NotImplementedError

    def after(self, answer, result):
        """The turns that follow when every tool that `answer` calls gave `result`, as the SDK's guide says."""
        raise NotImplementedError

    def parsed(self, question):
        """A `Trip`, by the SDK's own helper."""
        raise NotImplementedError

    def models(self):
        """Names of the models that there are."""
        raise NotImplementedError

    def model(self, name):
        """The name of a model, as it is found by it."""
        raise NotImplementedError

    def close(self):
        self.client.close()

    def _note(self, answer):
        self.head = answer.headers
        self.n_answers += 1
