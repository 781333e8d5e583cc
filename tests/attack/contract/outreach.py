"""Calls about activities, who is most in need, and the visits to them, in county 990121."""

import time
from datetime import timedelta

from known import Call, World, makes
from money import today

COUNTY = "990121000000"
CLERK = "county.990121"
ACTIVITIES = "/v1/activities"
STANDARDS = "/v1/need-standards"
ASSESSMENTS = "/v1/need-assessments"
VISITS = "/v1/visits"


def by(world: World, username: str = CLERK) -> object:
    return world.office.person(username)


def listed(world: World, path: str) -> list[dict]:
    return world.ask(CLERK, "GET", path)["items"]


def new_activity(world: World) -> dict:
    office = listed(world, "/v1/organizations?division_code=990121")[0]["id"]
    body = {"kind": "accessible_film", "name": "无障碍观影", "organization_id": office}
    return {**body, "division_code": COUNTY, "planned_date": str(today())}


def planned(world: World) -> dict:
    return world.ask(CLERK, "POST", ACTIVITIES, new_activity(world))


def held(world: World) -> dict:
    one = planned(world)
    body = {"action": "hold", "others_count": 12}
    return world.ask(CLERK, "POST", f"{ACTIVITIES}/{one['id']}/transitions", body, seen=1)


def lives_here(world: World) -> str:
    """Somebody of the township whose record stands."""
    township = world.ask(CLERK, "GET", "/v1/residents?division_code=990121103&limit=200")["items"]
    return world.one_of(township)["id"]


@makes("create_activity")
def plan_activity(world: World) -> Call:
    return Call(body=new_activity(world), by=by(world))


@makes("get_activity")
def look_at_activity(world: World) -> Call:
    one = world.one_of(listed(world, f"{ACTIVITIES}?division_code={COUNTY}"))
    return Call({"id": one["id"]}, by=by(world))


@makes("create_activity_transition")
def hold(world: World) -> Call:
    one = planned(world)
    return Call({"id": one["id"]}, {"action": "hold", "others_count": 3}, by(world), one["version"])


@makes("create_activity_attendances")
def attend(world: World) -> Call:
    body = {"resident_ids": [lives_here(world)]}
    return Call({"id": held(world)["id"]}, body, by(world))


@makes("list_activity_attendances")
def look_at_attendances(world: World) -> Call:
    return Call({"id": held(world)["id"]}, by=by(world))


@makes("withdraw_activity_attendance")
def withdraw(world: World) -> Call:
    path = f"{ACTIVITIES}/{held(world)['id']}/attendances"
    named = world.ask(CLERK, "POST", path, {"resident_ids": [lives_here(world)]})
    return Call({"id": named["items"][0]["id"]}, {"reason": "签到表登记有误"}, by(world))


def year(world: World) -> dict:
    first, last = today() - timedelta(days=365), today()
    return {"division_code": COUNTY, "from_date": str(first), "to_date": str(last)}


@makes("count_activities", "count_visits")
def count(world: World) -> Call:
    return Call(query=year(world), by=by(world))


def new_standard(world: World) -> dict:
    world.number += 1
    alone = {"code": "alone", "when": "circumstances.lives_alone", "points": 20}
    alone |= {"zh": "独居", "en": "lives alone"}
    body = {"division_code": COUNTY, "clauses": [alone], "legal_basis": "县残联通知"}
    return {**body, "effective_from": str(today() + timedelta(days=1000 + world.number))}


@makes("propose_need_standard")
def propose(world: World) -> Call:
    return Call(body=new_standard(world), by=by(world))


@makes("decide_need_standard")
def decide(world: World) -> Call:
    proposed = world.ask(CLERK, "POST", STANDARDS, new_standard(world))
    return Call({"id": proposed["id"]}, {"outcome": "approve"}, by(world, "approver.990121"), 1)


@makes("get_need_score")
def score(world: World) -> Call:
    return Call({"id": lives_here(world)}, by=by(world))


@makes("create_need_assessment")
def assess(world: World) -> Call:
    """A village's, which the jobs finish within seconds."""
    for _ in range(30):
        latest = listed(world, f"{ASSESSMENTS}?division_code=990121103201")
        if all(one["state"] in ("done", "failed") for one in latest):
            break
        time.sleep(1)
    return Call(body={"division_code": "990121103201"}, by=by(world))


@makes("get_need_assessment")
def look_at_assessment(world: World) -> Call:
    one = world.one_of(listed(world, f"{ASSESSMENTS}?division_code={COUNTY}"))
    return Call({"id": one["id"]}, by=by(world))


@makes("list_most_in_need")
def look_at_list(world: World) -> Call:
    return Call(query={"division_code": COUNTY}, by=by(world))


def free(world: World) -> dict:
    """A visit to somebody for whom none is planned."""
    return {"resident_id": world.resident()[0], "due_date": str(today() + timedelta(days=20))}


@makes("create_visit")
def plan_visit(world: World) -> Call:
    return Call(body=free(world), by=by(world))


@makes("create_visit_plan")
def plan_many(world: World) -> Call:
    due = str(today() + timedelta(days=20))
    return Call(body={"division_code": COUNTY, "due_date": due, "limit": 3}, by=by(world))


@makes("get_visit")
def look_at_visit(world: World) -> Call:
    one = world.one_of(listed(world, f"{VISITS}?division_code={COUNTY}"))
    return Call({"id": one["id"]}, by=by(world))


@makes("create_visit_transition")
def visit(world: World) -> Call:
    one = world.ask(CLERK, "POST", VISITS, free(world))
    body = {"action": "complete", "findings": {"lives_alone": True}, "services": ["subsidy"]}
    return Call({"id": one["id"]}, body, by(world), one["version"])
