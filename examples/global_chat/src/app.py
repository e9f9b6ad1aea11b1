"""A global chat: one function behind an HTTP API, in every region the same, on one global table.

    GET  /                            the page
    GET  /messages?room=R&limit=N     the newest messages of a room, newest first
    POST /messages                    {"room", "author", "text", "id"?}: say something
    GET  /topic?room=R                what a room is about
    PUT  /topic                       {"room", "author", "text", "id"?}: say what it is about; the last to say it wins
    GET  /health                      shallow: this function runs
    GET  /health/deep                 deep: what it depends on works, too; the result is kept for a while

Every answer says which region gave it, in the header `x-region`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
import uuid
from datetime import UTC, datetime
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

REGION = os.environ.get("AWS_REGION", "unknown")
TABLE = os.environ.get("TABLE_NAME", "global-chat-messages")
HEALTH_CACHE_SECONDS = float(os.environ.get("HEALTH_CACHE_SECONDS", "10"))

LONGEST_BODY_BYTES = 16_384
LONGEST = {"author": 64, "text": 2_000}  # characters
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")  # rooms and ids
MOST_MESSAGES, USUAL_MESSAGES = 100, 50
CANARY_ROOM, TOPICS = " health", " topic"  # no room of a user begins with a space

# Short patience: a health check gives up after a few seconds, and so should we, with a reason.
RETRIES = {"mode": "standard", "total_max_attempts": 2}
dynamodb = boto3.client("dynamodb", config=Config(connect_timeout=1, read_timeout=2, retries=RETRIES))
last_probe: dict = {}


class Refused(Exception):
    """A request that gets an error: its status, and why."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


def handler(event: dict, context: object) -> dict:
    """One HTTP request, from an HTTP API (payload 2.0) or from an Application Load Balancer."""
    event = event if "rawPath" in event else from_load_balancer(event)
    method, path = event["requestContext"]["http"]["method"], event["rawPath"].rstrip("/") or "/"
    try:
        if path not in ROUTES:
            raise Refused(404, f"There is nothing at {path}.")
        if method not in ROUTES[path]:
            raise Refused(405, f"{path} does not know {method}.", allow=", ".join(ROUTES[path]))
        return ROUTES[path][method](event)
    except Refused as refused:
        return answer(refused.status, {"error": str(refused)}, **refused.headers)
    except (BotoCoreError, ClientError) as error:
        print(f"{method} {path}: {error!r}")
        return answer(503, {"error": "The messages cannot be reached. Try again."}, retry_after="1")


def from_load_balancer(event: dict) -> dict:
    """The event of a load balancer as an HTTP API would have put it. It leaves parameters encoded."""
    asked = {key: unquote_plus(value) for key, value in (event.get("queryStringParameters") or {}).items()}
    http = {"method": event["httpMethod"]}
    return {**event, "requestContext": {"http": http}, "rawPath": event["path"], "queryStringParameters": asked}


def page(event: dict) -> dict:
    return answer(200, PAGE, content_type="text/html; charset=utf-8")


def read_messages(event: dict) -> dict:
    asked = event.get("queryStringParameters") or {}
    room = name(asked.get("room", "lobby"), "room")
    limit = asked.get("limit", str(USUAL_MESSAGES))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MOST_MESSAGES):
        raise Refused(400, f"limit must be a number from 1 to {MOST_MESSAGES}.")
    found = dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="room = :room",
        ExpressionAttributeValues={":room": {"S": room}},
        ScanIndexForward=False,
        Limit=int(limit),
    )
    messages = [{field: item[field]["S"] for field in FIELDS} for item in found["Items"]]
    return answer(200, {"room": room, "region": REGION, "messages": messages})


def post_message(event: dict) -> dict:
    room, message = message_of(event)
    # Time first, so that a query reads in order; the id, so that two of one millisecond both stay.
    key = {"room": room, "sent": f"{message['time']}#{message['id']}"}
    dynamodb.put_item(TableName=TABLE, Item={field: {"S": value} for field, value in (key | message).items()})
    return answer(201, {"id": message["id"], "room": room, "region": REGION, "time": message["time"]})


