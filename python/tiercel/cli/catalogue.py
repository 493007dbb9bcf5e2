"""What the commands about the catalogue share."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from tiercel.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiercel._core import KnownModel, KnownProvider


def find(name: str, known: "Iterable[KnownProvider]") -> "KnownProvider":
    """The provider that configurations call `name`."""
    by_id = {provider.id: provider for provider in known}
    if name in by_id:
        return by_id[name]
    near = get_close_matches(name, by_id, 1)
    hint = f"did you mean `{near[0]}`?" if near else "`tiercel providers` lists them"
    raise output.Stop(f"there is no provider `{name}` in the catalogue\nhint: {hint}", output.NO)


def state(provider: "KnownProvider") -> str:
    """Whether the provider can be used with what is in the environment, or what it lacks beside its key."""
    if not provider.key_variables:
        return "no key needed"
    if not provider.missing_variables:
        return "yes"
    if set(provider.key_variables) <= set(provider.missing_variables):
        return "no"
    return f"lacks {', '.join(provider.missing_variables)}"


def record(known: "KnownProvider | KnownModel") -> dict[str, Any]:
    """Everything known of it, for a program."""
    return {field: getattr(known, field) for field in dir(known) if not field.startswith("_")}


def show_models(models: "Iterable[KnownModel]") -> None:
    """Print a table of models. A `?` is something that nobody knows."""
    rows = (
        (
            f"{model.provider}/{model.name}",
            "?" if model.context_window is None else f"{model.context_window:,}",
            _dollars(model.input),
            _dollars(model.output),
            "?" if model.capabilities is None else ", ".join(model.capabilities),
        )
        for model in models
    )
    output.table(rows, ("model", "context", "input", "output", "can"))


def _dollars(price: float | None) -> str:
    return "?" if price is None else f"{price:.4f}".rstrip("0").removesuffix(".")
