"""`stylemapgan train`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console

from stylemapgan.cli.preset_flags import DEFAULT_PRESET, fill_from_preset
from stylemapgan.cli.training_bar import TrainingBar
from stylemapgan.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from stylemapgan.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from stylemapgan.data import Skipped
    from stylemapgan.training.loop import Run

app = App(
    config=(fill_from_preset,),
    default_parameter=Parameter(consume_multiple=True),  # --generator-widths 64 32 16
)


@app.default
def train(
    photos: Path | None = None,
    *,
    run: Path = Path("runs/new"),
    resume: Path | None = None,
    preset: str = DEFAULT_PRESET,
    config: Path | None = None,
    validation: Path | None = None,
    licence: str = DataConfig.licence,
    statement: str = DataConfig.statement,
    model: Annotated[ModelConfig, Parameter(name="*", group="Networks")] = ModelConfig(),
    training: Annotated[TrainConfig, Parameter(name="*", group="Training")] = TrainConfig(),
) -> None:
    """Train a model on a folder of pictures; Ctrl-C saves, and --resume goes on.

    Settings that are not given come from the preset; the defaults shown are the paper's.

    Args:
        photos: Folder of pictures, searched recursively.
        run: Folder for everything the run writes; new or empty.
        resume: Folder of an earlier run to go on with, under its own settings.
        preset: Settings to start from: tiny-32, laptop-64, laptop-128, laptop-256, paper-128,
            paper-256, paper-512 or paper-1024-light.
        config: A `config.toml` to start from instead of a preset; what it says about photos
            counts too.
        validation: Folder of pictures for sample sheets and validation.
        licence: Licence of the trained weights; goes into every weights file.
        statement: What the photos are and under which terms; goes into every weights file.
        model: Shapes of the networks.
        training: How to train them.
    """
    data = DataConfig(
        photos=str(photos or ""),
        validation=str(validation or ""),
        licence=licence,
        statement=statement,
    )
    _train_to_the_end(RunConfig(model=model, training=training, data=data), run, resume)


def _train_to_the_end(settings: RunConfig, folder: Path, resume: Path | None) -> None:
    """Start or resume a run, show how it goes, and say how it ended."""
    console = Console()
    try:
        from stylemapgan.training import start
        from stylemapgan.training.stopping import stop_on_signals
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "PyTorch", "train") from None
    if resume is None and not settings.data.photos:
        raise ConfigError("Nothing to train on: name a folder of pictures, or use --resume RUN.")

    with TrainingBar(console) as bar:
        if resume is not None:
            session = start.resume(resume, bar.show_photo)
        else:
            session = start.start(settings, folder, bar.show_photo)
        for skipped in _skipped(session):
            _say(console, f"skipped {skipped.path}: {skipped.reason}", style="yellow")
        with stop_on_signals() as should_stop:
            session.train(should_stop, bar.show_update)
    _say(console, _how_it_ended(session))


def _how_it_ended(session: "Run") -> str:
    seen, wanted = session.state.images_seen, session.config.training.images
    folder = session.folder.path
    if seen < wanted:
        return (
            f"Stopped and saved at {seen:,} of {wanted:,} images. "
            f"Go on with: stylemapgan train --resume {shlex.quote(str(folder))}"
        )
    return f"Done: {folder}/snapshots/{seen:09d}.safetensors"


def _skipped(session: "Run") -> list["Skipped"]:
    """List all files that are no use, once."""
    held_out = session.validation.skipped if session.validation is not session.photos else ()
    return [*session.photos.skipped, *held_out]


def _say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: paths may hold brackets, and are copied in one piece."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
