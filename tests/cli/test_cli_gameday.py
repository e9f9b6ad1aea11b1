"""`terrella gameday` without a live world: what is there, what is refused, a simulated story to its end."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import simulated

from terrella.cli import main
from terrella.cli._watching import how_it_is
from terrella.gameday import scenario
from terrella.gameday.expectations import Availability, Converged
from terrella.run.data_dir import DataDir


def test_the_game_days_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gameday", "--list"]) == 0
    assert "lose_a_region\tLose a region" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gameday"], "Which game day? There are: "),
        (["gameday", "lose_everything"], "There is no game day called 'lose_everything'"),
        (["gameday", "lose_a_region", "--simulated", "--speed", "3"], "--speed is for live worlds"),
        (["gameday", "lose_a_region", "--live", "--speed", "0"], "speed is a number"),
        (["gameday", "lose_a_region", "--simulated", "--world", "nowhere.toml"], "nowhere.toml cannot be read"),
    ],
)
def test_what_cannot_be_told_is_a_sentence_and_exit_code_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if len(words) > 1:
        words = [*words, "--data", str(tmp_path)]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("words", [["--speed", "3"], ["--seed", "3"], ["--world", "w.toml"]], ids=" ".join)
def test_a_running_world_is_what_it_is(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = DataDir(tmp_path)
    data.make()
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(str(data.control))
        control.listen()

        def answer() -> None:
            line, _ = control.accept()
            with line:
                line.recv(1 << 16)
                line.sendall(b'{"id": 1, "ok": {}}\n')

        asked = threading.Thread(target=answer)
        asked.start()
        assert main(["gameday", "lose_a_region", "--live", *words, "--data", str(tmp_path)]) == 2
        asked.join()
    assert "has its speed, seed and resolvers already" in capsys.readouterr().err


def test_live_and_simulated_exclude_one_another() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["gameday", "lose_a_region", "--live", "--simulated"])
    assert stopped.value.code == 2


def test_a_simulated_game_day_writes_its_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, folder = tmp_path / "deep" / "report.json", tmp_path / "out"
    world = tmp_path / "world.toml"
    world.write_text("[resolvers]\nleast_ttl = 0\nstale = 0\nfar = 0.5\n")
    words = ["gameday", "lose_a_region", "--simulated", "--seed", "7", "--world", str(world)]
    assert main([*words, "--json", str(document), "--html", str(folder)]) == 0
    found = json.loads(document.read_text())
    assert (found["engine"], found["seed"], found["ok"], found["version"]) == ("simulated", 7, True, 1)
    assert set(found["caches"]["by_resolver"]) == {"plain", "far"}
    assert "Lose a region" in (folder / "lose_a_region.html").read_text()
    said = capsys.readouterr().out
    assert f"The report: {folder / 'lose_a_region.html'}" in said
    assert "MET: all" in said


def test_a_promise_that_is_not_kept_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = scenario.load("lose_a_region")
    short = tuple(replace(each, lasts_s=each.lasts_s / 4) for each in story.phases)
    promising = replace(story, phases=short, expectations=(Availability(0.9999), Converged()))
    monkeypatch.setattr(scenario, "load", lambda name: promising)
    assert main(["gameday", "lose_a_region", "--simulated", "--seed", "7"]) == 1
    said = capsys.readouterr().out
    assert "NOT MET: 1 of 2" in said
    assert "at least 99.99 %" in said


def test_a_report_that_cannot_be_written_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    for report in (tmp_path / "file" / "report.json", tmp_path):
        assert main(["gameday", "lose_a_region", "--simulated", "--json", str(report)]) == 2
        said = capsys.readouterr()
        assert "cannot be written" in said.err
        assert "deploying" not in said.out  # before anybody has waited for the story


def test_progress_speaks_of_the_time_left_only_where_there_is_some() -> None:
    story, world = scenario.load("lose_a_region"), simulated.world("eu-west-1", "ap-northeast-1")
    assert how_it_is(story, world) == ("", [])
    world.mark("phase", name="one-region", title="")
    assert how_it_is(story, world) == ("One region, 180 s left", [])
    world.mark("phase", name="second-region", title="")
    assert how_it_is(story, world)[0] == "Second region"
    world.history.ended = world.clock.now()
    assert how_it_is(story, world) == ("", [])
