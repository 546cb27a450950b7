"""What every method of editing photos can do, whatever it is made of.

Evaluation knows methods only through these two classes: a method turns photos into a `Latent`,
edits latents, and turns latents into pictures. What a latent holds is the method's own affair.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NoReturn, TypeAlias, TypeVar, final

import numpy as np
from array_api_compat import array_namespace
from jaxtyping import Bool, Float32, Int64, UInt8

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config.optimising import OptimisationConfig
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Images

Self = TypeVar("Self", bound="AbstractMethod")
Rows: TypeAlias = slice | Int64[np.ndarray, " rows"] | Bool[np.ndarray, " photos"]
LabelMaps: TypeAlias = UInt8[np.ndarray, "photos height width"]
"""Number of the part that each pixel of a photo shows."""
Time: TypeAlias = Literal["one pass", "optimisation"]
"""What encoding a photo takes: one pass of a network, or an optimisation for each photo."""


@dataclass(frozen=True, eq=False)
class Latent:
    """Photos as a method encodes them: arrays with one row for each photo, opaque to callers."""

    arrays: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def __getitem__(self, rows: Rows) -> "Latent":
        return Latent({name: array[rows] for name, array in self.arrays.items()})

    def on_cpu(self) -> "Latent":
        """Copy the arrays to NumPy, off the memory of an accelerator."""
        return Latent({name: to_numpy(array) for name, array in self.arrays.items()})

    @classmethod
    def join(cls, latents: Sequence["Latent"]) -> "Latent":
        """Concatenate latents of one method, in their order."""
        first = latents[0].arrays
        xp = array_namespace(*first.values())
        return cls({name: xp.concat([each.arrays[name] for each in latents]) for name in first})


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a method can do; a task leaves out methods that cannot do what it asks for."""

    reconstructs: bool = False
    """Whether encoding and decoding a photo shows what the method makes of it."""
    generates: bool = False
    """Whether it generates random pictures."""
    interpolates: bool = False
    """Whether it generates pictures between two photos."""
    edits_by_mask: bool = False
    """Whether it pastes what a mask covers."""
    edits_by_part: bool = False
    """Whether it pastes a part that is given by its name alone."""
    moves_along_directions: bool = False
    """Whether it learns directions from labelled photos and moves photos along them."""
    needs_label_map: bool = False
    """Whether it encodes a photo only together with its map of parts."""
    time: Time = "one pass"


Capability: TypeAlias = Literal[
    "reconstructs", "generates", "interpolates", "edits_by_mask", "moves_along_directions"
]
"""What a task may ask of a method."""
LACKS: Mapping[Capability, str] = {
    "reconstructs": "does not encode photos",
    "generates": "does not generate pictures",
    "interpolates": "does not interpolate between photos",
    "edits_by_mask": "does not edit by mask",
    "moves_along_directions": "has no directions",
}
"""Why a method without a capability is left out."""


@dataclass(frozen=True, eq=False)
class LearnedDirection:
    """A direction of a method's latents that was fitted to labelled photos."""

    step: Array
    """What a `Push` of amount 1 adds, a batch of one: a standard deviation of photos."""
    accuracy: float | None
    """Balanced accuracy by cross-validation; guessing gives 0.5."""


