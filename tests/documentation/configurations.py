"""Pieces of configurations, made whole."""

import re
import tomllib

from tiercel._core import known_providers

# As the demonstration's, with a cache and a file for the log.
SIMULATED = """
[log]
access = "served.jsonl"

[cache]
mode = "exact"

[providers.simulator]
base_url = "{base_url}"

[tiers]
cheap = ["simulator/small"]
mid = ["simulator/medium"]
premium = ["simulator/large"]

[routes.auto]
tiers = ["cheap", "mid", "premium"]
default = "mid"

[prices]
"simulator/small" = {{ input = 0.15, output = 0.60 }}
"simulator/medium" = {{ input = 1.00, output = 4.00 }}
"simulator/large" = {{ input = 5.00, output = 20.00 }}
"""
PROVIDERS = """
[providers.openai]
"""
TIERS = """
[tiers]
cheap = ["openai/gpt-5.4-nano"]
mid = ["openai/gpt-5.4-mini"]
premium = ["openai/gpt-5.4", "openai/o3"]
long = ["openai/gpt-4.1"]
"""
ROUTE = 'tiers = ["cheap", "mid", "premium"]\ndefault = "mid"\n'


def simulated(base_url):
    """A whole configuration, of the simulator there."""
    return SIMULATED.format(base_url=base_url)


def completed(text):
    """The configuration with what a piece of one leaves out: providers, tiers, and the tiers of its routes."""
    tables = tomllib.loads(text)
    for name, route in tables.get("routes", {}).items():
        if "tiers" not in route:
            header = f"[routes.{name}]\n"
            text = text.replace(header, header + ROUTE) if header in text else f"{text}\n{header}{ROUTE}"
    text += PROVIDERS if "providers" not in tables else ""
    return text + (TIERS if "tiers" not in tables else "")


def secrets(text):
    """An environment with every secret that the configuration, or the catalogue for it, looks for there."""
    names = set(re.findall(r'\benv = "(\w+)"', text))
    names |= {name for provider in known_providers() for name in provider.key_variables}
    return {name: f"made-up-{name.lower()}" for name in names}
