"""The library of encoded photos that a server suggests references from."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.encoding import read_stylemaps
from stylemapgan.editing.suggesting import (
    Library,
    LibraryPhotos,
    Query,
    SuggestConfig,
    Suggestion,
    open_library,
    suggest,
)
from stylemapgan.errors import ConfigError
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.request_schemas import to_mask
from stylemapgan.server.resolved_edit import check_same_model, read_mask
from stylemapgan.server.served_model import ServedModel
from stylemapgan.server.server_config import ServerConfig
from stylemapgan.server.stylemap_store import StoredStylemap
from stylemapgan.server.suggest_schema import SuggestRequest


@dataclass(frozen=True, kw_only=True, eq=False)
class ServedLibrary:
    """A library, and the model that encoded it."""

    library: Library
    model: ServedModel
    photos: LibraryPhotos | None
    """The photos themselves; None if clients see what the model makes of them."""

    @classmethod
    def open(cls, config: ServerConfig, models: Iterable[ServedModel]) -> "ServedLibrary | None":
        """Open the library that the configuration names; None if it names none.

        Raises:
            ConfigError: No model that is served has encoded it.
            DataError: It is damaged, or its photos are missing.
            MissingExtraError: pyarrow is not installed.
            StorageError: The index cannot be written.
        """
        if config.library is None:
            return None
        folder, location = Path(config.library), config.library_photos
        model = _encoder_of(folder, models)
        return cls(
            library=open_library(folder, model.editor),
            model=model,
            photos=None if location is None else LibraryPhotos(location),
        )

    def suggest(self, service: EditService, body: SuggestRequest) -> list[Suggestion]:
        """Find the references that would fit a source best.

        Raises:
            ApiError: Something is unknown, or the source belongs to another model.
            EditError: The mask is empty.
            ImageError: The mask is damaged.
        """
        source = service.stylemaps.get(body.source)
        check_same_model(source, self.model)
        query = Query(
            stylemap=source.array,
            mask=read_mask(service, to_mask(body.mask), source),
            toward=None if body.toward is None else self.model.direction(body.toward),
            sha256=None if source.photo is None else service.photos.get(source.photo).sha256,
        )
        return suggest(self.library, query, SuggestConfig(top=body.top))

    def store(self, service: EditService, found: Suggestion, client: str) -> StoredStylemap:
        """Store a suggested photo and its stylemap, so that edits can refer to them.

        Raises:
            ApiError: The photo is larger than the server accepts.
            DataError: It is missing, or has changed since it was encoded.
            StorageError: The disk is full.
        """
        array = self.library.stylemap(found.row)
        if self.photos is None:
            stylemap = StoredStylemap(model=self.model.name, array=array)
        else:
            content, square = self.photos.content(found.photo), found.photo.square
            photo = service.photos.add(content, found.photo.name, client, square)
            stylemap = StoredStylemap(
                model=self.model.name, array=array, photo=photo.id, square=square
            )
        return service.stylemaps.add(stylemap, client)


def _encoder_of(folder: Path, models: Iterable[ServedModel]) -> ServedModel:
    """Find the model that has encoded a library.

    Raises:
        ConfigError: None of them has.
        DataError: There is no library.
    """
    about = read_stylemaps(folder).about
    for model in models:
        chosen = ChosenModel(name=model.source, engine_config=EngineConfig())
        if chosen.digest() == about.get("model"):
            return model
    raise ConfigError(
        f"No model of this server has encoded the library {folder}; {about.get('name')} has, as it "
        "was then: offer that model with --models, or encode the photos again."
    )
