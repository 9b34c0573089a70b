"""A part that is drawn once for all holds nothing of whoever it was drawn for first."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import Context, Origin, RequestContext, TemplateSyntaxError, engines
from django.template.base import Template
from django.test import RequestFactory
from django.utils.translation import override

from dpe_site.shop.frame import Department
from dpe_site.shop.templatetags import remembered

GARDEN = Department(1, "garden", "Garden", "")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    kept = dict(remembered._parts)
    remembered._parts.clear()
    yield
    remembered._parts.clear()
    remembered._parts.update(kept)


def template(text: str) -> Template:
    return engines["django"].from_string("{% load i18n remembered %}" + text).template


def drawn(page: Template, request: HttpRequest | None = None, **values: object) -> str:
    return page.render(Context(values) if request is None else RequestContext(request, values))


def visit(name: str) -> HttpRequest:
    request = RequestFactory().get("/", {"who": name})
    request.user = AnonymousUser()
    request.user.username = name
    return request


@pytest.mark.django_db
def test_two_visitors_never_see_each_others_values():
    page = template(
        '{% remembered "part" shown %}{{ shown }}: {{ name }}{{ user.username }}{{ request.GET.who }}{{ basket_count }}'
        "{% csrf_token %}{% endremembered %} and {{ name }} outside"
    )
    first = drawn(page, visit("ada"), shown="all", name="Ada", basket_count=3)
    assert first == "all:  and Ada outside"
    assert drawn(page, visit("bob"), shown="all", name="Bob", basket_count=5) == "all:  and Bob outside"


def test_each_language_has_a_part_of_its_own():
    page = template('{% remembered "part" %}{% translate "Favourites" %}{% endremembered %}')
    with override("zh-hans"):
        chinese = drawn(page)
    with override("en"):
        assert drawn(page) == "Favourites" != chinese
    with override("zh-hans"):
        assert drawn(page) == chinese


def test_what_is_shown_decides_what_is_drawn_again():
    page = template('{% remembered "part" rows %}{% for row in rows %}{{ row.name }} {% endfor %}{% endremembered %}')
    assert drawn(page, rows=[GARDEN]) == "Garden "
    kept = remembered._parts.copy()
    assert drawn(page, rows=[Department(1, "garden", "Garden", "")]) == "Garden "
    assert remembered._parts == kept
    assert drawn(page, rows=[Department(1, "garden", "Gardens", "")]) == "Gardens "


def test_parts_of_two_names_are_two():
    page = template(
        '{% remembered "a" x %}a{{ x }}{% endremembered %}{% remembered "b" x %}b{{ x }}{% endremembered %}'
    )
    assert drawn(page, x=1) == "a1b1"


def test_text_is_escaped():
    page = template('{% remembered "part" name %}{{ name }}{% endremembered %}')
    assert drawn(page, name="<b>") == "&lt;b&gt;"


def test_no_more_is_kept_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(remembered, "MOST_PARTS", 3)
    page = template('{% remembered "part" number %}{{ number }}{% endremembered %}')
    assert [drawn(page, number=number) for number in range(10)] == [str(number) for number in range(10)]
    assert len(remembered._parts) <= 3


@pytest.mark.parametrize("words", ["", '"part" user.name', '"part" rows|length', '"part" "text"'])
def test_a_part_that_does_not_say_plainly_what_it_shows_is_refused(words):
    with pytest.raises(TemplateSyntaxError, match="remembered: "):
        template(f"{{% remembered {words} %}}{{% endremembered %}}")


def test_every_part_of_the_shop_is_drawn_from_what_names_nobody():
    """What else a part could list has to be thought about here: few values, the same whoever has them."""
    loader = engines["django"].engine.template_loaders[0]
    folder = next(iter(loader.get_dirs()))
    listed = {
        node.shown
        for file in folder.rglob("*.html")
        if "{% remembered " in (text := file.read_text())
        for node in Template(text, Origin(str(file)), engine=engines["django"].engine).nodelist.get_nodes_by_type(
            remembered.RememberedNode
        )
    }
    assert listed == {
        (),
        ("scripts",),
        ("shop_name",),
        ("departments",),
        ("departments", "current_department"),
        ("basket_count",),
        ("here", "basket_count"),
    }
