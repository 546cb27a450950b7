"""`python -m benchmarks.clips FACES`: how steady and how fast edits of a clip are.

FACES holds train/, val/ and landmarks.npz. A portrait is warped along its landmarks from neutral to
smiling and back while the camera moves, so the flow between frames is known; each frame gets its
own noise, and the clip is compressed, with sound. Every frame takes the mouth of another person.
Needs the extras `video` and `faces`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.clips.clip_files import write_clip
from benchmarks.clips.portraits import smiling_portrait
from benchmarks.clips.steadiness import edited_frames, measure
from benchmarks.machine import describe_machine, describe_source
from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing import Edit, Part
from stylemapgan.editing.applying import ChosenModel, SavedEdit, SavedPicture
from stylemapgan.editing.clips import ClipConfig
from stylemapgan.editing.edit_masks import PartMask

RATE = 25
SECONDS = 5
"""Length of the clip that is measured."""
SHORT = 1
"""Length of the clip whose memory is compared with that."""
SMOOTHING = (0.0, 0.1)
"""Seconds; the second one is the default."""
COMPRESSION = {"flags": "+qscale", "global_quality": "236"}
"""Of the source, by mpeg4: the second best of 31 steps."""
PAUSE = 0.5
"""Seconds between two looks at a process's memory."""
SHOWN = 8
"""Frames on the sheet."""


def main(arguments: Sequence[str]) -> int:
    """Measure, and write figures and a sheet of frames."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clips", description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("--person", default="005")
    parser.add_argument("--reference", default="val/037_smiling.jpg")
    parser.add_argument("--part", default="mouth")
    parser.add_argument("--output", type=Path, default=Path("clips.json"))
    parser.add_argument("--sheet", type=Path, default=Path("clips.png"))
    options = parser.parse_args(arguments)
    reference = options.faces / options.reference
    with tempfile.TemporaryDirectory() as folder:
        clips = {
            seconds: _clip(options.faces, options.person, seconds, Path(folder))
            for seconds in (SHORT, SECONDS)
        }
        costs = [_cost(clip, reference, options.part, seconds) for seconds, clip in clips.items()]
        edit = _edit(reference, options.part)
        figures, frames = _steadiness(options.faces, options.person, clips[SECONDS], edit)
    _write_sheet(options.sheet, *frames)
    found = {
        "machine": asdict(describe_machine()),
        "source": asdict(describe_source()),
        "clip": {"person": options.person, "frames": SECONDS * RATE, "size": [720, 1280]},
        "edit": {"reference": options.reference, "part": options.part},
        "steadiness": figures,
        "costs": costs,
    }
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {options.output} and {options.sheet}")
    return 0


def _clip(faces: Path, person: str, seconds: int, folder: Path) -> Path:
    path = folder / f"{seconds}.mp4"
    motion = smiling_portrait(faces, person, seconds * RATE, RATE)
    write_clip(path, motion.frames(), options=COMPRESSION, seconds_of_sound=float(seconds))
    return path


def _edit(reference: Path, part: str) -> SavedEdit:
    picture = SavedPicture(content=reference.read_bytes())
    edit = Edit(parts=(Part(reference="reference", mask=PartMask(name=part)),))
    return SavedEdit(name=part, edit=edit, pictures={"reference": picture})


def _steadiness(
    faces: Path, person: str, clip: Path, edit: SavedEdit
) -> tuple[list[dict[str, Any]], tuple[np.ndarray, np.ndarray]]:
    model = ChosenModel(name="faces-128", engine_config=EngineConfig())
    before, results = np.zeros(0, np.uint8), {}
    for smoothing in SMOOTHING:
        config = ClipConfig(smoothing=smoothing)
        before, results[smoothing] = edited_frames(clip, edit, model, config)
    motion = smiling_portrait(faces, person, len(before), RATE)
    figures = [asdict(each) for each in measure(motion, before, results)]
    return figures, (before, results[SMOOTHING[-1]])


def _cost(clip: Path, reference: Path, part: str, seconds: int) -> dict[str, float]:
    """Run the command by itself; find its time and its memory."""
    out = clip.with_name(f"edited-{clip.name}")
    command = [sys.executable, "-m", "stylemapgan", "video", str(clip)]
    command += ["--reference", str(reference), "--part", part, "-o", str(out)]
    before, start = _processor_seconds(), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _peak_memory(process.pid))
        time.sleep(PAUSE)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed.")
    frames = seconds * RATE
    return {
        "frames": frames,
        "seconds_a_frame": round((time.monotonic() - start) / frames, 3),
        "processor_seconds_a_frame": round((_processor_seconds() - before) / frames, 3),
        "peak_memory_mib": round(peak / 1024, 1),
    }


def _processor_seconds() -> float:
    """Sum up what finished processes took."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _peak_memory(process: int) -> int:
    """Read the peak of a process's own memory, in KiB; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def _write_sheet(path: Path, before: np.ndarray, after: np.ndarray) -> None:
    """Write frames above each other: the clip's and the edited ones."""
    rows, columns = slice(40, 720), slice(320, 960)
    chosen = np.linspace(0, len(before) - 1, SHOWN).round().astype(int)
    lines = [
        np.concatenate([frames[each, rows, columns] for each in chosen], axis=1)
        for frames in (before, after)
    ]
    Image.fromarray(np.concatenate(lines)).save(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
