"""The body of a whole response, and the items that it is made of."""

from tiercel.simulator.answer import Answer
from tiercel.simulator.reading import Json
from tiercel.simulator.seal import seal


def unary(answer: Answer) -> Json:
    """A response that is over."""
    incomplete = answer.choices[0].finish_reason == "length"
    return response(
        answer,
        status="incomplete" if incomplete else "completed",
        completed_at=None if incomplete else answer.created,
        incomplete_details={"reason": "max_output_tokens"} if incomplete else None,
        output=items(answer),
        usage=_usage(answer),
    )


def response(answer: Answer, **changes: object) -> Json:
    """The object that tells how far a response is; much of it repeats the request."""
    fields = answer.ask.fields
    asked: Json = {
        "background": False,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
    }
    return {
        "id": answer.id("resp_"),
        "object": "response",
        "created_at": answer.created,
        "model": answer.ask.model,
        "service_tier": "default",
        **{name: usual if fields.get(name) is None else fields[name] for name, usual in asked.items()},
        "status": "in_progress",
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
        **changes,
    }


def items(answer: Answer) -> list[Json]:
    """What was answered: reasoning, then calls or a message."""
    choice, fields = answer.choices[0], answer.ask.fields
    found: list[Json] = []
    if choice.reasoning:
        shown = (fields.get("reasoning") or {}).get("summary") is not None
        sealed = "reasoning.encrypted_content" in (fields.get("include") or [])
        found.append(
            {
                "id": answer.id("rs_"),
                "type": "reasoning",
                "summary": [summary(choice.reasoning)] if shown else [],
                "encrypted_content": seal(choice.reasoning) if sealed else None,
            }
        )
    for number, call in enumerate(choice.calls):
        found.append(
            {
                "id": answer.id(f"fc_{number}"),
                "type": "function_call",
                "status": "completed",
                "call_id": f"call_{call.id}",
                "name": call.name,
                "arguments": call.arguments,
            }
        )
    if not choice.calls:
        found.append(
            {
                "id": answer.id("msg_"),
                "type": "message",
                "status": "incomplete" if choice.finish_reason == "length" else "completed",
                "role": "assistant",
                "content": [part(choice.text)],
            }
        )
    return found


def summary(text: str) -> Json:
    """A part of a summary of reasoning."""
    return {"type": "summary_text", "text": text}


def part(text: str) -> Json:
    """A part of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(answer: Answer) -> Json:
    return {
        "input_tokens": answer.usage.prompt,
        "input_tokens_details": {"cached_tokens": answer.usage.read, "cache_write_tokens": 0},
        "output_tokens": answer.n_tokens,
        "output_tokens_details": {"reasoning_tokens": answer.n_reasoning_tokens},
        "total_tokens": answer.n_all_tokens,
    }
