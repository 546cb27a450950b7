"""From what a client asks for to a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PIL import Image

from stylemapgan.editing.photo import FullPhoto, paste_back
from stylemapgan.editing.recipe import PastedPart, Push, Recipe, edited_w_plus, touched
from stylemapgan.editing.turning import PlainMask, middle_of, turned_mask
from stylemapgan.images.levels import to_bytes, to_numpy
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.errors import not_found, unfit
from stylemapgan.server.masks import read_mask
from stylemapgan.server.models import ServedModel
from stylemapgan.server.pictures import Pixels, resized
from stylemapgan.server.request_schemas import LivePart, Part, PushBody, RecipeBody, View
from stylemapgan.server.stylemaps import KeptStylemap
from stylemapgan.types import Images

MaskedPart = tuple[Part | LivePart, PlainMask]
MaskedPush = tuple[PushBody, PlainMask | None]


@dataclass(frozen=True, kw_only=True)
class ResolvedEdit:
    """A recipe, and whose picture it edits."""

    source: KeptStylemap
    recipe: Recipe
    page: str | None = None
    """The page that is painted on, if its pictures follow each other."""


def read_order(service: EditService, body: RecipeBody) -> ResolvedEdit:
    """Look up and unpack everything that a recipe names.

    Raises:
        ApiError: Something is not there, or does not fit.
        ImageError: A mask is damaged.
    """
    source = service.stylemaps.get(body.source)
    parts = [
        (part, read_mask(service, part.mask, service.stylemaps.get(part.reference)))
        for part in body.parts
    ]
    pushes = [
        (push, push.mask and read_mask(service, push.mask, source))  # a mask or None
        for push in body.pushes
    ]
    return make_order(service, source, parts, pushes)


def make_order(
    service: EditService,
    source: KeptStylemap,
    parts: Sequence[MaskedPart],
    pushes: Sequence[MaskedPush],
    *,
    page: str | None = None,
) -> ResolvedEdit:
    """Put a recipe together of parts and pushes whose masks are unpacked.

    Raises:
        ApiError: Something is not there, or belongs to another model.
    """
    model = service.model_of(source)
    return ResolvedEdit(
        source=source,
        page=page,
        recipe=Recipe(
            source=model.editor.as_array(source.array),
            parts=tuple(_part(service, model, part, mask) for part, mask in parts if mask.any()),
            pushes=tuple(_push(model, push, mask) for push, mask in pushes),
        ),
    )


def cook(service: EditService, order: ResolvedEdit) -> Images:
    """Make the edited image, with what was made before."""
    model = service.model_of(order.source)
    w_plus = edited_w_plus(order.recipe, partial(service.resize, model))
    paint = service.painter(model, order.page) if order.page else model.editor.synthesize
    return to_numpy(paint(w_plus))


def show(service: EditService, order: ResolvedEdit, view: View, size: int) -> Pixels:
    """Make the picture that a client sees."""
    edited = cook(service, order)
    if view == "raw" or order.source.photo is None:
        return resized(edited, size)
    return service.patch(order.source, size).paste(edited, _changed(order, edited))


def full_photo(service: EditService, order: ResolvedEdit) -> FullPhoto:
    """Put the edit into the whole photo; an invented picture is its own photo."""
    photo, square = service.picture(order.source)
    edited = cook(service, order)
    if order.source.photo is None:
        return square_photo(edited)
    before = service.reconstruction(order.source)
    return paste_back(photo, square, before, edited, _changed(order, edited))


def square_photo(edited: Images) -> FullPhoto:
    """Take the model's own picture as a photo."""
    return FullPhoto(pixels=Image.fromarray(to_bytes(edited)[0]))


def refuse_other_model(stylemap: KeptStylemap, model: ServedModel) -> None:
    """Let only stylemaps of one model pass.

    Raises:
        ApiError: It is of another.
    """
    if stylemap.model != model.name:
        raise unfit(
            "other_model",
            f"Stylemaps of {model.name} and {stylemap.model} do not fit: encode both photos with "
            "one model.",
        )


def _changed(order: ResolvedEdit, edited: Images) -> PlainMask:
    return to_numpy(touched(order.recipe, edited.shape[-1]))


def _part(
    service: EditService, model: ServedModel, part: Part | LivePart, mask: PlainMask
) -> PastedPart:
    reference = service.stylemaps.get(part.reference)
    refuse_other_model(reference, model)
    array = reference.array
    middle = middle_of(mask)
    if middle is not None and (part.rotation % 360 or part.scale != 1):
        array = service.turned(reference, middle, part.rotation, part.scale)
        mask = turned_mask(mask, middle, part.rotation, part.scale)
    right, down = part.shift
    return PastedPart(
        reference=model.editor.as_array(array),
        mask=model.editor.as_mask(mask),
        shift=(down, right),
        strength=part.strength,
        space=part.space,
    )


def _push(model: ServedModel, push: PushBody, mask: PlainMask | None) -> Push:
    if push.direction not in model.directions:
        raise not_found("direction", push.direction)
    return Push(
        direction=model.editor.as_array(model.directions[push.direction].step),
        amount=push.amount,
        mask=None if mask is None else model.editor.as_mask(mask),
    )
