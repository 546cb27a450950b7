"""Whatever the interface's own description allows, and what it does not, breaks nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running_site import png

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "negative_data_rejection"),
)


def test_no_request_makes_the_server_fail(start, tmp_path):
    with start(models=("hands-64",)) as site:
        stylemap = site.random(1)["id"]
        known = dict.fromkeys(
            ("source", "reference", "stylemap", "start", "end", "coarse", "fine"), stylemap
        )
        known |= {"photo": site.upload(png(40, 30)).json()["id"], "model": site.model}
        known |= {"name": "027_5.png", "mask": {"box": [8, 8, 12, 12]}}
        program = Path(sys.executable).with_name("schemathesis")
        command = [
            *(program, "run", f"{site.url}api/v1/openapi.json", "--mode", "all"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "10"),
            *("--checks", ",".join(CHECKS), "--continue-on-failure"),
            *("--generation-deterministic", "--no-color"),
        ]
        environment = {
            **os.environ,
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(Path(__file__).parent),
            "STYLEMAPGAN_KNOWN_IDS": json.dumps(known),
        }
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment
        )
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr
    assert re.search(r"(\d+) generated, \1 passed", ended.stdout), ended.stdout[-3_000:]
