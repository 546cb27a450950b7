"""Options that several commands share."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from cyclopts import ArgumentCollection, Group, Parameter, Token

from stylemapgan import images, zoo
from stylemapgan.cli.speaking import say_to_people
from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing import AbstractEditor, open_editor
from stylemapgan.types import Mask


def whole_numbers(*names: str) -> Callable[[Any, Sequence[Token]], tuple[int, ...]]:
    """Make a converter for options such as `--box 8,8,16,16`."""

    def convert(_: Any, tokens: Sequence[Token]) -> tuple[int, ...]:
        given = tokens[0].value
        try:
            numbers = tuple(int(part) for part in given.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != len(names):
            raise ValueError(
                f"expected {','.join(names)} in whole pixels, such as "
                f"{','.join(['8'] * len(names))}, got {given}."
            )
        return numbers

    return convert


Box: TypeAlias = Annotated[
    tuple[int, int, int, int] | None,
    Parameter(
        converter=whole_numbers("x", "y", "width", "height"),
        n_tokens=1,
        metavar="X,Y,W,H",
        negative=(),
    ),
]
"""Left edge, top edge, width and height, as `--box 8,8,16,16`."""


def _need_exactly_one(arguments: ArgumentCollection) -> None:
    if sum(bool(argument.tokens) for argument in arguments) != 1:
        raise ValueError("Give one part to take: either --mask or --box.")


PART = Group("Part (one of these)", validator=_need_exactly_one)

EngineOptions: TypeAlias = Annotated[EngineConfig, Parameter(name="*")]
"""What runs the networks, as `--engine`, `--device` and `--precision`."""
ON_THE_CPU = EngineConfig()
"""The default: what is fastest on the CPU."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which networks run, and how."""

    model: str = zoo.BUNDLED[0]
    """Name of a bundled model, a .safetensors file, or a folder that `export` wrote."""
    engine_config: EngineOptions = ON_THE_CPU

    def load(self) -> AbstractEditor:
        """Open the model; PyTorch is imported only now, and only if it is needed.

        Where PyTorch runs the networks, prints the device, threads and precision.
        """
        editor = open_editor(self.model, **asdict(self.engine_config))
        if editor.what_computes:
            say_to_people(editor.what_computes)
        return editor


@Parameter(name="*", group=PART)
@dataclass(frozen=True, kw_only=True)
class PartOptions:
    """Which part of the reference to take."""

    mask: Path | None = None
    """Picture that is white where to take the reference, black elsewhere; grey mixes."""
    box: Box = None
    """Left edge, top edge, width and height, in pixels of the model's square picture."""

    def read(self, size: int) -> Mask:
        """Read the mask that the options describe, for images of that height and width."""
        if self.box is not None:
            return images.box_mask(self.box, size)
        assert self.mask is not None  # the group lets exactly one pass
        return images.read_mask(self.mask, size)


BUNDLED_MODEL = ModelOptions()
"""The default: the first bundled model, on the CPU."""
NO_PART = PartOptions()
"""No part: rejected, because one option is required."""
