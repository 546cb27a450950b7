"""Names and shapes of the tensors in released checkpoints.

Differences from ours: scale (gamma) and shift (beta) are two convolutions, weights of styled
convolutions have a leading axis of length 1, and blur kernels are stored.
"""

import re
from collections.abc import Mapping

from torch import Tensor

from stylemapgan.config import ModelConfig
from stylemapgan.config.model import Normalisation

Names = dict[str, tuple[str, ...]]
"""Our name of a tensor → the released tensors that it joins along the channels."""


def read_config(
    generator: Mapping[str, Tensor],
    encoder: Mapping[str, Tensor],
    discriminator: Mapping[str, Tensor],
    *,
    normalisation: Normalisation,
) -> ModelConfig:
    """Read the shapes of all networks from their tensors.

    Args:
        generator: Released tensors of mapping network, resizer and synthesis network.
        encoder: Released tensors.
        discriminator: Released tensors.
        normalisation: The one setting that does not show in shapes.

    Raises:
        KeyError: A tensor is missing.
        IndexError: A tensor has too few axes.
        ConfigError: The shapes do not form valid networks.
    """
    constant = generator["decoder.input.input"]
    stylemap_size = constant.shape[-1]
    doublings = _count(generator, r"decoder\.convs\.\d+\.conv1\.conv\.weight")
    halvings = _count(discriminator, r"convs\.\d+\.conv2\.1\.weight")
    return ModelConfig(
        image_size=stylemap_size * 2**doublings,
        stylemap_size=stylemap_size,
        style_channels=generator["mapping_z.1.weight"].shape[-1],
        generator_widths=(
            constant.shape[1],
            *_widths(generator, "decoder.convs.{}.conv2.activate.bias", range(doublings)),
        ),
        resizer_widths=_widths(
            generator, "decoder.convs_latent.{}.1.bias", range(1, 2 * (doublings + 1), 2)
        ),
        encoder_widths=_trunk_widths(encoder, range(doublings - 1, -1, -1), "from_rgb.1.bias"),
        discriminator_widths=_trunk_widths(discriminator, range(halvings, 0, -1), "convs.0.1.bias"),
        mapping_layers=_count(generator, r"mapping_z\.\d+\.weight"),
        normalisation=normalisation,
    )


def generator_names(config: ModelConfig) -> Names:
    """Name the tensors of mapping network, stylemap resizer and synthesis network."""
    names: Names = {"synthesis.constant": ("decoder.input.input",)}
    for i in range(config.mapping_layers):
        names |= _layer(f"mapping.layers.{i}", f"mapping_z.{i + 1}", f"mapping_z.{i + 1}")
    for i in range(2 * (config.doublings + 1)):
        theirs = f"decoder.convs_latent.{i}"
        bias = f"{theirs}.2" if i in _up_convolutions(config) else f"{theirs}.1"
        names |= _layer(f"resizer.convolutions.{i}", f"{theirs}.0", bias)
    names |= _styled("synthesis.first", "decoder.conv1", config)
    for i in range(config.doublings):
        ours, theirs = f"synthesis.blocks.{i}", f"decoder.convs.{i}"
        names |= _styled(f"{ours}.up", f"{theirs}.conv1", config)
        names |= _styled(f"{ours}.refine", f"{theirs}.conv2", config)
        names[f"{ours}.skip.weight"] = (f"{theirs}.skip.0.weight",)
    return names | _styled("synthesis.to_rgb", "decoder.to_rgb", config)


def encoder_names(config: ModelConfig) -> Names:
    """Name the tensors of the encoder."""
    names = _layer("trunk.0.convolution", "from_rgb.0", "from_rgb.1")
    for i in range(config.doublings):
        names |= _down_block(f"trunk.{i + 1}", f"convs.{i}")
    return names | _layer("to_stylemap", "final_conv.0", "final_conv.1")


def discriminator_names(config: ModelConfig) -> Names:
    """Name the tensors of the discriminator."""
    names = _layer("trunk.0.convolution", "convs.0.0", "convs.0.1")
    for i in range(1, config.discriminator_halvings + 1):
        names |= _down_block(f"trunk.{i}", f"convs.{i}")
    names |= _layer("last", "final_conv.0", "final_conv.1")
    names |= _layer("hidden", "final_linear.0", "final_linear.0")
    return names | _layer("to_logit", "final_linear.1", "final_linear.1")


def generator_blurs(config: ModelConfig) -> set[str]:
    """Name the stored blur kernels of the generator; they sum to 4."""
    resizer = {f"decoder.convs_latent.{i}.1.kernel" for i in _up_convolutions(config)}
    blocks = [f"decoder.convs.{i}" for i in range(config.doublings)]
    main = {f"{block}.conv1.conv.blur.kernel" for block in blocks}
    return resizer | main | {f"{block}.skip.1.kernel" for block in blocks}


def encoder_blurs(config: ModelConfig) -> set[str]:
    """Name the stored blur kernels of the encoder; they sum to 1."""
    return _down_blurs(range(config.doublings))


def discriminator_blurs(config: ModelConfig) -> set[str]:
    """Name the stored blur kernels of the discriminator; they sum to 1."""
    return _down_blurs(range(1, config.discriminator_halvings + 1))


def _widths(tensors: Mapping[str, Tensor], name: str, numbers: range) -> tuple[int, ...]:
    return tuple(tensors[name.format(number)].shape[0] for number in numbers)


def _trunk_widths(tensors: Mapping[str, Tensor], blocks: range, from_rgb: str) -> tuple[int, ...]:
    return (*_widths(tensors, "convs.{}.conv2.2.bias", blocks), tensors[from_rgb].shape[0])


def _count(tensors: Mapping[str, Tensor], pattern: str) -> int:
    return sum(re.fullmatch(pattern, name) is not None for name in tensors)


def _up_convolutions(config: ModelConfig) -> range:
    """Find the resizer's convolutions that double the resolution."""
    return range(2, 2 * (config.doublings + 1), 2)


def _down_blurs(blocks: range) -> set[str]:
    return {f"convs.{i}.{path}.0.kernel" for i in blocks for path in ("conv2", "skip")}


def _layer(ours: str, weight: str, bias: str) -> Names:
    return {f"{ours}.weight": (f"{weight}.weight",), f"{ours}.bias": (f"{bias}.bias",)}


def _styled(ours: str, theirs: str, config: ModelConfig) -> Names:
    names = _layer(f"{ours}.convolution", f"{theirs}.conv", f"{theirs}.activate")
    for kind in ("weight", "bias"):
        names[f"{ours}.modulation.to_scale_and_shift.{kind}"] = (
            f"{theirs}.conv.gamma.{kind}",
            f"{theirs}.conv.beta.{kind}",
        )
    if config.normalisation == "batch":
        for kind in ("running_mean", "running_var", "num_batches_tracked"):
            names[f"{ours}.modulation.normalise.{kind}"] = (f"{theirs}.conv.norm.{kind}",)
    return names


def _down_block(ours: str, theirs: str) -> Names:
    return {
        **_layer(f"{ours}.refine", f"{theirs}.conv1.0", f"{theirs}.conv1.1"),
        **_layer(f"{ours}.down", f"{theirs}.conv2.1", f"{theirs}.conv2.2"),
        f"{ours}.skip.weight": (f"{theirs}.skip.1.weight",),
    }
