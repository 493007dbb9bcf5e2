"""The bodies of whole answers, and of errors."""

from collections.abc import Iterable

from tiercel.simulator.answer import Answer
from tiercel.simulator.choices import Call, Choice
from tiercel.simulator.errors import ApiError
from tiercel.simulator.reading import Json

FINGERPRINT = "fp_simulator"
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


def error(error: ApiError, _: str) -> Json:
    """An error, all four fields present."""
    kind = _TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": error.code}}


def usage(answer: Answer) -> Json:
    """The usage object."""
    return {
        "prompt_tokens": answer.usage.prompt,
        "completion_tokens": answer.n_tokens,
        "total_tokens": answer.n_all_tokens,
        "prompt_tokens_details": {"cached_tokens": answer.usage.read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": answer.n_reasoning_tokens, "audio_tokens": 0},
    }


def chat(answer: Answer) -> Json:
    """A `chat.completion`."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "refusal": None, **said(answer, choice)},
            "logprobs": None,
            "finish_reason": choice.finish_reason,
        }
        for index, choice in enumerate(answer.choices)
    ]
    return {**head(answer, "chat.completion", "chatcmpl-"), "choices": choices, "usage": usage(answer)}


def completion(answer: Answer) -> Json:
    """A `text_completion`."""
    choices = [
        {"index": index, "text": choice.text, "logprobs": None, "finish_reason": choice.finish_reason}
        for index, choice in enumerate(answer.choices)
    ]
    return {**head(answer, "text_completion", "cmpl-"), "choices": choices, "usage": usage(answer)}


def head(answer: Answer, kind: str, prefix: str) -> Json:
    """What answers and chunks begin with."""
    return {
        "id": answer.id(prefix),
        "object": kind,
        "created": answer.created,
        "model": answer.ask.model,
        "system_fingerprint": FINGERPRINT,
    }


def said(answer: Answer, choice: Choice) -> Json:
    """What a message says. OpenAI hides reasoning; those who show it, as DeepSeek does, call it `reasoning_content`."""
    shown: Json = {"reasoning_content": choice.reasoning} if choice.reasoning and answer.model.reasons else {}
    if choice.calls:
        return {**shown, "content": None, "tool_calls": [call(each) for each in choice.calls]}
    return {**shown, "content": choice.text}


def call(call: Call) -> Json:
    """A call in whole."""
    return {"id": f"call_{call.id}", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def models(names: Iterable[str]) -> Json:
    """The list of models."""
    return {"object": "list", "data": [model(name) for name in names]}


def model(name: str) -> Json:
    """One model; as old as the format wants a number, and no older."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "tiercel-simulator"}
