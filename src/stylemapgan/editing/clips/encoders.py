"""Encoders and containers of video."""

from dataclasses import dataclass

CONTAINERS = {
    ".mp4": ("mp4", "libsvtav1"),
    ".mkv": ("matroska", "libsvtav1"),
    ".webm": ("webm", "libvpx-vp9"),
    ".mov": ("mov", "mpeg4"),
}
"""Suffix → FFmpeg's name of the container, and the encoder that is used by default."""


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """How an encoder takes a quality from 0 to 100."""

    option: str = ""
    """Its own option for that; empty if it is lossless."""
    worst: int = 0
    """The option's value at 0."""
    best: int = 0
    """The option's value at 100."""
    unit: int = 1
    """What the value is multiplied with."""
    more: tuple[tuple[str, str], ...] = ()
    """Further options, by name."""

    def options(self, quality: int) -> dict[str, str]:
        """Spell a quality and the further options as FFmpeg takes them."""
        if not self.option:
            return dict(self.more)
        value = round(self.worst + (self.best - self.worst) * quality / 100) * self.unit
        return {**dict(self.more), self.option: str(value)}


ENCODERS = {
    "libsvtav1": Encoder(
        option="crf", worst=63, best=4, more=(("preset", "8"), ("svtav1-params", "lp=2"))
    ),
    "libvpx-vp9": Encoder(
        option="crf", worst=63, best=4, more=(("b", "0"), ("deadline", "good"), ("cpu-used", "4"))
    ),
    "mpeg4": Encoder(
        option="global_quality", worst=10, best=1, unit=118, more=(("flags", "+qscale"),)
    ),
    "ffv1": Encoder(),
    "libx264": Encoder(option="crf", worst=51, best=5),
    "libx265": Encoder(option="crf", worst=51, best=5),
}
"""FFmpeg's name → how to use it. libx264 and libx265 are under the GPL, and no container's own."""
