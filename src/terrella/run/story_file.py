"""Game days out of files of the user's own: a Python file that calls its Scenario `scenario`."""

from __future__ import annotations

import importlib.util
import logging
import traceback
from pathlib import Path

from ..gameday.scenario import Scenario
from ..net.places import UnknownPlace, city, region

log = logging.getLogger(__name__)


class BadStory(ValueError):
    """The file tells no game day; the message says why, and in which line."""


def read_story(path: Path) -> Scenario:
    """Run a file and take the game day from it. Raises BadStory."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise BadStory(f"There is no file {path}.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as wrong:
        raise BadStory(f"{wrong.filename}, line {wrong.lineno}: {wrong.msg}.") from None
    except Exception as wrong:  # whatever the user's code does; told as a sentence that names the line
        log.debug("a game day of the user's own cannot be read", exc_info=True)
        lines = [frame.lineno for frame in traceback.extract_tb(wrong.__traceback__) if frame.filename == str(path)]
        where = f", line {lines[-1]}" if lines else ""
        raise BadStory(f"{path}{where}: {type(wrong).__name__}: {wrong}.") from None
    scenario = getattr(module, "scenario", None)
    if not isinstance(scenario, Scenario):
        raise BadStory(f"{path} has no `scenario` that is a terrella.gameday.scenario.Scenario.")
    try:
        _look_for_places(scenario)
    except UnknownPlace as unknown:
        raise BadStory(f"{path}: {unknown}") from None
    return scenario


def _look_for_places(scenario: Scenario) -> None:
    """Raises UnknownPlace for a region or a city that is none."""
    for name in scenario.regions:
        region(name)
    for workload in scenario.workload:
        for name in getattr(workload, "cities", ()):
            city(name)
