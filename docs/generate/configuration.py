"""Write the configuration's reference from its dataclasses."""

import dataclasses
from typing import Any

from docstring_parser import parse_from_object

from stylemapgan import config

TABLES = {
    "Networks: `[model]`": config.ModelConfig,
    "Networks of vector methods: `[vector]`": config.VectorConfig,
    "Training: `[training]`": config.TrainConfig,
    "Loss weights: `[training.weights]`": config.LossWeights,
    "Stability: `[training.stability]`": config.StabilityConfig,
    "Adaptive augmentation: `[training.ada]`": config.AdaConfig,
    "Photo augmentation: `[training.photo_augmentation]`": config.PhotoAugmentationConfig,
    "Speed: `[training.speed]`": config.SpeedConfig,
    "Data: `[data]`": config.DataConfig,
}
WORDS = {"()": "none", "True": "yes", "False": "no", "": "empty"}
LAPTOP = "laptop-64"


def tables() -> str:
    """Describe every field, and what each preset changes."""
    parts = []
    for title, kind in TABLES.items():
        parts.append(f"## {title}\n\n" + _table(("setting", "default", "meaning"), _settings(kind)))
    shapes = ("preset", "image", "stylemap", "channels of generator", "of resized stylemaps")
    parts.append("## Presets\n\n" + _table(shapes, _presets()))
    vectors = ("preset", "image", "length of w", "channels of generator", "of encoder")
    parts.append(
        "`method` is `stylemapgan`, but in these, which train the vector backbone:\n\n"
        + _table(vectors, _vector_presets())
    )
    parts.append(
        "The `paper-*` presets differ from the defaults in shapes alone. What the `laptop-*` "
        "presets change in training:\n\n" + _table(("setting", "value"), _changes())
    )
    return "\n".join(parts)


def _settings(kind: type) -> list[tuple[str, ...]]:
    meanings = {each.arg_name: each.description for each in parse_from_object(kind).params}
    return [
        (f"`{field.name}`", _value(field.default), " ".join(str(meanings[field.name]).split()))
        for field in dataclasses.fields(kind)
        if field.default is not dataclasses.MISSING
    ]


def _presets() -> list[tuple[str, ...]]:
    return [
        (
            f"`{name}`",
            str(run.model.image_size),
            f"{run.model.stylemap_size} by {run.model.stylemap_size}",
            "/".join(map(str, run.model.generator_widths)),
            "/".join(map(str, run.model.resizer_widths)),
        )
        for name, run in config.PRESETS.items()
        if run.method == config.RunConfig.method
    ]


def _vector_presets() -> list[tuple[str, ...]]:
    return [
        (
            f"`{name}`",
            str(run.vector.image_size),
            str(run.vector.style_channels),
            "/".join(map(str, run.vector.generator_widths)),
            "/".join(map(str, run.vector.encoder_widths)),
        )
        for name, run in config.PRESETS.items()
        if run.method != config.RunConfig.method
    ]


def _changes() -> list[tuple[str, ...]]:
    usual = _flat(config.to_dict(config.TrainConfig()))
    laptop = _flat(config.to_dict(config.PRESETS[LAPTOP].training))
    return [(f"`{name}`", _value(laptop[name])) for name in usual if usual[name] != laptop[name]]


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _value(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) and value else str(value)
    return WORDS.get(text, text)


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
