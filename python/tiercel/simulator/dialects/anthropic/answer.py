"""The bodies of whole messages, and of errors."""

from collections.abc import Mapping

import orjson

from tiercel.simulator.answer import Answer
from tiercel.simulator.choices import Choice
from tiercel.simulator.errors import ApiError
from tiercel.simulator.models import Model
from tiercel.simulator.reading import Json
from tiercel.simulator.seal import seal

_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def error(error: ApiError, request_id: str) -> Json:
    """An error."""
    kind = _TYPES.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": error.message}, "request_id": request_id}


def unary(answer: Answer) -> Json:
    """A message."""
    choice = answer.choices[0]
    return {
        **message(answer),
        "content": content(choice),
        **stop(choice),
        "usage": usage(answer, answer.n_tokens),
    }


def message(answer: Answer) -> Json:
    """A message that says nothing yet."""
    return {
        "id": answer.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": answer.ask.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def content(choice: Choice) -> list[Json]:
    """What is said: thinking, then calls or text."""
    blocks: list[Json] = []
    if choice.reasoning:
        blocks.append({"type": "thinking", "thinking": choice.reasoning, "signature": seal(choice.reasoning)})
    for call in choice.calls:
        given = orjson.loads(call.arguments)
        blocks.append({"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": given})
    if choice.text:
        blocks.append({"type": "text", "text": choice.text})
    return blocks


def stop(choice: Choice) -> Json:
    """Why it ends."""
    reason = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}[choice.finish_reason]
    return {
        "stop_reason": reason if choice.stopped_by is None else "stop_sequence",
        "stop_sequence": choice.stopped_by,
    }


def usage(answer: Answer, n_tokens: int) -> Json:
    """What was used, once `n_tokens` are written; cached tokens are no input tokens."""
    used = answer.usage
    return {
        "input_tokens": used.fresh,
        "cache_creation_input_tokens": used.written,
        "cache_read_input_tokens": used.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.written_5m,
            "ephemeral_1h_input_tokens": used.written_1h,
        },
        "output_tokens": n_tokens,
        "output_tokens_details": {"thinking_tokens": min(answer.n_reasoning_tokens, n_tokens)},
        "service_tier": "standard",
    }


def models(known: Mapping[str, Model]) -> Json:
    """The list of models."""
    names = list(known)
    ends = {"first_id": names[0], "last_id": names[-1]} if names else {"first_id": None, "last_id": None}
    return {"data": [model(name) for name in names], "has_more": False, **ends}


def model(name: str) -> Json:
    """One model."""
    return {
        "type": "model",
        "id": name,
        "display_name": name.capitalize(),
        "created_at": "2023-11-14T22:13:20Z",
        "lifecycle": "active",
    }
