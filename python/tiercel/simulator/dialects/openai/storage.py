"""Files and batches."""

from time import time

from tiercel.simulator import multipart
from tiercel.simulator.exchange import Exchange
from tiercel.simulator.files import File
from tiercel.simulator.reading import Json, load, text

_DAY = 86_400


async def upload(exchange: Exchange) -> None:
    """`POST /v1/files`."""
    form = multipart.read(exchange.request)
    part, purpose = multipart.field(form, "file"), multipart.field(form, "purpose").content.decode(errors="replace")
    await exchange.suffer(None, {})
    description = {
        "id": f"file-{next(exchange.state.numbers):016x}",
        "object": "file",
        "bytes": len(part.content),
        "created_at": int(time()),
        "filename": part.filename,
        "purpose": purpose,
        "status": "processed",
    }
    exchange.state.files.add(File(description, part.content))
    await exchange.reply.json(description)


async def files(exchange: Exchange) -> None:
    """`GET /v1/files`."""
    await exchange.suffer(None, {})
    await exchange.reply.json(_page(list(exchange.state.files.descriptions())))


async def file(exchange: Exchange) -> None:
    """`GET /v1/files/{id}`."""
    await exchange.suffer(None, {})
    await exchange.reply.json(exchange.state.files.file(exchange.parts["id"]).description)


async def content(exchange: Exchange) -> None:
    """`GET /v1/files/{id}/content`."""
    await exchange.suffer(None, {})
    await exchange.reply.unary(exchange.state.files.file(exchange.parts["id"]).content, "application/octet-stream")


async def delete(exchange: Exchange) -> None:
    """`DELETE /v1/files/{id}`."""
    await exchange.suffer(None, {})
    name = exchange.parts["id"]
    exchange.state.files.file(name)
    del exchange.state.files.files[name]
    await exchange.reply.json({"id": name, "object": "file", "deleted": True})


async def begin(exchange: Exchange) -> None:
    """`POST /v1/batches`: it stays in progress until it is cancelled."""
    fields = load(exchange.request.body)
    await exchange.suffer(None, fields)
    name = text(fields.get("input_file_id"), "input_file_id")
    exchange.state.files.file(name)
    now = int(time())
    batch = {
        "id": f"batch_{next(exchange.state.numbers):016x}",
        "object": "batch",
        "endpoint": text(fields.get("endpoint"), "endpoint"),
        "input_file_id": name,
        "completion_window": text(fields.get("completion_window"), "completion_window"),
        "status": "in_progress",
        "created_at": now,
        "in_progress_at": now,
        "expires_at": now + _DAY,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": fields.get("metadata"),
    }
    exchange.state.files.begin(batch)
    await exchange.reply.json(batch)


async def batches(exchange: Exchange) -> None:
    """`GET /v1/batches`."""
    await exchange.suffer(None, {})
    await exchange.reply.json(_page(list(exchange.state.files.batches.values())))


async def batch(exchange: Exchange) -> None:
    """`GET /v1/batches/{id}`."""
    await exchange.suffer(None, {})
    await exchange.reply.json(exchange.state.files.batch(exchange.parts["id"]))


async def cancel(exchange: Exchange) -> None:
    """`POST /v1/batches/{id}/cancel`."""
    await exchange.suffer(None, {})
    cancelled = exchange.state.files.batch(exchange.parts["id"])
    cancelled |= {"status": "cancelled", "cancelled_at": int(time())}
    await exchange.reply.json(cancelled)


def _page(found: list[Json]) -> Json:
    """A list in one page."""
    ends = {"first_id": found[0]["id"], "last_id": found[-1]["id"]} if found else {}
    return {"object": "list", "data": found, "has_more": False, **ends}
