"""Signs that a run goes wrong, read from its journal.

Each check is a function of a run's history and returns a warning or None. Its thresholds are the
constants above it. They are rules of thumb: a warning says where to look, not what is true.
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
"""A loss whose newer half is above this share of its older half does not fall."""
FAR_ABOVE = 2.0
"""How many times less progress than on photos is too little."""
LITTLE = 0.5
"""Share of its peak below which the latent loss is no concern."""


def encoder_lags(history: History) -> Concern | None:
    """E finds the stylemaps of generated images no better, while photos come back well.

    Stylemaps have no fixed scale, so each loss is taken as a share of its own peak (the highest
    mean of a twentieth of the run).
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
        f"e/latent has not fallen over the last third and stands at {share:.0%} of its peak, "
        f"e/reconstruction at {photo_share:.0%} of its own. The encoder reproduces photos without "
        "learning where random images come from, so edits that mix both may look wrong. Raise "
        "weights.latent_reconstruction, or lower weights.adversarial so that random images change "
        "less quickly.",
    )


def share_of_peak(curve: Curve) -> float:
    """Mean of the newest twentieth over the highest mean of any."""
    means = [float(part.mean()) for part in np.array_split(curve.y, 20)]
    return means[-1] / max(*means, 1e-12)


WORSE = 1.1
"""How many times the best validation error is worth a warning."""


def reconstruction_got_worse(history: History) -> Concern | None:
    """Photos came back better at an earlier point."""
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
        f"{_crispness(history, best)}{_snapshot_of(history, int(errors.x[best]))} To go on, raise "
        "weights.reconstruction, or lower weights.domain_guided, weights.adversarial or "
        "learning_rate; a cooldown lowers it at the end.",
    )


def _crispness(history: History, best: int) -> str:
    sharpness = history.validation.get("sharpness")
    if sharpness is None or len(sharpness) <= best or sharpness.y[-1] <= sharpness.y[best]:
        return ""
    return (
        f"Sharpness rose from {sharpness.y[best]:.2f} to {sharpness.y[-1]:.2f} meanwhile: crisper "
        "pictures cost accuracy, so look at the sheets before you decide. "
    )


def _snapshot_of(history: History, images_seen: int) -> str:
    name = f"{images_seen:09d}.safetensors"
    if name in history.snapshots:
        return f"The weights of that point are snapshots/{name}."
    return (
        f"Its snapshot (snapshots/{name}) is not there: keep_snapshots and snapshot_every decide "
        "which are kept."
    )


GAP = 1.5
"""Validation error over training error that is worth a warning ..."""
GROWTH = 1.2
"""... if it has grown to so many times its least value."""


def reconstruction_overfits(history: History) -> Concern | None:
    """Training photos come back ever better than those never trained on."""
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
        f"Validation MSE is {gaps[-1]:.1f} times that of the training photos, and was "
        f"{min(gaps):.1f} times before: they learn the training photos by heart. Stop here, train "
        "on more photos, or choose a smaller preset.",
    )


def _mean_before(curve: Curve, images_seen: float) -> float:
    """Mean of the last looks up to a point."""
    return float(curve.y[curve.x <= images_seen][-10:].mean()) if curve.x[0] <= images_seen else 0.0


SPIKE = 10.0
"""A loss so many times the median of its neighbourhood is a spike."""
NEIGHBOURS = 25
"""Looks to each side that make a neighbourhood; the first ones of a loss are not judged."""
RESTLESS = ("d/r1", "d/r2", "d/sign_real", "augmentation/p")
"""Not judged: penalties are taken on single batches and jump by nature, signs are no losses."""


def losses_jump(history: History) -> Concern | None:
    """A loss was not finite, or far above its neighbours."""
    broken, spikes = [], []
    for name, curve in history.losses.items():
        is_finite = np.isfinite(curve.y)
        if not is_finite.all():
            broken.append(f"{name} at {curve.x[~is_finite][0]:,.0f} images")
        if name not in RESTLESS:
            spikes += [f"{name} at {x:,.0f} images" for x in _spikes(curve)]
    if broken:
        seen = f"Not finite: {_some(broken)}."
    elif spikes:
        seen = f"More than {SPIKE:.0f} times the median around: {_some(spikes)}."
    else:
        return None
    return Concern(
        "losses jump",
        f"{seen} A jump can undo what was learnt, and many end in a crash. Lower learning_rate or "
        "r1_gamma, set stability.clip_gradients, or precision to 32-true.",
    )


def _spikes(curve: Curve) -> list[float]:
    width = 2 * NEIGHBOURS + 1
    if len(curve) < width:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(curve.y, width)
    middles = curve.y[NEIGHBOURS:-NEIGHBOURS]
    is_spike = middles > SPIKE * np.maximum(np.median(windows, axis=1), 1e-3)
    return curve.x[NEIGHBOURS:-NEIGHBOURS][is_spike].tolist()


def _some(places: list[str]) -> str:
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ", ".join(places[:3]) + more


SLOW = 0.7
"""Share of the earlier speed below which something is amiss."""


def speed_dropped(history: History) -> Concern | None:
    """The same updates on the same machine take longer than before."""
    training = history.config.training
    starts = [training.perceptual_from, training.adversarial_from]
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
        f"{newest:.1f} images a second over the last tenth, {before:.1f} usually since "
        f"{since:,} images. Something else may be using the machine, the processor may be too hot, "
        "or memory may be short; nothing is lost but time.",
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
    """Everything that looks wrong, worst first."""
    return [warning for check in CHECKS if (warning := check(history))]
