"""The models on offer: the cheaper, the quicker and the less able. Each answers in every dialect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
        knows: What it says to a question, word by word; `None` where it is to make something up.
        reasons: Whether it reasons unless told not to, and shows it where OpenAI's dialect hides reasoning.
    """

    price: Price
    latency: Latency
    skill: int
    knows: Callable[[str], str | None] | None = None
    reasons: bool = False


# Medians are of the order that hosted models of the three sizes show; nothing depends on them.
_SMALL = Model(Price(0.15, 0.60), Latency(LogNormal(0.20, 0.25), LogNormal(150.0, 0.15)), skill=1)
_MEDIUM = Model(Price(1.0, 4.0), Latency(LogNormal(0.40, 0.30), LogNormal(90.0, 0.20)), skill=2)
_LARGE = Model(Price(5.0, 20.0), Latency(LogNormal(0.80, 0.35), LogNormal(50.0, 0.25)), skill=3)
_SIZES: Mapping[str, Model] = {"small": _SMALL, "medium": _MEDIUM, "large": _LARGE}

# One a family, for tests in which it should be plain whose dialect is meant.
_FAMILIES = ("gpt", "claude", "gemini", "nova", "command")
MODELS: Mapping[str, Model] = MappingProxyType(
    {**_SIZES, "thinker": replace(_LARGE, reasons=True), **dict.fromkeys(_FAMILIES, _MEDIUM)}
)
# What the three sizes cost, which is what the demonstration offers.
PRICES: Mapping[str, Price] = MappingProxyType({name: model.price for name, model in _SIZES.items()})
