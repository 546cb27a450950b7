"""`stylemapgan import`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import checkpoints


def import_released(
    released: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    half: bool = False,
) -> None:
    """Convert a checkpoint released by StyleMapGAN's authors to a model file.

    Args:
        released: The downloaded .pt file; opened without running any code in it.
        output: Model file to write, ending in .safetensors.
        half: Store float16, which halves the size; for editing only.
    """
    from stylemapgan.interop.released import read_released

    checkpoint = read_released(released)
    if half:
        checkpoint = checkpoints.to_half(checkpoint)
    checkpoints.write(output, checkpoint)
    config = checkpoint.config
    print(
        f"{output}: {config.image_size} pixels, stylemap {config.stylemap_size}x"
        f"{config.stylemap_size}, {config.normalisation} normalisation"
    )
    print(f"licence of these weights: {checkpoint.licence}")
