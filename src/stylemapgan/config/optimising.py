"""How far optimisations of single photos go."""

from dataclasses import dataclass

from stylemapgan.config.ranges import need_not_negative


@dataclass(frozen=True, kw_only=True)
class OptimisationConfig:
    """Cuts short the methods that optimise a latent for each photo; 0 leaves a limit alone."""

    steps: int = 0
    """Most steps of gradient descent for each photo; each paper's number if 0."""
    seconds: float = 0.0
    """Longest time for each photo, in seconds; no limit if 0."""

    def __post_init__(self) -> None:
        need_not_negative(self, "steps", "seconds")


AS_PUBLISHED = OptimisationConfig()
"""No limits: every method goes as far as its paper says."""
