"""The sample services that can be deployed, as they lie in `examples/`."""

from __future__ import annotations

from ..world.sample import Sample, archive_of
from .stacks import EXAMPLES, TABLE

CHAT = "global_chat"


def chat() -> Sample:
    """The global chat, for a simulated world. Raises FileNotFoundError."""
    source = EXAMPLES / CHAT / "src"
    files = {str(path.relative_to(source)): path.read_bytes() for path in sorted(source.rglob("*.py"))}
    if not files:
        raise FileNotFoundError(f"There is no code in {source}.")
    return Sample(CHAT, archive_of(files), table=TABLE, key=("room", "sent"), health_path="/health/deep")
