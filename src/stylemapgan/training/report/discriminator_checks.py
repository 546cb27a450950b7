"""Signs that the discriminator is too strong, too weak, or has memorised the photos.

Each check is a function of a run's history; its thresholds are the constants above it.
"""

import math

from stylemapgan.training.report.history import ENOUGH, Concern, History

TOO_SURE = 0.15
"""A discriminator's loss below this means an average probability of 86 % for the right class."""
TOO_HIGH = 3.0
"""A generator's adversarial loss above this means a probability of 5 % of being real."""
GAMES = (
    (("d/real", "d/generated"), "g/adversarial", 1),
    (("d/pairs",), "g/pairs", 2),
)
"""Losses of the discriminator, that of its opponents, and how many terms each of them sums."""


def discriminator_wins(history: History) -> Concern | None:
    """D separates real and generated images easily, and the generator's loss keeps rising."""
    for names, opponents, terms in GAMES:
        losses = [history.loss(name).last(0.1) for name in names]
        losses = [curve for curve in losses if len(curve)]  # the relativistic loss has no d/real
        adversarial = history.loss(opponents)
        if len(adversarial) < ENOUGH or not losses:
            continue
        newest = adversarial.last(0.1)
        before, after = newest.halves()
        is_sure = all(curve.mean < terms * TOO_SURE for curve in losses)
        if not (is_sure and newest.mean > terms * TOO_HIGH and after > before):
            continue
        seen = " and ".join(f"{curve.mean:.3f}" for curve in losses)
        return Concern(
            "the discriminator is winning",
            f"Over the last tenth its losses are {seen} (below {terms * TOO_SURE} it is almost "
            f"always right), while the generator's is {newest.mean:.1f} and rising. If generated "
            "images never pass for real, the generator gets almost no useful gradient. Raise "
            "r1_gamma, add augmentations or set ada.target to 0.6, or lower "
            "discriminator_learning_rate.",
        )
    return None


UNTRAINED = 0.97
"""Share of the loss of a constant discriminator above which D counts as untrained."""


def discriminator_learns_nothing(history: History) -> Concern | None:
    """D's loss is no better than that of a constant logit."""
    terms = {
        name: history.loss(f"d/{name}").last(0.1) for name in ("real", "generated", "reconstructed")
    }
    if len(history.loss("d/generated")) < ENOUGH or not len(terms["reconstructed"]):
        return None
    weights = history.config.training.weights
    own = terms["generated"].mean + (terms["real"].mean if len(terms["real"]) else 0.0)
    loss = weights.discriminator * own
    loss += weights.discriminator_domain_guided * terms["reconstructed"].mean
    blind = blind_loss(history)
    if not blind or loss < UNTRAINED * blind:
        return None
    return Concern(
        "the discriminator learns nothing",
        f"Over the last tenth its weighted loss is {loss:.3f}; the same logit for every image "
        f"would give {blind:.3f}. So the generator gets no useful gradient from it. Lower "
        "r1_gamma, raise discriminator_learning_rate, or wait if the adversarial losses have just "
        "started.",
    )


def blind_loss(history: History) -> float:
    """Compute the least weighted loss of a discriminator that gives every image one logit.

    With weights of 1 for generated images and reconstructions, D sees two fakes for each photo, so
    the best constant probability is 1/3: ln 3 + 2 ln 1.5 = 1.91, not 3 ln 2 = 2.08.
    """
    training = history.config.training
    one, guided = training.weights.discriminator, training.weights.discriminator_domain_guided
    if training.stability.adversarial_loss == "relativistic":
        return (one + guided) * math.log(2)
    if not one:
        return 0.0
    real = one / (2 * one + guided)
    return -one * math.log(real) - (one + guided) * math.log(1 - real)


MEMORISED = 0.8
"""Mean sign of D's logits on training photos above which it has memorised them; ADA aims at 0.6
(Karras et al., NeurIPS 2020)."""
FULL = 0.98
"""ADA's probability above which it counts as at its limit."""


def discriminator_overfits(history: History) -> Concern | None:
    """D takes nearly every training photo for real, whatever the augmentation."""
    signs = history.loss("d/sign_real")
    if len(signs) < ENOUGH or signs.last(0.1).mean < MEMORISED:
        return None
    probability = history.loss("augmentation/p").last(0.1)
    if not len(probability):
        remedy = "Set ada.target to 0.6, add augmentations, or train on more photos."
    elif probability.mean < FULL:
        remedy = (
            f"Adaptive augmentation is at p = {probability.mean:.2f} and still rising; lower "
            "ada.images_to_full if that takes too long."
        )
    else:
        remedy = "Adaptive augmentation is at its limit: raise r1_gamma, or train on more photos."
    return Concern(
        "the discriminator overfits",
        f"Over the last tenth the mean sign of its logits on training photos is "
        f"{signs.last(0.1).mean:.2f} (1 means that it takes every one for real; about 0.6 is "
        f"healthy). It memorises the photos and no longer helps the generator. {remedy}",
    )
