"""From a question to its answer, in every dialect."""

from random import Random
from time import time

from tiercel.simulator import choices
from tiercel.simulator.answer import Answer
from tiercel.simulator.ask import Ask
from tiercel.simulator.dialect import Conversation
from tiercel.simulator.exchange import Exchange, pause
from tiercel.simulator.prompt_cache import prefixes


async def converse(talk: Conversation, exchange: Exchange, **given: object) -> None:
    """Answers; `given` is what the path says and the body does not, such as whether to stream."""
    ask = talk.read(await exchange.admit(**given))
    reply, random = exchange.reply, exchange.random(ask.identity)
    pace = exchange.pace(ask.model, random)
    answer = _answer(ask, exchange, random)
    # Choices are written at the same time, so the longest decides how long it takes.
    seconds = pace.per_token * max(choice.n_tokens for choice in answer.choices)
    if ask.stream:
        events = list(talk.events(answer))
        await pause(pace.first_token)
        await reply.stream(events, talk.failure(answer, reply.fault.after), talk.framing, seconds / len(events))
    else:
        await pause(pace.first_token + seconds + reply.fault.slow_first_token)
        await reply.json(talk.unary(answer))


def n_prompt_tokens(ask: Ask, exchange: Exchange) -> int:
    """How many tokens a prompt has; the prompt cache is left as it is."""
    found = prefixes(ask, exchange.settings.count_tokens)
    exchange.reply.entry.prompt_tokens = found[-1].n_tokens
    return found[-1].n_tokens


def _answer(ask: Ask, exchange: Exchange, random: Random) -> Answer:
    settings, entry = exchange.settings, exchange.reply.entry
    model, count = settings.models[ask.model], settings.count_tokens
    answer = Answer(
        number=next(exchange.state.numbers),
        created=int(time()),
        ask=ask,
        model=model,
        choices=choices.choose(ask, model, count, random),
        usage=exchange.state.prompts.use(prefixes(ask, count), marks=ask.marks),
    )
    usage = answer.usage
    entry.prompt_tokens, entry.completion_tokens = usage.prompt, answer.n_tokens
    entry.cache_read_tokens, entry.cache_write_tokens = usage.read, usage.written
    entry.cache_write_1h_tokens, entry.reasoning_tokens = usage.written_1h, answer.n_reasoning_tokens
    return answer
