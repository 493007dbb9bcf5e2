"""`tiercel schema`."""


def schema() -> None:
    """Print the JSON Schema of tiercel.toml, for editors."""
    from tiercel import _core

    print(_core.schema(), end="")
