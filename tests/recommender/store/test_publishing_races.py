"""Publishing while somebody turns a switch."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from recommender.store import rulesets
from recommender.store.switches import Switches, switches_read, switches_turn
from tests.fixtures.tiny_shop import tiny_shop

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 1.0  # seconds that publishing leaves the switch to overtake it


def apart(do: Callable[[], object]) -> threading.Thread:
    """Run with a connection of its own."""

    def run() -> None:
        try:
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_switch_that_is_turned_while_drafts_are_compiled_stays_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = tiny_shop(n=6, departments=1).shop
    compiled, turned, compile_drafts = threading.Event(), threading.Event(), rulesets.ruleset_compile

    def slowly(of: object) -> dict[str, object]:
        content = compile_drafts(of)
        compiled.set()
        turned.wait(PATIENCE)
        return content

    def turn() -> None:
        switches_turn(shop=shop, switches=Switches(rules_off=True))
        turned.set()

    monkeypatch.setattr(rulesets, "ruleset_compile", slowly)
    publishing = apart(lambda: rulesets.ruleset_publish(shop=shop))
    assert compiled.wait(30)
    turning = apart(turn)
    publishing.join()
    turning.join()
    assert switches_read(shop).rules_off
