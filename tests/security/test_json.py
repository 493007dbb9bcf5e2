"""Bodies: refused with 400, or at the upstream byte for byte."""

import pytest

from tests.gateways import KEY
from tests.security.raw import ask

MESSAGES = b'"messages":[{"role":"user","content":"Hello"}]'


def body(*members, model=b'"model":"m"'):
    """A good request with more members."""
    return b"{" + b",".join([model, MESSAGES, *members]) + b"}"


def nested(opening, closing, n_levels):
    return body(b'"extra":' + opening * n_levels + b"1" + closing * n_levels)


def keys(n_keys):
    return b",".join(b'"%x":1' % number for number in range(n_keys))


REFUSED = {
    "nothing": b"",
    "a blank": b" ",
    "no object but an array": b"[1]",
    "no object but a string": b'"model"',
    "no object but null": b"null",
    "two objects": body() + body(),
    "something behind": body() + b"x",
    "a NUL behind": body() + b"\0",
    "an open object": body()[:-1],
    "a trailing comma": body()[:-1] + b",}",
    "a comment": body(b'/* */"a":1'),
    "single quotes": body(b"'a':1"),
    "a bare key": body(b"a:1"),
    "a byte order mark": b"\xef\xbb\xbf" + body(),
    "UTF-16": body().decode().encode("utf-16"),
    "UTF-16 without its mark": body().decode().encode("utf-16-le"),
    "UTF-32": body().decode().encode("utf-32"),
    "Latin-1": body(b'"a":"\xe9"'),
    "an overlong NUL": body(b'"a":"\xc0\x80"'),
    "a surrogate as UTF-8": body(b'"a":"\xed\xa0\x80"'),
    "a cut character": body(b'"a":"\xf0\x9f\x98"'),
    "a NUL in a string": body(b'"a":"\0"'),
    "a line feed in a string": body(b'"a":"\n"'),
    "an unknown escape": body(b'"a":"\\x41"'),
    "half an escape": body(b'"a":"\\u12"'),
    "NaN": body(b'"temperature":NaN'),
    "Infinity": body(b'"temperature":Infinity'),
    "-Infinity": body(b'"temperature":-Infinity'),
    "a leading zero": body(b'"a":01'),
    "a leading plus": body(b'"a":+1'),
    "a bare point": body(b'"a":1.'),
    "a point first": body(b'"a":.5'),
    "a bare exponent": body(b'"a":1e'),
    "hexadecimal": body(b'"a":0x1'),
    "129 levels": nested(b"[", b"]", 128),
    "100,000 arrays": nested(b"[", b"]", 100_000),
    "100,000 objects": nested(b'{"a":', b"}", 100_000),
    "100,000 open arrays": b"[" * 100_000,
    "a million keys": body(keys(1_000_000)),
    "the model twice": body(b'"model":"other"'),
    "the same model twice": body(b'"model":"m"'),
    "the model twice, once escaped": body(b'"\\u006dodel":"other"'),
    "the messages twice": body(MESSAGES),
    "an unknown key twice": body(b'"a":1', b'"a":1'),
    "an unknown key twice, once escaped": body(b'"a":1', b'"\\u0061":1'),
    "Model": body(b'"Model":"other"'),
    "MODEL for model": body(model=b'"MODEL":"m"'),
    "a long s in stream": body('"\u017ftream":true'.encode()),
    "a Kelvin sign in tokens": body('"max_to\u212aens":1'.encode()),
    "an escaped variant": body(b'"\\u004dodel":"other"'),
    "half a surrogate pair in a key": body(b'"\\ud800":1'),
    "half a surrogate pair in the model": body(model=b'"model":"m\\ud800"'),
    "a NUL in the model": body(model=b'"model":"m\\u0000"'),
    "a line's end in the model": body(model=b'"model":"m\\r\\nx-a: b"'),
    "no model": body(model=b'"a":1'),
    "an empty model": body(model=b'"model":""'),
    "a model that is null": body(model=b'"model":null'),
    "a model that is a number": body(model=b'"model":1'),
    "a model that is a list": body(model=b'"model":["m"]'),
    "a model of 257 bytes": body(model=b'"model":"%b"' % (b"m" * 257)),
    "no messages": b'{"model":"m"}',
    "messages that are a string": b'{"model":"m","messages":"Hello"}',
    "no message": b'{"model":"m","messages":[ ]}',
    "a stream that is a string": body(b'"stream":"true"'),
    "a stream that is a number": body(b'"stream":1'),
    "usage that is a number": body(b'"stream_options":{"include_usage":1}'),
    "usage twice": body(b'"stream_options":{"include_usage":true,"include_usage":false}'),
    "Include_usage": body(b'"stream_options":{"Include_usage":true}'),
    "no choice": body(b'"n":0'),
    "half a choice": body(b'"n":0.5'),
    "choices by the thousand": body(b'"n":1000'),
    "tokens beyond every number": body(b'"max_tokens":1e400'),
    "tokens in words": body(b'"max_tokens":"many"'),
}

