"""The command `stylemapgan`: runs subcommands and reports errors in one line."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from stylemapgan.cli.streams import forgiving_streams
from stylemapgan.errors import StyleMapGANError
from stylemapgan.version import package_version

COMMANDS = {
    "demo": ("demo:demo", "Show every kind of edit on the bundled sample pictures."),
    "reconstruct": ("reconstruct:reconstruct", "Encode photos and decode them again."),
    "blend": ("blend:blend", "Paste a part of one photo into another, at the same position."),
    "transplant": (
        "transplant:transplant",
        "Paste a part of one photo into another, at another position.",
    ),
    "apply": ("apply:apply", "Apply one edit to many photos, each at its full resolution."),
    "video": ("video:video", "Apply one edit to every frame of a clip, video or animation."),
    "interpolate": ("interpolate:interpolate", "Interpolate between two photos."),
    "move": ("move:move", "Push a photo along a direction, such as an open hand."),
    "mix": ("mix:mix", "Combine the coarse styles of one photo with the fine styles of another."),
    "generate": ("generate:generate", "Generate random pictures."),
    "refine": (
        "refine:refine",
        "Optimise a stylemap to reconstruct a photo better; Ctrl-C keeps the best so far.",
    ),
    "parts": ("parts:app", "Find the parts of a picture, such as palm and fingers."),
    "studio": (
        "serve:studio",
        "Edit photos in the browser by painting; everything stays on this machine.",
    ),
    "serve": ("serve:serve", "Serve the HTTP API and the Studio."),
    "encode": (
        "encode:encode",
        "Encode a collection of photos into Parquet files: stylemaps, squares and fits.",
    ),
    "suggest": (
        "suggest:suggest",
        "Suggest references whose region would fit a photo, out of an encoded collection.",
    ),
    "info": ("info:info", "Show what a model does, its training data and its licence."),
    "prepare": ("prepare:prepare", "Turn any collection of pictures into training data."),
    "avatars": (
        "avatars:avatars",
        "Draw faces with label maps of their parts and the true results of exchanging parts.",
    ),
    "train": ("train:app", "Train a model on photos of one kind."),
    "report": ("report:report", "Write a report of a run: curves, sample sheets and warnings."),
    "evaluate": (
        "evaluate:app",
        "Measure how good a model is, with intervals and pictures; Ctrl-C keeps finished tasks.",
    ),
    "compare": (
        "compare:app",
        "Compare models or methods, and name the better one where the difference is significant.",
    ),
    "directions": (
        "directions:app",
        "Find what a model can change in a photo: directions for `move`.",
    ),
    "framing": (
        "framing:framing",
        "Learn how a model's photos are framed, to refine squares that are found in other photos.",
    ),
    "export": ("export:export", "Export a model as ONNX files, which run without PyTorch."),
    "import": (
        "import_released:import_released",
        "Convert a checkpoint released by StyleMapGAN's authors to a model file.",
    ),
}
"""Command → its function, and its line in the help, so that help imports no command."""

FAILURE = 2
"""Exit code of errors that the user can correct."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Arguments after the program's name; those of the command line if left out.

    Returns:
        The exit code: 0, or 2 after an error, which is reported in one line. A reader of the
        output that stops early is not an error. Output lost for another reason is one, reported
        after the work is done.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads slow each other down
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's spin, and its matrices are small
    tokens = sys.argv[1:] if arguments is None else list(arguments)
    with forgiving_streams() as output:
        code = _run(tokens)
        if output is None:
            return code
        output.finish()
        if output.problem is not None and code == 0:
            reason = output.problem.strerror or output.problem
            return _fail(f"Cannot write to standard output ({reason}); everything else is done.")
        return code


def _run(tokens: Sequence[str]) -> int:
    try:
        command_line()(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except (StyleMapGANError, CycloptsError) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename or 'the system'}: {error.strerror or error}.")
    return 0


def command_line() -> App:
    """List all commands; each is imported when it runs."""
    app = App(
        name="stylemapgan",
        help="Edit real photographs by painting with other photographs.",
        version=package_version,
    )
    for name, (function, help_line) in COMMANDS.items():
        app.command(f"stylemapgan.cli.{function}", name=name, help=help_line)
    return app


def _fail(message: str) -> int:
    print("error:", " ".join(message.split("\n")), file=sys.stderr)
    return FAILURE
