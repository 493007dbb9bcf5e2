"""Which clients are tried with which providers, and what for: the rows of the tests and the cells of the page."""

import pytest

from tests.clients.sdks import SDKS
from tests.clients.upstreams import UPSTREAMS


def feature(name, clients=tuple(SDKS), upstreams=tuple(UPSTREAMS), without=()):
    """Tries `name` for each client and provider, but not those pairs `without`; those that pass get on the page."""
    pairs = [(client, upstream) for client in clients for upstream in upstreams if (client, upstream) not in without]

    def mark(test):
        return pytest.mark.feature(name)(pytest.mark.parametrize(("client", "upstream"), pairs)(test))

    return mark