PASSED = {
    "as small as it gets": body(),
    "blanks everywhere": b' \t\r\n{ "model" : "m" , "messages" : [ { } ] \n} \r\n',
    "100 levels": nested(b"[", b"]", 100),
    "a thousand keys but ours": body(keys(990)),
    "a million keys further in": body(b'"extra":{' + keys(700_000) + b"}"),
    "half a surrogate pair in a prompt": body(b'"extra":"\\ud800"'),
    "an escaped NUL in the user": body(b'"user":"a\\u0000b"'),
    "an escaped line's end in the user": body(b'"user":"a\\r\\nx-evil: 1"'),
    "an escaped line's end in the metadata": body(b'"metadata":{"a\\r\\nb":"c\\u0000"}'),
    "ten to the four hundredth": body(b'"temperature":1' + b"0" * 400),
    "exponents": body(b'"temperature":1e400,"a":-1E-400,"b":1e+1'),
    "numbers as they were written": body(b'"a":[-0,0.0,1.10,1.0,10000000000000000000000001,0.1e1]'),
    "keys twice, further in": body(b'"extra":{"a":1,"a":2,"model":"x","Model":"y"}'),
    "an empty key": body(b'"":1'),
    "keys that mean something elsewhere": body(b'"__proto__":{},"constructor":1,"$ref":"x","api_base":"http://evil.test"'),
    "escapes as they were written": body(b'"a":"\\/\\u00e9\\u0041\\b"'),
    "characters of every length": body('"a":"é漢😀\u2028\x7f"'.encode()),
    "the order of keys": b'{"z":1,' + MESSAGES + b',"a":2,"model":"m","b":3}',
}  # fmt: skip


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(guarded, upstream, data):
    answer = ask(guarded, body=data, key=KEY)

    assert (answer.status, answer.code) == (400, "malformed_body")
    assert upstream.requests == []


@pytest.mark.parametrize("data", PASSED.values(), ids=PASSED)
def test_what_is_passed_on_byte_for_byte(guarded, upstream, data):
    answer = ask(guarded, body=data, key=KEY)

    assert answer.status == 200
    assert [received.body for received in upstream.requests] == [data]


STREAM = b'"stream":true'
USAGE = b'"stream_options":{"include_usage":true}'


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (body(model=b'"model" : "upstream/m" '), body(model=b'"model" : "m" ')),
        (body(model=b'"model":"upstream\\/\\u006d"'), body()),
        (body(STREAM), body(STREAM).replace(b'"m",', b'"m",' + USAGE + b",", 1)),
        (body(STREAM, b'"stream_options":null'), body(STREAM, USAGE)),
        (body(STREAM, b'"stream_options":{}'), body(STREAM, USAGE)),
        (body(STREAM, b'"stream_options":{ "a":1}'), body(STREAM, b'"stream_options":{"include_usage":true, "a":1}')),
        (body(STREAM, b'"stream_options":{"include_usage":false}'), body(STREAM, USAGE)),
        (body(STREAM, USAGE), body(STREAM, USAGE)),
        (body(b'"stream":false'), body(b'"stream":false')),
    ],
    ids=[
        "the model's name, with blanks around it",
        "the model's name, escaped",
        "a stream",
        "a stream with no options",
        "a stream with empty options",
        "a stream with other options",
        "a stream without usage",
        "a stream with usage",
        "no stream",
    ],
)
def test_what_is_edited_and_nothing_else(guarded, upstream, sent, expected):
    ask(guarded, body=sent, key=KEY)

    # An answer that is no stream is not taken for one, and asked for again.
    assert {received.body for received in upstream.requests} == {expected}


def test_an_error_says_where_and_quotes_nothing(guarded):
    answer = ask(guarded, body=body(b'"secret prompt":"secret prompt" oops'), key=KEY)

    assert answer.error["message"].startswith("invalid JSON at byte 92: a comma or a closing brace was expected")
