"""How the gateway inside of a program says that something failed."""

import asyncio

import pytest

import tiercel
from tests.gateways import KEYS
from tests.library.asking import ASK, events_of, use
from tests.providers import unary
from tiercel import Gateway, errors


@pytest.mark.parametrize(
    ("name", "ask", "expected"),
    [
        ("nobody has the model", {"model": "nobody's"}, (errors.UnknownModel, "model_not_found", 404)),
        ("there is no message", {"messages": []}, (errors.MalformedBody, "malformed_body", 400)),
        ("a header is wrong", {"headers": {"x-tiercel-cache": "?"}}, (errors.MalformedHead, "malformed_head", 400)),
        ("it may cost nothing", {"headers": {"x-tiercel-max-cost": "0"}}, (errors.TooDear, "max_cost_exceeded", 402)),
        ("the provider refuses", {"user": "simulate:status=400"}, (errors.RequestError, "invalid_request_error", 400)),
        ("it fails", {"user": "simulate:status=500"}, (errors.UpstreamFailed, "upstream_failed", 502)),
    ],
)
def test_a_failure_is_raised_with_its_code_and_status(text, name, ask, expected):
    async def main(gateway):
        whole = gateway.chat(**ASK | ask)
        streamed = events_of(gateway.stream(**ASK | ask))
        return await asyncio.gather(whole, streamed, return_exceptions=True)

    found = [(type(error), error.code, error.status) for error in use(text, main)]

    assert found == [expected, expected], name


@pytest.mark.parametrize(
    ("key", "headers", "expected"),
    [
        (None, {}, "missing_api_key"),
        ("sk-nobody", {}, "invalid_api_key"),
        ("sk-shop", {}, None),
        (None, {"Authorization": "Bearer sk-shop"}, None),
        ("sk-nobody", {"authorization": "Bearer sk-shop"}, None),
    ],
)
def test_a_configuration_with_keys_wants_one_as_over_http(text, key, headers, expected):
    async def ask(gateway):
        try:
            await gateway.chat(**ASK, headers=headers)
        except tiercel.RequestError as error:
            return error.code
        return None

    assert use(KEYS + text, ask, key=key) == expected


def test_metrics_need_a_key_that_may_read_them(text):
    gateway = Gateway.from_text(KEYS + text, key="sk-narrow")

    with pytest.raises(errors.Forbidden, match="may not read the metrics"):
        gateway.metrics()


def test_a_stream_that_breaks_off_raises_after_what_came(text):
    async def ask(gateway):
        stream = gateway.stream(**ASK, user="simulate:cut=3")
        heard = [(await anext(stream)).text for _ in range(3)]
        with pytest.raises(errors.StreamInterrupted) as raised:
            await anext(stream)
        return heard, raised.value

    heard, error = use(text, ask)

    assert "".join(heard)
    assert (error.code, error.status) == ("stream_truncated", 502)


def test_what_is_no_error_of_ours_is_raised_all_the_same(script):
    async def answer(_, writer):
        writer.write(unary(b"<p>Bad</p>", b"400 Bad Request"))

    script.reset(answer)

    with pytest.raises(tiercel.RequestError) as raised:
        use(script.text, lambda gateway: gateway.chat(**ASK))

    assert type(raised.value) is tiercel.RequestError
    assert raised.value.status == 400


def test_a_body_that_is_too_large_is_refused(text):
    with pytest.raises(errors.BodyTooLarge):
        use('[server]\nmax_body = "1KB"\n' + text, lambda gateway: gateway.chat(**ASK, user="x" * 1000))


def test_asking_for_a_stream_by_a_parameter_is_a_mistake(text):
    with pytest.raises(ValueError, match="a stream is what `stream` gives"):
        use(text, lambda gateway: gateway.chat(**ASK, stream=True))