class AbstractMethod(ABC):
    """Edits photos; says what else it can do.

    Images are (N, 3, S, S) in [-1, 1]. Photos may be larger than the model's pictures by a whole
    factor; masks are then as large as the photos, or as the model's pictures. What a method
    decodes has the size of the one or the other. Rows of a batch do not influence each other, and
    everything random follows from a seed. What a method lacks it refuses with an `EditError`.
    """

    name: ClassVar[str]
    """For people and reports, such as `w-plus` or `copy pixels`; unique."""
    about: ClassVar[str]
    """What it does, in one sentence."""
    capabilities: ClassVar[Capabilities]
    changes_photos: ClassVar[bool] = True
    """Whether edits change anything: if not, there is nothing to show or to detect."""

    @abstractmethod
    def encode(self, images: Images, label_maps: LabelMaps | None = None) -> Latent:
        """Encode photos, once for all edits.

        Args:
            images: Photos of the model's size, or a whole multiple of it.
            label_maps: Their maps of parts, for methods that need them.
        """

    @abstractmethod
    def decode(self, latent: Latent) -> Images:
        """Turn latents, encoded or edited, into pictures."""

    @abstractmethod
    def edit(self, source: Latent, edit: Edit) -> Latent:
        """Edit encoded photos.

        Args:
            source: What `encode` or `prepare` made of the photos.
            edit: References are latents of this method (one, or as many as there are sources),
                masks are arrays.

        Raises:
            EditError: Something does not fit, or the method cannot do what is asked.
        """

    def prepare(self, latent: Latent) -> Latent:
        """Compute in advance what all edits of these photos have in common."""
        return latent

    def interpolate(
        self, start: Latent, end: Latent, positions: Float32[np.ndarray, " photos"]
    ) -> Latent:
        """Go a share of the way from each start to its end: 0 is the start, 1 the end."""
        del start, end, positions
        self._refuse("interpolates")

    def sample(self, count: int, seed: int) -> Latent:
        """Draw random latents; the first ones are the same for every count."""
        del count, seed
        self._refuse("generates")

    def truncate(self, latent: Latent, psi: float) -> Latent:
        """Pull latents towards their mean: psi 1 leaves them alone, 0 gives the mean."""
        del latent, psi
        self._refuse("generates")

    def learn_direction(
        self, latent: Latent, has_it: Bool[np.ndarray, " photos"]
    ) -> LearnedDirection:
        """Fit the direction that leads from photos without something to photos with it."""
        del latent, has_it
        self._refuse("moves_along_directions")

    def in_float32(self) -> "AbstractMethod":
        """Give the same method in float32, for differences of close values."""
        return self

    def cut_short(self: Self, limits: OptimisationConfig) -> Self:
        """Give the same method with optimisations cut short; methods of one pass stay."""
        del limits
        return self

    def watch(self, on_steps: Callable[[int, int], None]) -> None:
        """Have what takes long report the steps done, and the most that there may be."""
        del on_steps

    def for_timing(self) -> "AbstractMethod":
        """Give the same method without results from before, so that it computes all anew."""
        return self

    @property
    @abstractmethod
    def encoding(self) -> str:
        """Names what `encode` computes: methods with equal names share latents and decoder."""

    @property
    def parameter_bytes(self) -> int | None:
        """Memory of the networks' parameters; None where it is not known."""
        return None

    @property
    def runs_on(self) -> Mapping[str, str]:
        """Name `engine`, `device` and, where it is known, the number of `threads`."""
        return {"engine": "NumPy", "device": "cpu"}

    @final
    def can(self, capability: Capability) -> bool:
        """Tell whether it has a capability."""
        return getattr(self.capabilities, capability)

    @final
    def _refuse(self, capability: Capability) -> NoReturn:
        raise EditError(f"The method {self.name} {LACKS[capability]}.")


class AbstractModelMethod(AbstractMethod):
    """A method that edits with a StyleMapGAN model, or without any."""

    @classmethod
    @abstractmethod
    def open(cls, editor: AbstractEditor) -> AbstractMethod:
        """Make the method for a model: an editor that is shared with the other methods."""


class AbstractTrainedMethod(AbstractMethod):
    """A method with networks of its own."""

    @classmethod
    @abstractmethod
    def open(cls, checkpoint: MethodCheckpoint) -> "AbstractTrainedMethod":
        """Build the networks of a model file.

        Raises:
            CheckpointError: The file is another method's, or its tensors do not fit.
        """

    @property
    @abstractmethod
    def image_size(self) -> int:
        """Height and width of the pictures it was trained on, in pixels."""


def refuse_other_references(part: Part[Any], method: AbstractMethod) -> None:
    """Let only encoded references pass that need no turning.

    Raises:
        EditError: The reference is not a latent, or it would have to be turned or scaled.
    """
    if not isinstance(part.reference, Latent):
        raise EditError(
            f"The method {method.name} takes encoded references, got "
            f"{type(part.reference).__name__}: encode it first."
        )
    if part.is_turned:
        raise EditError(
            f"The method {method.name} cannot turn or scale an encoded reference: turn or scale "
            "the picture, then encode it."
        )
