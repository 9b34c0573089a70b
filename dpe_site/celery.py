"""The Celery application: queue ``default`` serves, queue ``train`` learns.

Only a worker started with ``DPE_ROLE=train`` imports the training tasks, so torch never enters any other process;
everyone else asks for training by the task's name.
"""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from dpe_site.embedded.process import end_with_parent
from workers.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dpe_site.settings.demo")


def task_modules(role: str) -> list[str]:
    """Modules whose tasks a process of this role registers."""
    return ["workers.tasks", "workers.tasks_train"] if role == "train" else ["workers.tasks"]


_ROLE = os.environ.get("DPE_ROLE", "command")

app = Celery("dpe", include=task_modules(_ROLE))
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
if _ROLE == "train":
    app.conf.worker_pool = "dpe_site.training_pool:TrainingPool"


@worker_process_init.connect
def _bind(**_: Any) -> None:
    """Processes of a worker's pool never outlive it, however it died."""
    end_with_parent(signal.SIGKILL)
