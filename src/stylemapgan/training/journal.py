"""A run's diary: one JSON object a line, appended as it happens."""

import json
from pathlib import Path
from typing import Any

from stylemapgan.images.atomic import replacing


class Journal:
    """Append entries to `journal.jsonl`; every entry says how many images were seen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, images_seen: int, **entry: Any) -> None:
        """Append one entry, durable when this returns but for a power cut."""
        line = json.dumps({"images": images_seen, **entry})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def entries(self) -> list[dict[str, Any]]:
        """Read all entries; a half-written last line does not count."""
        if not self.path.exists():
            return []
        return [
            entry for line in self.path.read_text("utf-8").splitlines() if (entry := _parse(line))
        ]

    def rewind(self, images_seen: int) -> None:
        """Forget what was written after a point that a resumed run goes back to."""
        kept = [entry for entry in self.entries() if entry["images"] <= images_seen]
        text = "".join(json.dumps(entry) + "\n" for entry in kept)
        with replacing(self.path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")


def _parse(line: str) -> dict[str, Any] | None:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None
