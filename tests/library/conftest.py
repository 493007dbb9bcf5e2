"""What the tests of the library share: keys, and a configuration before a provider of this process."""

import pytest

from tests.gateways import provider
from tests.library.asking import TIERS


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("TIERCEL_TESTS_KEY", "sk-shop")
    monkeypatch.setenv("TIERCEL_TESTS_NARROW_KEY", "sk-narrow")
    monkeypatch.setenv("TIERCEL_TESTS_PROVIDER_KEY", "sk-provider")


@pytest.fixture
def simulator(shared_providers):
    shared_providers[0].reset()
    return shared_providers[0]


@pytest.fixture
def text(simulator):
    """A configuration in front of the simulator."""
    return provider("first", simulator.base_url) + TIERS


@pytest.fixture
def path(text, tmp_path):
    """The file of that configuration."""
    path = tmp_path / "tiercel.toml"
    path.write_text(text)
    return path


@pytest.fixture
def script(start_script):
    """A provider to be scripted, and a configuration in front of it."""
    script = start_script()
    script.text = provider("first", script.base_url) + TIERS
    return script
