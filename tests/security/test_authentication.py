"""Who gets in: no credential, carrier, path or method is a way around the keys."""

from itertools import combinations

import pytest

from tests.gateways import KEY
from tests.security.conftest import DISABLED, EXPIRED, SECOND
from tests.security.raw import CHAT, QUESTION, answers, ask, request

EMBEDDINGS = b'{"model":"m","input":"Hello"}'
PROMPT = b'{"model":"m","prompt":"Hello"}'

ROUTES = [
    ("POST", CHAT, QUESTION),
    ("POST", "/v1/completions", PROMPT),
    ("POST", "/v1/embeddings", EMBEDDINGS),
    ("POST", "/openai/v1/chat/completions", QUESTION),
    ("GET", "/v1/models", b""),
    ("GET", "/v1/models/upstream/m", b""),
    ("GET", "/openai/v1/models", b""),
    ("GET", "/metrics", b""),
]

CARRIERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "query")

# Spellings that some servers take for a path that exists. None does here.
ODD_PATHS = [
    "//v1/chat/completions",
    "/v1//chat/completions",
    "/v1/../v1/chat/completions",
    "/v1/./chat/completions",
    "/x/../v1/chat/completions",
    "/V1/chat/completions",
    "/v1/Chat/Completions",
    "/v1/chat/completions/",
    "/v1/chat/completions/.",
    "/v1/chat/completions/..%2f",
    "/v1/chat/completions%00",
    "/v1/chat/completions%20",
    "/v1/chat/completions;x=1",
    "/v1/chat\\completions",
    "/openai//v1/chat/completions",
    "/openai/openai/v1/chat/completions",
    "/openai/metrics",
    "//metrics",
    "/metrics/",
    "/./metrics",
    "/health/../metrics",
    "/health/live/../../metrics",
    "/health/live%2f..%2f..%2fmetrics",
    "/metrics%00",
    "/v1/models/",
    "//v1/models",
    "/v1/%ff",
    "/",
    "*",
]

# Spellings that mean an existing path once they are decoded, which Granian does over RSGI before it asks anyone.
ENCODED_PATHS = ["/v1%2fchat/completions", "/v1/chat%2Fcompletions", "/%761/chat/completions", "/v1/chat/completion%73"]


def with_keys(carriers, body, method, target):
    """A request with credentials in several carriers."""
    query = "&".join(f"key={key}" for carrier, key in carriers if carrier == "query")
    headers = [
        f"{carrier.title()}: {'Bearer ' if carrier == 'authorization' else ''}{key}"
        for carrier, key in carriers
        if carrier != "query"
    ]
    return request(f"{target}?alt=sse&{query}" if query else target, body, method, headers=headers)


def statuses(gateway, carriers):
    """The status of every route for these credentials."""
    sent = {f"{method} {target}": with_keys(carriers, body, method, target) for method, target, body in ROUTES}
    return {route: answers(gateway.exchange(data))[0].status for route, data in sent.items()}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_good_key_is_good_in_every_carrier_on_every_route(guarded, carrier):
    assert set(statuses(guarded, [(carrier, KEY)]).values()) == {200}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    "key",
    ["sk-nobody", EXPIRED, DISABLED, KEY[:-1], f"{KEY}x", KEY.upper(), "k" * 5000, ""],
    ids=["unknown", "expired", "disabled", "shortened", "lengthened", "in capitals", "of 5 kB", "empty"],
)
def test_a_bad_key_is_bad_in_every_carrier_on_every_route(guarded, upstream, carrier, key):
    assert set(statuses(guarded, [(carrier, key)]).values()) == {401}
    assert upstream.requests == []


@pytest.mark.parametrize(
    "header",
    ["Authorization: Basic dTpw", "Authorization: Bearer", "Authorization:", f"Authorization: {KEY}", "Cookie: key=x"],
)
def test_what_is_no_bearer_token_is_no_key(guarded, upstream, header):
    assert ask(guarded, headers=[header]).status == 401
    assert upstream.requests == []


