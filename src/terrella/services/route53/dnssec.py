"""DNSSEC's control plane: key-signing keys of a zone, and whether its answers are signed.

A zone's keys stand in the zone itself, so that the edge, which signs, has them with it:

    zone["dnssec"] = {"status": "SIGNING" | "NOT_SIGNING", "keys": [signing_keys.new_key(...), ...]}

Invariant: a zone that is SIGNING has a KSK in use and one ZSK, which Route 53 makes and looks after by itself.
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from . import signing_keys, terms, zones
from .changes import new_change, submitted
from .errors import (
    DNSSECNotFound,
    InvalidArgument,
    InvalidKeySigningKeyName,
    InvalidKeySigningKeyStatus,
    InvalidKMSArn,
    KeySigningKeyAlreadyExists,
    KeySigningKeyInParentDSRecord,
    KeySigningKeyInUse,
    KeySigningKeyWithActiveStatusNotFound,
    NoSuchHostedZone,
    NoSuchKeySigningKey,
    TooManyKeySigningKeys,
)
from .state import State, service

Key = dict[str, Any]
Zone = dict[str, Any]
MOST_KEYS = 2
NOTHING: dict[str, Any] = {"status": "NOT_SIGNING", "keys": []}
_NAME = re.compile(r"[A-Za-z0-9_]{3,128}")
_KMS_KEY = re.compile(r"arn:aws[a-z-]*:kms:us-east-1:[0-9]{12}:key/[A-Za-z0-9-]+")


@service.operation
async def create_key_signing_key(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Of the KMS key only the existence and kind matter here: the key material is this world's own."""
    _check_new(_public(ctx.state, input["HostedZoneId"]), input)
    await _check_kms(ctx, input["KeyManagementServiceArn"])
    zone = _public(ctx.state, input["HostedZoneId"])  # what was known before the wait may be over
    _check_new(zone, input)
    key = signing_keys.new_key(input["Name"], "KSK", ctx.here.rng) | {
        "status": input["Status"],
        "kms_arn": input["KeyManagementServiceArn"],
        "created_at": ctx.now,
        "modified_at": ctx.now,
    }
    info = _keep(ctx, zone, keys=[*_keys(zone), key])
    location = f"https://route53.amazonaws.com/2013-04-01/keysigningkey/{zone['Id']}/{key['name']}"
    return {"ChangeInfo": submitted(info), "KeySigningKey": _shown(zone, key), "Location": location}


