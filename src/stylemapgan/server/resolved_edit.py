"""From an edit that names stylemaps, parts and directions to a picture."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from stylemapgan import images
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.edit_masks import EditMask, PartMask, PlainMask, PngMask, mask_pixels
from stylemapgan.editing.edit_rendering import edited_w_plus, placed_reference
from stylemapgan.editing.photo import CroppedPhoto, FullPhoto, paste_back
from stylemapgan.images.decoding import opened
from stylemapgan.images.levels import to_numpy
from stylemapgan.images.masks import mask_in
from stylemapgan.server.api_errors import invalid
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.picture_encoding import Pixels, to_pixels
from stylemapgan.server.request_schemas import ShownSchema
from stylemapgan.server.served_method import ServedMethod
from stylemapgan.server.served_model import ServedModel
from stylemapgan.server.stylemap_store import StoredStylemap
from stylemapgan.types import Images, Stylemap

MAX_MASK_SIDE = 2048
"""Height and width of the largest painted mask accepted, in pixels."""


@dataclass(frozen=True, kw_only=True)
class ResolvedEdit:
    """An edit whose references, masks and directions are arrays, and the source it edits."""

    source: StoredStylemap
    edit: Edit
    parts: tuple[Part[StoredStylemap], ...]
    """Its parts as they are pasted, with the stylemaps of their references; empty if the model
    takes no detail from their photos."""
    connection: str | None = None
    """The live connection that renders edit after edit; None for a single picture."""


def resolve_edit(
    service: EditService, source: StoredStylemap, edit: Edit, *, connection: str | None = None
) -> ResolvedEdit:
    """Look up and decode everything that an edit names.

    Raises:
        ApiError: A name is unknown, or belongs to another model.
        EditError: The model cannot do what is asked.
        ImageError: A mask is damaged.
    """
    model = service.model_of(source)
    _refuse_unable(model, edit)
    edit = edit.resolve(
        reference=lambda name: _reference(service, model, name),
        direction=lambda name: _step(model, name),
    )
    edit = edit.resolve(mask=lambda mask, stylemap: read_mask(service, mask, stylemap or source))
    parts = [part.straightened(service.turned) for part in edit.parts if part.mask.any()]
    edit = replace(edit, parts=tuple(parts))
    arrays = edit.resolve(
        reference=lambda stylemap: model.as_reference(stylemap.array),
        mask=lambda mask, _: model.as_mask(mask),
    )
    detailed = edit.pasted_parts if "detail" in model.can else ()
    return ResolvedEdit(source=source, edit=arrays, parts=detailed, connection=connection)


def render(service: EditService, resolved: ResolvedEdit) -> Images:
    """Synthesize the edited image, (1, 3, S, S)."""
    model = service.model_of(resolved.source)
    if isinstance(model, ServedMethod):
        return model.edit(resolved.source.array, resolved.edit)
    source = model.editor.as_array(resolved.source.array)
    fade = model.editor.config.border_fade
    w_plus = edited_w_plus(resolved.edit, source, partial(service.resize, model), fade)
    connection = resolved.connection
    synthesize = service.painter(model, connection) if connection else model.editor.synthesize
    return to_numpy(synthesize(w_plus))


def render_view(service: EditService, resolved: ResolvedEdit, shown: ShownSchema) -> Pixels:
    """Render the picture that a client asked for."""
    image = render(service, resolved)
    if shown.view == "raw" or resolved.source.photo is None:
        return to_pixels(image, shown.size)
    references = [
        placed_reference(part, service.placed_preview(part.reference, part.shift, shown.size))
        for part in (resolved.parts if shown.detail else ())
    ]
    patch = service.patch(resolved.source, shown.size)
    return patch.paste(image, _touched(resolved, image), references)


def render_photo(service: EditService, resolved: ResolvedEdit, detail: bool) -> FullPhoto:
    """Paste the edit into the whole photo; a random picture is a photo of its own.

    Args:
        service: Finds photos.
        resolved: The edit.
        detail: Whether to take detail from the references' photos.
    """
    if resolved.source.photo is None:
        return render_square(service, resolved)
    image = render(service, resolved)
    references = [
        placed_reference(part, service.placed(part.reference, part.shift))
        for part in (resolved.parts if detail else ())
    ]
    picture, before = service.picture(resolved.source), service.reconstruction(resolved.source)
    mask = _touched(resolved, image)
    return paste_back(picture.photo, picture.square, before, image, mask, references=references)


def render_square(service: EditService, resolved: ResolvedEdit) -> FullPhoto:
    """Return the model's output as a photo."""
    return CroppedPhoto.of_image(render(service, resolved)).photo


