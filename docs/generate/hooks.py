"""Add to the site what is not written under docs/: pages from elsewhere, and generated ones.

MkDocs calls these functions; `mkdocs.yml` names this file.
"""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))

import command_line
import configuration
import http_requests
import public_names

ROOT = Path(__file__).parents[2]
FROM_ELSEWHERE = {
    "benchmarks/README.md": "measurements.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "STYLE.md": "style.md",
    "src/stylemapgan/zoo/models/faces-128.md": "models/faces-128.md",
    "src/stylemapgan/zoo/models/hands-64.md": "models/hands-64.md",
    "src/stylemapgan/zoo/models/hands-128.md": "models/hands-128.md",
    "src/stylemapgan/zoo/models/avatars-64.md": "models/avatars-64.md",
}
"""Files of the repository, and where the site has them."""

GENERATED: dict[str, Callable[[], str]] = {
    "command-line": command_line.commands,
    "configuration": configuration.tables,
    "http": http_requests.requests,
}
"""What replaces a line `<!-- generated: NAME -->`."""

MARKER = re.compile(r"<!-- generated: ([a-z-]+) -->.*", re.DOTALL)
LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie elsewhere in the repository."""
    for source, uri in FROM_ELSEWHERE.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / source)))
    public_names.check()
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what is generated, and let links lead to pages of the site."""
    uri = page.file.src_uri
    source = next((path for path, site in FROM_ELSEWHERE.items() if site == uri), f"docs/{uri}")
    markdown = LINK.sub(lambda link: _on_site(link, source, uri), markdown)
    return MARKER.sub(lambda marker: GENERATED[marker[1]](), markdown)


def on_post_build(config: MkDocsConfig) -> None:
    """Repeat the search index as a script, which pages opened from the disk may load."""
    folder = Path(config.site_dir) / "search"
    index = (folder / "search_index.json").read_text("utf-8")
    (folder / "search_index.js").write_text(f"var __index = {index}", "utf-8")


def _on_site(link: re.Match[str], source: str, uri: str) -> str:
    """Rewrite a link between files of the repository as one between files of the site."""
    target, anchor = link[2], link[3] or ""
    if "://" in target:
        return link[0]
    path = os.path.normpath(PurePosixPath(source).parent / target)
    site = FROM_ELSEWHERE.get(path, path.removeprefix("docs/"))
    return f"{link[1]}{os.path.relpath(site, PurePosixPath(uri).parent)}{anchor})"
