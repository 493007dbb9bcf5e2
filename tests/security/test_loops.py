"""Gateways whose provider is a gateway again: 508 within three hops."""

import asyncio
import contextlib

import pytest

from tests import gateways
from tests.gateways import KEY
from tests.security.raw import QUESTION, ask

# Each gateway shows the other what its clients show it.
ENVIRONMENT = {"TIERCEL_TESTS_PROVIDER_KEY": KEY}
STREAM = QUESTION[:-1] + b',"stream":true}'


class Relay:
    """Counts what passes to a port that is known only later, for a gateway can be its own provider only then."""

    def __init__(self, background):
        self._background = background
        self._server = background.run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        self.port = 0
        self.n_requests = 0

    async def _serve(self, reader, writer):
        self_reader, self_writer = await asyncio.open_connection("127.0.0.1", self.port)

        async def pump(source, target, *, counts):
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65_536):
                    self.n_requests += data.count(b"POST /") if counts else 0
                    target.write(data)
            target.close()

        await asyncio.gather(pump(reader, self_writer, counts=True), pump(self_reader, writer, counts=False))

    def close(self):
        self._background.call(self._server.close)


@pytest.fixture
def relay(background):
    relay = Relay(background)
    yield relay
    relay.close()


def config(base_url):
    return gateways.KEYS + gateways.provider("next", base_url, 'models = ["m"]')


@pytest.mark.parametrize("body", [QUESTION, STREAM], ids=["at once", "in a stream"])
def test_a_gateway_that_is_its_own_provider(start_gateway, interface, relay, body):
    with start_gateway(config(relay.base_url), interface, environment=ENVIRONMENT) as gateway:
        relay.port = gateway.port
        answer = ask(gateway, body=body, key=KEY)

    assert (answer.status, answer.code) == (508, "loop_detected")
    assert answer.header("x-should-retry") == "false"
    assert relay.n_requests == 3


def test_two_gateways_that_are_each_other_s_provider(start_gateway, interface, relay):
    with (
        start_gateway(config(relay.base_url), interface, environment=ENVIRONMENT) as second,
        start_gateway(config(f"{second.url}/v1"), interface, environment=ENVIRONMENT) as first,
    ):
        relay.port = first.port
        answer = ask(first, body=QUESTION, key=KEY)

    assert (answer.status, answer.code) == (508, "loop_detected")
    # To the second, back to the first, and to the second once more, which refuses.
    assert relay.n_requests == 1


@pytest.mark.parametrize(("hops", "status"), [("0", 200), ("2", 200), ("3", 508), ("4000000000", 508)])
def test_how_many_hops_are_too_many(guarded, upstream, hops, status):
    answer = ask(guarded, key=KEY, headers=[("x-tiercel-hop", hops)])

    assert answer.status == status
    assert [received.header("x-tiercel-hop") for received in upstream.requests] == [str(int(hops) + 1)] * (
        status == 200
    )


@pytest.mark.parametrize("hops", ["-1", "", "x", "1.0", "99999999999999999999", "2, 0"])
def test_what_is_no_number_of_hops_is_refused(guarded, upstream, hops):
    assert ask(guarded, key=KEY, headers=[("x-tiercel-hop", hops)]).status == 400
    assert upstream.requests == []


def test_a_number_of_hops_that_is_told_twice_is_the_larger(guarded, upstream):
    for pair in (["x-tiercel-hop: 3", "x-tiercel-hop: 0"], ["x-tiercel-hop: 0", "x-tiercel-hop: 3"]):
        assert ask(guarded, key=KEY, headers=pair).status == 508
    assert upstream.requests == []
