"""The file of last verdicts: what is no such file is as none."""

from __future__ import annotations

from pathlib import Path

import pytest

from terrella.run.verdicts import Verdicts


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    file = Verdicts(tmp_path / "verdicts.json")
    assert file.read() == {}
    file.write({"a": [False, None], "b": [True, False]})
    assert file.read() == {"a": [False, None], "b": [True, False]}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "b": ["x", 2], "c": [true]}'])
def test_anything_else_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "verdicts.json").write_text(text)
    assert Verdicts(tmp_path / "verdicts.json").read() == {}
