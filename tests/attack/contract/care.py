"""Calls about targeted rehabilitation and screenings in county 990121."""

from datetime import timedelta

from known import Call, World, makes
from money import today

COUNTY = "990121000000"
CLERK = "county.990121"
SERVICES = "/v1/rehabilitation-services"
SCREENINGS = "/v1/screenings"


def listed(world: World, path: str) -> list[dict]:
    return world.ask(CLERK, "GET", path)["items"]


def helped_case(world: World) -> str:
    """An approved case in which something was concluded and nothing is needed."""
    done = listed(world, f"{SERVICES}?state=concluded&division_code={COUNTY}")
    case = world.one_of(done)["case_id"]
    for one in listed(world, f"{SERVICES}?case_id={case}"):
        if "cancel" in one["allowed_actions"]:
            body = {"action": "cancel", "comment": "本人已自行配置"}
            world.ask(CLERK, "POST", f"{SERVICES}/{one['id']}/transitions", body, seen=one["version"])
    return case


def new_need(world: World) -> dict:
    kind = world.random.choice(["hearing", "vision", "mobility"])
    return {"case_id": helped_case(world), "kind": kind, "need": "行走不稳"}


@makes("create_rehabilitation_service")
def note(world: World) -> Call:
    return Call(body=new_need(world), by=world.office.person(CLERK))


@makes("get_rehabilitation_service")
def look_at_service(world: World) -> Call:
    one = world.one_of(listed(world, f"{SERVICES}?division_code={COUNTY}"))
    return Call({"id": one["id"]}, by=world.office.person(CLERK))


@makes("create_rehabilitation_service_transition")
def assess(world: World) -> Call:
    made = world.ask(CLERK, "POST", SERVICES, new_need(world))
    known = listed(world, "/v1/organizations?division_code=990121&limit=200")
    hospital = next(one["id"] for one in known if one["kind"] == "institution")
    body = {"action": "assess", "organization_id": hospital, "performer": "李医生"}
    body["comment"] = "建议适配助行器"
    return Call({"id": made["id"]}, body, world.office.person(CLERK), made["version"])


@makes("count_rehabilitation_services")
def count(world: World) -> Call:
    first, last = today() - timedelta(days=365), today()
    query = {"division_code": COUNTY, "from_date": str(first), "to_date": str(last)}
    return Call(query=query, by=world.office.person(CLERK))


@makes("create_screening_deadline")
def lay_down(world: World) -> Call:
    world.number += 1
    body = {"division_code": COUNTY, "kind": "autism", "legal_basis": "国卫妇幼发〔2022〕24号"}
    body |= {"positive_days": 30, "doubtful_days": 45, "intervention_days": 90}
    body["effective_from"] = str(today() + timedelta(days=1 + world.number))
    return Call(body=body, by=world.office.person("approver.990121"))


def found(world: World) -> dict:
    """What a screening of somebody found, on a day that is no other screening's."""
    world.number += 1
    kinds = ["visual", "hearing", "speech", "physical", "intellectual", "autism"]
    # Nobody else's: those whom all know may be about to move.
    resident, _ = world.resident()
    body = {"resident_id": resident, "place": "县妇幼保健院"}
    body |= {"kind": world.random.choice(kinds), "result": "positive"}
    body["screened_date"] = str(today() - timedelta(days=world.number))
    return body


@makes("create_screening")
def screen(world: World) -> Call:
    return Call(body=found(world), by=world.office.person(CLERK))


@makes("get_screening")
def look_at_screening(world: World) -> Call:
    one = world.one_of(listed(world, f"{SCREENINGS}?division_code={COUNTY}"))
    return Call({"id": one["id"]}, by=world.office.person(CLERK))


@makes("create_screening_transition")
def leave(world: World) -> Call:
    open_ones = listed(world, f"{SCREENINGS}?state=diagnosis_due&division_code={COUNTY}")
    if open_ones:
        one = world.random.choice(open_ones)
    else:
        one = world.ask(CLERK, "POST", SCREENINGS, found(world))
    body = {"action": "end", "comment": "已迁往外省"}
    return Call({"id": one["id"]}, body, world.office.person(CLERK), one["version"])
