"""A game day of one's own: the ocean between two regions is cut, and both go on alone."""

from terrella.gameday.expectations import Availability, Converged, NothingLost
from terrella.gameday.scenario import Phase, Scenario
from terrella.gameday.workloads.requests import Requests

CITIES = ("london", "osaka")
URL = "https://chat.example.com/messages"
SAY = '{"room": "lobby", "author": "Somebody", "text": "{tag}", "id": "{tag}"}'


async def deploy(world):
    await world.deploy("global_chat", ("eu-west-1", "ap-northeast-1"))


async def cut(world):
    await world.strike("partition", "eu-west-1,london", "ap-northeast-1,osaka")


async def mend(world):
    await world.heal()


scenario = Scenario(
    name="split_the_ocean",
    title="Split the ocean",
    regions=("eu-west-1", "ap-northeast-1"),
    table="messages",
    build=deploy,
    workload=(
        Requests(CITIES, URL + "?room=lobby"),
        Requests(CITIES, URL, "POST", SAY, per_second=0.2),
    ),
    phases=(
        Phase("whole", "all is well", 60),
        Phase("split", "no way across the ocean", 120, begin=cut),
        Phase("mended", "it is mended", 60, begin=mend),
    ),
    expectations=(Availability(0.95), NothingLost(), Converged()),
)