def check_same_model(stylemap: StoredStylemap, model: ServedModel) -> None:
    """Reject stylemaps of other models.

    Raises:
        ApiError: The stylemap belongs to another model.
    """
    if stylemap.model != model.name:
        raise invalid(
            "other_model",
            f"Cannot combine stylemaps of {model.name} and {stylemap.model}: encode both photos "
            "with one model.",
        )


def read_mask(
    service: EditService,
    mask: EditMask,
    stylemap: StoredStylemap,
    read_png: Callable[[bytes, int], PlainMask] = images.read_mask,
) -> PlainMask:
    """Turn a mask into an array, in pixels of the model's image.

    Args:
        service: Finds automatic parts.
        mask: An array, or what stands for one.
        stylemap: The picture that the mask lies on.
        read_png: Decodes a painted mask.

    Raises:
        ImageError: The PNG is damaged or black, or the box reaches outside the image.
        ApiError: The PNG is not square or too large, or the part is unknown.
    """
    if isinstance(mask, PartMask):
        return _part_mask(service, mask.name, stylemap)
    size = service.model_of(stylemap).image_size
    if isinstance(mask, PngMask):
        _check_png(mask.content)
        return read_png(mask.content, size)
    return mask_pixels(mask, size)


def read_mask_being_painted(
    service: EditService, mask: EditMask, stylemap: StoredStylemap
) -> PlainMask:
    """Like `read_mask`, but a painted mask may be black: a stroke can be erased completely."""
    return read_mask(service, mask, stylemap, _read_any_png)


def _read_any_png(content: bytes, size: int) -> PlainMask:
    with opened(content) as picture:
        return mask_in(picture, size)


def _part_mask(service: EditService, name: str, stylemap: StoredStylemap) -> PlainMask:
    parts = service.parts(stylemap)
    if name not in parts:
        known = ", ".join(parts) or "none"
        raise invalid(
            "unknown_part", f"{stylemap.model} has no part {name!r}; available parts: {known}."
        )
    return parts[name]


def _check_png(content: bytes) -> None:
    with opened(content) as picture:
        width, height = picture.size
        if picture.format != "PNG" or width != height or width > MAX_MASK_SIDE:
            raise invalid(
                "unfit_mask",
                f"A painted mask must be a square PNG of at most {MAX_MASK_SIDE} pixels; "
                f"got {picture.format} of {width}x{height}.",
            )


def _refuse_unable(model: ServedModel, edit: Edit) -> None:
    if edit.pushes:
        model.need("move")
    if any(part.is_turned or part.shift != (0, 0) for part in edit.parts):
        model.need("shift")
    if any(part.space == "w" for part in edit.parts):
        model.need("space")


def _reference(service: EditService, model: ServedModel, name: str) -> StoredStylemap:
    reference = service.stylemaps.get(name)
    check_same_model(reference, model)
    return reference


def _step(model: ServedModel, direction: Any) -> Stylemap:
    return model.editor.as_array(model.direction(direction).step)


def _touched(resolved: ResolvedEdit, image: Images) -> PlainMask:
    return resolved.edit.touched(image.shape[-1])
