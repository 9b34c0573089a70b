"""Parts of a page that are the same for everybody: drawn once per process and language.

    {% remembered "tiles" departments %} … {% endremembered %}

The first word names the part; what else the part shows is listed after it: names of variables whose values are
hashable, or lists of what is. The part is drawn from these alone. It knows no visitor, request or basket, so that what
is drawn for one can hold nothing that is not for all.
"""

from typing import Any, cast

from django import template
from django.template import Context
from django.template.base import NodeList, Parser, Template, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST_PARTS = 256

_parts: dict[tuple[Any, ...], SafeString] = {}


class RememberedNode(template.Node):
    """Renders its content where no text is kept for the same name, values and language."""

    def __init__(self, content: NodeList, name: str, shown: tuple[str, ...]) -> None:
        """Keep the content and the names of the variables that it is made of."""
        self.content, self.name, self.shown = content, name, shown

    def render(self, context: Context) -> SafeString:
        """The kept text, or a new one."""
        values = {name: context.get(name) for name in self.shown}
        key = (self.name, get_language(), *map(_hashable, values.values()))
        part = _parts.get(key)
        if part is None:
            if len(_parts) >= MOST_PARTS:
                _parts.clear()
            part = _parts[key] = self._draw(context, values)
        return part

    def _draw(self, context: Context, values: dict[str, Any]) -> SafeString:
        alone = Context(values, autoescape=context.autoescape)
        with alone.bind_template(cast(Template, context.template)):  # what is being drawn has one
            return self.content.render(alone)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@register.tag
def remembered(parser: Parser, token: Token) -> RememberedNode:
    """Compile the block tag.

    Raises:
        TemplateSyntaxError: no name was given, or something else than a variable's plain name is listed.
    """
    _tag, *words = token.split_contents()
    if not words:
        raise template.TemplateSyntaxError("remembered: name the part, then list what it shows")
    name, *shown = words
    unclear = [word for word in shown if not word.isidentifier()]
    if unclear:
        raise template.TemplateSyntaxError(
            f"remembered: {unclear[0]} is not the plain name of a variable; use {{% with %}}"
        )
    content = parser.parse(("endremembered",))
    parser.delete_first_token()
    return RememberedNode(content, name, tuple(shown))
