"""Between a client and a provider that speak the same dialect, what Tiercel need not change it does not touch."""

import asyncio
import json

import pytest

from tests import gateways
from tests.gateways import KEYS
from tests.providers import STREAM_END, STREAM_HEAD, piece, unary

# Unknown fields, odd numbers, odd spacing, escapes, a key twice within: all as they came.
ODD_REQUEST = (
    b'{ "messages" : [ {"role":"user","content":"Ol\\u00e1 \\ud83d\\ude00 \xc3\xa9","x":1,"x":2} ],\n\t"model":"odd" ,'
    b'"temperature":1.000,"x_new":{"a":[1e2,-0,12345678901234567890]},"seed":  7%b}'
)
ODD_ANSWER = (
    b'{"id":"a" , "object":"chat.completion","x_new":[1.0, 1e400],"choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"\\u00e1","x":null},"finish_reason":"stop"}],"usage":'
    b'{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"x":0}}\n'
)


def chunk(content=None, finish=None, extra=""):
    """The JSON of one chunk."""
    delta = {} if content is None else {"content": content}
    choice = json.dumps({"index": 0, "delta": delta, "finish_reason": finish}, ensure_ascii=False)
    return f'{{"id":"c","object":"chat.completion.chunk","choices":[{choice}]{extra}}}'.encode()


USAGE = ',"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}'
ONLY_USAGE = b'{"id":"c","object":"chat.completion.chunk","choices":[]%b}' % USAGE.encode()
ONE, TWO, STOP = chunk("On"), chunk("e \N{SNOWMAN}"), chunk(finish="stop")
DONE = b"data: [DONE]\n\n"

# Upstreams that are odd but right; the text is `One` and a snowman in each.
STREAMS = {
    "as OpenAI sends it": b"data: %b\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, STOP) + DONE,
    "lines that end with CRLF": b"data: %b\r\n\r\ndata: %b\r\n\r\ndata: %b\r\n\r\ndata: [DONE]\r\n\r\n"
    % (ONE, TWO, STOP),
    "no space after the colon": b"data:%b\n\ndata:%b\n\ndata:%b\n\ndata:[DONE]\n\n" % (ONE, TWO, STOP),
    "comments": b": ping\n\ndata: %b\n: ping\n\n: ping\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, STOP) + DONE,
    "event lines": b"event: chunk\ndata: %b\nid: 1\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, STOP) + DONE,
    "an event over several lines": b"data: %b\n\ndata: %b\n\n" % (ONE, TWO)
    + b"".join(b"data: %b\n" % line for line in STOP.replace(b",", b",\n").split(b"\n"))
    + b"\n"
    + DONE,
    "a byte-order mark": b"\xef\xbb\xbfdata: %b\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, STOP) + DONE,
    "no choices first": b'data: {"id":"c","choices":[]}\n\ndata: %b\n\ndata: %b\n\ndata: %b\n\n' % (ONE, TWO, STOP)
    + DONE,
    "usage in a chunk of its own": b"data: %b\n\ndata: %b\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, STOP, ONLY_USAGE)
    + DONE,
    "usage in the last chunk": b"data: %b\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, chunk(finish="stop", extra=USAGE))
    + DONE,
    "no end marker": b"data: %b\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, STOP),
    "something after the end marker": b"data: %b\n\ndata: %b\n\ndata: %b\n\n" % (ONE, TWO, STOP)
    + DONE
    + b"data: {}\n\n",
}


@pytest.fixture(scope="module")
def script(start_script):
    return start_script()


@pytest.fixture(scope="module")
def odd_gateway(start_gateway, interface, script):
    config = KEYS + gateways.provider("script", script.base_url) + '[tiers]\nodd = ["script/real-model"]\n'
    with start_gateway(config, interface) as gateway:
        yield gateway


def answer_with(data):
    """Every byte at once."""

    async def answer(_, writer):
        writer.write(data)

    return answer


def answer_in_bytes(data):
    """Each byte by itself, as a chunk and, mostly, as a packet of its own."""

    async def answer(_, writer):
        writer.write(STREAM_HEAD)
        for byte in data:
            writer.write(piece(bytes([byte])))
            await asyncio.sleep(0)
        writer.write(STREAM_END)

    return answer


