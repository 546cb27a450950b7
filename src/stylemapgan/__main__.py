"""`python -m stylemapgan` is the command `stylemapgan`."""

import sys

from stylemapgan.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
