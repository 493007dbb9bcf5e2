"""The bodies of unary answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tiercel.simulator.choices import Call, Choice
from tiercel.simulator.models import Model
from tiercel.simulator.request import Ask

FINGERPRINT = "fp_simulator"
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that the body of an answer, unary or streamed, is made of; `created` is in Unix seconds."""

    id: str
    created: int
    ask: Ask
    choices: Sequence[Choice]

    @property
    def n_tokens(self) -> int:
        """Tokens of all choices together."""
        return sum(choice.n_tokens for choice in self.choices)


def usage(answer: Answer) -> Json:
    """The usage object; nothing was cached and nothing reasoned."""
    prompt, completion = answer.ask.n_prompt_tokens, answer.n_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def unary(answer: Answer) -> Json:
    """A `chat.completion` or a `text_completion`."""
    chat = answer.ask.chat
    return {
        "id": answer.id,
        "object": "chat.completion" if chat else "text_completion",
        "created": answer.created,
        "model": answer.ask.model,
        "choices": [
            {
                "index": index,
                **({"message": _message(choice)} if chat else {"text": choice.text}),
                "logprobs": None,
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(answer.choices)
        ],
        "usage": usage(answer),
        "system_fingerprint": FINGERPRINT,
    }


def _message(choice: Choice) -> Json:
    if not choice.calls:
        return {"role": "assistant", "content": choice.text, "refusal": None}
    return {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call_json(c) for c in choice.calls]}


def call_json(call: Call) -> Json:
    """A call in whole."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def model_list(models: Mapping[str, Model]) -> Json:
    """The body of `GET /v1/models`."""
    return {"object": "list", "data": [model(name) for name in models]}


def model(name: str) -> Json:
    """One model; as old as the format wants a number, and no older."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "tiercel-simulator"}
