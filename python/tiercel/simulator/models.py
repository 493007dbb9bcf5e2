"""The models on offer: the cheaper, the quicker and the less able."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tiercel.simulator.latency import Latency, LogNormal


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    Attributes:
        price: What it would cost.
        latency: How long it takes.
        skill: 1 to 3. It knows the facts of at most this difficulty, and writes the more carefully the higher.
    """

    price: Price
    latency: Latency
    skill: int


# Medians are of the order that hosted models of the three sizes show; nothing depends on them.
MODELS: Mapping[str, Model] = MappingProxyType(
    {
        "small": Model(Price(0.15, 0.60), Latency(LogNormal(0.20, 0.25), LogNormal(150.0, 0.15)), skill=1),
        "medium": Model(Price(1.0, 4.0), Latency(LogNormal(0.40, 0.30), LogNormal(90.0, 0.20)), skill=2),
        "large": Model(Price(5.0, 20.0), Latency(LogNormal(0.80, 0.35), LogNormal(50.0, 0.25)), skill=3),
    }
)
PRICES: Mapping[str, Price] = MappingProxyType({name: model.price for name, model in MODELS.items()})
