"""Checks for signs of trouble in a run's journal.

Each check is a function of a run's history and returns a warning or None; its thresholds are the
constants above it. They are rules of thumb: a warning says where to look, and may be wrong.
"""

from collections.abc import Callable

import numpy as np

from stylemapgan.training.report.discriminator_checks import (
    discriminator_learns_nothing,
    discriminator_overfits,
    discriminator_wins,
)
from stylemapgan.training.report.history import ENOUGH, Concern, Curve, History

STANDSTILL = 0.95
"""A loss does not fall if its newer half is above this share of its older half."""
FAR_ABOVE = 2.0
"""The latent loss is a concern if its share of its peak is this many times that of photos."""
LITTLE = 0.5
"""Share of its peak below which the latent loss causes no warning."""


def encoder_lags(history: History) -> Concern | None:
    """E stops improving on generated images, while photos are reconstructed well.

    Stylemaps have no fixed scale, so each loss is compared with its own peak (the highest mean of
    a twentieth of the run).
    """
    latent, pixels = history.loss("e/latent"), history.loss("e/reconstruction")
    if len(latent) < ENOUGH or len(pixels) < ENOUGH:
        return None
    before, after = latent.last(1 / 3).halves()
    share, photo_share = share_of_peak(latent), share_of_peak(pixels)
    is_far = share > LITTLE and share > FAR_ABOVE * photo_share
    if after < STANDSTILL * before or not is_far:
        return None
    return Concern(
        "the encoder lags",
        f"e/latent has not fallen over the last third and is at {share:.0%} of its peak, "
        f"e/reconstruction at {photo_share:.0%} of its own. The encoder reconstructs photos but "
        "does not find the stylemaps of generated images, so edits that mix both may look wrong. "
        "Raise weights.latent_reconstruction, or lower weights.adversarial so that generated "
        "images change more slowly.",
    )


def share_of_peak(curve: Curve) -> float:
    """Divide the mean of the newest twentieth by the highest mean of any twentieth."""
    means = [float(part.mean()) for part in np.array_split(curve.y, 20)]
    return means[-1] / max(*means, 1e-12)


WORSE = 1.1
"""Ratio to the best validation error that causes a warning."""


def reconstruction_got_worse(history: History) -> Concern | None:
    """Photos were reconstructed better earlier in the run."""
    errors = history.validation.get("mse")
    if errors is None or len(errors) < 2:
        return None
    best = int(errors.y.argmin())
    if errors.y[-1] <= WORSE * errors.y[best]:
        return None
    return Concern(
        "reconstruction got worse",
        f"Validation MSE was {errors.y[best]:.4f} at {errors.x[best]:,.0f} images and is "
        f"{errors.y[-1]:.4f} now ({errors.y[-1] / errors.y[best] - 1:.0%} more). "
        f"{_crispness(history, best)}{_snapshot_of(history, int(errors.x[best]))} To continue, "
        "raise weights.reconstruction, or lower weights.domain_guided, weights.adversarial or "
        "learning_rate; a cooldown lowers it at the end.",
    )


def _crispness(history: History, best: int) -> str:
    sharpness = history.validation.get("sharpness")
    if sharpness is None or len(sharpness) <= best or sharpness.y[-1] <= sharpness.y[best]:
        return ""
    return (
        f"Sharpness rose from {sharpness.y[best]:.2f} to {sharpness.y[-1]:.2f} meanwhile: crisper "
        "images are often less accurate, so compare the sample sheets before you decide. "
    )


def _snapshot_of(history: History, images_seen: int) -> str:
    name = f"{images_seen:09d}.safetensors"
    if name in history.snapshots:
        return f"The weights of that point are in snapshots/{name}."
    return (
        f"Its snapshot (snapshots/{name}) was not kept: keep_snapshots and snapshot_every decide "
        "which are."
    )


GAP = 1.5
"""Ratio of validation error to training error that causes a warning ..."""
GROWTH = 1.2
"""... if it has grown by this factor from its least value."""


