"""Calls about devices for persons in county 990121: allocations, checks and recalls."""

from known import Call, World, makes
from stock import CODE, COUNTY, EDITION, stock, today

TOWNSHIP, CLERK, APPROVER = "township.990121103", "county.990121", "approver.990121"
ALLOCATIONS = "/v1/device-allocations"
ITEM = {"edition": EDITION, "code": CODE}


def approved(world: World) -> str:
    """A case of a device, of somebody new."""
    resident, _ = world.resident()
    new = {"resident_id": resident, "program_code": "device_subsidy", "details": {}}
    case = world.ask(TOWNSHIP, "POST", "/v1/cases", new)["id"]
    steps = ((TOWNSHIP, "submit"), (CLERK, "endorse"), (APPROVER, "approve"))
    for seen, (who, action) in enumerate(steps, start=1):
        path = f"/v1/cases/{case}/transitions"
        world.ask(who, "POST", path, {"action": action}, seen=seen)
    return case


def new_allocation(world: World) -> dict:
    evaluation = {"level": "county", "organization_id": stock(world).organization}
    evaluation |= {"evaluator": "陈评估师", "date": str(today()), "finding": "需手动轮椅"}
    return ITEM | {"case_id": approved(world), "evaluation": evaluation}


def evaluated(world: World) -> dict:
    return world.ask(TOWNSHIP, "POST", ALLOCATIONS, new_allocation(world))


def delivered(world: World) -> str:
    """From stock, and signed for today."""
    one = evaluated(world)
    lot = stock(world).given()["lot"]["id"]
    signed = {"signed_by": "张晓宝", "relation": "self", "date": str(today())}
    for step in (
        {"action": "plan", "comment": "配手动轮椅一辆"},
        {"action": "issue", "lot_id": lot},
        {"action": "fit"},
        {"action": "train"},
        {"action": "deliver", "delivery": signed},
    ):
        path = f"{ALLOCATIONS}/{one['id']}/transitions"
        one = world.ask(CLERK, "POST", path, step, seen=one["version"])
    return one["id"]


def recall(world: World) -> dict:
    world.number += 1
    return ITEM | {"batch_number": f"R{world.number}", "reason": "前轮轴承有断裂风险"}


@makes("list_device_allocations")
def list_allocations(world: World) -> Call:
    return Call(query={"division_code": COUNTY})


@makes("create_device_allocation")
def evaluate(world: World) -> Call:
    return Call(body=new_allocation(world), by=world.office.person(TOWNSHIP))


@makes("get_device_allocation")
def look_at_allocation(world: World) -> Call:
    return Call({"id": evaluated(world)["id"]}, by=world.office.person(CLERK))


@makes("create_device_allocation_transition")
def plan(world: World) -> Call:
    body = {"action": "plan", "comment": "配手动轮椅一辆"}
    return Call({"id": evaluated(world)["id"]}, body, world.office.person(CLERK), seen=1)


@makes("create_follow_up_result")
def find(world: World) -> Call:
    subject = delivered(world)
    resident = world.ask(CLERK, "GET", f"{ALLOCATIONS}/{subject}")["resident_id"]
    known = world.ask(CLERK, "GET", f"/v1/follow-ups?kind=device_check&resident_id={resident}")
    body = {"result": "in_use", "note": "使用正常"}
    return Call({"id": known["items"][0]["id"]}, body, world.office.person(CLERK))


@makes("list_device_recalls")
def list_recalls(world: World) -> Call:
    return Call(query=ITEM)


@makes("create_device_recall")
def call_back(world: World) -> Call:
    return Call(body=recall(world), by=world.office.person(APPROVER))


@makes("get_device_recall")
def look_at_recall(world: World) -> Call:
    made = world.ask(APPROVER, "POST", "/v1/device-recalls", recall(world))
    return Call({"id": made["id"]}, by=world.office.person(CLERK))
