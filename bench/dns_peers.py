"""Name servers that others made, from Debian's packages: unpacked into the bench's own folder, never installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .dns_server import REGIONS, ZONE, address, nearest
from .peers import Absent

PACKAGES = {
    "gdnsd": ("gdnsd", "liburcu8", "libev4"),
    "pdns": ("pdns-server", "pdns-backend-geoip", "libluajit-5.1-2", "libyaml-cpp0.7", "libgeoip1"),
}


def gdnsd(cache: Path, port: int, work: Path, names: int) -> tuple[list[str], dict[str, str]]:
    """A map of client subnets to data centres, one resource per name. Raises Absent."""
    root, environment = _unpacked(cache, "gdnsd", "usr/sbin/gdnsd")
    config = work / "gdnsd"
    (config / "zones").mkdir(parents=True)
    for folder in ("run", "state"):
        (config / folder).mkdir()
    nets = "\n".join(f"      {net}/24 => [{', '.join(order)}]" for net, order in nearest().items())
    resources = "\n".join(
        f"    r{n} => {{ map => m, service_types => up, dcmap => {{"
        + ", ".join(f"{region} => {address(n, region)}" for region in REGIONS)
        + "} }"
        for n in range(names)
    )
    (config / "config").write_text(
        f"options => {{ listen => 127.0.0.1:{port}, run_dir => {config}/run, state_dir => {config}/state,\n"
        f"  udp_threads => 1, tcp_threads => 1 }}\n"
        f"plugins => {{ geoip => {{\n  maps => {{ m => {{ datacenters => [{', '.join(REGIONS)}]\n"
        f"    nets => {{\n{nets}\n    }} }} }}\n  resources => {{\n{resources}\n  }} }} }}\n"
    )
    entries = "\n".join(f"h{n} 60 DYNA geoip!r{n}" for n in range(names))
    soa = "@ SOA ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. ( 1 7200 900 1209600 900 )"
    servers = "@ NS ns-1.awsdns-01.org.\n@ NS ns-2.awsdns-02.com."
    (config / "zones" / ZONE.rstrip(".")).write_text(f"{soa}\n{servers}\n{entries}\n")
    return [str(root / "usr/sbin/gdnsd"), "-c", str(config), "-R", "start"], environment


def pdns(cache: Path, port: int, work: Path, names: int) -> tuple[list[str], dict[str, str]]:
    """The GeoIP backend with client subnets written out, and its packet cache at work. Raises Absent."""
    root, environment = _unpacked(cache, "pdns", "usr/sbin/pdns_server")
    config = work / "pdns"
    (config / "run").mkdir(parents=True)
    near, zone = nearest(), ZONE.rstrip(".")
    lines = [
        "domains:", f"- domain: {zone}", "  ttl: 60", "  records:", f"    {zone}:",
        "      - soa: ns-1.awsdns-01.org awsdns-hostmaster.amazon.com 1 7200 900 1209600 900",
        "      - ns: ns-1.awsdns-01.org", "      - ns: ns-2.awsdns-02.com",
    ]  # fmt: skip
    for number in range(names):
        for region in REGIONS:
            lines += [f"    {region}.h{number}.{zone}:", f"      - a: {address(number, region)}"]
    lines.append("  services:")
    for number in range(names):
        lines += [f"    h{number}.{zone}:", f"      default: [ '{REGIONS[0]}.h{number}.{zone}' ]"]
        lines += [f"      {net}/24: [ '{order[0]}.h{number}.{zone}' ]" for net, order in near.items()]
    (config / "zones.yaml").write_text("\n".join(lines) + "\n")
    (config / "pdns.conf").write_text(
        f"launch=geoip\nmodule-dir={root}/usr/lib/x86_64-linux-gnu/pdns\ngeoip-zones-file={config}/zones.yaml\n"
        f"local-address=127.0.0.1\nlocal-port={port}\nsocket-dir={config}/run\nedns-subnet-processing=yes\n"
        "receiver-threads=1\ndistributor-threads=1\nguardian=no\ndaemon=no\nsecurity-poll-suffix=\n"
    )
    return [str(root / "usr/sbin/pdns_server"), f"--config-dir={config}"], environment


def _unpacked(cache: Path, name: str, program: str) -> tuple[Path, dict[str, str]]:
    """The folder that stands for /, and what the program needs in its environment. Raises Absent."""
    if shutil.which(Path(program).name):
        return Path("/"), dict(os.environ)
    root = cache / name
    if not (root / program).exists():
        for tool in ("apt-get", "dpkg"):
            if shutil.which(tool) is None:
                raise Absent(f"it is not here, nor is {tool} to fetch it with")
        root.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(
            ["apt-get", "-q", "download", *PACKAGES[name]], cwd=root, capture_output=True, text=True, timeout=120
        )
        if fetched.returncode:
            raise Absent("its packages cannot be had: " + (fetched.stderr.strip().splitlines() or ["no reason"])[-1])
        for package in root.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(root)], check=True)
    libraries = ":".join(str(folder) for folder in sorted((root / "usr/lib").glob("*-linux-gnu")))
    return root, {**os.environ, "LD_LIBRARY_PATH": libraries}
