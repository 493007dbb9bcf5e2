"""An upstream that speaks every dialect that Tiercel does, to develop and test against without a provider or a bill.

It answers like models of different price and skill, counts real tokens, takes its time as real ones do, fails on
request (`faults.py` has the grammar), keeps a journal of what it received, and refuses what providers refuse that a
gateway is likely to get wrong: results without calls, altered signatures, stale tokens. The same seed and question give
the same answer and the same delays, in whatever dialect.
"""

from tiercel.simulator.faults import Fault, FaultSyntaxError
from tiercel.simulator.journal import Entry, Journal
from tiercel.simulator.latency import Latency, LogNormal
from tiercel.simulator.models import MODELS, PRICES, Model, Price
from tiercel.simulator.server import Simulator, run
from tiercel.simulator.settings import Settings

__all__ = [
    "MODELS",
    "PRICES",
    "Entry",
    "Fault",
    "FaultSyntaxError",
    "Journal",
    "Latency",
    "LogNormal",
    "Model",
    "Price",
    "Settings",
    "Simulator",
    "run",
]