def read_topic(event: dict) -> dict:
    room = name((event.get("queryStringParameters") or {}).get("room", "lobby"), "room")
    item = dynamodb.get_item(TableName=TABLE, Key={"room": {"S": TOPICS}, "sent": {"S": room}}).get("Item")
    topic = {field: item[field]["S"] for field in FIELDS} if item else None
    return answer(200, {"room": room, "region": REGION, "topic": topic})


def set_topic(event: dict) -> dict:
    """One item per room: of two topics set at once in two regions the later stays, and nobody is told."""
    room, topic = message_of(event)
    item = {"room": TOPICS, "sent": room} | topic
    dynamodb.put_item(TableName=TABLE, Item={field: {"S": value} for field, value in item.items()})
    return answer(200, {"room": room, "region": REGION, "topic": topic})


def health(event: dict) -> dict:
    return answer(200, {"status": "ok", "region": REGION})


def deep_health(event: dict) -> dict:
    """Checkers ask from many places at once; the dependencies are probed once for all of them."""
    cached = bool(last_probe) and time.time() - last_probe["at"] < HEALTH_CACHE_SECONDS
    if not cached:
        last_probe.update(probe())
    found = {name: value for name, value in last_probe.items() if name != "at"}
    age = round(max(0.0, time.time() - last_probe["at"]), 3)
    status = 200 if found["status"] == "ok" else 503
    return answer(status, {**found, "region": REGION, "cached": cached, "age_seconds": age})


def probe() -> dict:
    """Write an item of this region's own and read it back."""
    key = {"room": {"S": CANARY_ROOM}, "sent": {"S": REGION}}
    token = uuid.uuid4().hex
    try:
        dynamodb.put_item(TableName=TABLE, Item={**key, "token": {"S": token}})
        item = dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item", {})
    except ClientError as error:
        dynamodb_says = error.response["Error"]["Code"]
    except BotoCoreError as error:
        dynamodb_says = type(error).__name__
    else:
        # Another environment of this function may have written in between; any token is a good one.
        dynamodb_says = "ok" if "token" in item else "lost a write"
    status = "ok" if dynamodb_says == "ok" else "failing"
    return {"status": status, "dependencies": {"dynamodb": dynamodb_says}, "at": time.time()}


def answer(status: int, body: object, **headers: str) -> dict:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    usual = {"content-type": "application/json", "cache-control": "no-store", "x-region": REGION}
    text = body if isinstance(body, str) else json.dumps(body)
    return {"statusCode": status, "headers": usual | named, "body": text}


