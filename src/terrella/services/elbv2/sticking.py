"""Cookies by which a client stays with a target, or with a target group.

AWSALB (by duration), AWSALBAPP-0 (as long as the application's own cookie) and AWSALBTG (the group of a weighted
forward), each with a CORS twin where AWS sends one. The value is opaque: a digest only the right target matches.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

Plain = dict[str, Any]
BY_DURATION, BY_APPLICATION, BY_GROUP = "AWSALB", "AWSALBAPP-0", "AWSALBTG"
TWINS = {BY_DURATION: "AWSALBCORS", BY_GROUP: "AWSALBTGCORS"}


def kind_of(group: Plain) -> str | None:
    """The cookie by which a group's clients stay with a target; None if they do not."""
    if group["Attributes"].get("stickiness.enabled") != "true":
        return None
    return BY_APPLICATION if group["Attributes"].get("stickiness.type") == "app_cookie" else BY_DURATION


def remembered(cookies: dict[str, str], name: str, choices: list[str]) -> str | None:
    """Which of some things a cookie stands for."""
    said = cookies.get(name) or cookies.get(TWINS.get(name, ""))
    return next((each for each in choices if said == _value(each)), None) if said else None


def cookies_for(name: str, what: str, duration_s: int, now: float) -> list[str]:
    """Set-Cookie values that make a client stay with something."""
    expires = f"{datetime.fromtimestamp(now + duration_s, UTC):%a, %d %b %Y %H:%M:%S} GMT"
    plain = f"{name}={_value(what)}; Expires={expires}; Path=/"
    twin = TWINS.get(name)
    if twin is None:
        return [plain]
    return [plain, f"{twin}={_value(what)}; Expires={expires}; Path=/; SameSite=None; Secure"]


def after(group: Plain, target: str, answered: list[tuple[str, str]], now: float) -> list[str]:
    """The cookies to add to a target's answer."""
    kind, settings = kind_of(group), group["Attributes"]
    if kind is None:
        return []
    if kind == BY_DURATION:
        duration = int(settings["stickiness.lb_cookie.duration_seconds"])
        return cookies_for(kind, f"{group['Arn']} {target}", duration, now)
    own = settings["stickiness.app_cookie.cookie_name"]
    if not any(name.lower() == "set-cookie" and value.startswith(f"{own}=") for name, value in answered):
        return []
    return cookies_for(kind, f"{group['Arn']} {target}", int(settings["stickiness.app_cookie.duration_seconds"]), now)


def _value(what: str) -> str:
    return base64.b64encode(hashlib.sha512(what.encode()).digest()).decode()
