"""The effect of each training option on speed: all options against all but one."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.modes import settle_on
from benchmarks.timing import Effort, Timing, alternate
from benchmarks.training import ADVERSARIAL, RepeatedIteration, repeatable, stages
from stylemapgan.config import SpeedConfig, TrainConfig, preset

Change = Callable[[TrainConfig], TrainConfig]


def _speed(**changes: bool) -> Change:
    def change(config: TrainConfig) -> TrainConfig:
        return dataclasses.replace(config, speed=dataclasses.replace(config.speed, **changes))

    return change


WITHOUT: dict[str, Change] = {
    "bf16-mixed": lambda config: dataclasses.replace(config, precision="32-true"),
    "channels_last": _speed(channels_last=False),
    "fused_optimizer": _speed(fused_optimizer=False),
    "share_forward_passes": _speed(share_forward_passes=False),
}
"""For each option, the configuration without it."""
WITH: dict[str, Change] = {"compile": _speed(compile=True)}
"""Options that are off by default."""


@dataclass(frozen=True, kw_only=True)
class OptionResult:
    """One option's effect on adversarial training, with all others as in the preset."""

    preset: str
    device: str
    option: str
    batch: int
    without_ms: Timing
    with_ms: Timing

    @property
    def gain(self) -> float:
        """Speed with the option, relative to training without it."""
        return self.without_ms.p50 / self.with_ms.p50


def compare_options(
    name: str, batch: int, device: str, effort: Effort, *, compiles: bool
) -> list[OptionResult]:
    """Time adversarial iterations without the penalty, all variants in turn.

    Args:
        name: The preset.
        batch: Images of an iteration.
        device: Where to compute.
        effort: When to stop.
        compiles: Also measure `compile`, which takes minutes.
    """
    settings = preset(name)
    usual = dataclasses.replace(
        repeatable(settings.training, batch), precision="bf16-mixed", speed=_USUAL
    )
    variants: dict[str, TrainConfig] = {"usual": usual}
    variants |= {option: change(usual) for option, change in WITHOUT.items()}
    if compiles:
        variants |= {option: change(usual) for option, change in WITH.items()}
    start = stages(usual)[ADVERSARIAL]
    works = {
        option: partial(
            RepeatedIteration(dataclasses.replace(settings, training=config), device).iterate,
            start,
            has_penalty=False,
        )
        for option, config in variants.items()
    }
    timings = alternate(works, effort, settle_on(device))
    return [
        _result(name, device, batch, option, timings) for option in variants if option != "usual"
    ]


_USUAL = SpeedConfig(prefetch=False)


def _result(
    name: str, device: str, batch: int, option: str, timings: dict[str, Timing]
) -> OptionResult:
    changed, usual = timings[option], timings["usual"]
    without, used = (usual, changed) if option in WITH else (changed, usual)
    return OptionResult(
        preset=name,
        device=device,
        option=option,
        batch=batch,
        without_ms=without,
        with_ms=used,
    )
