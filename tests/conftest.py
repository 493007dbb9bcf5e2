"""What the black-box tests share: simulators that play the providers, and gateways as real processes before them.

A test asks for `gateway`, once over ASGI and once over RSGI, which every test of the session shares; or starts its own
with `start_gateway`. The providers are simulators on a thread of this process, so that a test can attach faults and
read the journals directly, or servers that a test scripts byte by byte.
"""

import asyncio
import contextlib

import openai
import pytest

from tests import gateways
from tests.gateways import KEYS, Gateway
from tests.providers import Background, Provider, Script

# Four deployments: two simulators, two models each.
TIERS = """
[tiers]
pair = ["first/small", "second/small"]
four = ["first/small", "second/small", "first/medium", "second/medium"]

[routes.auto]
tiers = ["pair", "four"]
default = "pair"
classifier = { mode = "off" }

[prices."first/small"]
input = 1.0
output = 4.0
"""


def pytest_addoption(parser):
    parser.addoption("--bless", action="store_true", help="write anew what the tests compare with")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Show what the gateways said beside a failure."""
    report = yield
    if report.failed:
        for gateway in {value for value in item.funcargs.values() if isinstance(value, Gateway)}:
            report.sections.append(("gateway", gateway.output()[-10_000:]))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Gateways remember who failed; what one test does to a deployment must not be seen in the next."""
    for gateway in {value for value in item.funcargs.values() if isinstance(value, Gateway)}:
        if gateway.process.poll() is None:
            gateway.forget()


@pytest.fixture(scope="session", params=["asgi", "rsgi"])
def interface(request):
    return request.param


@pytest.fixture(scope="session")
def background():
    background = Background()
    yield background
    background.close()


@pytest.fixture(scope="session")
def start_provider(background):
    """Starts a simulator with `Settings(**settings)`; it runs to the end of the session."""
    yield from factory(lambda **settings: Provider(background, **settings))


@pytest.fixture(scope="session")
def start_script(background):
    """Starts a server for a test to script; it runs to the end of the session."""
    yield from factory(lambda **options: Script(background, **options))


def factory(make):
    with contextlib.ExitStack() as stack:

        def start(**options):
            started = make(**options)
            stack.callback(started.close)
            return started

        yield start


@pytest.fixture(scope="session")
def shared_providers(start_provider):
    return start_provider(), start_provider()


@pytest.fixture
def providers(shared_providers):
    """The simulators `first` and `second`, with no fault and an empty journal."""
    for provider in shared_providers:
        provider.reset()
    return shared_providers


@pytest.fixture(scope="session")
def start_gateway(tmp_path_factory):
    """`with start_gateway(config, interface) as gateway`; see `gateways.running`."""
    return lambda *what, **options: gateways.running(tmp_path_factory.mktemp("gateway"), *what, **options)


@pytest.fixture(scope="session")
def shared_gateway(start_gateway, interface, shared_providers):
    first, second = (
        gateways.provider(name, provider.base_url)
        for name, provider in zip(("first", "second"), shared_providers, strict=True)
    )
    with start_gateway(KEYS + first + second + TIERS, interface) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway, providers):
    """The session's gateway, before `providers` that have just been reset."""
    assert providers
    n_characters = len(shared_gateway.output())
    yield shared_gateway
    assert "Traceback" not in shared_gateway.output()[n_characters:]


def ask_sync(gateway, ask, **options):
    with openai.OpenAI(base_url=gateway.base_url, **{"api_key": gateway.key, **options}) as client:
        answer = ask(client)
        return list(answer) if isinstance(answer, openai.Stream) else answer


def ask_async(gateway, ask, **options):
    async def main():
        async with openai.AsyncOpenAI(base_url=gateway.base_url, **{"api_key": gateway.key, **options}) as client:
            answer = await ask(client)
            return [chunk async for chunk in answer] if isinstance(answer, openai.AsyncStream) else answer

    return asyncio.run(main())


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def sdk(request):
    """`sdk(gateway, ask, **options)`: what the official client, made with `options`, gives for `ask(client)`.

    A stream is given as the list of its chunks.
    """
    return request.param


@pytest.fixture
def eventually():
    """`eventually(condition, seconds)`: the first true value, or the test fails."""
    return gateways.eventually
