"""SDKs over httpx, with the gateway inside of the program: no server, no port, and all as over HTTP."""

import httpx
import httpx2
import openai
import pytest

from tests.gateways import KEYS
from tests.library.asking import ASK
from tests.library.sdks import (
    asked,
    chat,
    generate,
    message,
    of_anthropic,
    of_google,
    of_openai,
    respond,
    stream_chat,
    stream_generate,
    stream_message,
    words,
)
from tiercel import Transport


@pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("make", "ask", "said"),
    [
        (of_openai, chat, lambda it: it.choices[0].message.content),
        (of_openai, respond, lambda it: it.output_text),
        (of_anthropic, message, lambda it: it.content[0].text),
        (of_google, generate, lambda it: it.text),
        (of_openai, stream_chat, lambda them: "".join(map(words, them))),
        (of_anthropic, stream_message, lambda them: "".join(map(words, them))),
        (of_google, stream_generate, lambda them: "".join(map(words, them))),
    ],
    ids=lambda value: value.__name__ if callable(value) and value.__name__ != "<lambda>" else "",
)
def test_the_official_sdks_just_work(path, package, kind, make, ask, said):
    if make is of_anthropic and package is httpx:
        pytest.skip("it takes no client of httpx")
    expected = asked(path, "sync", of_openai, chat).choices[0].message.content

    assert said(asked(path, kind, make, ask, package)) == expected


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("nobody has the model", {"model": "nobody's"}, openai.NotFoundError),
        ("the provider refuses", {"user": "simulate:status=400"}, openai.BadRequestError),
        ("the provider fails", {"user": "simulate:status=500"}, openai.InternalServerError),
        ("nothing comes in time", {"user": "simulate:delay=60s", "timeout": 0.2}, openai.APITimeoutError),
    ],
)
def test_what_fails_is_raised_as_over_http(path, kind, name, fields, expected):
    with pytest.raises(expected):
        pytest.fail(f"{name}: {asked(path, kind, of_openai, lambda it: it.chat.completions.create(**ASK | fields))}")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_stream_that_breaks_off_is_an_error(path, kind):
    with pytest.raises(openai.APIError, match="ended before it was whole"):
        asked(path, kind, of_openai, lambda it: it.chat.completions.create(**ASK, stream=True, user="simulate:cut=3"))


def test_the_key_is_the_clients_where_the_configuration_has_some(path):
    path.write_text(KEYS + path.read_text())

    def ask(key):
        return asked(path, "sync", lambda kind, **options: of_openai(kind, api_key=key, **options), chat)

    assert ask("sk-shop").choices[0].message.content
    with pytest.raises(openai.AuthenticationError):
        ask("sk-nobody")
    with pytest.raises(openai.PermissionDeniedError):
        ask("sk-narrow")


def test_headers_go_both_ways(path):
    with httpx.Client(transport=Transport(path), base_url="http://tiercel") as client:
        headers = {"X-Request-Id": "mine", "X-Tiercel-Tier": "medium"}
        answer = client.post("/v1/chat/completions?any=thing", json=ASK, headers=headers)

    assert answer.status_code == 200
    assert (answer.headers["x-request-id"], answer.headers["x-tiercel-tier"]) == ("mine", "medium")
    assert answer.headers["x-tiercel-model"] == "first/medium"
