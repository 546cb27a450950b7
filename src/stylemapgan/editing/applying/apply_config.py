"""How an edit is applied to many photos."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from stylemapgan.config.ranges import need_one_of
from stylemapgan.editing.photo import FACE, Find

Accepted: TypeAlias = Literal["good", "doubtful", "outside"]
"""The worst verdict about a photo, see `Fit`, with which it is still edited."""
Format: TypeAlias = Literal["same", "png", "jpeg", "webp"]
"""Format of the edited photos; `same` is each photo's own, as far as it can be written."""


@dataclass(frozen=True, kw_only=True)
class ApplyConfig:
    """How an edit is applied to many photos."""

    find: Find | None = None
    """Which square of a photo the model sees: in its middle, around what stands out, or around a
    face. Default: around the face for models of faces, otherwise foreground. A photo without a
    face is then not edited."""
    refine_square: bool = True
    """Refine squares around faces by the model's own view of them, if the model can."""
    accept: Accepted = "doubtful"
    """Edit photos up to this verdict about how well the model reconstructs them; outside edits
    all."""
    detail: bool = True
    """Take pixels from the references' photos where the model agrees."""
    format: Format = "same"
    """Format of the edited photos; same keeps PNG, JPEG and WebP, and makes PNG of all others."""
    tag: bool = True
    """Note inside the files that a trained algorithm composed them, with model and settings."""

    def __post_init__(self) -> None:
        need_one_of(self, "accept", Accepted)
        need_one_of(self, "format", Format)

    def finder(self, subject: str) -> Find:
        """Choose what finds squares, for a model of some subject."""
        return self.find or (FACE if subject == FACE else "foreground")
