"""Definitions of the figures of swaps."""

from collections.abc import Mapping

from stylemapgan.evaluation.findings import Description

DESCRIPTIONS: Mapping[str, Description] = {
    "mse": {
        "name": "mse",
        "title": "MSE",
        "about": "Mean squared difference to the true picture, on [-1, 1].",
        "better": "lower",
    },
    "mse-inside": {
        "name": "mse-inside",
        "title": "MSE inside the mask",
        "about": "Squared difference to the true picture where it differs from the source at all, "
        "over all such pixels of all swaps, on [-1, 1].",
        "better": "lower",
    },
    "part-iou": {
        "name": "part-iou",
        "title": "Part IoU",
        "about": "Overlap of the swapped part as a small network finds it in the result and in the "
        "true picture: pixels in both divided by pixels in either, over all swaps.",
        "better": "higher",
    },
    "attributes-taken": {
        "name": "attributes-taken",
        "title": "Attributes taken",
        "about": "Of the attributes that the swap changes, the share that a classifier finds in "
        "the result as in the reference.",
        "better": "higher",
    },
    "attributes-kept": {
        "name": "attributes-kept",
        "title": "Attributes kept",
        "about": "Of all other attributes, the share that a classifier finds in the result as in "
        "the source.",
        "better": "higher",
    },
    "large-mse": {
        "name": "large-mse",
        "title": "MSE at full resolution",
        "about": "As MSE, at the resolution that methods got; smaller results are enlarged.",
        "better": "lower",
    },
    "large-mse-inside": {
        "name": "large-mse-inside",
        "title": "MSE inside the mask at full resolution",
        "about": "As MSE inside the mask, at the resolution that methods got.",
        "better": "lower",
    },
    "large-seam": {
        "name": "large-seam",
        "title": "Seam at full resolution",
        "about": "Steps between neighbours across the mask's border, as a multiple of those of the "
        "true picture there, at the resolution that methods got.",
        "better": "neither",
    },
    "large-sharpness": {
        "name": "large-sharpness",
        "title": "Sharpness at full resolution",
        "about": "Steps between neighbours inside the mask, as a multiple of those of the true "
        "picture, at the resolution that methods got.",
        "better": "neither",
    },
}
