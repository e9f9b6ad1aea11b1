"""The pages in Markdown: what they link to is there, and the pages a newcomer needs exist."""

from __future__ import annotations

import re
import shlex
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from terrella import faults
from terrella.cli import _parser
from terrella.core import availability
from terrella.gameday import scenario

ROOT = Path(__file__).parent.parent
FENCED = re.compile(r"^( *)(```|~~~).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")  # a URL with a scheme
COMMAND = re.compile(r"^(?: {4}|)(?:\$ )?(?:eval \"\$\()?terrella ([a-z].*?)(?:\)\".*)?$", re.MULTILINE)
BLOCKS = re.compile(r"^```\w*\n(.*?)^```$|((?:^    .*\n)+)", re.MULTILINE | re.DOTALL)
NOT_OURS = {".venv", ".terrella", "out", "node_modules", "build", ".git", ".hypothesis", ".pytest_cache"}


def pages() -> list[Path]:
    found = ROOT.rglob("*.md")
    return sorted(page for page in found if not NOT_OURS & set(page.relative_to(ROOT).parts))


def links(text: str) -> Iterator[str]:
    """What a page links to; the last part of a picture that is a link counts as well."""
    prose = FENCED.sub("", text)
    yield from REFERENCE.findall(prose)
    yield from LINK.findall(CODE.sub("code", prose))


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    named = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(FENCED.sub("", text)))
    return {name.replace(" ", "-") for name in named}


def broken(page: Path, link: str) -> str | None:
    """What is wrong with a link of a page; None if nothing is, or if it leads elsewhere."""
    if ELSEWHERE.match(link):
        return None
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return f"{page.relative_to(ROOT)}: there is no {link}"
    if anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
        return f"{page.relative_to(ROOT)}: {path or 'this page'} has no heading #{anchor}"
    return None


def test_every_relative_link_leads_somewhere() -> None:
    wrong = [said for page in pages() for link in links(page.read_text()) if (said := broken(page, link))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", ["services", "faults", "scenarios", "routing"])
def test_every_page_is_told_by_the_first_page_of_its_folder(folder: str) -> None:
    home = ROOT / "docs" / folder
    told = {link.partition("#")[0] for link in links((home / "README.md").read_text())}
    assert {page.name for page in home.glob("*.md")} - {"README.md"} <= told


def test_a_broken_link_would_be_found() -> None:
    page = ROOT / "README.md"
    assert list(links("a [b](c.md) `[no](x.md)` ![d](e.svg)\n```\n[no](y.md)\n```\n[f]: g.md")) == [
        "g.md", "c.md", "e.svg",
    ]  # fmt: skip
    assert broken(page, "docs/nowhere.md") and broken(page, "docs/world.md#nowhere") and broken(page, "../..")
    assert broken(page, "docs/world.md#time-and-distance") is None
    assert broken(page, "https://example.com/nowhere") is None


@pytest.mark.parametrize("name", ["README", "ARCHITECTURE", "HACKING", "STYLE", "CHANGELOG", "docs/world"])
def test_the_pages_a_newcomer_needs_are_there(name: str) -> None:
    assert len((ROOT / f"{name}.md").read_text()) > 500


def test_architecture_is_read_in_one_sitting() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) < 200


def test_every_dependency_is_argued_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [re.split(r"[^\w-]", each)[0] for each in project["dependencies"]]
    argued = (ROOT / "ARCHITECTURE.md").read_text()
    assert len(declared) > 8
    assert [name for name in declared if not re.search(rf"\| [^|]*\b{name}\b[^|]*\|", argued)] == []


def test_pictures_are_well_formed() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.svg"))
    assert pictures
    for picture in pictures:
        assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def commands() -> list[list[str]]:
    """Every `terrella ...` that stands by itself in a block of a page, as a shell would take it apart."""
    blocks = ["".join(found) for page in pages() for found in BLOCKS.findall(page.read_text())]
    return [shlex.split(line, comments=True) for block in blocks for line in COMMAND.findall(block)]


def test_every_command_in_the_pages_is_one() -> None:
    found = commands()
    assert len(found) > 50
    for verb, *words in found:
        asked = _parser([verb]).parse_args([verb, *words])
        if verb == "strike":
            faults.parse(words[0], words[1:])
        for name in [word for word in words if word.startswith("examples/")]:
            assert (ROOT / name).exists(), name
        assert asked.run is not None


def test_the_page_of_a_game_day_says_how_fast_it_is_told_live() -> None:
    for name in scenario.names():
        page = (ROOT / "docs" / "scenarios" / f"{name}.md").read_text()
        (told,) = re.findall(rf"^ +terrella gameday {name} --live .*at speed ([0-9.]+)", page, re.MULTILINE)
        assert float(told) == scenario.load(name).speed, name


def test_availability_says_what_the_pages_show() -> None:
    shown = availability.text(availability.report("99% x 2")).splitlines()
    for page in (ROOT / "README.md", ROOT / "docs" / "availability.md"):
        assert f"    {shown[0]}\n    {shown[1]}\n" in page.read_text()
