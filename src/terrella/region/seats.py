"""Where the control plane of a global service sits just now: in its home, or, when that has been lost for long, in the
region that stands by. What the edge answers for the endpoint's name says which, as it does to everybody else.

A service that can move has `standby`, the other region, which keeps its state, and `seat`, which tells by that state
which of the two is in charge. Invariant: a region that only stands by answers nothing itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ..core.errors import AwsError
from ..net.addresses import place_of
from ..wire import model
from ..wire.http import Request, Response
from . import homes

if TYPE_CHECKING:
    from .region import Region
    from .service import Service

ASKED_S = 2.0  # longer than any way to the edge and back
LOOKED_S = 3.0  # as long as the edge waits for a region that may be lost


def stands_by(here: Region, service: Service[Any]) -> bool:
    """Does this region keep a service's state only for the case that its home is lost?"""
    return service.standby == here.name and service.seat(here.state[service.id]) != here.name


async def seat_of(here: Region, service_id: str, home: str) -> str:
    """The region to ask for a global service: its home, if the edge does not say otherwise."""
    standby = here.standbys.get(service_id)
    if standby not in here.world.regions or here.name in (home, standby):
        return home
    name = f"{model.load(service_id).endpoint_prefix}.amazonaws.com"
    question = {"kind": "resolve", "name": name, "type": "A"}
    try:
        found = await here.ports.tasks.within(ASKED_S, here.ports.edge.ask(question))
    except (TimeoutError, AwsError):
        return home
    place = place_of(found["records"][0]) if found["records"] else None
    return place.region if place is not None and place.region == standby else home


def home_of(here: Region, service_id: str) -> str:
    """The region a service is at home in, as seen from here: of most services this one."""
    service = here.services.get(service_id)
    if service is not None and (service.standby is None or not stands_by(here, service)):
        return here.name
    return homes.home_of(service_id, here.homes) or here.name


def is_home_of(here: Region, service_id: str) -> bool:
    """Does this global service live here? Clients sign for it as for whatever region they are set to."""
    if homes.home_of(service_id, here.homes) == here.name:
        return True
    return here.standbys.get(service_id) == here.name and home_of(here, service_id) == here.name


async def meant(here: Region, service_id: str, region: str | None) -> str:
    """The region whose operation is meant. Of a global service there is one only, and any region passes it on."""
    home = home_of(here, service_id)
    if home == here.name or (region is not None and region != here.name):
        return region or home
    return await seat_of(here, service_id, home)


async def pass_on(here: Region, service_id: str, region: str, request: Request) -> Response:
    """The answer of another region; of a control plane that moved, the one where it now is."""
    if region == here.homes.get(service_id):
        region = await seat_of(here, service_id, region)
    response: Response = await here.ports.regions.forward(region, request)
    return response


async def looked(
    edge: Region, question: dict[str, Any], at_most: Callable[[float, Coroutine[Any, Any, bool]], Awaitable[bool]]
) -> dict[str, Any]:
    """The answer to the question whether a control plane accepts changes, as seen from the edge."""
    looking = is_well(edge, question["service"], question["region"])
    try:
        return {"well": await at_most(LOOKED_S, looking)}
    except TimeoutError:
        return {"well": False}


async def is_well(here: Region, service_id: str, region: str) -> bool:
    """Does the control plane in a region accept changes? Asked for one that it must refuse for a reason of its own."""
    canary = here.canaries[service_id]
    try:
        await here.request(service_id, canary.operation, canary.input, region=region)
    except AwsError as error:
        return error.error_code in (canary.refusal, "Throttling")
    return True