@service.operation
def activate_key_signing_key(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, key = _find(ctx.state, input)
    return _with_status(ctx, zone, key, "ACTIVE")


@service.operation
def deactivate_key_signing_key(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, key = _find(ctx.state, input)
    active = [each["name"] for each in _keys(zone) if each["status"] == "ACTIVE"]
    if _dnssec(zone)["status"] == "SIGNING" and active == [key["name"]]:
        raise KeySigningKeyInUse(
            f"Key signing key {key['name']} is the only key signing key in ACTIVE status of hosted zone "
            f"{zone['Id']}, for which DNSSEC signing is enabled, and so cannot be deactivated."
        )
    _check_parent(ctx.state, zone, [key])
    return _with_status(ctx, zone, key, "INACTIVE")


@service.operation
def delete_key_signing_key(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, key = _find(ctx.state, input)
    if key["status"] != "INACTIVE":
        raise InvalidKeySigningKeyStatus(
            f"Key signing key {key['name']} is in {key['status']} status; only one in INACTIVE status can be deleted."
        )
    info = _keep(ctx, zone, keys=[each for each in _keys(zone) if each["name"] != key["name"]])
    return {"ChangeInfo": submitted(info)}


@service.operation_named("EnableHostedZoneDNSSEC")
def enable_hosted_zone_dnssec(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = _public(ctx.state, input["HostedZoneId"])
    if not any(key["status"] == "ACTIVE" for key in _keys(zone)):
        raise KeySigningKeyWithActiveStatusNotFound(
            f"Hosted zone with ID '{zone['Id']}' does not have a Key Signing Key in ACTIVE status."
        )
    zone_key = _zone_key(zone) or signing_keys.new_key("zsk", "ZSK", ctx.here.rng) | {"status": "ACTIVE"}
    info = _keep(ctx, zone, status="SIGNING", keys=_keys(zone), zone_key=zone_key)
    return {"ChangeInfo": submitted(info)}


@service.operation_named("DisableHostedZoneDNSSEC")
def disable_hosted_zone_dnssec(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = _public(ctx.state, input["HostedZoneId"])
    if not zone.get("dnssec"):
        raise DNSSECNotFound(f"Hosted zone with ID '{zone['Id']}' does not have any DNSSEC resources.")
    _check_parent(ctx.state, zone, _keys(zone))
    info = _keep(ctx, zone, status="NOT_SIGNING", keys=_keys(zone), zone_key=None)
    return {"ChangeInfo": submitted(info)}


@service.operation_named("GetDNSSEC")
def get_dnssec(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = _public(ctx.state, input["HostedZoneId"])
    return {
        "Status": {"ServeSignature": _dnssec(zone)["status"]},
        "KeySigningKeys": [_shown(zone, key) for key in _keys(zone)],
    }


def _check_new(zone: Zone, input: dict[str, Any]) -> None:
    name, arn, status = input["Name"], input["KeyManagementServiceArn"], input["Status"]
    if not _NAME.fullmatch(name):
        raise InvalidKeySigningKeyName(
            f"The key signing key name {name} is not valid: it can include numbers, letters, and underscores (_)."
        )
    if status not in ("ACTIVE", "INACTIVE"):
        raise InvalidKeySigningKeyStatus(f"The key signing key status {status} is neither ACTIVE nor INACTIVE.")
    if not _KMS_KEY.fullmatch(arn):
        raise InvalidKMSArn(f"The CMK with ARN '{arn}' is not the ARN of a KMS key in us-east-1.")
    for key in _keys(zone):
        if name == key["name"] or arn == key["kms_arn"]:
            what = f"name {name}" if name == key["name"] else f"customer managed key ARN {arn}"
            raise KeySigningKeyAlreadyExists(f"A key signing key with {what} already exists in the hosted zone.")
    if len(_keys(zone)) >= MOST_KEYS:
        raise TooManyKeySigningKeys(f"Limits Exceeded: MAX_KEY_SIGNING_KEYS_BY_ZONE of {MOST_KEYS}")


async def _check_kms(ctx: Context[State], arn: str) -> None:
    """A world without KMS has nothing to check against. InvalidKMSArn if the key is none to sign with."""
    if not ctx.here.ports.borrowed.offers("kms"):
        return
    try:
        found = (await ctx.request("kms", "DescribeKey", {"KeyId": arn}))["KeyMetadata"]
    except AwsError as error:
        raise InvalidKMSArn(f"The CMK with ARN '{arn}' could not be described: {error.message}") from error
    kind = (found.get("KeySpec") or found.get("CustomerMasterKeySpec"), found.get("KeyUsage"), found.get("KeyState"))
    if kind != ("ECC_NIST_P256", "SIGN_VERIFY", "Enabled"):
        raise InvalidKMSArn(
            f"The CMK with ARN '{arn}' is not valid for DNSSEC usage: it must be an enabled key with key spec "
            "ECC_NIST_P256 and key usage SIGN_VERIFY."
        )


def _check_parent(state: State, zone: Zone, keys: list[Key]) -> None:
    """As long as a parent zone vouches for a key, resolvers insist on it."""
    digests = {signing_keys.digest(zone["Name"], key): key for key in keys}
    for id, parent in state.zones.items():
        above = not parent["PrivateZone"] and zone["Name"].endswith(f".{parent['Name']}")
        for record in state.group(id, zone["Name"], "DS") if above else ():
            for value in record["ResourceRecords"]:
                key = digests.get("".join(value["Value"].split()[3:]).upper())
                if key is not None:
                    raise KeySigningKeyInParentDSRecord(
                        f"Key signing key {key['name']} of hosted zone {zone['Id']} is specified in a parent DS record."
                    )


def _with_status(ctx: Context[State], zone: Zone, key: Key, status: str) -> dict[str, Any]:
    newer = key | {"status": status, "modified_at": ctx.now}
    info = _keep(ctx, zone, keys=[newer if each["name"] == key["name"] else each for each in _keys(zone)])
    return {"ChangeInfo": submitted(info)}


_SAME: Any = object()


def _keep(
    ctx: Context[State], zone: Zone, *, keys: list[Key], status: str | None = None, zone_key: Key | None = _SAME
) -> dict[str, Any]:
    """The zone with these key-signing keys, owed to the edge. What was not said stays as it is."""
    zone_key = _zone_key(zone) if zone_key is _SAME else zone_key
    dnssec = {
        "status": status or _dnssec(zone)["status"],
        "keys": [*keys, *([zone_key] if zone_key else [])],
    }
    info = new_change(ctx, None, zone)
    ctx.commit("zone_updated", zone=zone | {"dnssec": dnssec}, info=info, **terms.stamp(ctx.state, zone["Id"]))
    return info


def _public(state: State, id: str) -> Zone:
    zone = zones.find(state, id)
    if zone["PrivateZone"]:
        raise InvalidArgument("Operation is unsupported for private hosted zones.")  # which Terraform looks for
    return zone


def _find(state: State, input: dict[str, Any]) -> tuple[Zone, Key]:
    try:
        zone = _public(state, input["HostedZoneId"])
    except NoSuchHostedZone:  # which the model does not have for keys
        raise NoSuchKeySigningKey(input["HostedZoneId"], input["Name"]) from None
    for key in _keys(zone):
        if key["name"] == input["Name"]:
            return zone, key
    raise NoSuchKeySigningKey(zone["Id"], input["Name"])


def _dnssec(zone: Zone) -> dict[str, Any]:
    return zone.get("dnssec") or NOTHING


def _keys(zone: Zone) -> list[Key]:
    """A zone's key-signing keys, in the order they were made."""
    return [key for key in _dnssec(zone)["keys"] if key["kind"] == "KSK"]


def _zone_key(zone: Zone) -> Key | None:
    return next((key for key in _dnssec(zone)["keys"] if key["kind"] == "ZSK"), None)


def _shown(zone: Zone, key: Key) -> dict[str, Any]:
    """A key-signing key as the API gives it."""
    digest = signing_keys.digest(zone["Name"], key)
    return {
        "Name": key["name"],
        "KmsArn": key["kms_arn"],
        "Flag": key["flags"],
        "SigningAlgorithmMnemonic": signing_keys.ALGORITHM_NAME,
        "SigningAlgorithmType": key["algorithm"],
        "DigestAlgorithmMnemonic": signing_keys.DIGEST_NAME,
        "DigestAlgorithmType": signing_keys.DIGEST,
        "KeyTag": key["key_tag"],
        "DigestValue": digest,
        "PublicKey": key["public_key"],
        "DSRecord": f"{key['key_tag']} {key['algorithm']} {signing_keys.DIGEST} {digest}",
        "DNSKEYRecord": signing_keys.dnskey(key),
        "Status": key["status"],
        "CreatedDate": key["created_at"],
        "LastModifiedDate": key["modified_at"],
    }
