"""list the cities one can stand in

The client subnet is what a city's resolver tells the DNS (`dig +subnet=`); the port is the city's own proxy,
for clients that cannot send a user name.
"""

from __future__ import annotations

import argparse
import json

from ..net.addresses import address_of, subnet_of
from ..net.places import city, city_names
from ..run.data_dir import DataDir
from ..run.disk.errors import DiskError
from ..world.spec import WorldSpec
from ._says import Sorry, data_of, data_option, json_option, table


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    ports = _spec(data_of(args)).ports
    rows = []
    for name in sorted(city_names()):
        place = city(name)
        subnet = subnet_of(place) or ""
        rows.append([name, place.title, address_of(place), subnet, str(ports.cities + place.number)])
    if args.json:
        keys = ("name", "title", "address", "subnet", "port")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows]))
    else:
        print(table(["CITY", "", "ADDRESS", "CLIENT SUBNET", "PORT"], rows))
    return 0


def _spec(data: DataDir) -> WorldSpec:
    try:
        return data.read_spec() or WorldSpec()
    except DiskError as wrong:
        raise Sorry(str(wrong)) from None
