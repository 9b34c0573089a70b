import json

from tests.fixtures.web import Web


def test_the_web_server_answers_that_it_is_alive_and_ready(web: Web) -> None:
    assert web.get("/healthz")[0] == 200
    status, _, body = web.get("/readyz")
    assert (status, json.loads(body)) == (200, {"postgres": "ok"})
