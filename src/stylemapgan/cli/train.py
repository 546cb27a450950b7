"""`stylemapgan train`."""

import shlex
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.console import Console

from stylemapgan.cli.bars import Bar
from stylemapgan.cli.preset_flags import DEFAULT_PRESET, fill_from_preset, print_help
from stylemapgan.cli.speaking import INTERRUPTED, only_the_first_process_speaks, say
from stylemapgan.cli.training_plan import show_plan
from stylemapgan.config import DataConfig, ModelConfig, RunConfig, TrainConfig, VectorConfig
from stylemapgan.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from stylemapgan.data import Skipped
    from stylemapgan.training.loop import Progress, Run
    from stylemapgan.training.processes import Hardware

HARDWARE = Parameter(group="Hardware")
PLAN = Parameter(group="Plan", negative=())
RUN_FOLDER = Parameter(name=("--run", "--run-folder"))
"""torchrun takes `--run` for an abbreviation of an option of its own."""

HELP = Parameter(name=("--help", "-h"), negative=(), show_default=False)
"""The command prints its own help: cyclopts' help does not know presets."""

app = App(
    config=(fill_from_preset,),
    help_flags=(),
    usage="Usage: stylemapgan train [OPTIONS] [ARGS]",
    default_parameter=Parameter(consume_multiple=True),  # --generator-widths 64 32 16
)


@app.default
def train(
    photos: str | None = None,
    *,
    run: Annotated[Path, RUN_FOLDER] = Path("runs/new"),
    resume: Path | None = None,
    method: str = RunConfig.method,
    preset: str = DEFAULT_PRESET,
    config: Path | None = None,
    validation: str | None = None,
    stream: bool = DataConfig.stream,
    licence: str = DataConfig.licence,
    statement: str = DataConfig.statement,
    devices: Annotated[int, HARDWARE] = 1,
    nodes: Annotated[int, HARDWARE] = 1,
    accelerator: Annotated[Literal["auto", "cpu", "cuda", "mps"], HARDWARE] = "auto",
    dry_run: Annotated[bool, PLAN] = False,
    memory: Annotated[float | None, PLAN] = None,
    show_help: Annotated[bool, HELP] = False,
    model: Annotated[ModelConfig, Parameter(name="*", group="Networks")] = ModelConfig(),
    vector: Annotated[VectorConfig, Parameter(group="Networks of vector methods")] = VectorConfig(),
    training: Annotated[TrainConfig, Parameter(name="*", group="Training")] = TrainConfig(),
) -> None:
    """Train a model on photos of one kind; Ctrl-C saves, and --resume continues.

    Settings that are not given come from the preset, or from --config. So do the defaults shown
    here: `train --preset paper-256 --help` shows those of paper-256.

    Args:
        photos: Photos to train on: a folder, searched recursively, or another source.
        run: Folder for all files of the run; new or empty. With torchrun, use `--run-folder`.
        resume: Folder of an earlier run to continue, with its own configuration.
        method: What is trained: stylemapgan, or one of the methods to compare it with.
        preset: Configuration to start from: tiny-32, laptop-64, laptop-128, laptop-128-light,
            laptop-128-fine, laptop-256, paper-128, paper-256, paper-512, paper-1024-light,
            vector-tiny-32 or vector-laptop-64.
        config: A `config.toml` to start from instead of a preset, including its photos.
        validation: Photos for sample sheets and validation.
        stream: Read shards again in every epoch instead of unpacking all photos into the cache.
        licence: Licence of the trained weights, stored in every model file.
        statement: What the photos are and under which terms, stored in every model file.
        devices: Processes on this machine, each with its own device. torchrun overrides it.
        nodes: Machines, each running the same command.
        accelerator: Kind of device.
        dry_run: Only show parameters, operations, estimated memory and the largest batch that fits.
            Needs no photos and writes nothing.
        memory: Memory that each process may use, in GiB, to plan for another machine.
        show_help: Display this message and exit.
        model: Shapes of the networks.
        vector: Shapes of the networks of methods whose latents are vectors.
        training: How to train them.
    """
    data = DataConfig(
        photos=photos or "",
        validation=validation or "",
        stream=stream,
        licence=licence,
        statement=statement,
    )
    run_config = RunConfig(method=method, model=model, vector=vector, training=training, data=data)
    if show_help:
        print_help(app, run_config, preset)
        return
    if memory is not None and not dry_run:
        raise ConfigError("--memory plans for another machine: use it with --dry-run.")
    if resume is None and not dry_run and not run_config.data.photos:
        raise ConfigError("Nothing to train on: give a folder of photos, or use --resume RUN.")
    hardware = _hardware(accelerator=accelerator, devices=devices, nodes=nodes)
    with only_the_first_process_speaks() as console:
        if dry_run:
            show_plan(console, run_config, hardware, memory)
        elif resume is None:
            _train_to_the_end(console, run_config, run, hardware)
        else:
            _train_to_the_end(console, None, resume, hardware)


