"""A gateway before one provider of each dialect, and every official SDK before the gateway."""

import contextlib
import json

import pytest

from tests import failover
from tests.clients.sdks import SDKS
from tests.clients.upstreams import CACHE_FROM, FOUR, MODELS, configuration
from tests.gateways import KEYS

# The same question may go to four dialects, one after the other.
TIERS = f"""
[tiers]
four = {json.dumps(FOUR)}
"""


@pytest.fixture(scope="session")
def simulator(start_provider):
    """Who plays all providers."""
    return start_provider(models=MODELS, cache_from=CACHE_FROM)


@pytest.fixture(scope="session")
def clients_gateway(start_gateway, simulator):
    origin = simulator.base_url.removesuffix("/v1")
    with start_gateway(KEYS + configuration(origin) + TIERS, "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="session")
def sdks(clients_gateway):
    """Each SDK before the gateway."""
    with failover.sdks(clients_gateway) as sdks:
        yield sdks


@pytest.fixture(scope="session")
def direct(simulator):
    """Anthropic's SDK before the simulator, with no gateway between."""
    with contextlib.closing(SDKS["messages"](simulator.base_url.removesuffix("/v1"), "key")) as sdk:
        yield sdk
