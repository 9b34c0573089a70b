import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.web import Web


@pytest.mark.browser
def test_the_page_about_the_api_works_without_any_other_host(web: Web, browser_page: Page) -> None:
    hosts: set[str] = set()
    browser_page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    browser_page.goto(f"{web.url}/api/docs/")
    events = browser_page.locator("#operations-events-events_create")
    expect(events).to_be_visible()
    events.locator(".opblock-summary-control").click()
    expect(events.get_by_text("sending a batch again changes nothing")).to_be_visible()
    assert hosts == {web.url.split("/")[2]}
