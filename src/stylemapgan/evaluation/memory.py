"""How much memory this process needed at most."""

import re
import sys
from pathlib import Path

MEBIBYTE = 2**20
CLEAR_REFS, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
FORGET_PEAK = "5"
"""What Linux wants to be told: man 5 proc."""


def forget_peak() -> bool:
    """Let the peak begin anew; False where the system cannot, and it stays that of the process."""
    try:
        CLEAR_REFS.write_text(FORGET_PEAK)
    except OSError:
        return False
    return True


def peak_mebibytes() -> float | None:
    """Find the largest resident set so far; None where the system does not tell."""
    if STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
        return int(found[1]) * 1024 / MEBIBYTE if found else None
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / MEBIBYTE
