"""Game days out of files: the example is told to its end, and what is wrong with a file is a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from terrella.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "game_days" / "split_the_ocean.py"


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    report = tmp_path_factory.mktemp("own") / "report.json"
    assert main(["gameday", str(EXAMPLE), "--simulated", "--json", str(report)]) == 0
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def test_the_example_keeps_its_promises(verdict: dict[str, Any]) -> None:
    assert [each["name"] for each in verdict["expectations"]] == ["availability", "writes lost", "replicas"]
    assert verdict["ok"]
    assert verdict["served_by"]["osaka"]["split"].keys() == {"ap-northeast-1"}


def test_requests_with_a_tag_are_writes_and_are_found_in_the_tables(verdict: dict[str, Any]) -> None:
    latency = verdict["latency"]["london"]["whole"]
    assert latency["reads"]["count"] > latency["writes"]["count"] > 0
    assert verdict["writes"]["acknowledged"] > 50
    assert verdict["replication_lag_ms"]["eu-west-1 -> ap-northeast-1"]["p50"] > 90


def test_where_no_region_was_lost_nothing_is_said_of_a_loss(verdict: dict[str, Any]) -> None:
    assert verdict["rto"] == {"overall_s": None, "per_city": {}}
    assert not [note for note in verdict["notes"] if "lost" in note]


def test_the_page_shows_the_example_as_it_is() -> None:
    assert EXAMPLE.read_text().partition("\n\n")[2] in (ROOT / "docs" / "gamedays.md").read_text()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (None, "There is no file"),
        ("x = 1\ny = 1 / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("x = (\n", "line 1: '(' was never closed"),
        ("x = 1\n", "has no `scenario`"),
    ],
)
def test_a_file_that_tells_nothing_is_a_sentence(
    code: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    if code is not None:
        path.write_text(code)
    assert main(["gameday", str(path), "--simulated"]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_story_that_deploys_nothing_needs_a_world_where_somebody_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(EXAMPLE.read_text().replace("build=deploy", "build=None"))
    for engine in ("--simulated", "--live"):
        assert main(["gameday", str(path), engine, "--data", str(tmp_path)]) == 2
        assert "Start a world, deploy your service" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('deploy("global_chat"', 'deploy("my_chat"', "The game day broke off: KeyError: 'my_chat'"),
        ('strike("partition"', 'strike("partitoin"', "Did you mean partition?"),
        ('("london", "osaka")', '("londno", "osaka")', "There is no city called 'londno'. Did you mean london"),
        ('regions=("eu-west-1"', 'regions=("eu-wst-1"', "There is no region called 'eu-wst-1'. Did you mean eu-west-1"),
    ],
    ids=["service", "fault", "city", "region"],
)
def test_a_defect_of_a_story_is_not_a_promise_that_was_broken(
    right: str, wrong: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(EXAMPLE.read_text().replace(right, wrong))
    assert main(["gameday", str(path), "--simulated"]) == 2
    assert sentence in capsys.readouterr().err
