"""Calls about the rescue rehabilitation of children in county 990121."""

from datetime import date, datetime, timedelta, timezone

from known import VILLAGE, Call, World, makes
from money import today
from office import Spoilt

COUNTY = "990121000000"
CLERK, APPROVER, FINANCE = "county.990121", "approver.990121", "finance.990121"
TOWNSHIP, WORKER = "township.990121103", "institution.990121"
INSTITUTIONS, PLANS = "/v1/institutions", "/v1/rehabilitation-plans"
SESSIONS, SETTLEMENTS = "/v1/rehabilitation-sessions", "/v1/settlements"
SERVICE = "physical"
# On which sessions are taken down, before today.
DAYS = 50


def center(world: World) -> str:
    return world.ask(WORKER, "GET", "/v1/me")["grants"][0]["organization_id"]


def listed(world: World, who: str, path: str) -> list[dict]:
    return world.ask(who, "GET", path)["items"]


def organization(world: World) -> str:
    """A new institution's."""
    world.number += 1
    new = {"name": f"康复机构{world.number}", "kind": "institution", "division_code": COUNTY}
    return world.ask("sysadmin", "POST", "/v1/organizations", new)["id"]


def application(world: World) -> dict:
    return {
        "organization_id": organization(world),
        "service_types": [SERVICE],
        "address": "康宁路8号",
        "contact": "王主任 12000005678",
        "licence_number": "KF-0007",
    }


def agreement() -> dict:
    return {
        "division_code": COUNTY,
        "service_types": [SERVICE],
        "capacity": 50,
        "valid_from": str(today() - timedelta(days=1)),
        "valid_to": str(today() + timedelta(days=300)),
    }


def applied(world: World) -> str:
    return world.ask(CLERK, "POST", INSTITUTIONS, application(world))["organization_id"]


def agreed(world: World) -> str:
    """One that takes children in."""
    known = applied(world)
    path = f"{INSTITUTIONS}/{known}"
    made = world.ask(CLERK, "POST", f"{path}/agreements", agreement())
    sign = {"action": "agree", "agreement_id": made["agreements"][0]["id"]}
    world.ask(APPROVER, "POST", f"{path}/transitions", sign, seen=1)
    return known


@makes("get_institution")
def look_at_institution(world: World) -> Call:
    return Call({"id": center(world)})


@makes("create_institution")
def apply(world: World) -> Call:
    return Call(body=application(world), by=world.office.person(CLERK))


@makes("create_institution_agreement")
def propose_agreement(world: World) -> Call:
    return Call({"id": applied(world)}, agreement(), world.office.person(CLERK))


@makes("create_institution_transition")
def turn_away(world: World) -> Call:
    body = {"action": "terminate", "comment": "机构撤回申请"}
    return Call({"id": applied(world)}, body, world.office.person(APPROVER), seen=1)


