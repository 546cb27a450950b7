"""What Editing in Style knows about a generator: its parts, and what channels do in them.

`editing_in_style` explains both and puts them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from stylemapgan.config import VectorConfig
from stylemapgan.errors import ConfigError
from stylemapgan.images.resizing import shrink
from stylemapgan.methods.spherical_k_means import nearest

Activations = Float[Tensor, "pictures _ _ _"]
Membership = Float[Tensor, "pictures parts rows columns"]
Shares = Float[Tensor, "parts channels"]


@dataclass(frozen=True, kw_only=True)
class EditingInStyleSettings:
    """How parts are found, and how much an edit may change elsewhere."""

    pictures: int = 64
    """Number of generated pictures that parts and channels are found in."""
    psi: float = 0.7
    """Truncation of these pictures."""
    seed: int = 0
    """Everything random follows from it."""
    positions: int = 32
    """Height and width of the layer whose activations are grouped; the nearest that there is, up
    to half the picture."""
    parts: int = 12
    """Number of parts, K."""
    epsilon: float = 100.0
    """Sum of 1 - M over channels that an edit may take over: about how many channels it takes."""
    rho: float = 0.1
    """Channels whose M is at most this are never taken."""

    def __post_init__(self) -> None:
        for name in ("pictures", "positions", "parts"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.parts > np.iinfo(np.uint8).max:
            raise ConfigError(f"parts must be at most 255, got {self.parts}.")
        if not self.epsilon >= 0:
            raise ConfigError(f"epsilon must not be negative, got {self.epsilon}.")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What parts there are, and what channels do in them."""

    layer: int
    """Number of the layer whose activations are grouped."""
    centres: Float[Tensor, "parts width"]
    """Direction of each part's activations."""
    shares: Shares
    """M; channels of all layers in a row."""


def layer_of(config: VectorConfig, positions: int) -> int:
    """Number the layer whose activations are grouped.

    Args:
        config: Shapes of the networks.
        positions: Its height and width, at most half the picture's; else the nearest.
    """
    wanted = min(positions, config.image_size // 2)
    sizes = [config.constant_size * 2**level for level in range(config.doublings + 1)]
    level = min(range(len(sizes)), key=lambda level: abs(sizes[level] - wanted))
    return 2 * level + 1  # the second of the two layers at that resolution


def membership(activations: Activations, centres: Float[Tensor, "parts width"]) -> Membership:
    """Tell positions which part they show: 1 for that part, 0 for all others."""
    vectors = activations.movedim(1, -1)  # (pictures, rows, columns, width)
    numbers = nearest(vectors.flatten(0, -2), centres).unflatten(0, vectors.shape[:-1])
    return F.one_hot(numbers, len(centres)).movedim(-1, 1).to(activations)


def channel_energies(layers: Sequence[Activations], membership: Membership) -> Shares:
    """Sum up what channels do in parts: over pictures, the mean over positions of A_c^2 U[k].

    Args:
        layers: Activations of each layer; A is normalised over each picture's positions, as AdaIN
            does it. So all pictures count alike, and A is what a scale multiplies, but for its
            sign.
        membership: U, of any layer; for other layers it is averaged or repeated.

    Returns:
        A row for each part; channels of all layers in a row.
    """
    found = []
    for activations in layers:
        squares = F.instance_norm(activations).square().flatten(2)
        inside = F.interpolate(membership, size=activations.shape[-2:], mode="area").flatten(2)
        found.append(torch.einsum("ncp,nkp->kc", squares, inside) / squares.shape[-1])
    return torch.cat(found, dim=1)


def channel_shares(energies: Shares) -> Shares:
    """Divide energies by those of all parts together; channels that do nothing have no shares."""
    whole = energies.sum(dim=0)
    return energies / whole.clamp(min=torch.finfo(whole.dtype).tiny)


def choose_channels(
    shares: Float[Tensor, "edits channels"], epsilon: float, rho: float
) -> Float[Tensor, "edits channels"]:
    """Choose how far channels go to the reference: q, from 0 to 1.

    Channels are taken in the order of falling shares until the sum of q (1 - M) is epsilon; the
    last one may be taken in part. No other q has a larger sum of q M at that cost.

    Args:
        shares: M of one part, or the sum over several.
        epsilon: How much channels may do elsewhere; 0 takes none.
        rho: Channels with shares of at most that are not taken.
    """
    ordered, order = shares.sort(dim=1, descending=True, stable=True)
    costs = (1 - ordered).clamp(min=0)
    left = epsilon - (costs.cumsum(dim=1) - costs)
    q = (left / costs).nan_to_num(0.0).clamp(0, 1)  # a channel that costs nothing: 1 while left > 0
    return torch.zeros_like(q).scatter(1, order, q) * (shares > rho)


def parts_under(
    masks: Sequence[Float[Tensor, "edits 1 height width"]], memberships: Sequence[Membership]
) -> Bool[Tensor, "edits parts"]:
    """Choose the parts that lie under masks by more than half, and the one that does most.

    Args:
        masks: On each of several pictures of an edit.
        memberships: Of the same pictures.
    """
    pairs = zip(masks, memberships, strict=True)
    covered = [(shrink(mask, parts.shape[-1]) * parts).sum(dim=(2, 3)) for mask, parts in pairs]
    whole = [parts.sum(dim=(2, 3)) for parts in memberships]
    share = torch.stack(covered).sum(dim=0) / torch.stack(whole).sum(dim=0).clamp(min=1)
    most = F.one_hot(share.argmax(dim=1), share.shape[1])
    return (share > 0.5) | most.bool()
