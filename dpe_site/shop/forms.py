"""Forms a shopper fills in, and the small ones that buttons carry."""

from typing import Any, NamedTuple

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from users.models import Consent, User
from users.reviews import MAX_CHARACTERS

FACETS = ("departments", "brands", "tags", "colours", "items")
MOST_PIECES = 20
LARGEST_ID = 2**63 - 1
LARGEST_POSITION = 2**15 - 1


class Pick(NamedTuple):
    """The card whose button was pressed."""

    item: int
    position: int | None  # None where it is not given
    tag: int = 0  # the taste that the button is about, 0 none


class PickField(forms.RegexField):
    """``item``, ``item-position`` or ``item-position-tag`` as a card's buttons send it."""

    def __init__(self, **options: Any) -> None:
        """A required field unless ``options`` say otherwise."""
        super().__init__(regex=r"^[0-9]{1,19}(-[0-9]{1,5}(-[0-9]{1,19})?)?$", **options)

    def clean(self, value: Any) -> Pick:
        """The card.

        Raises:
            ValidationError: not of this form, or numbers that no item and no page has.
        """
        item, position, tag = (*super().clean(value).split("-"), "", "")[:3]
        if max(int(item), int(tag or 0)) > LARGEST_ID or int(position or 0) > LARGEST_POSITION:
            raise ValidationError(_("There is no such item."), code="invalid")
        return Pick(int(item), int(position) if position else None, int(tag or 0))


class DeedForm(forms.Form):
    """What a button on a card says: which item, from which shown page."""

    pick = PickField()
    impression = forms.UUIDField(required=False)
    surface = forms.RegexField(r"^[a-z_]{1,40}$", required=False)
    section = forms.RegexField(r"^[a-z_]{1,40}$", required=False)
    shown = forms.RegexField(r"^[0-9,]{1,4000}$", required=False)

    row = forms.RegexField(r"^[0-9,]{1,4000}$", required=False)

    def clean_shown(self) -> frozenset[int]:
        """Ids of the cards that are on the shopper's screen already."""
        return _ids(self.cleaned_data["shown"])

    def clean_row(self) -> frozenset[int]:
        """Ids of those that stand in the row of the card that was pressed, itself among them."""
        return _ids(self.cleaned_data["row"])


def _ids(joined: str) -> frozenset[int]:
    return frozenset(int(item) for item in joined.split(",") if item)


class BasketForm(forms.Form):
    """An item and how many of it."""

    item = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    quantity = forms.IntegerField(min_value=1, max_value=MOST_PIECES, initial=1, required=False)
    impression = forms.UUIDField(required=False)
    position = forms.IntegerField(min_value=0, max_value=LARGEST_POSITION, required=False)

    def clean_quantity(self) -> int:
        """One where nothing was said."""
        return self.cleaned_data["quantity"] or 1


class ReviewForm(forms.Form):
    """What somebody who bought an item says about it."""

    rating = forms.TypedChoiceField(
        label=_("Stars"),
        coerce=int,
        choices=[
            ("", _("Choose")),
            (5, _("5: very good")),
            (4, _("4: good")),
            (3, _("3: middling")),
            (2, _("2: poor")),
            (1, _("1: bad")),
        ],
    )
    text = forms.CharField(
        label=_("In your words, if you like"),
        required=False,
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea({"rows": 4}),
    )


class CheckoutForm(forms.Form):
    """An address for a rehearsal; it is checked and thrown away."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    street = forms.CharField(
        label=_("Street and number"), max_length=200, widget=forms.TextInput({"autocomplete": "street-address"})
    )
    town = forms.CharField(label=_("Town"), max_length=120, widget=forms.TextInput({"autocomplete": "address-level2"}))
    postcode = forms.CharField(
        label=_("Postcode"), max_length=20, widget=forms.TextInput({"autocomplete": "postal-code"})
    )


class SignUpForm(BaseUserCreationForm):
    """A new login."""

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username", "email")

    def __init__(self, *args: Any, **options: Any) -> None:
        """The email address can be left empty."""
        super().__init__(*args, **options)
        self.fields["email"].help_text = _("Can be left empty.")


class ConsentForm(forms.Form):
    """One purpose and whether it is allowed."""

    purpose = forms.ChoiceField(choices=Consent.Purpose.choices)
    granted = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes")


class ChoiceForm(forms.Form):
    """The answer to the question at the top of the page."""

    choice = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes")


class KindForm(forms.Form):
    """A category that a shopper wants to see as many of as before."""

    kind = forms.IntegerField(min_value=1, max_value=LARGEST_ID)


class InterestForm(forms.Form):
    """How much of one interest a shopper wants."""

    facet = forms.ChoiceField(choices=[(name, name) for name in FACETS])
    key = forms.CharField(max_length=60)
    counts = forms.IntegerField(min_value=0, max_value=200)


class StartOverForm(forms.Form):
    """Whether what was done so far is left out, or used again."""

    undo = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes")
