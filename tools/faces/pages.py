"""Measured figures, written into the model's card and the guides."""

from pathlib import Path

import numpy as np

from stylemapgan.editing import Editor
from stylemapgan.editing.directions import Direction
from stylemapgan.types import Stylemap
from stylemapgan.zoo.bundled import MODELS
from tools.faces.directions import EXAMPLES
from tools.faces.measuring import (
    SmileTest,
    by_group,
    decoded,
    sharpness,
    squared_errors,
)
from tools.faces.parts import FoundParts
from tools.faces.portraits import Portrait, stacked
from tools.faces.tables import replace_measured, table

CARD = MODELS / "faces-128.md"
GUIDES = Path("docs/guides")


def write_model_facts(images_seen: int, weights: float, onnx: float) -> None:
    """Write images seen, and megabytes of weights and ONNX files, into the card."""
    rows = [
        ["images seen", f"{images_seen:,}"],
        ["file", f"`faces-128.safetensors`, float16, {weights:.1f} MB"],
        ["ONNX files", f"`faces-128/onnx/`, float16 storage, {onnx:.1f} MB"],
    ]
    replace_measured(CARD, "model", table(["", ""], rows).replace("---:", "---"))


def write_errors(editor: Editor, splits: dict[str, tuple[list[Portrait], Stylemap]]) -> None:
    """Write errors and sharpness of validation and training portraits, and of every group."""
    rows, groups = [], {}
    for split, (portraits, stylemaps) in splits.items():
        photos = stacked(portraits, editor.image_size)
        back = decoded(editor, stylemaps)
        errors = squared_errors(photos, back)
        for grouping, name, people, error in by_group(portraits, errors):
            groups.setdefault((grouping, name), {})[split] = f"{error:.4f} ({people})"
        quantiles = [errors.mean(), np.median(errors), errors.max()]
        numbers = [f"{number:.4f}" for number in quantiles]
        rows.append([split, str(len(portraits)), *numbers, f"{sharpness(photos, back):.0%}"])
    head = ["portraits", "number", "MSE, mean", "median", "worst", "sharpness"]
    replace_measured(CARD, "errors", table(head, rows))
    lines = [
        [grouping, name, *(found.get(split, "-") for split in splits)]
        for (grouping, name), found in sorted(groups.items())
    ]
    replace_measured(CARD, "groups", table(["grouped by", "group", *splits], lines))


def write_smile(test: SmileTest) -> None:
    """Write how close pushed smiles come to true ones."""
    rows = [
        [name, *(f"{number:.4f}" for number in pair)]
        for name, pair in (
            ("the neutral portrait, not pushed", test.before),
            (f"pushed by {test.amount:g}", test.after),
            ("the smiling portrait's own reconstruction: the limit", test.limit),
        )
    ]
    text = table(["compared with the true smiling portrait", "MSE, mouth", "MSE, overall"], rows)
    replace_measured(GUIDES / "directions.md", "smile", text)


def write_parts_table(found: FoundParts) -> None:
    """Write how well parts agree with regions."""
    rows = [
        [f"`{label.lower()}`", f"{overlap:.2f}", f"{found.covered[label]:.0%}"]
        for label, overlap in found.overlap.items()
    ]
    head = ["part", "faces-128", "of the organ covered"]
    replace_measured(GUIDES / "parts.md", "faces-parts", table(head, rows))


def write_directions_table(kept: list[Direction], left_out: list[Direction]) -> None:
    """Write how well new people are recognised along each direction."""
    rows = [[f"`{each.name}`", f"{each.accuracy:.1%}", EXAMPLES[each.name]] for each in kept]
    text = table(["name", "faces-128", "found from"], rows)
    names = ", ".join(f"{each.name} ({each.accuracy:.1%})" for each in left_out)
    if names:
        text += f"\n\nLeft out because new people are not recognised well enough: {names}."
    replace_measured(GUIDES / "directions.md", "faces-directions", text)
