"""Figures of several seeds: their mean, their spread, and which differences they leave."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.markdown import show, show_number
from stylemapgan.metrics.intervals import Estimate

NO_DIFFERENCE = "≈"
"""Marks a figure that differs from StyleMapGAN's by no more than seeds do."""


@dataclass(frozen=True)
class Repeated:
    """A figure of one method, measured with one seed or several."""

    estimates: Sequence[Estimate]
    """One for each seed; empty if it was not measured."""

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return sum(each.value for each in self.estimates) / len(self.estimates)

    @property
    def spread(self) -> float:
        """The largest figure minus the smallest; 0 for one seed."""
        values = [each.value for each in self.estimates]
        return max(values) - min(values)

    @property
    def has_spread(self) -> bool:
        """Whether there are several seeds."""
        return len(self.estimates) > 1

    def differs_from(self, other: "Repeated") -> bool:
        """Tell whether two methods differ by more than seeds do.

        They do if their means are further apart than the larger of their two spreads; a method with
        one seed adds nothing to that, so at least one of the two needs several. Intervals are left
        out of it: they say where figures would lie for other photos, and both methods are measured
        on the same photos.
        """
        return abs(self.mean - other.mean) > max(self.spread, other.spread)

    def to_text(self, standard: "Repeated") -> str:
        """Format a measured figure: value and interval of one seed, mean and spread of several.

        Args:
            standard: StyleMapGAN's; a figure that does not differ from it is marked if it has a
                spread. The standard itself is not marked.
        """
        if self.has_spread:
            text = f"{show_number(self.mean)} [{show_number(self.spread)}]"
        else:
            text = show(self.estimates[0])
        is_compared = standard.has_spread and self is not standard
        return text if not is_compared or self.differs_from(standard) else f"{text} {NO_DIFFERENCE}"
