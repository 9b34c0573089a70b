"""What is wrong with a form that is typed but not saved, in one sentence per field."""

from collections.abc import Iterator

from django.forms import BaseForm
from django.utils.text import capfirst


def form_problems(form: BaseForm, *, typed_only: bool = False) -> Iterator[str]:
    """Each field's errors behind the name that the page gives it.

    Args:
        form: bound; validated here where it is not yet.
        typed_only: pass over fields that nothing is typed into so far.
    """
    for name, errors in form.errors.items():
        if typed_only and not form.data.get(name):
            continue
        words, label = " ".join(map(str, errors)), form.fields[name].label if name in form.fields else ""
        yield f"{capfirst(str(label))}: {words}" if label else words
