"""What beat asks for and how often. A tick that nobody took in time is dropped: the next one does the same work."""

from typing import Any

from celery.schedules import crontab


def _every(task: str, seconds: float) -> dict[str, Any]:
    return {"task": f"workers.tasks.{task}", "schedule": seconds, "options": {"expires": seconds * 2}}


def _at(task: str, when: crontab) -> dict[str, Any]:
    return {"task": f"workers.tasks.{task}", "schedule": when, "options": {"expires": 3600}}


SCHEDULE: dict[str, dict[str, Any]] = {
    "relay": _every("relay", 1.0),
    "recover": _every("recover", 15.0),
    "trends": _every("trends", 60.0),
    "prune": _at("prune", crontab(minute="40", hour="2")),
    "partitions": _at("partitions", crontab(minute="10", hour="*/6")),
    "night": _at("night", crontab(minute="0", hour="3")),
}
