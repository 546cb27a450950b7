"""The synthesis network: from style vectors to an image."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.methods.backbone.modulation import AffineStyle, Style, modulate
from stylemapgan.models.layers import GAIN, EqualizedConv2d, activate, random_weights
from stylemapgan.models.resample import UpConv2d

RGB = 3


class StyledLayer(nn.Module):
    """Convolution, noise, activation, and modulation by a style.

    Noise is the same in all channels; how much of it a channel takes is learned, and zero at
    first.

    Source: Karras et al., CVPR 2019, figure 1b.
    """

    def __init__(self, convolution: nn.Module, channels: int) -> None:
        super().__init__()
        self.convolution = convolution
        self.noise_strength = nn.Parameter(torch.zeros(channels))

    def forward(
        self,
        features: Float[Tensor, "batch channels height width"],
        style: Style,
        noise: Float[Tensor, "noises 1 out_height out_width"] | None,
    ) -> Float[Tensor, "batch out out_height out_width"]:
        features = self.convolution(features)
        if noise is not None:
            added = noise * self.noise_strength[:, None, None]
            features = features + added.to(features.dtype)
        return modulate(activate(features), style)


class VectorSynthesis(nn.Module):
    """G: generate an image from one style vector for each layer, starting at a learned constant.

    Two layers at each resolution; the first layer takes the constant as it is, and at the other
    resolutions the first of the two doubles the size. The image is a linear map of the last
    activations; it is not clamped to [-1, 1].

    Each layer needs nothing but the activations of the one before, so edits may change styles
    (`styles`, `image_of`) or activations (`activations`, `continue_from`) in between. Noise is a
    list with one map for each layer, (1 or batch, 1, height, width), or None for no noise at all;
    with equal noise, equal style vectors give equal images.

    Source: Karras et al., CVPR 2019; sizes are doubled by the filtered convolutions of Karras et
    al., CVPR 2020.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.config = config
        widths, size = config.generator_widths, config.constant_size
        self.constant = nn.Parameter(random_weights(1, widths[0], size, size))
        self.to_styles = nn.ModuleList(
            AffineStyle(config.style_channels, width) for width in widths for _ in range(2)
        )
        self.layers = nn.ModuleList(
            StyledLayer(convolution, width) for convolution, width in _convolutions(widths)
        )
        self.to_rgb = EqualizedConv2d(widths[-1], RGB, kernel_size=1)

    def forward(
        self,
        w_plus: Float[Tensor, "batch layers style"],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch 3 height width"]:
        return self.image_of(self.styles(w_plus), noise)

    def features(
        self,
        w_plus: Float[Tensor, "batch layers style"],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        """Compute the activations after each layer."""
        return self.activations(self.styles(w_plus), noise)

    def styles(self, w_plus: Float[Tensor, "batch layers style"]) -> list[Style]:
        """Compute each layer's scale and shift from its style vector."""
        vectors = w_plus.unbind(dim=1)
        return [to_style(w) for to_style, w in zip(self.to_styles, vectors, strict=True)]

    def activations(
        self,
        styles: Sequence[Style],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        """Compute the activations after each layer from styles, which may be edited."""
        features = self.start(len(styles[0].scale))
        found = []
        for number, style in enumerate(styles):
            features = self.through_layer(number, features, style, noise)
            found.append(features)
        return found

    def image_of(
        self,
        styles: Sequence[Style],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch 3 height width"]:
        """Compute the image of styles, which may be edited."""
        start = self.start(len(styles[0].scale))
        return self.continue_from(start, 0, styles, noise)

    def continue_from(
        self,
        features: Float[Tensor, "batch channels rows columns"],
        number: int,
        styles: Sequence[Style],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch 3 height width"]:
        """Compute the image from the activations before layer `number`, which may be edited.

        Args:
            features: Activations after layer `number - 1`, or the constant.
            number: The next layer: from 0, the first, to the number of layers, after the last.
            styles: Styles of all layers; those before `number` are not used.
            noise: Noise of all layers.
        """
        for each in range(number, len(self.layers)):
            features = self.through_layer(each, features, styles[each], noise)
        return self.to_rgb(features)

    def start(self, batch: int) -> Float[Tensor, "batch channels size size"]:
        """Repeat the constant, which all images start from."""
        return self.constant.expand(batch, -1, -1, -1)

    def through_layer(
        self,
        number: int,
        features: Float[Tensor, "batch channels rows columns"],
        style: Style,
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch out out_rows out_columns"]:
        """Compute the activations after one layer from those before it."""
        return self.layers[number](features, style, None if noise is None else noise[number])

    def draw_noise(
        self, randomness: torch.Generator, batch: int = 1
    ) -> list[Float[Tensor, "batch 1 _ _"]]:
        """Draw unit noise for every layer, on the device of the networks.

        Args:
            randomness: A generator on the CPU, so that a seed means the same on every device.
            batch: 1 for noise that all images share, or the number of images.
        """
        size, device = self.config.constant_size, self.constant.device
        sides = [size * 2 ** (layer // 2) for layer in range(self.config.layers)]
        return [
            torch.randn(batch, 1, side, side, generator=randomness).to(device) for side in sides
        ]

    def fixed_noise(self, seed: int) -> list[Float[Tensor, "1 1 _ _"]]:
        """Draw the noise that a seed stands for; all images share it."""
        return self.draw_noise(torch.Generator().manual_seed(seed))


def _convolutions(widths: tuple[int, ...]) -> Iterator[tuple[nn.Module, int]]:
    """Build each layer's convolution, and name its width."""
    yield nn.Identity(), widths[0]  # the constant is already learned
    yield EqualizedConv2d(widths[0], widths[0], kernel_size=3, gain=GAIN), widths[0]
    for into, out in pairwise(widths):
        yield UpConv2d(into, out, kernel_size=3, gain=GAIN), out
        yield EqualizedConv2d(out, out, kernel_size=3, gain=GAIN), out
