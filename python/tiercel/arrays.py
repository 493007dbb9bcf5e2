"""Arrays, for those who have numpy: the gateway does without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float32]


def numpy() -> Any:  # noqa: ANN401 - a module that may be missing
    """The module.

    Raises:
        TiercelError: It is not installed.
    """
    try:
        import numpy as np  # noqa: PLC0415 - the gateway does without
    except ImportError:
        raise TiercelError("arrays need numpy\nhint: pip install 'tiercel[train]'") from None
    return np
