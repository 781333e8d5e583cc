"""Calls about renovations of homes and about public venues in county 990121."""

import struct
import zlib
from datetime import timedelta

from known import VILLAGE, Call, World, document, makes
from money import today

COUNTY, TOWNSHIP = "990121000000", "990121103000"
CLERK, APPROVER = "county.990121", "approver.990121"
PROJECTS, VENUES = "/v1/renovation-projects", "/v1/public-venues"
ELDERLY = "/v1/elderly-renovations"


def picture() -> bytes:
    """A small PNG."""

    def part(name: bytes, content: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + end

    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes([200, 30, 30]) * 8 for _ in range(8)))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


def moves(world: World, one: dict, **body) -> dict:
    path = f"{PROJECTS}/{one['id']}/transitions"
    return world.ask(CLERK, "POST", path, body, seen=one["version"])


def free_case(world: World) -> str:
    """A case of a home of the demonstration: the project that there was of it is given up."""
    if not hasattr(world, "home_case"):
        path = f"/v1/cases?program_code=home_renovation&state=approved&division_code={COUNTY}"
        world.home_case = world.ask(CLERK, "GET", path)["items"][0]["id"]
    known = world.ask(CLERK, "GET", f"{PROJECTS}?case_id={world.home_case}")
    for one in known["items"]:
        if one["state"] != "cancelled":
            moves(world, one, action="cancel", comment="住户放弃")
    return world.home_case


def new_project(world: World) -> dict:
    world.number += 1
    body = {"case_id": free_case(world), "finding": "门前三级台阶"}
    return body | {"address": f"和平路{world.number}号"}


def surveyed(world: World) -> dict:
    return world.ask(CLERK, "POST", PROJECTS, new_project(world))


@makes("list_renovation_projects", "list_public_venues", "list_elderly_renovations")
def list_them(world: World) -> Call:
    return Call(query={"division_code": COUNTY})


@makes("count_renovations")
def count(world: World) -> Call:
    period = {"from_date": str(today() - timedelta(days=365)), "to_date": str(today())}
    return Call(query=period | {"division_code": COUNTY})


@makes("create_renovation_project")
def survey(world: World) -> Call:
    return Call(body=new_project(world), by=world.office.person(CLERK))


@makes("get_renovation_project")
def look_at_project(world: World) -> Call:
    return Call({"id": surveyed(world)["id"]}, by=world.office.person(CLERK))


@makes("create_renovation_transition")
def assess(world: World) -> Call:
    path = f"/v1/organizations?division_code={COUNTY}&limit=200"
    offices = world.ask(CLERK, "GET", path)["items"]
    federation = next(one["id"] for one in offices if one["kind"] == "federation")
    done = {"organization_id": federation, "assessor": "陈评估师", "date": str(today())}
    body = {"action": "assess", "comment": "可建坡道", "assessment": done}
    return Call({"id": surveyed(world)["id"]}, body, world.office.person(CLERK), seen=1)


@makes("create_renovation_visit")
def visit(world: World) -> Call:
    path = f"/v1/follow-ups?kind=renovation_visit&division_code={COUNTY}"
    # When all were visited, one is visited again: that is a conflict.
    due = [one for state in ("open", "done") for one in world.ask(CLERK, "GET", f"{path}&state={state}")["items"]][0]
    body = {"follow_up_id": due["id"], "result": "in_use", "note": "使用正常"}
    return Call({"id": due["subject_id"]}, body, world.office.person(CLERK))


def new_elderly(world: World) -> dict:
    world.number += 1
    body = {"division_code": VILLAGE, "address": f"幸福路{world.number}号"}
    return body | {"completed_date": str(today()), "source": "县民政局名单"}


@makes("create_elderly_renovation")
def record_elderly(world: World) -> Call:
    return Call(body=new_elderly(world), by=world.office.person(CLERK))


@makes("withdraw_elderly_renovation")
def withdraw_elderly(world: World) -> Call:
    made = world.ask(CLERK, "POST", ELDERLY, new_elderly(world))
    return Call({"id": made["id"]}, {"reason": "门牌号有误"}, world.office.person(CLERK))


def new_venue(world: World) -> dict:
    world.number += 1
    due = str(today() + timedelta(days=60))
    item = {"kind": "entrance", "finding": "正门三级台阶，无坡道", "due_date": due}
    body = {"name": f"便民服务点{world.number}", "kind": "government", "division_code": TOWNSHIP}
    return body | {"address": "人民路1号", "owner": "镇人民政府", "items": [item]}


def listed(world: World) -> dict:
    return world.ask(CLERK, "POST", VENUES, new_venue(world))


@makes("create_public_venue")
def list_venue(world: World) -> Call:
    return Call(body=new_venue(world), by=world.office.person(CLERK))


@makes("get_public_venue")
def look_at_venue(world: World) -> Call:
    return Call({"id": listed(world)["id"]}, by=world.office.person(CLERK))


@makes("create_public_venue_transition")
def move_venue(world: World) -> Call:
    one = listed(world)
    items = [{"item_id": one["items"][0]["id"]}]
    body = {"action": "remedy", "items": items, "comment": "坡道已建成"}
    if world.random.random() < 0.5:
        return Call({"id": one["id"]}, body, world.office.person(CLERK), seen=1)
    path = f"{VENUES}/{one['id']}/transitions"
    one = world.ask(CLERK, "POST", path, body, seen=1)
    body = {"action": "accept", "comment": "通行顺畅", "accepted_date": str(today())}
    body |= {"participants": [world.resident()[0]]}
    return Call({"id": one["id"]}, body, world.office.person(APPROVER), seen=one["version"])


@makes("get_document_thumbnail")
def look_at_thumbnail(world: World) -> Call:
    of = world.ask(world.clerk, "GET", f"/v1/documents/{document(world)}")
    path = f"/v1/cases/{of['case_id']}/documents?kind=photo&name=a.png"
    photo = world.ask(world.clerk, "POST", path, file=picture())
    ids = {"id": of["case_id"], "document_id": photo["id"]}
    return Call(ids, by=world.office.person(world.clerk))
