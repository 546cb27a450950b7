"""Find directions: from labels, from the variance of photos, or from a model's weights.

From labels: in thousands of dimensions the normal of a separating plane is mostly noise. Along it
stylemaps change where photos hardly vary, and a push shows nothing. So photos are first described
by their principal components, each divided by its standard deviation, fewer than there are photos.
In that space, where photos vary equally along every axis, the normal of the support vector machine
is found, and then carried back the way photos are: components times standard deviations. Walking
it changes what photos with and without it differ in. Up to its length it is the covariance of
photos times the plane's normal in stylemap space, the "activation pattern" of Haufe et al.,
NeuroImage 2014.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from jaxtyping import Float

from stylemapgan.checkpoints import Checkpoint
from stylemapgan.editing.directions.direction import Direction
from stylemapgan.errors import CheckpointError, EditError, MissingExtraError
from stylemapgan.types import Stylemap

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Vectors: TypeAlias = Float[np.ndarray, "photos numbers"]
"""Stylemaps, laid out in rows."""
Fold: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Rows of the photos to train on, and of those to predict."""

FOLDS = 5
"""Folds of the cross-validation."""
MOST_COMPONENTS = 128
"""Principal components kept; 200 gained half a percent of accuracy and changed no picture."""
PHOTOS_PER_COMPONENT = 4
"""Least photos for each component; with fewer, labels fit by chance."""
SLACK = 10.0
"""Weight of misplaced photos, all together, against the width of the margin."""


