"""Calls about employment: who works, who wants to, and who employs, in county 990121."""

from datetime import timedelta

from known import Call, World, makes
from money import today

COUNTY = "990121000000"
TOWNSHIP = "990121103000"
CLERK, APPROVER, FINANCE = "county.990121", "approver.990121", "finance.990121"
PROPOSES, DECIDES = "supervisor.990100", "supervisor2.990100"


def ago(days: int) -> str:
    return str(today() - timedelta(days=days))


def ask(world: World, username: str, path: str, body: dict, seen: int | None = None) -> dict:
    return world.ask(username, "POST", path, body, seen=seen)


def by(world: World, username: str = CLERK):
    return world.office.person(username)


def standard(world: World, kind: str = "average_wage") -> dict:
    """Each from a day of its own."""
    world.number += 1
    since = today() + timedelta(days=world.number)
    body = {"kind": kind, "division_code": COUNTY, "effective_from": str(since)}
    return {**body, "amount_fen": 9_000_000, "legal_basis": "统计公报"}


def employer(world: World) -> str:
    body = {"name": "虚川电子有限公司", "employer_type": "private", "division_code": TOWNSHIP}
    return ask(world, CLERK, "/v1/employers", body)["id"]


def offered(world: World, of: str) -> dict:
    body = {"employer_id": of, "title": "装配工", "form": "quota", "division_code": TOWNSHIP}
    return {**body, "openings": 3, "wage_from_fen": 250_000, "wage_to_fen": 350_000}


def vacancy(world: World) -> str:
    return ask(world, CLERK, "/v1/vacancies", offered(world, employer(world)))["id"]


def seeker_of(world: World) -> dict:
    body = {"resident_id": world.resident()[0], "forms": ["quota"], "distance": "county"}
    return {**body, "needed_aids": ["wheelchair_access"]}


def seeker(world: World) -> str:
    return ask(world, CLERK, "/v1/job-seekers", seeker_of(world))["id"]


def referral(world: World) -> str:
    path = f"/v1/job-seekers/{seeker(world)}/referrals"
    return ask(world, CLERK, path, {"vacancy_id": vacancy(world)})["id"]


def fair_of() -> dict:
    body = {"kind": "job_fair", "name": "专场招聘会", "division_code": COUNTY}
    return {**body, "from_date": ago(1), "to_date": str(today())}


def fair(world: World) -> str:
    return ask(world, CLERK, "/v1/job-fairs", fair_of())["fair"]["id"]


def evidence() -> dict:
    since = ago(120)
    proof = {"contract_kind": "labor_contract", "contract_number": "HT-018", "contract_from": since}
    return {**proof, "wage_fen": 320_000, "insured_from": since, "insurance_number": "SB-018"}


def work_of(world: World) -> dict:
    body = {"resident_id": world.resident()[0], "form": "quota", "employer_id": employer(world)}
    return {**body, "start_date": ago(120), "evidence": evidence()}


def work(world: World) -> str:
    return ask(world, CLERK, "/v1/placements", work_of(world))["id"]


def verified(world: World) -> str:
    placement = work(world)
    path = f"/v1/placements/{placement}/verification"
    ask(world, APPROVER, path, {"outcome": "verify"}, seen=1)
    return placement


def home_of() -> dict:
    body = {"name": "残疾人之家", "division_code": TOWNSHIP, "operator": "街道办事处"}
    return {**body, "care_places": 5, "sheltered_places": 5, "opened_date": ago(200)}


def home(world: World) -> str:
    return ask(world, CLERK, "/v1/disability-homes", home_of())["id"]


def member_of(world: World) -> dict:
    body = {"resident_id": world.resident()[0], "kind": "sheltered"}
    return {**body, "daily_pay_fen": 3_000, "joined_date": ago(150)}


def member(world: World) -> tuple[str, str]:
    at = home(world)
    made = ask(world, CLERK, f"/v1/disability-homes/{at}/members", member_of(world))
    return at, made["id"]


def last_month() -> str:
    return f"{today().replace(day=1) - timedelta(days=1):%Y-%m}"


def sheet(world: World) -> tuple[str, str]:
    at, who = member(world)
    path = f"/v1/disability-homes/{at}"
    came = {"date": f"{last_month()}-06", "member_ids": [who]}
    ask(world, CLERK, f"{path}/attendance", came)
    return at, ask(world, CLERK, f"{path}/pay-sheets", {"month": last_month()})["id"]


@makes("propose_employment_standard")
def propose(world: World) -> Call:
    return Call(body=standard(world), by=by(world, PROPOSES))


@makes("decide_employment_standard")
def decide(world: World) -> Call:
    made = ask(world, PROPOSES, "/v1/employment-standards", standard(world))
    return Call({"id": made["id"]}, {"outcome": "approve"}, by(world, DECIDES), seen=1)


@makes("create_employer")
def register_employer(world: World) -> Call:
    body = {"name": "某企业", "employer_type": "private", "division_code": TOWNSHIP}
    return Call(body=body, by=by(world))


@makes("get_employer")
def look_at_employer(world: World) -> Call:
    return Call({"id": employer(world)})


@makes("update_employer")
def correct_employer(world: World) -> Call:
    return Call({"id": employer(world)}, {"staff_count": 210}, by(world), seen=1)


@makes("create_vacancy")
def offer(world: World) -> Call:
    return Call(body=offered(world, employer(world)), by=by(world))


