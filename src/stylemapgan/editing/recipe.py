"""One edit as plain values: a source, parts of references pasted into it, walks along directions.

A recipe holds stylemaps and masks, so cooking it again after a change costs no encoding. What is
painted, pushed and pasted in the Studio is one of these.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from array_api_compat import array_namespace

from stylemapgan.editing import operations
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.checks import refuse_unfit_placement
from stylemapgan.editing.operations import AnyStylemap, WPlus
from stylemapgan.types import Images, Mask, Stylemap

Space: TypeAlias = Literal["w", "w-plus"]
"""Where a part is pasted: w suits halves and large parts, w-plus follows fine masks."""


@dataclass(frozen=True, kw_only=True)
class PastedPart:
    """A part of a reference and where it goes."""

    reference: Stylemap
    """Stylemap to copy from, a batch of one."""
    mask: Mask
    """What to take, in pixels of the reference's image; between 0 and 1 mixes."""
    shift: tuple[int, int] = (0, 0)
    """How far it moves down and to the right, in pixels."""
    strength: float = 1.0
    """0 keeps the source, 1 copies, between mixes."""
    space: Space = "w-plus"
    """Where it is pasted."""

    def __post_init__(self) -> None:
        refuse_unfit_placement(self.mask, self.shift, self.strength)


@dataclass(frozen=True, kw_only=True)
class Push:
    """A walk of the source along a direction."""

    direction: Stylemap
    """One step, a batch of one."""
    amount: float
    """How many steps; negative ones go the other way."""
    mask: Mask | None = None
    """Where the source changes, in pixels of the image; everywhere if left out."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A source and everything that happens to it."""

    source: Stylemap
    """Stylemap to edit, a batch of one."""
    parts: tuple[PastedPart, ...] = ()
    """Parts of references; a later one covers those before it."""
    pushes: tuple[Push, ...] = ()
    """Walks along directions; they come before all parts."""


def cook(editor: AbstractEditor, recipe: Recipe) -> Images:
    """Make the edited image, a batch of one."""
    return editor.synthesize(edited_w_plus(recipe, editor.resize))


def edited_w_plus(recipe: Recipe, resize: Callable[[Stylemap], WPlus]) -> WPlus:
    """Do everything but the synthesis.

    Pushes act in w, then parts with space w, then all other parts in w_plus, each kind in order.

    Args:
        recipe: What to do.
        resize: The editor's `resize`, or one that remembers what it resized before.

    Raises:
        EditError: Stylemaps or masks do not fit each other.
    """
    w = recipe.source
    for push in recipe.pushes:
        w = operations.push(w, push.direction, push.amount, push.mask)
    for part in recipe.parts:
        if part.space == "w":
            (w,) = _paste([w], [part.reference], part)
    w_plus = resize(w)
    for part in recipe.parts:
        if part.space == "w-plus":
            w_plus = _paste(w_plus, resize(part.reference), part)
    return w_plus


def touched(recipe: Recipe, size: int) -> Mask:
    """Show where the recipe changes the source: the parts' masks where they land, and the pushes'.

    Args:
        recipe: What to do.
        size: Height and width of the image, in pixels.
    """
    xp = array_namespace(recipe.source)
    union = xp.zeros((1, 1, size, size), dtype=recipe.source.dtype)
    for part in recipe.parts:
        if part.strength > 0:
            union = xp.maximum(union, operations.move(part.mask, part.shift))
    for push in recipe.pushes:
        if push.amount != 0:
            union = xp.ones_like(union) if push.mask is None else xp.maximum(union, push.mask)
    return union


def _paste(source: WPlus, reference: WPlus, part: PastedPart) -> list[AnyStylemap]:
    """Paste at every resolution given."""
    return operations.transplant(source, reference, part.mask, part.shift, part.strength)
