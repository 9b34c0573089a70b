"""Parts of a page that are the same for everybody: drawn once per process and language.

    {% remembered "tiles" departments %} … {% endremembered %}

The first word names the part; what else the part shows is listed after it, hashable or lists of what is.
"""

from collections.abc import Sequence
from typing import Any

from django import template
from django.template import Context
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST_PARTS = 256

_parts: dict[tuple[Any, ...], SafeString] = {}


class RememberedNode(template.Node):
    """Renders its content where no text is kept for the same name, values and language."""

    def __init__(self, content: NodeList, name: str, values: Sequence[FilterExpression]) -> None:
        """Keep the content and what it depends on."""
        self.content, self.name, self.values = content, name, values

    def render(self, context: Context) -> SafeString:
        """The kept text, or a new one."""
        key = (self.name, get_language(), *(_hashable(value.resolve(context)) for value in self.values))
        part = _parts.get(key)
        if part is None:
            if len(_parts) >= MOST_PARTS:
                _parts.clear()
            part = _parts[key] = self.content.render(context)
        return part


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@register.tag
def remembered(parser: Parser, token: Token) -> RememberedNode:
    """Compile the block tag.

    Raises:
        TemplateSyntaxError: no name was given.
    """
    _tag, *words = token.split_contents()
    if not words:
        raise template.TemplateSyntaxError("remembered: name the part, then list what it shows")
    content = parser.parse(("endremembered",))
    parser.delete_first_token()
    return RememberedNode(content, words[0], [parser.compile_filter(word) for word in words[1:]])
