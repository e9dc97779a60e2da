"""The fake partner does what it is commanded to, by its own clock."""

import httpx
import pytest

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from tests.partners import VirtualClock

FIGURE = {"items": [{"sku": "A", "quantity": 3}]}


def statuses(served: FakePartners, count: int) -> list[int]:
    url = f"{served.url}/web/v3/inventory/adjustments/absolute"
    return [httpx.put(url, json=FIGURE).status_code for _ in range(count)]


def test_it_throttles_by_its_own_clock_and_says_when_to_come_back() -> None:
    clock = VirtualClock()
    with FakePartners({"web": Behaviour(quotas={"send": (2, 1.0, 3)})}, clock) as served:
        assert statuses(served, 4) == [200, 200, 200, 429]
        clock.at += 0.5
        assert statuses(served, 2) == [200, 429]
        assert served["web"].gate.exceeded == 2


def test_it_is_commanded_over_its_admin_address() -> None:
    with FakePartners({"web": Behaviour()}) as served:
        admin = f"{served.url}/admin/web"
        assert statuses(served, 1) == [200]
        assert httpx.post(admin, json={"is_dead": True}).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            statuses(served, 1)
        httpx.post(admin, json={"is_dead": False, "fail_rate": 1.0, "quotas": {"send": [1, 1, 9]}})
        assert statuses(served, 1) == [500]
        assert httpx.get(admin).json()["statuses"] == {"0": 1, "200": 1, "500": 1}
        assert httpx.post(admin, json={"colour": "red"}).status_code == 400
        assert httpx.get(f"{served.url}/admin/other").status_code == 404


def test_what_it_forgets_was_accepted_and_is_not_there() -> None:
    with FakePartners({"web": Behaviour(forget_rate=1.0)}) as served:
        assert statuses(served, 1) == [200]
        found = httpx.get(f"{served.url}/web/v3/inventory/items", params={"sku:in": "A"}).json()
    assert found["data"] == []