def message_of(event: dict) -> tuple[str, dict]:
    """The room a request speaks to, and what it says there."""
    said = body_of(event)
    room = name(said.get("room", "lobby"), "room")
    return room, {
        "id": name(said.get("id") or uuid.uuid4().hex, "id"),
        "author": words(said, "author"),
        "text": words(said, "text"),
        "region": REGION,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def body_of(event: dict) -> dict:
    """The JSON object a request carries."""
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if len(raw) > LONGEST_BODY_BYTES:
        raise Refused(413, f"A request may have {LONGEST_BODY_BYTES} bytes.")
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.") from None
    if not isinstance(said, dict):
        raise Refused(400, "The body must be a JSON object.")
    return said


def name(value: object, field: str) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise Refused(400, f"{field} must be 1 to 64 letters, digits or any of _ . : -")
    return value


def words(said: dict, field: str) -> str:
    value = said.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Refused(400, f"{field} is missing.")
    if len(value) > LONGEST[field]:
        raise Refused(413, f"{field} may have {LONGEST[field]} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused(400, f"{field} is not text.") from None
    return value


FIELDS = ("id", "author", "text", "region", "time")
ROUTES = {
    "/": {"GET": page},
    "/messages": {"GET": read_messages, "POST": post_message},
    "/topic": {"GET": read_topic, "PUT": set_topic},
    "/health": {"GET": health},
    "/health/deep": {"GET": deep_health},
}

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Global chat</title>
<style>
  :root { color-scheme: light dark; --line: #8883; --mine: #2a7de1; --far: #d97706 }
  * { box-sizing: border-box }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; height: 100dvh; margin: 0 auto;
         padding: 1rem; display: flex; flex-direction: column; gap: .75rem }
  header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem }
  h1 { font-size: 1.3rem; margin: 0 auto 0 0 }
  .badge { font-size: .75rem; padding: .1rem .55rem; border-radius: 1rem; color: #fff;
           background: var(--mine) }
  .far { background: var(--far) } .quiet { background: #888 }
  ol { list-style: none; margin: 0; padding: 0; flex: 1; overflow-y: auto; border: 1px solid var(--line);
       border-radius: .5rem }
  li { padding: .5rem .75rem; border-bottom: 1px solid var(--line) }
  li p { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap } small { opacity: .65 }
  form { display: flex; flex-wrap: wrap; gap: .5rem }
  input, button { font: inherit; padding: .45rem .7rem; border: 1px solid var(--line); border-radius: .5rem }
  #author { width: 8rem } #text { flex: 1; min-width: 10rem } button { background: var(--mine); color: #fff }
  #trouble { color: #c2410c; min-height: 1.5rem; margin: 0 }
</style>
<header>
  <h1>Global chat</h1>
  <span class="badge" id="region" title="the region that answered">…</span>
  <span class="badge quiet" id="latency" title="the last round trip; median of twenty">… ms</span>
</header>
<ol id="messages" aria-live="polite"></ol>
<p id="trouble" role="status"></p>
<form>
  <input id="author" placeholder="Your name" maxlength="64" aria-label="Your name" required>
  <input id="text" placeholder="Say something" maxlength="2000" aria-label="Message" required
         autocomplete="off">
  <button>Send</button>
</form>
<script>
const $ = id => document.getElementById(id);
const room = new URLSearchParams(location.search).get("room") || "lobby";
const rounds = [];
let region = "";
async function ask(path, options) {
  const began = performance.now();
  const response = await fetch(path, { signal: AbortSignal.timeout(8000), ...options });
  const body = await response.json();
  rounds.push(performance.now() - began);
  if (rounds.length > 20) rounds.shift();
  const middle = [...rounds].sort((a, b) => a - b)[rounds.length >> 1];
  region = response.headers.get("x-region") || "";
  $("region").textContent = region;
  $("latency").textContent = `${Math.round(rounds.at(-1))} ms, median ${Math.round(middle)} ms`;
  if (!response.ok) throw new Error(body.error || body.message);
  return body;
}
function made(tag, text, kind) {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = kind || "";
  return element;
}
function shown(message) {
  const row = document.createElement("li"), head = made("small", "");
  const when = new Date(message.time).toLocaleTimeString();
  const badge = made("span", message.region, message.region === region ? "badge" : "badge far");
  head.append(`${message.author} · ${when} `, badge);
  row.append(head, made("p", message.text));
  return row;
}
async function refresh() {
  try {
    const { messages } = await ask(`/messages?limit=50&room=${encodeURIComponent(room)}`);
    $("messages").replaceChildren(...messages.map(shown));
    $("trouble").textContent = "";
  } catch (error) {
    $("trouble").textContent = `No answer: ${error.message}`;
  }
}
async function watch() {
  await refresh();
  setTimeout(watch, 2000);
}
document.querySelector("form").addEventListener("submit", async event => {
  event.preventDefault();
  const body = JSON.stringify({ room, author: $("author").value, text: $("text").value });
  try {
    await ask("/messages", { method: "POST", body, headers: { "content-type": "application/json" } });
    localStorage.author = $("author").value;
    $("text").value = "";
    await refresh();
  } catch (error) {
    $("trouble").textContent = `Not sent: ${error.message}`;
  }
});
$("author").value = localStorage.author || "";
watch();
</script>
</html>
"""