@pytest.mark.parametrize("pair", list(combinations(CARRIERS, 2)), ids=" and ".join)
def test_two_different_keys_at_once_are_refused_even_if_both_are_good(guarded, upstream, pair):
    keys = list(zip(pair, (KEY, SECOND), strict=True))

    assert set(statuses(guarded, keys).values()) == {400}
    assert upstream.requests == []


@pytest.mark.parametrize("carrier", CARRIERS)
def test_two_different_keys_in_the_same_carrier_are_refused(guarded, upstream, carrier):
    assert set(statuses(guarded, [(carrier, KEY), (carrier, SECOND)]).values()) == {400}
    assert set(statuses(guarded, [(carrier, KEY), (carrier, "sk-nobody")]).values()) == {400}
    assert upstream.requests == []


def test_the_same_key_in_two_carriers_is_one_key(guarded):
    assert set(statuses(guarded, [("x-api-key", KEY), ("authorization", KEY)]).values()) == {200}


@pytest.mark.parametrize("key", [None, "sk-nobody"])
@pytest.mark.parametrize("path", ODD_PATHS + ENCODED_PATHS)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_odd_spelling_of_a_path_leads_nowhere(guarded, upstream, method, path, key):
    body = QUESTION if method == "POST" else b""

    assert ask(guarded, path, body, method, key).status in (400, 401, 404)
    assert upstream.requests == []


@pytest.mark.parametrize("path", ODD_PATHS)
def test_a_good_key_does_not_make_an_odd_spelling_lead_anywhere(guarded, upstream, path):
    assert ask(guarded, path, key=KEY).status in (400, 404)
    assert upstream.requests == []


@pytest.mark.parametrize("path", ENCODED_PATHS)
def test_an_encoded_spelling_is_decoded_by_the_server_or_not_at_all(guarded, upstream, interface, path):
    assert ask(guarded, path, key=KEY).status == (200 if interface == "rsgi" else 404)
    assert len(upstream.requests) == (interface == "rsgi")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "post"])
def test_no_method_gets_in_without_a_key(guarded, upstream, method):
    for _, target, _ in ROUTES:
        (refused,) = answers(guarded.exchange(request(target, b"", method, "sk-nobody")))
        assert refused.status == 401, target
    assert upstream.requests == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "post"])
def test_a_good_key_gets_no_further_with_a_method_that_the_path_does_not_take(guarded, upstream, method):
    assert ask(guarded, method=method, body=b"", key=KEY).status == 405
    assert upstream.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        ["Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"],
        ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
    ],
    ids=["to a WebSocket", "to HTTP/2"],
)
def test_an_upgrade_does_not_get_in_without_a_key(guarded, upstream, headers):
    data = request(body=b"", method="GET", headers=headers).replace(b"connection: close", b"connection: upgrade")
    received = guarded.exchange(data, patience=0.5)

    assert answers(received)[0].status == 401
    assert upstream.requests == []


def test_a_tunnel_is_not_opened(guarded, upstream):
    received = guarded.exchange(request("internal.test:80", b"", "CONNECT", KEY), patience=0.5)

    assert answers(received)[0].status in (400, 404, 405)
    assert upstream.requests == []


def test_http_2_without_asking_is_not_spoken(guarded, upstream):
    received = guarded.exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0", patience=0.5)

    assert not received or answers(received)[0].status == 400
    assert upstream.requests == []


@pytest.mark.parametrize(
    "host", ["x/#@y", "a b", "", "user@gateway.test", "gateway.test/v1", "a,b", "gateway.test?x", "a" * 300]
)
def test_a_host_that_is_none_is_refused(guarded, upstream, host):
    data = request(key=KEY).replace(b"host: gateway.test", f"host: {host}".encode())

    assert answers(guarded.exchange(data))[0].status == 400
    assert upstream.requests == []