def child(world: World) -> str:
    """Somebody new, of seven."""
    world.number += 1
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    # One for each number: days of birth go on where sequences are used up.
    born = date(today().year - 7, 1, 1) + timedelta(days=world.number // 900)
    body = f"990121{born:%Y%m%d}{100 + world.number % 900:03}"
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    number = body + "10X98765432"[total % 11]
    person = {
        "name": "李小苗",
        "id_number": number,
        "division_code": VILLAGE,
        "certificate": {"number": f"{number}42", "issued_date": f"{today().year - 2}-05-06"},
        "circumstances": {"income_status": "none"},
    }
    return world.ask(TOWNSHIP, "POST", "/v1/residents", person)["id"]


def approved(world: World) -> str:
    body = {"resident_id": child(world), "program_code": "child_rehabilitation"}
    case = world.ask(TOWNSHIP, "POST", "/v1/cases", body)["id"]
    moves = f"/v1/cases/{case}/transitions"
    steps = ((TOWNSHIP, "submit"), (CLERK, "endorse"), (APPROVER, "approve"))
    for seen, (who, action) in enumerate(steps, 1):
        world.ask(who, "POST", moves, {"action": action}, seen=seen)
    return case


def choice(world: World) -> dict:
    return {
        "case_id": approved(world),
        "institution_id": agreed(world),
        "service_type": SERVICE,
        "goals": "六个月内独立行走十米",
    }


@makes("create_rehabilitation_plan")
def choose(world: World) -> Call:
    return Call(body=choice(world), by=world.office.person(TOWNSHIP))


@makes("get_rehabilitation_plan")
def look_at_plan(world: World) -> Call:
    who = world.random.choice([CLERK, WORKER])
    plan = world.one_of(listed(world, who, f"{PLANS}?institution_id={center(world)}"))
    return Call({"id": plan["id"]}, by=world.office.person(who))


@makes("create_rehabilitation_plan_transition")
def end(world: World) -> Call:
    plan = world.ask(TOWNSHIP, "POST", PLANS, choice(world))
    body = {"action": "end", "comment": "家长自愿放弃"}
    return Call({"id": plan["id"]}, body, world.office.person(TOWNSHIP), seen=1)


def treated(world: World) -> dict:
    """A plan under way at the center."""
    return world.one_of(listed(world, WORKER, f"{PLANS}?state=active&institution_id={center(world)}"))


def long_treated(world: World) -> dict:
    """One that began long ago, whatever became of it today."""
    first, last = str(today() - timedelta(days=DAYS + 1)), str(today() - timedelta(days=1))
    for plan in listed(world, WORKER, f"{PLANS}?institution_id={center(world)}&limit=200"):
        began, ended = plan["start_date"], plan["end_date"]
        if began and began <= first and (ended is None or ended >= last):
            return plan
    raise Spoilt("nobody is treated at the center")


@makes("create_rehabilitation_assessment")
def assess(world: World) -> Call:
    body = {"kind": "mid", "tool": "GMFM-88", "score": 120, "highest_score": 264}
    body |= {"assessor": "李治疗师", "assessed_date": str(today())}
    return Call({"id": treated(world)["id"]}, body, world.office.person(WORKER))


def session(world: World) -> dict:
    """At an hour that is no other session's, since the plan began."""
    world.number += 1
    day = today() - timedelta(days=1 + world.number // 60 % DAYS)
    zone = timezone(timedelta(hours=8))
    begin = datetime(day.year, day.month, day.day, 13, tzinfo=zone)
    begin += timedelta(minutes=10 * (world.number % 60))
    return {
        "plan_id": long_treated(world)["id"],
        "started_at": begin.isoformat(),
        "minutes": 10,
        "therapist": f"治疗师{world.number}",
    }


@makes("create_rehabilitation_session")
def treat(world: World) -> Call:
    return Call(body=session(world), by=world.office.person(WORKER))


@makes("get_rehabilitation_session")
def look_at_session(world: World) -> Call:
    one = world.one_of(listed(world, WORKER, SESSIONS))
    return Call({"id": one["id"]}, by=world.office.person(WORKER))


def recorded(world: World) -> str:
    """On a day that no long session of the attack's takes up."""
    for _ in range(DAYS):
        try:
            return world.ask(WORKER, "POST", SESSIONS, session(world))["id"]
        except RuntimeError as refused:
            if "at_once" not in str(refused):
                raise
            world.number += 60
    raise RuntimeError("every day is taken up")


@makes("create_rehabilitation_session_transition")
def confirm(world: World) -> Call:
    made = recorded(world)
    body = {"action": "confirm", "guardian_name": "李大苗", "method": "signature"}
    body["confirmed_date"] = str(today())
    return Call({"id": made}, body, world.office.person(WORKER), seen=1)


def attended(world: World) -> dict:
    """What the center is to ask for: a session that is confirmed, in a month that nobody waits for."""
    call = confirm(world)
    path = f"{SESSIONS}/{call.path['id']}/transitions"
    made = world.office.ask(call.by, "POST", path, call.body, seen=1)
    for one in listed(world, WORKER, f"{SETTLEMENTS}?state=proposed"):
        body = {"action": "withdraw", "comment": "补充后重报"}
        moves = f"{SETTLEMENTS}/{one['id']}/transitions"
        world.ask(WORKER, "POST", moves, body, seen=one["version"])
    return {"institution_id": made["institution_id"], "month": made["month"]}


@makes("create_settlement")
def settle(world: World) -> Call:
    return Call(body=attended(world), by=world.office.person(WORKER))


@makes("get_settlement")
def look_at_settlement(world: World) -> Call:
    one = world.one_of(listed(world, FINANCE, SETTLEMENTS))
    return Call({"id": one["id"]}, by=world.office.person(FINANCE))


@makes("create_settlement_transition")
def send_back(world: World) -> Call:
    made = world.ask(WORKER, "POST", SETTLEMENTS, attended(world))
    body = {"action": "return", "comment": "缺监护人签字"}
    return Call({"id": made["id"]}, body, world.office.person(FINANCE), seen=1)


@makes("create_settlement_reversal")
def take_back(world: World) -> Call:
    made = world.ask(WORKER, "POST", SETTLEMENTS, attended(world))
    moves = f"{SETTLEMENTS}/{made['id']}/transitions"
    world.ask(FINANCE, "POST", moves, {"action": "check"}, seen=1)
    body = {"line_id": made["lines"][0]["id"], "reason": "签到不符"}
    return Call({"id": made["id"]}, body, world.office.person(APPROVER))
