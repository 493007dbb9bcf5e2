"""An extension of Griffe: what begins with `>>>` in a docstring is code, where Markdown would see a quotation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from griffe import Extension

if TYPE_CHECKING:
    from griffe import Object

_EXAMPLE = re.compile(r"^>>> .*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


class Doctests(Extension):
    """Puts examples into fences."""

    def on_object(self, *, obj: Object, **_: Any) -> None:  # noqa: ANN401 - what Griffe has beside
        """Change the docstring of `obj`."""
        if obj.docstring is not None:
            obj.docstring.value = _EXAMPLE.sub(r"```pycon\n\g<0>\n```", obj.docstring.value)
