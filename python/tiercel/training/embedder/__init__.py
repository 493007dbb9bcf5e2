"""Learning the embedder from a sentence encoder. `tiercel train embedder` makes the weights and says how good they are.

In the order of the work: `texts`, what they mean to the `teacher`, the `student` that learns it, what `ships`, and the
`report`.
"""

from tiercel.training.embedder.report import report
from tiercel.training.embedder.ships import make

__all__ = ["make", "report"]
