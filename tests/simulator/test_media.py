"""Images, speech, transcripts, moderations, files and batches, as OpenAI's client sees them."""

import base64

import openai
import orjson
import pytest

from tests.simulator.asking import answered, exchange, simulate, words
from tiercel.simulator import files

AUDIO = b"RIFF\r\n--boundary\r\n\x00\xff" * 200


def test_an_image_is_made():
    async def check(_, client):
        return await client.images.generate(model="small", prompt="a small cat", n=2)

    made = simulate(check)
    assert [base64.b64decode(image.b64_json)[:4] for image in made.data] == [b"\x89PNG"] * 2
    assert (made.usage.input_tokens, made.usage.output_tokens, made.usage.total_tokens) == (3, 170, 173)


def test_speech_is_streamed():
    async def check(_, client):
        async with client.audio.speech.with_streaming_response.create(model="small", voice="a", input="Hi") as speech:
            return speech.headers, await speech.read()

    headers, audio = simulate(check)
    assert headers["content-type"] == "audio/mpeg"
    assert headers["transfer-encoding"] == "chunked"
    assert audio.count(b"\xff\xfb\x90\x00") == 2


def test_a_transcript_follows_from_the_audio():
    async def check(simulator, client):
        heard = [
            await client.audio.transcriptions.create(model="small", file=("a.wav", audio)) for audio in (AUDIO, AUDIO)
        ]
        return heard, simulator.journal.entries[0]

    (first, second), entry = simulate(check)
    assert first.text == second.text
    assert first.usage.output_tokens == words(first.text)
    assert (entry.model, entry.prompt_tokens, entry.completion_tokens) == ("small", 4, words(first.text))


def test_what_names_a_category_is_flagged():
    async def check(_, client):
        return await client.moderations.create(model="small", input=["violence", "peace"])

    found = simulate(check)
    assert [result.flagged for result in found.results] == [True, False]
    assert found.results[0].categories.violence


def test_a_file_is_kept_until_it_is_deleted():
    async def check(_, client):
        kept = await client.files.create(file=("a.jsonl", AUDIO), purpose="batch")
        listed = [file async for file in await client.files.list()]
        content = (await client.files.content(kept.id)).read()
        described = await client.files.retrieve(kept.id)
        deleted = await client.files.delete(kept.id)
        with pytest.raises(openai.NotFoundError):
            await client.files.retrieve(kept.id)
        return kept, listed, content, described, deleted

    kept, listed, content, described, deleted = simulate(check)
    assert listed == [kept] == [described]
    assert (kept.filename, kept.bytes, kept.purpose) == ("a.jsonl", len(AUDIO), "batch")
    assert content == AUDIO
    assert deleted.deleted


def test_a_batch_is_in_progress_until_it_is_cancelled():
    async def check(_, client):
        file = await client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
        asked = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
        with pytest.raises(openai.NotFoundError):
            await client.batches.create(input_file_id="none", **asked)
        begun = await client.batches.create(input_file_id=file.id, **asked)
        listed = [batch async for batch in await client.batches.list()]
        cancelled = await client.batches.cancel(begun.id)
        return begun, listed, cancelled, await client.batches.retrieve(begun.id)

    begun, listed, cancelled, found = simulate(check)
    assert listed == [begun]
    assert [batch.status for batch in (begun, cancelled, found)] == ["in_progress", "cancelled", "cancelled"]


def test_the_oldest_files_and_batches_make_room(monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    monkeypatch.setattr(files, "MAX_BATCHES", 1)
    kept = files.Files()
    for name in "abc":
        kept.add(files.File({"id": name}, b"12345"))
        kept.begin({"id": name})

    assert list(kept.files) == ["b", "c"]
    assert list(kept.batches) == ["c"]


@pytest.mark.parametrize(
    ("head", "body", "message"),
    [
        ("application/json", b"{}", "multipart/form-data"),
        ("multipart/form-data", b"", "boundary"),
        ("multipart/form-data; boundary=x", b"", "incomplete"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n", "incomplete"),
        ("multipart/form-data; boundary=x", b"--x--\r\n", "'file'"),
    ],
)
def test_forms_that_are_none_are_refused(head, body, message):
    async def check(simulator, _):
        request = f"POST /v1/files HTTP/1.1\r\ncontent-type: {head}\r\ncontent-length: {len(body)}\r\nconnection: close"
        return answered(*await exchange(simulator, f"{request}\r\n\r\n".encode() + body))

    answer = simulate(check)
    assert answer.status == 400
    assert message in orjson.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize("fault", ["status=503", "reset=0"])
def test_faults_of_all_models_are_those_of_files_as_well(fault):
    async def check(_, client):
        with pytest.raises((openai.InternalServerError, openai.APIConnectionError)):
            await client.files.list()

    simulate(check, faults={None: fault})
