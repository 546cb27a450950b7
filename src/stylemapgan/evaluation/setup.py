"""Open everything that an evaluation needs, from names."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from stylemapgan import zoo
from stylemapgan.checkpoints.file import read
from stylemapgan.checkpoints.method_file import is_method_file, read_method
from stylemapgan.config.engine import EngineConfig
from stylemapgan.config.evaluation import EvaluationConfig, JudgeConfig
from stylemapgan.config.optimising import AS_PUBLISHED, OptimisationConfig
from stylemapgan.editing import AbstractEditor, open_editor
from stylemapgan.errors import ConfigError
from stylemapgan.evaluation.cache import photos_key
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData, open_test_data
from stylemapgan.evaluation.judges.features import (
    FeatureNetwork,
    PictureDistance,
    efficientnet_distance,
    efficientnet_features,
    inception_features_network,
    lpips_distance,
)
from stylemapgan.evaluation.records import Subject
from stylemapgan.features.download import OnProgress as OnBytes
from stylemapgan.features.resnet import CNNDetection, load_cnn_detection
from stylemapgan.methods.abstract import AbstractTrainedMethod
from stylemapgan.methods.registry import open_methods, open_trained

FINGERPRINT = 16
"""Hexadecimal digits of the hashes that tell models and photos apart."""


@dataclass(frozen=True, eq=False)
class Judges:
    """Networks that judge pictures, with their weights."""

    features: FeatureNetwork
    distances: tuple[PictureDistance, ...]
    cnn_detection: CNNDetection | None
    device: str = "cpu"
    """Where they compute."""

    @property
    def names(self) -> Mapping[str, str]:
        """Name them by their role."""
        return {
            "features": self.features.name,
            "distances": ", ".join(distance.name for distance in self.distances),
            "detector": "CNNDetection beside our own" if self.cnn_detection else "our own",
        }


def open_judges(
    config: JudgeConfig, device: str = "cpu", on_bytes: OnBytes | None = None
) -> Judges:
    """Load the networks that judge.

    Args:
        config: Which.
        device: Where they compute.
        on_bytes: Called as weights are downloaded.

    Raises:
        CheckpointError: The weights of CNNDetection are missing, or are another file.
        DataError: Weights are missing and cannot be downloaded, or are another file.
        MissingExtraError: A package is not installed.
    """
    features: dict[str, Callable[[], FeatureNetwork]] = {
        "efficientnet-lite0": lambda: efficientnet_features(device),
        "inception": lambda: inception_features_network(config.weights, device, on_bytes),
    }
    distances: dict[str, Callable[[], PictureDistance]] = {
        "efficientnet-lite0": lambda: efficientnet_distance(device),
        "lpips": lambda: lpips_distance(config.weights, device, on_bytes),
    }
    detector = load_cnn_detection(config.cnn_detection) if config.cnn_detection else None
    return Judges(
        features[config.features](),
        tuple(distances[name]() for name in dict.fromkeys(config.distance)),
        detector.to(device) if detector else None,
        device,
    )


def open_models(
    model: str, beside: Sequence[Path], engine: EngineConfig
) -> tuple[AbstractEditor | None, tuple[Path, ...]]:
    """Open the model to evaluate; if it is another method's, it is measured like those beside it.

    Args:
        model: Name of a bundled model, a model file, or a folder that `export` wrote.
        beside: Model files of other methods, or folders of them.
        engine: What runs the model.

    Raises:
        CheckpointError: There is no such model.
        EditError: The engine cannot use the device or the precision.
        MissingExtraError: A package is not installed.
    """
    if is_method_file(Path(model)):
        return None, (Path(model), *beside)
    return open_editor(model, **asdict(engine)), tuple(beside)


def open_context(  # noqa: PLR0913 - the last two have defaults
    editor: AbstractEditor | None,
    folder: Path,
    config: EvaluationConfig,
    judges: Judges,
    *,
    methods: Sequence[str] = (),
    beside: Sequence[Path] = (),
    limits: OptimisationConfig = AS_PUBLISHED,
) -> EvaluationContext:
    """Open methods and data.

    Args:
        editor: Runs the model; None measures other methods alone.
        folder: The data; see the module `data`.
        config: How to measure.
        judges: Networks that judge.
        methods: Names of the model's methods to measure; all if empty. Without a model, names of
            the others.
        beside: Model files of other methods, or folders of them.
        limits: How far methods that optimise go for each photo.

    Raises:
        CheckpointError: A file of another method is missing or damaged.
        ConfigError: There is no such method, none to measure, or one of another image size.
        DataError: There is no such data.
        MissingExtraError: A package that a method needs is not installed.
    """
    others = open_trained(beside)
    if editor is None and methods:
        others = tuple(method for method in others if method.name in methods)
    own = open_methods(editor, methods) if editor else ()
    size = _common_size(editor, others)
    return EvaluationContext(
        methods=(*own, *(method.cut_short(limits) for method in others)),
        data=open_test_data(folder, size, config.photos),
        features=judges.features,
        distances=judges.distances,
        config=config,
        device=judges.device,
        cnn_detection=judges.cnn_detection,
    )


def _common_size(editor: AbstractEditor | None, beside: Sequence[AbstractTrainedMethod]) -> int:
    """Find the height and width of all models' pictures.

    Raises:
        ConfigError: There is no model, or sizes differ.
    """
    sizes = {method.name: method.image_size for method in beside}
    if editor is not None:
        sizes = {"the model": editor.image_size} | sizes
    if not sizes:
        raise ConfigError("An evaluation needs at least one model.")
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ConfigError(f"Methods must make pictures of one size, got pixels: {listed}.")
    return next(iter(sizes.values()))


def describe_subject(  # noqa: PLR0913 - the last two have defaults
    model: str,
    editor: AbstractEditor | None,
    context: EvaluationContext,
    judges: Judges,
    *,
    beside: Sequence[Path] = (),
    limits: OptimisationConfig = AS_PUBLISHED,
) -> Subject:
    """Say what a context measures.

    Args:
        model: Name of the editor's model: a bundled one, a model file, or a folder that `export`
            wrote, or the file of another method.
        editor: Runs it; None for another method.
        context: Its methods, and the data.
        judges: Networks that judge.
        beside: Model files of other methods, or folders of them.
        limits: How far methods that optimise go for each photo.
    """
    return Subject(
        model=_facts_of_model(model, editor) | _facts_beside(beside) | _facts_of_limits(limits),
        data=_facts_of_data(context.data),
        networks=judges.names,
        config=context.config,
        methods=tuple(method.name for method in context.methods),
    )


def _facts_of_limits(limits: OptimisationConfig) -> dict[str, str]:
    steps = {"most steps": f"{limits.steps:,}"} if limits.steps else {}
    return steps | ({"most seconds": f"{limits.seconds:g}"} if limits.seconds else {})


def _facts_beside(beside: Sequence[Path]) -> dict[str, str]:
    files = [
        file
        for path in beside
        for file in (sorted(path.glob("*.safetensors")) if path.is_dir() else [path])
    ]
    return {f"beside {file.name}": _fingerprint(str(file)) for file in files}


def _facts_of_model(name: str, editor: AbstractEditor | None) -> dict[str, str]:
    if editor is None:
        checkpoint = read_method(Path(name))
        return {
            "name": Path(name).name,
            "sha256": _fingerprint(name),
            "method": checkpoint.method,
            "images seen": f"{checkpoint.images_seen:,}",
        }
    config = editor.config
    return {
        "name": Path(name).name,
        "sha256": _fingerprint(name),
        "runs on": type(editor).__name__,
        "image size": f"{config.image_size} pixels",
        "stylemap": f"{config.stylemap_size} x {config.stylemap_size} cells of "
        f"{config.style_channels} channels",
        **_history(name),
        "precision": editor.precision,
    }


def _history(name: str) -> dict[str, str]:
    """Say how long a model was trained, where its file does."""
    if str(name) not in zoo.BUNDLED and not Path(name).is_file():
        return {}
    return {"images seen": f"{read(zoo.find(name)).images_seen:,}"}


def _fingerprint(name: str) -> str:
    """Tell models apart by the bytes of their files."""
    folder = zoo.find_onnx(name) if name not in zoo.BUNDLED else None
    files = sorted(folder.glob("*.onnx")) if folder else [zoo.find(name)]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:FINGERPRINT]


def _facts_of_data(data: TestData) -> dict[str, str]:
    likeness = photos_key(data.likeness)[:FINGERPRINT]
    return {
        "name": data.folder.resolve().name,
        "test photos": f"{len(data):,} of {len(data.photos):,}",
        "training photos": f"{len(data.training):,}" if data.training else "none: test photos",
        "sha256": f"{photos_key(data.photos)[:FINGERPRINT]} {likeness}",
    }
