"""How gunicorn runs the web processes; no preloading, so that every session with a model is made after the fork."""

import gc
import os
from threading import Event, Thread
from typing import Any

bind = f"{os.environ.get('DPE_BIND', '127.0.0.1')}:{os.environ.get('DPE_PORT', '8000')}"
workers = int(os.environ.get("DPE_WEB_WORKERS", "2"))
worker_class = "gthread"
# A browser opens connections ahead of need, and each keeps a thread waiting until it speaks: with two threads and three
# such connections the next click took 4.7 s.
threads = 8
preload_app = False
timeout = 30
graceful_timeout = 10
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Open live bundles before a visitor needs them; a thread, so that the port answers meanwhile."""
    from dpe_site.warming import bundles_keep_open

    # What was imported stays; looking it through again with every page's thousands of short-lived objects is waste.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    Thread(target=bundles_keep_open, args=[Event()], name="warming", daemon=True).start()
