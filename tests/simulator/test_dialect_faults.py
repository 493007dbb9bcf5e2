"""Faults, errors and keys in every dialect."""

import zlib

import orjson
import pytest

from tests.simulator.asking import answers, put, said, simulate
from tests.simulator.speakers import SPEAKERS, Question

EVERY = pytest.mark.parametrize("dialect", SPEAKERS)
STREAMED = Question(stream=True)


def events(dialect, answer):
    """The events of a stream that may be broken off."""
    return list(SPEAKERS[dialect].split(answer.body))


def put_with(fault, dialect, question=STREAMED, patience=5.0, **settings):
    async def check(simulator, _):
        return await put(simulator, dialect, question, patience, **{"x-simulate-fault": fault})

    return simulate(check, **settings)


@EVERY
@pytest.mark.parametrize(
    ("fault", "ending"), [("truncate=3", "end"), ("cut=3", "end"), ("reset=3", "reset"), ("stall=3", "silence")]
)
def test_streams_are_broken_off_before_their_last_event(dialect, fault, ending):
    whole, broken = put_with("no-done", dialect), put_with(fault, dialect, patience=0.3)

    assert broken.ending == ending
    assert len(events(dialect, broken)) == 3
    assert len(events(dialect, whole)) > 3


@EVERY
def test_the_last_event_can_be_left_out(dialect):
    async def check(simulator, _):
        whole = await put(simulator, dialect, STREAMED)
        return whole, await put(simulator, dialect, STREAMED, **{"x-simulate-fault": "no-done"})

    whole, broken = simulate(check)
    names = [name for name, _ in events(dialect, whole)]
    assert [name for name, _ in events(dialect, broken)] == names[:-1]


@EVERY
def test_a_garbled_event_is_malformed_and_alone(dialect):
    answer = put_with("garble=2", dialect)

    malformed = []
    for number, (_, data) in enumerate(events(dialect, answer), start=1):
        try:
            assert data == "[DONE]" or orjson.loads(data)
        except orjson.JSONDecodeError:
            malformed.append(number)
    assert malformed == [2]


@EVERY
def test_a_compressed_stream_is_the_same_stream(dialect):
    (expected,) = answers(dialect, STREAMED)
    answer = put_with("gzip;slow-first-token=1ms", dialect)
    answer.body = zlib.decompress(answer.body, wbits=31)

    assert answer.headers["content-encoding"] == "gzip"
    assert said(dialect, STREAMED, answer) == expected


@pytest.mark.parametrize(
    ("dialect", "name", "told"),
    [
        ("openai", "", '{"error":{"message":"The server had an error while processing your request.","type":"server_'),
        ("responses", "response.failed", '"error":{"code":"server_error","message":"The server had an error'),
        ("anthropic", "error", '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_'),
        ("gemini", "", '{"error":{"code":503,"message":"The service is currently unavailable.","status":"UNAVAILABLE"'),
        ("gemini array", "", '{"error":{"code":503,'),
        ("bedrock", "internalServerException", '{"message":"The server had an error while processing your request."'),
        ("cohere", "message-end", '"delta":{"error":"The server had an error while processing your request.","finish_'),
    ],
)
def test_an_error_takes_the_place_of_the_rest(dialect, name, told):
    found = events(dialect, put_with("error-event=3", dialect))

    assert len(found) == (4 if dialect == "responses" else 3)
    assert found[-1][0] == name
    assert told in found[-1][1]
    if dialect == "responses":
        error = orjson.loads(found[-2][1])
        assert (error["type"], error["error"]["code"], error["sequence_number"]) == ("error", "server_error", 2)


# Of the statuses in STATUSES, by what they are told apart.
STATUSES = (400, 401, 403, 404, 429, 500, 503, 529)
KINDS = {
    "openai": "invalid_request authentication permission invalid_request rate_limit server server server",
    "anthropic": "invalid_request authentication permission not_found rate_limit api api overloaded",
    "gemini": "INVALID_ARGUMENT UNAUTHENTICATED PERMISSION_DENIED NOT_FOUND RESOURCE_EXHAUSTED INTERNAL UNAVAILABLE "
    "INTERNAL",
    "bedrock": "Validation UnrecognizedClient AccessDenied ResourceNotFound Throttling InternalServer "
    "ServiceUnavailable InternalServer",
}


