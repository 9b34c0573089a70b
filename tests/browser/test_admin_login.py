import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.web import Web
from users.models import User


@pytest.mark.browser
def test_staff_sign_in_to_the_admin(web: Web, browser_page: Page) -> None:
    User.objects.create_superuser("ada", "ada@example.com", "lovelace-1815")
    browser_page.goto(f"{web.url}/admin/")
    browser_page.get_by_label("Username").fill("ada")
    browser_page.locator("input[name=password]").fill("lovelace-1815")
    browser_page.locator("button[type=submit]").click()
    expect(browser_page).to_have_url(f"{web.url}/admin/")
    expect(browser_page.get_by_role("heading").first).to_be_visible()
