"""The command line without a world: its verbs, its help, its sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from terrella import faults
from terrella.cli import at, main, verb_names

ON_NOTHING = [
    ["status"], ["down"], ["strike", "region-outage", "eu-west-1"], ["heal"], ["revive", "eu-west-1"],
    ["at", "tokyo"], ["at", "eu-west-1"], ["history"], ["logs", "edge"],
]  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("verb", verb_names())
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb.rstrip("_"), "--help"])
    assert end.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 3


def test_the_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    said = capsys.readouterr().out
    assert all(f" {verb.rstrip('_')} " in said for verb in verb_names())


@pytest.mark.parametrize("words", ON_NOTHING, ids=" ".join)
def test_without_a_world_a_verb_says_so_and_fails(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("terrella: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["up", "--regions", "eu-wst-1"], "Did you mean eu-west-1"),
        (["up", "--speed", "0"], "speed is a number"),
        (["up", "--world", "nowhere.toml"], "There is no file nowhere.toml"),
        (["at", "tokio"], "Did you mean tokyo"),
        (["at", "eu-west-1"], "No world is running"),
        (["coverage", "--write", "nowhere/page.md"], "nowhere/page.md cannot be written"),
        (["availability", "99", "foo"], "not understood"),
    ],
)
def test_bad_words_are_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    assert sentence in capsys.readouterr().err


def test_a_bad_world_file_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "world.toml").write_text("regoins = []")
    assert main(["up"]) == 1
    assert "Did you mean regions" in capsys.readouterr().err
    assert not (tmp_path / ".terrella").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b'seed = "\xff"', "world.toml is not text in UTF-8."), (b"seed = ", "world.toml: This is not TOML")],
)
def test_a_world_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "world.toml").write_bytes(content)
    assert main(["up"]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["status", "history", "logs edge", "down"])
def test_a_data_directory_that_is_a_file_is_one_sentence(
    tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main([*verb.split(), "--data", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_fewer_lines_than_none_are_not_a_number_of_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["logs", "edge", "-n", "-3"])
    assert end.value.code == 2
    assert "-3 is no number of lines" in capsys.readouterr().err


def test_a_damaged_line_of_the_history_is_pointed_out_and_the_rest_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = b'{"time": 1, "what": "up"}\n\xff garbage\n[]\n{"time": 2, "what": "down"}\n'
    (tmp_path / "history.jsonl").write_bytes(lines)
    assert main(["history", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert [line.split()[-1] for line in said.out.splitlines()] == ["up", "down"]
    assert "line 2 of" in said.err and "line 3 of" in said.err


def test_availability_reproduces_the_well_known_figures(capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"99%": "3 d 15 h", "99% x 2": "52 min 34 s", "99% x 3": "31.5 s"}
    for words, downtime in figures.items():
        assert main(["availability", words]) == 0
        said = capsys.readouterr().out
        assert downtime in said
        assert "assumes that the parts fail independently" in said


def test_cities_are_listed_for_people_and_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cities"]) == 0
    assert "São Paulo" in capsys.readouterr().out
    assert main(["cities", "--json"]) == 0
    tokyo = next(each for each in json.loads(capsys.readouterr().out) if each["name"] == "tokyo")
    assert tokyo == {
        "name": "tokyo", "title": "Tokyo", "address": "127.81.2.1", "subnet": "198.18.2.0/24", "port": "4602",
    }  # fmt: skip


def test_faults_are_listed_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults"]) == 0
    said = capsys.readouterr().out
    assert "terrella strike region-outage REGION\n    One region answers nobody and reaches nobody.\n" in said
    assert said.count("\n    ") == len(faults.kind_names()) == len([x for x in said.splitlines() if x.endswith(".")])


def test_the_version_is_told_as_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("terrella ")


def test_a_worlds_description_is_found_from_a_folder_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".terrella").mkdir()
    (tmp_path / ".terrella" / "history.jsonl").write_text('{"time": 0, "what": "up"}\n')
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert main(["history", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["what"] == "up"


def test_who_leaves_a_city_gives_back_what_was_lent_and_keeps_what_is_theirs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*at.DUMMIES, "AWS_PROFILE", at.LENT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for city in ("tokyo", "amsterdam"):
        for name, value in at.environment(city, 4568, "ca.pem", []).items():
            monkeypatch.setenv(name, value)
    assert main(["at", "--unset"]) == 0
    left = capsys.readouterr().out.split()
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", at.LENT} <= set(left)
    assert "AWS_DEFAULT_REGION" not in left
