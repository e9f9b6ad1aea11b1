"""API keys and usage plans. Quotas and throttles of plans are kept as state; a key that is asked for must be there.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import ConflictException, missing
from .patching import patched
from .state import State, delete, kept, new_id, page, put, service, shown

Plain = dict[str, Any]


@service.operation
def create_api_key(ctx: Context[State], input: Plain) -> Plain:
    value = input.get("value") or new_id(ctx, 40)
    if any(key["value"] == value for _, key in ctx.state.keys.items()):
        raise ConflictException("API Key already exists")
    now = float(int(ctx.now))
    stages = [f"{each['restApiId']}/{each['stageName']}" for each in input.get("stageKeys") or ()]
    made = {
        **kept(input, ("name", "description", "customerId", "tags")), "id": new_id(ctx), "value": value,
        "enabled": bool(input.get("enabled")), "createdDate": now, "lastUpdatedDate": now, "stageKeys": stages,
    }  # fmt: skip
    return put(ctx, "keys", made["id"], made)


@service.operation
def get_api_key(ctx: Context[State], input: Plain) -> Plain:
    return _shown(_found(ctx, "keys", input["apiKey"], "API Key"), input.get("includeValue"))


@service.operation
def get_api_keys(ctx: Context[State], input: Plain) -> Plain:
    start = input.get("nameQuery") or ""
    found = [each for _, each in ctx.state.keys.items() if each.get("name", "").startswith(start)]
    return page([_shown(each, input.get("includeValues")) for each in found], input)


@service.operation
def update_api_key(ctx: Context[State], input: Plain) -> Plain:
    made = patched(_found(ctx, "keys", input["apiKey"], "API Key"), input.get("patchOperations"))
    return _shown(put(ctx, "keys", made["id"], made), False)


@service.operation
def delete_api_key(ctx: Context[State], input: Plain) -> Plain:
    _found(ctx, "keys", input["apiKey"], "API Key")
    for each in [each for each in ctx.state.members if each.endswith(f"/{input['apiKey']}")]:
        delete(ctx, "members", each)
    return delete(ctx, "keys", input["apiKey"])


@service.operation
def create_usage_plan(ctx: Context[State], input: Plain) -> Plain:
    for each in input.get("apiStages") or ():
        ctx.state.one("stage", each["apiId"], each["stage"])
    names = ("name", "description", "throttle", "quota", "tags")
    made = {**kept(input, names), "id": new_id(ctx, 6), "apiStages": list(input.get("apiStages") or ())}
    return put(ctx, "plans", made["id"], made)


@service.operation
def get_usage_plan(ctx: Context[State], input: Plain) -> Plain:
    return _found(ctx, "plans", input["usagePlanId"], "Usage Plan")


@service.operation
def get_usage_plans(ctx: Context[State], input: Plain) -> Plain:
    wanted = input.get("keyId")
    found = [each for _, each in ctx.state.plans.items() if not wanted or f"{each['id']}/{wanted}" in ctx.state.members]
    return page(found, input)


@service.operation
def update_usage_plan(ctx: Context[State], input: Plain) -> Plain:
    plan = dict(get_usage_plan(ctx, input))
    others = []
    for each in input.get("patchOperations") or ():
        if each["path"] != "/apiStages":
            others.append(each)
            continue
        api_id, _, stage = str(each.get("value", "")).partition(":")
        left = [row for row in plan["apiStages"] if (row["apiId"], row["stage"]) != (api_id, stage)]
        plan["apiStages"] = [*left, {"apiId": api_id, "stage": stage}] if each["op"] == "add" else left
    return put(ctx, "plans", plan["id"], patched(plan, others))


@service.operation
def delete_usage_plan(ctx: Context[State], input: Plain) -> Plain:
    get_usage_plan(ctx, input)
    for each in [each for each in ctx.state.members if each.startswith(f"{input['usagePlanId']}/")]:
        delete(ctx, "members", each)
    return delete(ctx, "plans", input["usagePlanId"])


@service.operation
def create_usage_plan_key(ctx: Context[State], input: Plain) -> Plain:
    plan = get_usage_plan(ctx, input)
    key = _found(ctx, "keys", input["keyId"], "API Key")
    made = {"id": key["id"], "type": input["keyType"], "value": key["value"], **kept(key, ("name",))}
    put(ctx, "members", f"{plan['id']}/{key['id']}", made)
    return made


@service.operation
def get_usage_plan_key(ctx: Context[State], input: Plain) -> Plain:
    return _found(ctx, "members", f"{input['usagePlanId']}/{input['keyId']}", "Usage Plan Key")


@service.operation
def get_usage_plan_keys(ctx: Context[State], input: Plain) -> Plain:
    start = f"{input['usagePlanId']}/"
    return page([each for key, each in ctx.state.members.items() if key.startswith(start)], input)


@service.operation
def delete_usage_plan_key(ctx: Context[State], input: Plain) -> Plain:
    get_usage_plan_key(ctx, input)
    return delete(ctx, "members", f"{input['usagePlanId']}/{input['keyId']}")


def opens(state: State, value: str | None, api_id: str, stage: str) -> bool:
    """Is that the value of an enabled key of a plan that this stage belongs to?"""
    ours = [
        plan["id"]
        for _, plan in state.plans.items()
        if any((each["apiId"], each["stage"]) == (api_id, stage) for each in plan["apiStages"])
    ]
    found = [key for _, key in state.keys.items() if key["value"] == value and key["enabled"]]
    return any(f"{plan}/{key['id']}" in state.members for plan in ours for key in found)


def _found(ctx: Context[State], of: str, key: str, kind: str) -> Plain:
    record: Plain | None = ctx.state.table(of).get(key)
    if record is None:
        raise missing(kind)
    return record


def _shown(key: Plain, whole: bool | None) -> Plain:
    return shown({name: value for name, value in key.items() if whole or name != "value"})
