"""The models that the server offers."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from stylemapgan import zoo
from stylemapgan.checkpoints.method_file import is_method_file
from stylemapgan.server.api_errors import not_found
from stylemapgan.server.served_method import ServedMethod
from stylemapgan.server.served_model import ServedModel

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
"""Characters that are replaced in names, which are part of URLs."""


class ServedModels:
    """All models by name."""

    def __init__(self, sources: Sequence[str]) -> None:
        """Refer to models; the first one is the default.

        Raises:
            CheckpointError: One of them does not exist, or has no method for the server.
            MissingExtraError: One of them needs PyTorch, which is not installed.
        """
        self._by_name: dict[str, ServedModel] = {}
        for source in sources:
            name = self._new_name(source)
            self._by_name[name] = _refer_to(name, source)

    def __iter__(self) -> Iterator[ServedModel]:
        """Iterate over all models, the default first."""
        return iter(self._by_name.values())

    @property
    def default(self) -> ServedModel:
        """The model selected at the start."""
        return next(iter(self))

    def get(self, name: str) -> ServedModel:
        """Find a model.

        Raises:
            ApiError: No model has that name.
        """
        if name not in self._by_name:
            raise not_found("model", name)
        return self._by_name[name]

    def _new_name(self, source: str) -> str:
        """Derive an unused name from a path."""
        path = Path(source)
        stem = source if source in zoo.BUNDLED else path.stem if path.is_file() else path.name
        base = UNSAFE.sub("-", stem).strip("-._")[:48] or "model"
        number, name = 1, base
        while name in self._by_name:
            number += 1
            name = f"{base}-{number}"
        return name


def _refer_to(name: str, source: str) -> ServedModel:
    if source not in zoo.BUNDLED and is_method_file(Path(source)):
        return ServedMethod(name, source)
    if zoo.find_onnx(source) is None:
        zoo.find(source)  # raises if it does not exist
    return ServedModel(name, source)
