"""How references are suggested."""

from dataclasses import dataclass

from stylemapgan.config.ranges import need_not_negative, need_positive


@dataclass(frozen=True, kw_only=True)
class SuggestConfig:
    """What makes a reference a good one, and how many are suggested."""

    top: int = 10
    """Most references to suggest."""
    change: float = 0.1
    """Weight of the change inside the mask beside the seam at its border, which weighs 1."""
    doubt: float = 0.1
    """How much less a photo counts that the model knows badly (`doubtful`)."""

    def __post_init__(self) -> None:
        need_positive(self, "top")
        need_not_negative(self, "change", "doubt")
