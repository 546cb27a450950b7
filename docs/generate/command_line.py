"""Write the command line's reference from the commands' own help."""

import re

from stylemapgan.cli.main import command_line


def commands() -> str:
    """Describe every command: usage, arguments and options."""
    text = command_line().generate_docs(heading_level=1)
    _, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    chosen = [section for section in sections if not section.startswith("## Table of Contents")]
    return "\n".join(map(_tidy, chosen))


def _tidy(section: str) -> str:
    """Put every option on one line, and anchors where other pages expect them."""
    section = re.sub(r"^(#+) stylemapgan (.*)$", r"\1 \2", section, flags=re.MULTILINE)
    section = re.sub(r"\n {4,}(?=\S)", " ", section)
    return section.replace("```console", "```sh")
