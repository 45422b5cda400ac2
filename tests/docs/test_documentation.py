"""The documentation builds, leads nowhere that is not there, and names every setting and command."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner

from app.settings import ROOT
from app.upkeep.catalogue import BEFORE_COMMANDS, COMMANDS
from app.upkeep.docs import ADDRESS, docs

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
BESIDE_THEM = (ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md")
README_BYTES_AT_MOST = 8_000
GUIDES = ("resident", "leader", "supplies", "captain", "runner", "office")
LINK = re.compile(r"\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\b(?:LOUDA_[A-Z_]*[A-Z]|TEST_DATABASE_URL)\b")
READ_BY_SETTINGS = re.compile(r'\bvalues(?:, |\.get\()"([A-Z_]+)"')
FROM_ELSEWHERE = re.compile(r"""(?:url\(|@import)[\s'"]*(?:https?:)?//""")
DECISION = re.compile(r"^## Decision (\d+): ", re.MULTILINE)
PARTS_OF_A_DECISION = ("**Status:**", "**Context.**", "**Decision.**", "**Consequences.**")


class Loaded(HTMLParser):
    """Collects what a page loads by itself: scripts, styles, pictures; not what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.addresses.append(given.get("href") or "")
        elif tag != "a":
            self.addresses.append(given.get("src") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The written documentation."""
    folder = tmp_path_factory.mktemp("site")
    # without --quiet, which would also keep warnings from being counted
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, f"a broken link, a missing picture or a page outside of nav:\n{built.stderr}"
    return folder


def test_the_documentation_builds_without_a_warning(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert len(list(site.rglob("*.html"))) > len(list((ROOT / "docs").rglob("*.md")))  # and the page of errors


def test_no_page_loads_anything_from_another_site(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert [address for address in loaded.addresses if urlsplit(address).netloc] == [], page.name
    styles = [*site.rglob("*.css"), ROOT / "docs" / "extra.css"]
    assert [style.name for style in styles if FROM_ELSEWHERE.search(style.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_a_readme_is_short_and_shows_four_pictures(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.encode()) <= README_BYTES_AT_MOST
    assert len(re.findall(r"!\[[^\]]+\]\(docs/pictures/", text)) == 4
    assert [command for command in ("./louda run", "./louda test") if command not in text] == []


@pytest.mark.parametrize("path", [*READMES, *BESIDE_THEM], ids=lambda path: path.name)
def test_every_link_and_picture_beside_the_code_is_there(path: Path) -> None:
    addresses = [urlsplit(address) for address in LINK.findall(path.read_text("utf-8"))]
    inside = [unquote(address.path) for address in addresses if not address.netloc]
    assert [name for name in inside if not (path.parent / name).is_file()] == []


def test_every_variable_that_is_read_is_in_the_table_of_settings() -> None:
    folders = [ROOT / name for name in ("app", "routing", "tests", "benchmarks", "migrations")]
    sources = [ROOT / "louda", *(path for folder in folders for path in folder.rglob("*.py") if path != Path(__file__))]
    read = {name for path in sources for name in VARIABLE.findall(path.read_text("utf-8"))}
    read |= set(READ_BY_SETTINGS.findall((ROOT / "app" / "settings.py").read_text("utf-8")))
    table = (ROOT / "docs" / "operations" / "settings.md").read_text("utf-8")
    firsts = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    told = {name for first in firsts for name in re.findall(r"`([A-Z_]+)`", first)}
    assert {"LOUDA_DATA_DIR", "HOST", "PORT", "FLASK_DEBUG"} <= read
    assert read - told == set(), "tell them in docs/operations/settings.md"
    assert told - read == set(), "nothing reads them any more"


def test_every_command_is_described() -> None:
    text = (ROOT / "docs" / "operations" / "commands.md").read_text("utf-8")
    assert [name for name in (*COMMANDS, *BEFORE_COMMANDS) if f"| `{name}" not in text] == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("guide", GUIDES)
def test_each_role_has_a_guide_with_pictures_in_both_languages(guide: str, language: str) -> None:
    assert "](../pictures/" in (ROOT / "docs" / language / f"{guide}.md").read_text("utf-8")


def test_decisions_are_numbered_without_a_gap_and_have_all_their_parts() -> None:
    pages = [path.read_text("utf-8") for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    numbers = sorted(int(number) for page in pages for number in DECISION.findall(page))
    assert numbers == list(range(1, len(numbers) + 1))
    for page in pages:
        count = len(DECISION.findall(page))
        assert [part for part in PARTS_OF_A_DECISION if page.count(part) != count] == []


def test_the_command_writes_the_documentation_to_a_folder_or_serves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    assert [CliRunner().invoke(docs, words).exit_code for words in (["--out", str(tmp_path)], [])] == [0, 0]
    assert [command[3] for command in asked] == ["build", "serve"]
    assert str(tmp_path) in asked[0]
    assert ADDRESS in asked[1]
    assert [command for command in asked if "--strict" not in command] == []
