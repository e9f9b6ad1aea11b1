"""The data plane of ARC's routing controls: switches that five regions agree on, so that two may be lost.

state.py        what is kept, and how what was agreed comes to count
deciding.py     what a request to turn switches comes to: safety rules, pure
council.py      the members of a cluster at work: messages, timers, who waits for what
joining.py      the entrance for other members and for the control plane
switching.py    the operations    errors.py

Members are those of the five regions that the world has, and a majority of them must be reached.
https://docs.aws.amazon.com/r53recovery/latest/dg/introduction-components-routing.html

Invariant: a state that was answered is what a majority agreed on, and stays until they agree on another.
"""

from . import joining, switching  # noqa: F401
from .state import service

__all__ = ["service"]
