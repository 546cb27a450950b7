"""Mean and covariance of points that come in batches and need not be kept."""

import torch
from jaxtyping import Float, Float64
from torch import Tensor


class Moments:
    """Mean and covariance of all points so far, in float64 on the CPU.

    Every batch is centred on its own mean and then merged with what came before, so nothing large
    is ever subtracted from something large.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances", 1979.

    Args:
        values: Numbers in a point. Takes 8 · values² bytes: 128 MiB for stylemaps of 64 channels
            and 8x8 cells.
    """

    def __init__(self, values: int) -> None:
        self.count = 0
        """Points so far."""
        self.mean: Float64[Tensor, " values"] = torch.zeros(values, dtype=torch.float64)
        self._scatter = torch.zeros(values, values, dtype=torch.float64)

    def add(self, points: Float[Tensor, "points values"]) -> None:
        """Take in some points."""
        points = points.detach().cpu().double()
        mean = points.mean(dim=0)
        points -= mean
        self._scatter.addmm_(points.T, points)
        step, both = mean - self.mean, self.count + len(points)
        self._scatter.addr_(step, step, alpha=self.count * len(points) / both)
        self.mean += step * (len(points) / both)
        self.count = both

    @property
    def covariance(self) -> Float64[Tensor, "values values"]:
        """Unbiased; 0 for a single point."""
        return self._scatter / max(self.count - 1, 1)

    def principal_components(self, count: int) -> Float64[Tensor, "count values"]:
        """Find the directions of most variance, each as long as its standard deviation."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # the method is randomised; its result hardly depends on this
            _, variances, directions = torch.svd_lowrank(self.covariance, q=count, niter=4)
        return variances.clamp(min=0).sqrt()[:, None] * directions.T