def test_a_request_reaches_the_provider_byte_for_byte_but_for_the_models_name(odd_gateway, script):
    script.reset(answer_with(unary(ODD_ANSWER)))
    answer = odd_gateway.request("POST", "/v1/chat/completions", ODD_REQUEST % b"")

    assert answer.status_code == 200
    assert [request.body for request in script.requests] == [(ODD_REQUEST % b"").replace(b'"odd"', b'"real-model"')]


def test_an_answer_reaches_the_client_byte_for_byte(odd_gateway, script):
    script.reset(answer_with(unary(ODD_ANSWER)))
    answer = odd_gateway.request("POST", "/v1/chat/completions", ODD_REQUEST % b"")

    assert answer.content == ODD_ANSWER


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (b',"stream":true', b',"stream":true,"stream_options":{"include_usage":true}'),
        (
            b',"stream":true,"stream_options":{"x": 1}',
            b',"stream":true,"stream_options":{"x": 1,"include_usage":true}',
        ),
        (
            b',"stream":true,"stream_options":{"include_usage": true }',
            b',"stream":true,"stream_options":{"include_usage": true }',
        ),
    ],
    ids=["without options", "with other options", "with the option"],
)
def test_a_streams_request_differs_by_the_option_for_usage_alone(odd_gateway, script, asked, sent):
    script.reset(answer_in_bytes(STREAMS["as OpenAI sends it"]))
    odd_gateway.request("POST", "/v1/chat/completions", ODD_REQUEST % asked)

    expected = (ODD_REQUEST % sent).replace(b'"odd"', b'"real-model"')
    assert json.loads(script.requests[0].body) == json.loads(expected)
    assert sorted(script.requests[0].body) == sorted(expected)


def test_a_streams_events_reach_the_client_byte_for_byte(odd_gateway, script):
    events = b'data: {"choices" : [{"index":0, "delta":{"content":"\\u00e9","x":1e2}}],"x_new":1.0}\n\n'
    events += b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop","x":null}]}\n\n' + DONE
    script.reset(answer_with(STREAM_HEAD + piece(events) + STREAM_END))
    answer = odd_gateway.request("POST", "/v1/chat/completions", ODD_REQUEST % b',"stream":true')

    assert answer.content == events


@pytest.mark.parametrize("name", STREAMS)
def test_odd_streams_are_understood_wherever_they_are_cut(sdk, odd_gateway, script, name):
    texts = []
    for answer in (answer_with(STREAM_HEAD + piece(STREAMS[name]) + STREAM_END), answer_in_bytes(STREAMS[name])):
        script.reset(answer)
        chunks = sdk(
            odd_gateway,
            lambda client: client.chat.completions.create(
                model="odd", messages=[{"role": "user", "content": "Count"}], stream=True
            ),
        )
        texts.append("".join(choice.delta.content or "" for each in chunks for choice in each.choices))
        assert [choice.finish_reason for each in chunks for choice in each.choices][-1] == "stop"

    assert texts == ["One \N{SNOWMAN}"] * 2


def test_headers_that_may_pass_do_and_no_others(odd_gateway, script):
    script.reset(
        answer_with(unary(ODD_ANSWER, headers=b"x-ratelimit-remaining-tokens: 5\r\nset-cookie: a=b\r\nx-other: 1\r\n"))
    )
    sent = {
        "idempotency-key": "once",
        "openai-beta": "x=v2",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "openai-organization": "org",
        "cookie": "a=b",
        "x-stainless-lang": "python",
    }
    answer = odd_gateway.request("POST", "/v1/chat/completions", ODD_REQUEST % b"", headers=sent)

    request = script.requests[0]
    names = [line.partition(b":")[0].decode() for line in request.head.split(b"\r\n")[1:-2]]
    of_its_own = {"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent", "x-tiercel-hop"}
    assert set(names) == of_its_own | {"authorization", "idempotency-key", "openai-beta", "traceparent"}
    assert request.header("authorization") == f"Bearer {odd_gateway.provider_key}"
    assert request.header("idempotency-key") == "once"
    assert answer.headers["x-ratelimit-remaining-tokens"] == "5"
    assert not {"set-cookie", "x-other"} & set(answer.headers)