def kind_of(dialect, answer):
    """What tells an error from others, where its shape is as it should be."""
    body = orjson.loads(answer.body)
    match dialect:
        case "openai":
            assert body["error"].keys() == {"message", "type", "param", "code"}
            return body["error"]["type"].removesuffix("_error")
        case "anthropic":
            assert (body["type"], body["request_id"]) == ("error", answer.headers["request-id"])
            return body["error"]["type"].removesuffix("_error")
        case "gemini":
            assert body["error"]["code"] == answer.status
            return body["error"]["status"]
    assert body.keys() == {"message"}
    return answer.headers["x-amzn-errortype"].partition("Exception:")[0]


@pytest.mark.parametrize("dialect", KINDS)
def test_errors_have_the_shape_and_the_name_that_the_dialect_gives_them(dialect):
    for status, kind in zip(STATUSES, KINDS[dialect].split(), strict=True):
        answer = put_with(f"status={status};retry-after=7", dialect, Question())

        assert (answer.status, answer.headers["retry-after"]) == (status, "7")
        assert kind_of(dialect, answer) == kind


def test_cohere_tells_errors_by_their_message():
    answer = put_with("status=429", "cohere", Question())

    assert orjson.loads(answer.body) == {
        "id": answer.headers["x-request-id"],
        "message": "Simulated fault: status=429",
    }


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        ("openai", {"metadata": {"simulate": "status=418"}}),
        ("responses", {"user": "simulate:status=418"}),
        ("anthropic", {"metadata": {"user_id": "simulate:status=418"}}),
        ("gemini", {"labels": {"simulate": "status=418"}}),
        ("bedrock", {"requestMetadata": {"simulate": "status=418"}}),
        ("cohere", {"metadata": {"simulate": "status=418"}}),
    ],
)
def test_a_fault_is_asked_for_in_the_body(dialect, fields):
    async def check(simulator, _):
        return await put(simulator, dialect, Question(), fields=fields)

    assert simulate(check).status == 418


@pytest.mark.parametrize(
    ("dialect", "headers", "refused"),
    [
        ("openai", {"authorization": "Bearer KEY"}, 401),
        ("azure", {"authorization": "Bearer KEY"}, 401),
        ("azure", {"api-key": "KEY"}, 401),
        ("responses", {"authorization": "Bearer KEY"}, 401),
        ("anthropic", {"authorization": "Bearer KEY"}, 401),
        ("anthropic", {"x-api-key": "KEY"}, 401),
        ("vertex anthropic", {"authorization": "Bearer KEY"}, 401),
        ("vertex", {"authorization": "Bearer KEY"}, 401),
        ("gemini", {"x-goog-api-key": "KEY"}, 400),
        ("bedrock", {"authorization": "Bearer KEY"}, 403),
        ("cohere", {"authorization": "Bearer KEY"}, 401),
    ],
)
def test_a_key_is_taken_where_the_dialect_carries_it(dialect, headers, refused):
    async def check(simulator, _):
        async def status(key):
            carried = {name: value.replace("KEY", key) for name, value in headers.items()}
            return (await put(simulator, dialect, Question(), **carried)).status

        return [await status("secret"), await status("other"), (await put(simulator, dialect, Question())).status]

    assert simulate(check, key="secret") == [200, refused, refused]


@pytest.mark.parametrize(
    ("dialect", "path", "headers", "status"),
    [
        ("gemini", "/v1beta/models/small:generateContent?key=secret", (), 200),
        ("gemini", "/v1beta/models/small:generateContent?key=other", (), 400),
        ("openai", "/v1/chat/completions", (("api-key", "secret"),), 401),
        ("anthropic", "/v1/messages", (("x-api-key", "secret"),), 400),
        ("azure", "/openai/deployments/small/chat/completions", (("api-key", "secret"),), 404),
    ],
    ids=["key in the query", "wrong key in the query", "no place for keys", "no version", "no version of Azure's"],
)
def test_what_else_is_asked_of_a_request(dialect, path, headers, status, monkeypatch):
    monkeypatch.setattr(SPEAKERS[dialect], "paths", (path, path))
    monkeypatch.setattr(SPEAKERS[dialect], "headers", headers)

    async def check(simulator, _):
        return await put(simulator, dialect, Question())

    assert simulate(check, key="secret").status == status


def test_gemini_says_why_a_key_is_none():
    async def check(simulator, _):
        return await put(simulator, "gemini", Question(), **{"x-goog-api-key": "other"})

    (reason,) = orjson.loads(simulate(check, key="secret").body)["error"]["details"]
    assert reason["reason"] == "API_KEY_INVALID"