def reconstruction_overfits(history: History) -> Concern | None:
    """Training photos are reconstructed ever better than validation photos."""
    errors, trained = history.validation.get("mse"), history.loss("e/reconstruction")
    is_held_out = history.config.data.validation not in ("", history.config.data.photos)
    if errors is None or len(errors) < 3 or len(trained) < ENOUGH or not is_held_out:
        return None
    gaps = [
        error / max(_mean_before(trained, x), 1e-12)
        for x, error in zip(errors.x, errors.y, strict=True)
    ]
    if gaps[-1] < GAP or gaps[-1] < GROWTH * min(gaps):
        return None
    return Concern(
        "encoder and generator overfit",
        f"Validation MSE is {gaps[-1]:.1f} times that of the training photos, up from "
        f"{min(gaps):.1f} times: the networks memorise the training photos. Stop here, train on "
        "more photos, or choose a smaller preset.",
    )


def _mean_before(curve: Curve, images_seen: float) -> float:
    """Average the last log entries up to a point."""
    return float(curve.y[curve.x <= images_seen][-10:].mean()) if curve.x[0] <= images_seen else 0.0


SPIKE = 10.0
"""A loss this many times the median of its neighbours is a spike."""
NEIGHBOURS = 25
"""Log entries on each side that a loss is compared with; the first ones are skipped."""
NOT_CHECKED = ("d/r1", "d/r2", "d/sign_real", "augmentation/p")
"""Not checked: penalties of single batches jump by nature, and signs are not losses."""


def losses_jump(history: History) -> Concern | None:
    """A loss was not finite, or far above its neighbours."""
    broken, spikes = [], []
    for name, curve in history.losses.items():
        is_finite = np.isfinite(curve.y)
        if not is_finite.all():
            broken.append(f"{name} at {curve.x[~is_finite][0]:,.0f} images")
        if name not in NOT_CHECKED:
            spikes += [f"{name} at {x:,.0f} images" for x in _spikes(curve)]
    if broken:
        seen = f"Not finite: {_some(broken)}."
    elif spikes:
        seen = f"More than {SPIKE:.0f} times the median around: {_some(spikes)}."
    else:
        return None
    return Concern(
        "losses jump",
        f"{seen} A jump can undo progress, and many jumps often end in numbers that are not "
        "finite. Lower learning_rate or r1_gamma, set stability.clip_gradients, or set precision "
        "to 32-true.",
    )


def _spikes(curve: Curve) -> list[float]:
    width = 2 * NEIGHBOURS + 1
    if len(curve) < width:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(curve.y, width)
    middles = curve.y[NEIGHBOURS:-NEIGHBOURS]
    is_spike = middles > SPIKE * np.maximum(np.median(windows, axis=1), 1e-3)
    return curve.x[NEIGHBOURS:-NEIGHBOURS][is_spike].tolist()


def _some(points: list[str]) -> str:
    more = f" and {len(points) - 3} more" if len(points) > 3 else ""
    return ", ".join(points[:3]) + more


SLOW = 0.7
"""Share of the earlier speed that causes a warning."""


def speed_dropped(history: History) -> Concern | None:
    """The same updates on the same machine take longer than before."""
    starts = list(history.phases.values())
    starts += [images for images, _ in history.machines]
    since = max((start for start in starts if start <= history.images_seen), default=0)
    speed = history.speed.since(since + 1)
    if len(speed) < ENOUGH:
        return None
    newest = float(np.median(speed.last(0.1).y))
    before = float(np.median(speed.y))
    if newest > SLOW * before:
        return None
    return Concern(
        "the speed dropped",
        f"{newest:.1f} images a second over the last tenth, {before:.1f} in the median since "
        f"{since:,} images. Other programs may be using the machine, the processor may be too hot, "
        "or memory may be short; results do not suffer.",
    )


CHECKS: tuple[Callable[[History], Concern | None], ...] = (
    losses_jump,
    discriminator_wins,
    discriminator_learns_nothing,
    discriminator_overfits,
    encoder_lags,
    reconstruction_got_worse,
    reconstruction_overfits,
    speed_dropped,
)


def warnings(history: History) -> list[Concern]:
    """Run all checks; the most serious warnings come first."""
    return [warning for check in CHECKS if (warning := check(history))]
