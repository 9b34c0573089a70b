import json
import uuid
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import ConnectionError as ConnectionLost

from catalog.models import Outbox, Shop
from catalog.outbox import LEASE, outbox_add, outbox_handling, outbox_prune, outbox_relay, outbox_replay

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(code="test", name="Test")


class Broker:
    """Remembers what it was given; refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.refuse: Exception | None = None
        self.poison = ""

    def __call__(self, message: Outbox) -> None:
        if self.refuse:
            raise self.refuse
        if message.topic == self.poison:
            raise ValueError("cannot be written down")
        self.got.append(message.topic)


def only() -> Outbox:
    return Outbox.objects.get()


def test_messages_are_handed_over_once_and_in_order(shop):
    broker = Broker()
    for topic in ("a", "b", "c"):
        outbox_add(shop=shop, topic=topic, payload={})
    assert outbox_relay(2, publish=broker) == 2
    assert outbox_relay(publish=broker) == 1
    assert outbox_relay(publish=broker) == 0
    assert broker.got == ["a", "b", "c"]


def test_an_absent_broker_costs_no_attempt(shop):
    broker = Broker()
    outbox_add(shop=shop, topic="a", payload={})
    for refusal in (BrokerAway("gone"), ConnectionRefusedError("gone"), TimeoutError("slow"), ConnectionLost("lost")):
        broker.refuse = refusal
        assert outbox_relay(publish=broker) == 0
    assert only().attempts == 0
    broker.refuse = None
    assert outbox_relay(publish=broker) == 1


def test_a_poisoned_message_is_parked_and_the_others_go_on(shop):
    broker = Broker()
    broker.poison = "bad"
    outbox_add(shop=shop, topic="bad", payload={})
    outbox_add(shop=shop, topic="good", payload={})
    assert [outbox_relay(publish=broker) for _ in range(4)] == [1, 0, 0, 0]
    parked = Outbox.objects.parked().get()
    assert parked.topic == "bad" and parked.attempts == 3 and "cannot be written down" in parked.error


def test_a_parked_message_can_be_replayed(shop):
    broker = Broker()
    broker.poison = "bad"
    outbox_add(shop=shop, topic="bad", payload={})
    for _ in range(3):
        outbox_relay(publish=broker)
    broker.poison = ""
    assert outbox_replay([only().pk, uuid.uuid4()]) == 1
    assert outbox_relay(publish=broker) == 1


def test_a_handled_message_is_never_handled_again(shop):
    outbox_add(shop=shop, topic="a", payload={"x": 1})
    outbox_relay(publish=Broker())
    with outbox_handling(only().pk) as message:
        assert message is not None and message.payload == {"x": 1}
    with outbox_handling(only().pk) as message:
        assert message is None
    assert outbox_relay(publish=Broker(), now=timezone.now() + 2 * LEASE) == 0


def test_a_failing_task_is_tried_three_times_then_parked(shop):
    broker = Broker()
    outbox_add(shop=shop, topic="a", payload={})
    for _ in range(3):
        assert outbox_relay(publish=broker) == 1
        with pytest.raises(RuntimeError, match="no words"), outbox_handling(only().pk):
            raise RuntimeError("no words")
    assert outbox_relay(publish=broker) == 0
    assert only().parked_at is not None and "no words" in only().error


def test_what_killed_workers_took_comes_back_and_is_parked_after_three(shop):
    broker = Broker()
    outbox_add(shop=shop, topic="a", payload={})
    now = timezone.now()
    for _ in range(3):
        assert outbox_relay(publish=broker, now=now) == 1
        assert outbox_relay(publish=broker, now=now + LEASE / 2) == 0
        now += LEASE + timedelta(seconds=1)
    assert outbox_relay(publish=broker, now=now) == 0
    assert only().parked_at is not None and "three deliveries" in only().error


def test_an_id_given_twice_is_one_message(shop):
    message_id = uuid.uuid4()
    for _ in range(2):
        outbox_add(shop=shop, topic="a", payload={}, message_id=message_id)
    assert only().pk == message_id


def test_handled_messages_are_removed_after_a_week(shop):
    outbox_add(shop=shop, topic="a", payload={})
    outbox_relay(publish=Broker())
    with outbox_handling(only().pk):
        pass
    assert outbox_prune(timezone.now() + timedelta(days=6)) == 0
    assert outbox_prune(timezone.now() + timedelta(days=8)) == 1


@pytest.fixture
def broker_queue():
    """The queue of default workers in the real broker, empty before and after."""
    connection = redis.Redis.from_url(settings.REDIS_URL)
    connection.delete("default")
    yield connection
    connection.delete("default")


def test_the_task_of_a_topic_is_sent_with_the_messages_id(shop, broker_queue):
    outbox_add(shop=shop, topic="item.changed", payload={"item_ids": [1]})
    assert outbox_relay() == 1
    task = json.loads(broker_queue.lindex("default", 0))
    assert task["headers"]["task"] == "outbox.item.changed"
    assert str(only().pk) in task["headers"]["kwargsrepr"]
