"""Calls about petitions and legal aid in county 990121."""

from datetime import timedelta

from known import Call, World, makes
from money import today

COUNTY = "990121000000"
CLERK = "county.990121"
PETITIONS = "/v1/petitions"
AID = "/v1/legal-aid-applications"


def listed(world: World, path: str) -> list[dict]:
    return world.ask(CLERK, "GET", path)["items"]


def new_petition(world: World) -> dict:
    resident, _ = world.resident()
    category = world.random.choice(["subsidy", "device", "rights", "other"])
    return {"resident_id": resident, "channel": "visit", "category": category, "text": "补贴停发未告知原因"}


@makes("create_petition")
def receive(world: World) -> Call:
    return Call(body=new_petition(world), by=world.office.person(CLERK))


@makes("get_petition")
def look_at_petition(world: World) -> Call:
    one = world.one_of(listed(world, f"{PETITIONS}?division_code={COUNTY}"))
    return Call({"id": one["id"]}, by=world.office.person(CLERK))


@makes("create_petition_transition")
def step(world: World) -> Call:
    made = world.ask(CLERK, "POST", PETITIONS, new_petition(world))
    body = world.random.choice(
        [
            {"action": "accept"},
            {"action": "not_accept", "comment": "属人民法院职权"},
            {"action": "transfer", "to_division_code": "990121103000", "comment": "属乡镇职权"},
            {"action": "withdraw", "comment": "本人撤回"},
        ]
    )
    return Call({"id": made["id"]}, body, world.office.person(CLERK), made["version"])


@makes("count_petitions")
def count_petitions(world: World) -> Call:
    first, last = today() - timedelta(days=365), today()
    query = {"division_code": COUNTY, "from_date": str(first), "to_date": str(last)}
    return Call(query=query, by=world.office.person(CLERK))


def new_application(world: World) -> dict:
    resident, _ = world.resident()
    matter = world.random.choice(["labor", "support", "property"])
    return {"resident_id": resident, "matter": matter, "statement": "拖欠工资", "fixed_income": False}


@makes("create_legal_aid_application")
def apply(world: World) -> Call:
    return Call(body=new_application(world), by=world.office.person(CLERK))


@makes("get_legal_aid_application")
def look_at_application(world: World) -> Call:
    one = world.one_of(listed(world, f"{AID}?division_code={COUNTY}"))
    return Call({"id": one["id"]}, by=world.office.person(CLERK))


@makes("create_legal_aid_transition")
def grant(world: World) -> Call:
    made = world.ask(CLERK, "POST", AID, new_application(world))
    by = world.office.person("approver.990121")
    return Call({"id": made["id"]}, {"action": "grant"}, by, made["version"])
