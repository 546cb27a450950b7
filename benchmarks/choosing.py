"""Pick what a command works on, by name."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from stylemapgan.errors import ConfigError


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """Unique among its kind."""
        ...


Thing = TypeVar("Thing", bound=Named)


def choose_named(known: Iterable[Thing], names: Sequence[str], kind: str) -> list[Thing]:
    """Look things up by name, in the order of the names; all if none is given.

    Args:
        known: What there is.
        names: Which of them.
        kind: What they are called in a message, such as `cell`.

    Raises:
        ConfigError: A name is unknown.
    """
    by_name = {each.name: each for each in known}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise ConfigError(f"Unknown {kind} {unknown[0]!r}: choose from {', '.join(by_name)}.")
    return [by_name[name] for name in names] or list(by_name.values())
