"""`tiercel schema`."""

from tiercel import _core


def schema() -> None:
    """Print the JSON Schema of tiercel.toml, for editors."""
    print(_core.schema(), end="")
