"""Train for some processor time, so that cheap and expensive options can be compared."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from stylemapgan import RunConfig, train

NEVER = 100_000_000
"""Images that no run of a benchmark sees."""
QUIET = {"images": NEVER, "cooldown": 0, "snapshot_every": NEVER, "sample_every": NEVER}
"""Training settings without an end, snapshots and sheets."""


@contextmanager
def trained(config: RunConfig, seconds: float) -> Iterator[Path]:
    """Train from scratch, or from `init_from`; give the model file while the block lasts.

    Args:
        config: What to train, without an end.
        seconds: Processor time of all threads, without the time to unpack photos.
    """
    with TemporaryDirectory() as temporary:
        yield train(config, Path(temporary) / "run", should_stop=_after(seconds))[-1]


def _after(seconds: float) -> Callable[[], bool]:
    begun = 0.0

    def is_over() -> bool:
        nonlocal begun
        begun = begun or time.process_time()  # photos are unpacked by now
        return time.process_time() - begun > seconds

    return is_over