@makes("get_vacancy")
def look_at_vacancy(world: World) -> Call:
    return Call({"id": vacancy(world)})


@makes("update_vacancy")
def close_vacancy(world: World) -> Call:
    return Call({"id": vacancy(world)}, {"close_reason": "filled"}, by(world), seen=1)


@makes("create_job_seeker")
def seek(world: World) -> Call:
    return Call(body=seeker_of(world), by=by(world))


@makes("get_job_seeker", "list_job_matches")
def look_at_seeker(world: World) -> Call:
    return Call({"id": seeker(world)})


@makes("update_job_seeker")
def change_seeker(world: World) -> Call:
    return Call({"id": seeker(world)}, {"skills": "办公软件"}, by(world), seen=1)


@makes("create_job_seeker_contact")
def contact(world: World) -> Call:
    body = {"kind": "call", "note": "已电话联系"}
    return Call({"id": seeker(world)}, body, by(world))


@makes("create_job_referral")
def send_to(world: World) -> Call:
    return Call({"id": seeker(world)}, {"vacancy_id": vacancy(world)}, by(world))


@makes("get_job_referral")
def look_at_referral(world: World) -> Call:
    return Call({"id": referral(world)})


@makes("create_job_referral_transition")
def interview(world: World) -> Call:
    return Call({"id": referral(world)}, {"action": "interview"}, by(world), seen=1)


@makes("create_job_fair")
def plan_fair(world: World) -> Call:
    return Call(body=fair_of(), by=by(world))


@makes("get_job_fair", "list_fair_attendances")
def look_at_fair(world: World) -> Call:
    return Call({"id": fair(world)})


@makes("update_job_fair")
def move_fair(world: World) -> Call:
    return Call({"id": fair(world)}, {"place": "县文化馆"}, by(world), seen=1)


@makes("create_fair_attendance")
def attend(world: World) -> Call:
    body = {"job_seeker_id": seeker(world), "result": "informed"}
    return Call({"id": fair(world)}, body, by(world))


@makes("create_placement")
def place(world: World) -> Call:
    return Call(body=work_of(world), by=by(world))


@makes("get_placement")
def look_at_work(world: World) -> Call:
    return Call({"id": work(world)})


@makes("get_new_employment", "get_graduate_employment")
def count_work(world: World) -> Call:
    return Call(query={"year": str(today().year)})


@makes("create_placement_evidence")
def prove(world: World) -> Call:
    return Call({"id": work(world)}, evidence(), by(world), seen=1)


@makes("create_placement_verification")
def verify(world: World) -> Call:
    return Call({"id": work(world)}, {"outcome": "verify"}, by(world, APPROVER), seen=1)


@makes("create_placement_ending")
def leave(world: World) -> Call:
    body = {"end_date": ago(2), "reason": "resigned"}
    return Call({"id": work(world)}, body, by(world), seen=1)


def check_of(world: World) -> str:
    path = f"/v1/retention-checks?placement_id={verified(world)}"
    return world.ask(CLERK, "GET", path)["items"][0]["id"]


@makes("get_retention_check")
def look_at_check(world: World) -> Call:
    return Call({"id": check_of(world)})


@makes("create_retention_outcome")
def retain(world: World) -> Call:
    body = {"outcome": "retained", "wage_fen": 320_000, "insured": True}
    return Call({"id": check_of(world)}, body, by(world), seen=1)


def levy(world: World) -> dict:
    body = {"employer_id": employer(world), "year": today().year, "staff_count": 200}
    return {**body, "average_wage_fen": 8_000_000}


@makes("create_levy_estimate")
def reckon(world: World) -> Call:
    return Call(body=levy(world), by=by(world, FINANCE))


@makes("get_levy_estimate")
def look_at_levy(world: World) -> Call:
    made = ask(world, FINANCE, "/v1/levy-estimates", levy(world))
    return Call({"id": made["id"]}, by=by(world, FINANCE))


@makes("create_disability_home")
def open_home(world: World) -> Call:
    return Call(body=home_of(), by=by(world))


@makes("get_disability_home", "list_home_members", "list_home_pay_sheets")
def look_at_home(world: World) -> Call:
    return Call({"id": home(world)})


@makes("list_home_attendance")
def look_at_days(world: World) -> Call:
    return Call({"id": home(world)}, query={"month": last_month()})


@makes("update_disability_home")
def enlarge(world: World) -> Call:
    return Call({"id": home(world)}, {"care_places": 6}, by(world), seen=1)


@makes("create_home_member")
def join(world: World) -> Call:
    return Call({"id": home(world)}, member_of(world), by(world))


@makes("end_home_member")
def leave_home(world: World) -> Call:
    at, who = member(world)
    body = {"left_date": ago(2), "reason": "own_wish"}
    return Call({"id": at, "member_id": who}, body, by(world), seen=1)


@makes("create_home_attendance")
def come(world: World) -> Call:
    at, who = member(world)
    return Call({"id": at}, {"date": ago(3), "member_ids": [who]}, by(world))


@makes("create_home_pay_sheet")
def reckon_pay(world: World) -> Call:
    at, _ = member(world)
    return Call({"id": at}, {"month": last_month()}, by(world))


@makes("decide_home_pay_sheet")
def confirm_pay(world: World) -> Call:
    at, made = sheet(world)
    return Call({"id": at, "sheet_id": made}, {"outcome": "confirm"}, by(world, APPROVER), seen=1)