def fit_by_labels(
    stylemaps: Stylemap,
    labels: Sequence[bool] | np.ndarray,
    *,
    name: str,
    groups: Sequence[Any] | np.ndarray | None = None,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Direction:
    """Find the direction that leads from photos without something to photos with it.

    Args:
        stylemaps: Encoded photos.
        labels: For each photo, whether it is a positive example.
        name: What commands call the direction; its label is made of it.
        groups: For each photo, the person it shows. Cross-validation keeps each person's photos
            on one side, so the accuracy holds for new people.
        show: Called with the number of fits done, and of all fits.

    Returns:
        The direction, with its cross-validated balanced accuracy: the mean of the shares of right
        answers among photos with and without, so that guessing gives 0.5.

    Raises:
        EditError: Photos, labels and groups differ in number, or are too few.
        MissingExtraError: scikit-learn is not installed.

    Source: Shen et al., "InterFaceGAN", TPAMI 2020, section 3.2.
    """
    vectors = np.asarray(stylemaps, dtype=np.float32).reshape(len(stylemaps), -1)
    has_it = np.asarray(labels, dtype=bool)
    folds = _folds(vectors, has_it, None if groups is None else np.asarray(groups))
    predicted = np.zeros_like(has_it)
    for done, (learned, held_out) in enumerate(folds):
        show(done, len(folds) + 1)
        model = _fit(vectors[learned], has_it[learned])
        predicted[held_out] = model.predict(vectors[held_out])
    show(len(folds), len(folds) + 1)
    walk = _walk(_fit(vectors, has_it))
    show(len(folds) + 1, len(folds) + 1)
    return Direction(
        name=name,
        label=name.replace("-", " ").capitalize(),
        normal=walk.reshape(1, *stylemaps.shape[1:]),
        origin="labels",
        scale=float((vectors @ walk).std()),
        accuracy=_balanced_accuracy(predicted, has_it),
    )


def import_scikit_learn() -> None:
    """Check that the optional package is installed.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import sklearn.svm  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("scikit-learn", "directions") from None


def _folds(vectors: Vectors, has_it: np.ndarray, groups: np.ndarray | None) -> list[Fold]:
    """Split photos into training and held-out rows, once for each fold."""
    _refuse_unequal_counts(vectors, has_it, groups)
    independent = _independent(has_it, groups)
    if independent < 2:
        raise EditError(
            f"{int(has_it.sum())} photos are positive, {int((~has_it).sum())} negative: at least 2 "
            "of each are needed, of different groups if groups are given."
        )
    import_scikit_learn()
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(min(FOLDS, independent), shuffle=True, random_state=0)
    folds = list(splitter.split(vectors, has_it, groups))
    if any(has_it[learned].all() or not has_it[learned].any() for learned, _ in folds):
        raise EditError("With these groups some folds train on one label alone: give more groups.")
    return folds


def _refuse_unequal_counts(vectors: Vectors, has_it: np.ndarray, groups: np.ndarray | None) -> None:
    counts = [len(each) for each in (vectors, has_it, groups) if each is not None]
    if len(set(counts)) > 1:
        raise EditError(
            f"Photos, labels and groups must be equal in number, got {', '.join(map(str, counts))}."
        )


def _independent(has_it: np.ndarray, groups: np.ndarray | None) -> int:
    """Count the photos, or the groups, of the label that has fewer."""
    units = np.arange(len(has_it)) if groups is None else groups
    return min(len(np.unique(units[has_it])), len(np.unique(units[~has_it])))


def _fit(vectors: Vectors, has_it: np.ndarray) -> "Pipeline":
    """Find the plane between photos with and without, among their whitened components."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import Pipeline
    from sklearn.svm import LinearSVC

    most = min(MOST_COMPONENTS, vectors.shape[1], len(vectors) // PHOTOS_PER_COMPONENT)
    whitening = PCA(max(1, most), whiten=True, svd_solver="randomized", random_state=0)
    machine = LinearSVC(C=SLACK / len(vectors), class_weight="balanced", random_state=0)
    return Pipeline([("whitening", whitening), ("machine", machine)]).fit(vectors, has_it)


def _walk(model: "Pipeline") -> Float[np.ndarray, " numbers"]:
    """Carry the plane's normal back to stylemaps, as the unit vector that photos differ by."""
    whitening: Any = model["whitening"]
    machine: Any = model["machine"]
    spread = np.sqrt(whitening.explained_variance_)
    walk = (machine.coef_[0] * spread) @ whitening.components_
    length = np.linalg.norm(walk)
    if not length > 0:
        raise EditError(
            "Positive and negative photos have the same stylemaps: there is no direction to find."
        )
    return (walk / length).astype(np.float32)


def _balanced_accuracy(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Average the shares of right answers over both labels."""
    right = predicted == truth
    return float((right[truth].mean() + right[~truth].mean()) / 2)


FIRST_CONVOLUTION = "generator.resizer.convolutions.0.weight"
"""Weights that every stylemap meets first: (out, style channels, 3, 3)."""


def principal_directions(stylemaps: Stylemap, count: int) -> tuple[Direction, ...]:
    """Find the directions in which photos vary most, the strongest first.

    They are orthogonal. Which end is positive means nothing, but is always the same.

    Args:
        stylemaps: Encoded photos.
        count: How many directions.

    Raises:
        EditError: The photos do not differ in that many directions.

    Source: Härkönen et al., "GANSpace", NeurIPS 2020, section 2.2; here of encoded photos.
    """
    vectors = np.asarray(stylemaps, dtype=np.float32).reshape(len(stylemaps), -1)
    centred = vectors - vectors.mean(axis=0)
    _, spreads, normals = np.linalg.svd(centred, full_matrices=False)
    rounding = np.finfo(np.float32).eps * np.linalg.norm(vectors)
    _refuse_count(count, int((spreads > rounding).sum()), "as many as the photos allow")
    shares = spreads**2 / np.sum(spreads**2)
    return tuple(
        Direction(
            name=f"variance-{rank + 1}",
            label=f"Variation {rank + 1} ({shares[rank]:.0%} of all)",
            normal=_upright(normals[rank]).reshape(1, *stylemaps.shape[1:]),
            origin="variance",
            scale=float(spreads[rank] / np.sqrt(len(vectors))),
        )
        for rank in range(count)
    )


def closed_form_directions(
    checkpoint: Checkpoint, count: int, stylemaps: Stylemap
) -> tuple[Direction, ...]:
    """Find the directions that a model's first convolution amplifies most, the strongest first.

    The first weights that a stylemap meets are a convolution of the resizer. A change d of the
    style channels, the same in every cell, changes its output by A d, so the eigenvectors of
    AᵀA with the largest eigenvalues are the changes that the picture sees most of. Being the same
    in every cell, they say what changes; a mask says where. A step of amount 1 moves
    each cell by one standard deviation of single cells, for all cells of photos rarely agree.

    Args:
        checkpoint: The model; its weights are read, no network runs.
        count: How many directions.
        stylemaps: Random ones or encoded photos, to measure how far a usual step is.

    Raises:
        CheckpointError: The model has no such convolution.
        EditError: The model does not have that many directions.

    Source: Shen and Zhou, "Closed-form factorization of latent semantics in GANs", CVPR 2021.
    """
    if FIRST_CONVOLUTION not in checkpoint.tensors:
        raise CheckpointError(f"The model has no weights {FIRST_CONVOLUTION}.")
    cells = checkpoint.config.stylemap_size
    gram = gram_of_equal_cells(checkpoint.tensors[FIRST_CONVOLUTION].astype(np.float64), cells)
    _refuse_count(count, len(gram), "as many as style channels")
    _, vectors = np.linalg.eigh(gram)  # columns, the weakest first
    return tuple(
        _same_everywhere(_upright(vectors[:, -rank]), rank, stylemaps)
        for rank in range(1, count + 1)
    )


def gram_of_equal_cells(
    weight: Float[np.ndarray, "out channels rows columns"], cells: int
) -> Float[np.ndarray, "channels channels"]:
    """Find AᵀA, where A d is a convolution's answer to the same d in every cell.

    Cells at the border see zeros beyond it, so they add up fewer of the weights.

    Args:
        weight: Of a convolution that keeps the size.
        cells: Rows and columns of the stylemap.
    """
    reach = weight.shape[-1] // 2
    inside = [
        slice(max(0, reach - cell), min(weight.shape[-1], reach + cells - cell))
        for cell in range(cells)
    ]
    gram = np.zeros((weight.shape[1], weight.shape[1]))
    for rows in inside:
        for columns in inside:
            answer = weight[:, :, rows, columns].sum(axis=(-2, -1))  # (out, channels)
            gram += answer.T @ answer
    return gram


def _same_everywhere(
    channels: Float[np.ndarray, " channels"], rank: int, stylemaps: Stylemap
) -> Direction:
    shape = (1, *stylemaps.shape[1:])
    cells = shape[-2] * shape[-1]
    normal = np.broadcast_to(channels[None, :, None, None] / np.sqrt(cells), shape)
    along = np.einsum("nchw,c->nhw", np.asarray(stylemaps, dtype=np.float32), channels)
    return Direction(
        name=f"weights-{rank}",
        label=f"Amplified {rank}",
        normal=normal.astype(np.float32),
        origin="weights",
        scale=float(along.std() * np.sqrt(cells)),
    )


def _upright(vector: Float[np.ndarray, " numbers"]) -> Float[np.ndarray, " numbers"]:
    """Turn a vector so that its largest number is positive."""
    return vector * np.sign(vector[np.argmax(np.abs(vector))])


def _refuse_count(count: int, most: int, why: str) -> None:
    if most == 0:
        raise EditError("All photos have the same stylemap: give photos that differ.")
    if not 1 <= count <= most:
        raise EditError(f"Only 1 to {most} directions exist, {why}; asked for {count}.")
