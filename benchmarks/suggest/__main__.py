"""`python -m benchmarks.suggest` measures `stylemapgan suggest`: `fit` and `speed`.

Imports wait until the environment is set.
"""

import os
import sys


def main() -> int:
    """Run the command; 0, or 2 after an error, which takes one line."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the commands of stylemapgan do
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from benchmarks.suggest.command import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
