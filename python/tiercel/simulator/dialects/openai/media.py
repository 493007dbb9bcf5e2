"""Images, speech, transcripts and moderations: as little as clients accept, made of the request."""

from hashlib import sha256
from time import time

from tiercel.simulator import multipart, prose
from tiercel.simulator.dialect import Event, Framing
from tiercel.simulator.dialects.openai.request import texts
from tiercel.simulator.embeddings import pace
from tiercel.simulator.errors import invalid
from tiercel.simulator.exchange import Exchange
from tiercel.simulator.reading import integer, text, word
from tiercel.simulator.tokens import PER_IMAGE

# A black pixel.
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
# A silent frame of MPEG-1 layer III at 128 kbit/s and 44.1 kHz, which is 26 ms.
_MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
_AUDIO = Framing("audio/mpeg", lambda event: event.data)
_MAX_SPEECH = 4096
_CATEGORIES = ("harassment", "hate", "illicit", "self-harm", "sexual", "violence")


async def images(exchange: Exchange) -> None:
    """`POST /v1/images/generations`: black images of one pixel."""
    fields = await exchange.admit()
    prompt, n = text(fields.get("prompt"), "prompt"), integer(fields, "n", 10) or 1
    n_tokens = exchange.settings.count_tokens(prompt)
    await pace(exchange, fields["model"], [prompt], n_tokens)
    exchange.reply.entry.completion_tokens = n * PER_IMAGE
    usage = {
        "input_tokens": n_tokens,
        "input_tokens_details": {"text_tokens": n_tokens, "image_tokens": 0},
        "output_tokens": n * PER_IMAGE,
        "total_tokens": n_tokens + n * PER_IMAGE,
    }
    await exchange.reply.json({"created": int(time()), "data": [{"b64_json": _PNG}] * n, "usage": usage})


async def speech(exchange: Exchange) -> None:
    """`POST /v1/audio/speech`: a frame of silence a character, streamed."""
    fields = await exchange.admit()
    said = text(fields.get("input"), "input")
    if not 1 <= len(said) <= _MAX_SPEECH:
        raise invalid("input", f"1 to {_MAX_SPEECH} characters")
    word(fields.get("response_format") or "mp3", ("mp3",), "response_format")
    await pace(exchange, fields["model"], [said], exchange.settings.count_tokens(said))
    await exchange.reply.stream([Event(_MP3_FRAME)] * len(said), (), _AUDIO, 0.0)


async def transcript(exchange: Exchange) -> None:
    """`POST /v1/audio/transcriptions`: words that have nothing to do with what was said."""
    form = multipart.read(exchange.request)
    audio, model = multipart.field(form, "file"), multipart.field(form, "model").content.decode(errors="replace")
    exchange.reply.entry.model = exchange.known(model)
    await exchange.suffer(model, {})
    heard = prose.write("", 1, exchange.random(sha256(audio.content).digest()))
    n_heard, n_audio = exchange.settings.count_tokens(heard), max(len(audio.content) // 1000, 1)
    await pace(exchange, model, [heard], n_audio)
    exchange.reply.entry.completion_tokens = n_heard
    usage = {
        "type": "tokens",
        "input_tokens": n_audio,
        "input_token_details": {"audio_tokens": n_audio, "text_tokens": 0},
        "output_tokens": n_heard,
        "total_tokens": n_audio + n_heard,
    }
    await exchange.reply.json({"text": heard, "usage": usage})


async def moderations(exchange: Exchange) -> None:
    """`POST /v1/moderations`: a text that names a category is found to belong to it."""
    fields = await exchange.admit()
    blocks = texts(fields, "input")
    await pace(exchange, fields["model"], [block.text for block in blocks], 0)
    results = []
    for block in blocks:
        found = {category: category in block.text.lower() for category in _CATEGORIES}
        scores = {category: 0.9 if named else 0.01 for category, named in found.items()}
        results.append({"flagged": any(found.values()), "categories": found, "category_scores": scores})
    name = f"modr-{next(exchange.state.numbers):016x}"
    await exchange.reply.json({"id": name, "model": fields["model"], "results": results})