def _hardware(**facts: Any) -> "Hardware":
    """Describe what to compute on; this imports PyTorch."""
    try:
        from stylemapgan.training.processes import Hardware
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "PyTorch", "train") from None
    return Hardware(**facts)


def _train_to_the_end(
    console: Console, config: RunConfig | None, folder: Path, hardware: "Hardware"
) -> None:
    """Start a run, or resume one if `config` is None; show its progress and how it ended."""
    from stylemapgan.methods import runs
    from stylemapgan.training.stopping import end_on_signals, stop_on_signals

    with Bar(console) as bar, end_on_signals():

        def show_photo(done: int, total: int) -> None:
            bar.show("unpacking photos", done, total)

        try:
            if config is None:
                session = runs.resume(folder, show_photo, hardware)
            else:
                session = runs.start(config, folder, show_photo, hardware)
        except KeyboardInterrupt:
            say(console, "Interrupted before training began; run the same command to start again.")
            sys.exit(INTERRUPTED)
        with closing(session), stop_on_signals() as should_stop:
            _show_device(console, session)
            for skipped in _skipped(session):
                say(console, f"skipped {skipped.path}: {skipped.reason}", style="yellow")
            try:
                session.train(should_stop, lambda progress: show_training(bar, progress))
            except KeyboardInterrupt:
                say(console, f"Interrupted. {session.resume_point()} {_how_to_continue(session)}")
                sys.exit(INTERRUPTED)
    say(console, _how_it_ended(session))


def show_training(bar: Bar, progress: "Progress") -> None:
    """Show how many images are seen, the speed and the losses."""
    losses = "  ".join(f"{name} {value:.3f}" for name, value in sorted(progress.losses.items()))
    speed = f"{progress.images_per_second:.1f} images/s"
    bar.show("training", progress.images_seen, progress.images_total, note=speed, details=losses)


def _show_device(console: Console, session: "Run") -> None:
    """Show device and precision, and warn of a precision that the hardware emulates."""
    from stylemapgan.machine import one_line
    from stylemapgan.machine.precision import choose, why_slow

    device, precision = session.fabric.device, session.config.training.precision
    say(console, one_line(device, session.precision or choose(precision, device)))
    reason = why_slow(precision, device)
    if reason is not None:
        config = session.folder.path / "config.toml"
        say(
            console,
            f"{precision} is slow here: {reason}. To continue many times faster, stop, set "
            f'precision to "32-true" in {config}, and use --resume.',
            style="yellow",
        )


def _how_it_ended(session: "Run") -> str:
    seen, wanted = session.state.images_seen, session.config.training.images
    if seen < wanted:
        return f"Stopped and saved at {seen:,} of {wanted:,} images. {_how_to_continue(session)}"
    return f"Done: {session.folder.path}/snapshots/{seen:09d}.safetensors"


def _how_to_continue(session: "Run") -> str:
    return f"Continue with: stylemapgan train --resume {shlex.quote(str(session.folder.path))}"


def _skipped(session: "Run") -> list["Skipped"]:
    """List all files that were skipped, each once."""
    held_out = session.validation.skipped if session.validation is not session.photos else ()
    return [*session.photos.skipped, *held_out]
