"""Calls about assistive devices: the catalog, and the warehouse of county 990121."""

from datetime import date, datetime, timedelta, timezone

from known import Call, World, makes

COUNTY = "990121"
BUYER, KEEPER, TAKER = "finance.990121", "county.990121", "finance2.990121"
APPROVER, CITY, HELPER = "approver.990121", "supervisor.990100", "supervisor2.990100"
EDITION, CODE = "2022", "122203"
HEADER = "版本,编码,名称,单位,评估级别,执行日期\n"


def today() -> date:
    return datetime.now(timezone(timedelta(hours=8))).date()


class Stock:
    """The county's warehouse as the demonstration furnished it, and a new one beside it."""

    def __init__(self, world: World) -> None:
        self.world = world
        houses = self.ask(KEEPER, "GET", f"/v1/warehouses?division_code={COUNTY}")["items"]
        self.organization = houses[0]["organization_id"]
        self.house = houses[0]["id"]
        self.beside = self.opened()

    def ask(self, username: str, *arguments, **more):
        return self.world.ask(username, *arguments, **more)

    def me(self, username: str) -> str:
        return self.ask(username, "GET", "/v1/me")["id"]

    def opened(self) -> str:
        self.world.number += 1
        body = {"name": f"二号仓库 {self.world.number}", "organization_id": self.organization}
        return self.ask(APPROVER, "POST", "/v1/warehouses", body)["id"]

    def assigned(self, house: str, username: str) -> dict:
        body = {"user_id": self.me(username), "duty": "keeper"}
        return self.ask(APPROVER, "POST", f"/v1/warehouses/{house}/duties", body)

    def given(self) -> dict:
        body = {"kind": "donation", "warehouse_id": self.house, "quantity": 5, "lot": lot()}
        return self.ask(KEEPER, "POST", "/v1/stock-movements", body)

    def bought(self) -> dict:
        return self.ask(BUYER, "POST", "/v1/stock-deliveries", purchase(self.house))

    def counted(self) -> dict:
        return self.ask(TAKER, "POST", "/v1/stocktakes", self.count())

    def count(self) -> dict:
        lot_id = self.given()["lot"]["id"]
        line = {"lot_id": lot_id, "counted_quantity": 1, "explanation": "短少待查"}
        return {"warehouse_id": self.house, "lines": [line]}


def lot() -> dict:
    said = {"edition": EDITION, "code": CODE, "brand": "某牌", "batch_number": "20220999"}
    return said | {"unit_price_fen": 100_000, "fund_source": "donation", "supplier": "某商会"}


def purchase(house: str) -> dict:
    said = {"kind": "purchase", "to_warehouse_id": house, "quantity": 2, "lot": lot()}
    return said | {"invoice_number": "03100220011100000009"}


def stock(world: World) -> Stock:
    if not hasattr(world, "stock"):
        world.stock = Stock(world)
    return world.stock


def period() -> dict[str, str]:
    return {"from_date": str(today() - timedelta(days=400)), "to_date": str(today())}


@makes("list_device_catalog")
def list_catalog(world: World) -> Call:
    return Call(query={"edition": EDITION, "code_prefix": "12"})


@makes("get_device_item")
def get_item(world: World) -> Call:
    return Call({"edition": EDITION, "device_code": CODE})


@makes("import_device_catalog")
def import_catalog(world: World) -> Call:
    row = f"2022,30 03 {world.random.randrange(10, 99)},体育辅助器具,件,无,2022-01-01\n"
    return Call(body=(HEADER + row).encode())


@makes("list_warehouses")
def list_warehouses(world: World) -> Call:
    return Call(query={"division_code": COUNTY})


@makes("get_warehouse", "get_warehouse_stock", "list_reorder_levels")
def read_house(world: World) -> Call:
    return Call({"id": stock(world).house}, query={})


@makes("get_warehouse_turnover", "get_warehouse_register")
def read_period(world: World) -> Call:
    return Call({"id": stock(world).house}, query=period())


@makes("create_warehouse")
def create_warehouse(world: World) -> Call:
    of = stock(world)
    world.number += 1
    body = {"name": f"三号仓库 {world.number}", "organization_id": of.organization}
    return Call(body=body, by=world.office.person(APPROVER))


@makes("assign_warehouse_duty")
def assign_duty(world: World) -> Call:
    of = stock(world)
    body = {"user_id": of.me(HELPER), "duty": "keeper"}
    return Call({"id": of.opened()}, body, by=world.office.person(APPROVER))


@makes("end_warehouse_duty")
def end_duty(world: World) -> Call:
    of = stock(world)
    house = of.opened()
    duty = of.assigned(house, HELPER)["id"]
    return Call({"id": house, "duty_id": duty}, {}, by=world.office.person(APPROVER))


@makes("set_reorder_level")
def set_level(world: World) -> Call:
    body = {"edition": EDITION, "code": CODE, "quantity": 5}
    return Call({"id": stock(world).house}, body, by=world.office.person(APPROVER))


@makes("list_stock_movements", "list_stock_deliveries", "list_stocktakes")
def list_things(world: World) -> Call:
    return Call(query={"division_code": COUNTY})


@makes("create_stock_movement")
def create_movement(world: World) -> Call:
    lot_id = stock(world).given()["lot"]["id"]
    body = {"kind": "issue", "lot_id": lot_id, "quantity": 1, "counterpart": "某康复站"}
    return Call(body=body, by=world.office.person(KEEPER))


@makes("get_stock_movement")
def get_movement(world: World) -> Call:
    return Call({"id": stock(world).given()["id"]})


@makes("reverse_stock_movement")
def reverse_movement(world: World) -> Call:
    body = {"reason": "误登数量"}
    return Call({"id": stock(world).given()["id"]}, body, by=world.office.person(KEEPER))


@makes("create_stock_delivery")
def create_delivery(world: World) -> Call:
    return Call(body=purchase(stock(world).house), by=world.office.person(BUYER))


@makes("get_stock_delivery")
def get_delivery(world: World) -> Call:
    return Call({"id": stock(world).bought()["id"]})


@makes("create_stock_delivery_transition")
def receive(world: World) -> Call:
    body = {"action": "receive", "received_quantity": 2}
    return Call({"id": stock(world).bought()["id"]}, body, by=world.office.person(KEEPER), seen=1)


@makes("create_stocktake")
def count(world: World) -> Call:
    return Call(body=stock(world).count(), by=world.office.person(TAKER))


@makes("get_stocktake")
def get_count(world: World) -> Call:
    return Call({"id": stock(world).counted()["id"]})


@makes("create_stocktake_transition")
def decide_count(world: World) -> Call:
    body = {"action": "return", "comment": "重新盘点"}
    return Call({"id": stock(world).counted()["id"]}, body, by=world.office.person(APPROVER), seen=1)
