"""Signs that the discriminator is too strong, too weak, or knows the photos by heart.

Each check is a function of a run's history; its thresholds are the constants above it.
"""

import math

from stylemapgan.training.report.history import ENOUGH, Concern, History

SURE = 0.15
"""A discriminator's loss below this: on average it gives the right answer 86 %."""
HOPELESS = 3.0
"""A generator's adversarial loss above this: its images look real with 5 %."""


def discriminator_wins(history: History) -> Concern | None:
    """D is sure of real and generated images, and the generator falls further behind."""
    told = [history.loss(name).last(0.1) for name in ("d/real", "d/generated")]
    told = [curve for curve in told if len(curve)]  # the relativistic loss has no d/real
    adversarial = history.loss("g/adversarial")
    if len(adversarial) < ENOUGH or not told:
        return None
    newest = adversarial.last(0.1)
    before, after = newest.halves()
    is_sure = all(curve.mean < SURE for curve in told)
    if not (is_sure and newest.mean > HOPELESS and after > before):
        return None
    seen = " and ".join(f"{curve.mean:.3f}" for curve in told)
    return Concern(
        "the discriminator is winning",
        f"Over the last tenth its losses are {seen} (below {SURE} it is nearly always right), "
        f"while the generator's is {newest.mean:.1f} and rising. A generator that is never taken "
        "for real gets hardly any useful gradient. Raise r1_gamma, add augmentations or set "
        "ada.target to 0.6, or lower discriminator_learning_rate.",
    )


IGNORANT = 0.97
"""Share of the loss of a discriminator that knows nothing, above which it has learnt nothing."""


def discriminator_learns_nothing(history: History) -> Concern | None:
    """D's loss is that of somebody who gives the same answer to every image."""
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
    if not blind or loss < IGNORANT * blind:
        return None
    return Concern(
        "the discriminator learns nothing",
        f"Over the last tenth its weighted loss is {loss:.3f}; the same answer to every image "
        f"would give {blind:.3f}. The generator has no opponent to learn from. Lower r1_gamma, "
        "raise discriminator_learning_rate, or give it time if the adversarial losses have just "
        "joined.",
    )


def blind_loss(history: History) -> float:
    """Least weighted loss of a discriminator that gives every image the same logit.

    With weights of 1 for generated images and reconstructions, two fakes come on each photo, so
    its best answer is "real with 1/3": ln 3 + 2 ln 1.5 = 1.91, not 3 ln 2 = 2.08.
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
"""Mean sign of D's logits on training photos above which it knows them by heart; ADA aims at
0.6 (Karras et al., NeurIPS 2020)."""
FULL = 0.98
"""ADA's probability above which it can do no more."""


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
            f"Adaptive augmentation stands at p = {probability.mean:.2f} and is still catching up; "
            "lower ada.images_to_full if that takes too long."
        )
    else:
        remedy = "Adaptive augmentation is at its limit: raise r1_gamma, or train on more photos."
    return Concern(
        "the discriminator overfits",
        f"Over the last tenth the mean sign of its answers to training photos is "
        f"{signs.last(0.1).mean:.2f} (1 means that it takes every one for real; about 0.6 is "
        f"healthy). It learns the photos by heart and stops helping the generator. {remedy}",
    )
