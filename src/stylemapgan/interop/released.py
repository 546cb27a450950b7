"""Import the checkpoints that StyleMapGAN's authors released.

They are pickles, so they are opened with nothing allowed but tensors, plain values and
`argparse.Namespace`. Shapes are read from the tensors; `released_layout` lists their names.
"""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylemapgan.checkpoints.file import Checkpoint
from stylemapgan.checkpoints.networks import refuse_misfits, refuse_names
from stylemapgan.config.model import Normalisation
from stylemapgan.errors import CheckpointError, ConfigError
from stylemapgan.interop import released_layout as layout
from stylemapgan.models.mapping import LEARNING_RATE_MULTIPLIER
from stylemapgan.models.resample import BLUR

LICENCE = "CC BY-NC 4.0 (non-commercial)"
NETWORKS = ("generator", "encoder", "discriminator", "g_ema", "e_ema")
NORMALISATIONS: dict[str, Normalisation] = {
    "LayerNorm": "layer",
    "InstanceNorm2d": "instance",
    "BatchNorm2d": "batch",
}
"""Our name for each value of the released setting `normalize_mode`."""


def read_released(path: Path) -> Checkpoint:
    """Read a released file's EMA generator, EMA encoder and discriminator.

    Raises:
        CheckpointError: The file is missing, damaged, unsafe, or of another architecture.
    """
    content = _open(path)
    try:
        _refuse_other_content(content)
        return _convert(
            content["g_ema"], content["e_ema"], content["discriminator"], content["train_args"]
        )
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except ConfigError as error:
        raise CheckpointError(f"{path} holds another architecture: {error}") from None
    except KeyError as error:
        raise CheckpointError(
            f"{path} holds another architecture: it has no tensor {error}."
        ) from None
    except IndexError:
        raise CheckpointError(f"{path} holds another architecture: a tensor lacks axes.") from None


def _open(path: Path) -> Any:
    """Unpickle tensors, plain values and `argparse.Namespace`, nothing else."""
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file.")
    with path.open("rb") as opened:
        start = opened.read(64).lstrip()
    if start.startswith(b"<"):
        raise CheckpointError(f"{path} is a web page; download the checkpoint itself.")
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may raise anything
        unsafe = re.search(r"GLOBAL (\S+)", str(error))
        if unsafe:
            raise CheckpointError(
                f"{path} was not opened: it holds {unsafe[1]}, but a released checkpoint holds "
                "only tensors and settings."
            ) from None
        raise CheckpointError(
            f"{path} is not a PyTorch checkpoint, or is incomplete ({type(error).__name__})."
        ) from None


def _refuse_other_content(content: Any) -> None:
    found = content if isinstance(content, dict) else {}
    lacking = [name for name in NETWORKS if not isinstance(found.get(name), dict)]
    if not isinstance(found.get("train_args"), argparse.Namespace):
        lacking.append("train_args")
    if lacking:
        raise CheckpointError(
            f"not a released StyleMapGAN checkpoint: {', '.join(lacking)} missing."
        )
    for network in NETWORKS:
        for name, tensor in found[network].items():
            if not isinstance(tensor, Tensor) or tensor.layout != torch.strided:
                raise CheckpointError(f"{network} {name} is not a dense tensor.")


def _convert(
    generator: Mapping[str, Tensor],
    encoder: Mapping[str, Tensor],
    discriminator: Mapping[str, Tensor],
    train_args: argparse.Namespace,
) -> Checkpoint:
    config = layout.read_config(
        generator, encoder, discriminator, normalisation=_normalisation(generator, train_args)
    )
    parts = {
        "generator": _rename(
            _without_blurs(generator, layout.generator_blurs(config), gain=4.0),
            layout.generator_names(config),
        ),
        "encoder": _rename(
            _without_blurs(encoder, layout.encoder_blurs(config), gain=1.0),
            layout.encoder_names(config),
        ),
        "discriminator": _rename(
            _without_blurs(discriminator, layout.discriminator_blurs(config), gain=1.0),
            layout.discriminator_names(config),
        ),
    }
    parts["generator"] = _with_our_multiplier(parts["generator"], train_args)
    checkpoint = Checkpoint(
        config=config,
        tensors={
            f"{part}.{name}": array
            for part, arrays in parts.items()
            for name, array in arrays.items()
        },
        licence=LICENCE,
        data=str(getattr(train_args, "dataset", "")),
    )
    refuse_misfits(checkpoint)
    return checkpoint


def _normalisation(
    generator: Mapping[str, Tensor], train_args: argparse.Namespace
) -> Normalisation:
    """Find the normalisation: by tensors for batch, by the settings for the other two."""
    if any(name.endswith(".norm.running_mean") for name in generator):
        return "batch"
    mode = getattr(train_args, "normalize_mode", None)
    if mode not in NORMALISATIONS:
        raise CheckpointError(
            f"train_args.normalize_mode is {mode!r}, expected one of {', '.join(NORMALISATIONS)}."
        )
    return NORMALISATIONS[mode]


def _without_blurs(
    tensors: Mapping[str, Tensor], names: set[str], *, gain: float
) -> dict[str, Tensor]:
    """Remove blur kernels, which are constants, after checking their values."""
    line = torch.tensor(BLUR)
    kernel = torch.outer(line, line) * (gain / line.sum() ** 2)
    for name in sorted(names):
        found = tensors[name]
        if found.shape != kernel.shape or not torch.allclose(found.float(), kernel):
            raise CheckpointError(
                f"{name} is not the blur kernel {list(BLUR)} of this architecture."
            )
    return {name: tensor for name, tensor in tensors.items() if name not in names}


def _rename(tensors: Mapping[str, Tensor], names: layout.Names) -> dict[str, np.ndarray]:
    expected = {theirs for group in names.values() for theirs in group}
    refuse_names(
        {
            "missing": sorted(expected - tensors.keys()),
            "unexpected": sorted(tensors.keys() - expected),
        }
    )
    return {ours: _join([tensors[name] for name in theirs]) for ours, theirs in names.items()}


def _join(tensors: list[Tensor]) -> np.ndarray:
    """Concatenate along the output channels, without the released leading axis."""
    first = tensors[0]
    if any(tensor.shape != first.shape for tensor in tensors):
        shapes = " and ".join(str(tuple(tensor.shape)) for tensor in tensors)
        raise CheckpointError(f"scale and shift have different shapes, {shapes}.")
    joined = torch.cat(tensors) if len(tensors) > 1 else first
    joined = joined.squeeze(0) if joined.ndim == 5 else joined
    return (joined.float() if joined.is_floating_point() else joined).numpy()


def _with_our_multiplier(
    generator: Mapping[str, np.ndarray], train_args: argparse.Namespace
) -> dict[str, np.ndarray]:
    """Store the mapping network's weights for our learning rate multiplier."""
    multiplier = getattr(train_args, "lr_mul", LEARNING_RATE_MULTIPLIER)
    if not isinstance(multiplier, float | int):
        raise CheckpointError(f"train_args.lr_mul is {multiplier!r}, expected a number.")
    factor = np.float32(multiplier / LEARNING_RATE_MULTIPLIER)
    return {
        name: array * factor if name.startswith("mapping.") else array
        for name, array in generator.items()
    }
