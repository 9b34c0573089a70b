"""What is wrong with a knob's value, as staff are told: in forms, in arms of experiments and on publishing."""

from django.utils.translation import gettext as _

from recommender.data.knob_ranges import CHOICES, RANGES


def knob_problem_words(name: str, problem: str) -> str:
    """The rest of a sentence that begins with the knob's name.

    Args:
        name: of the knob.
        problem: of ``data.knob_ranges.knob_problem``.
    """
    if problem == "choice":
        return _("must be one of %(choices)s") % {"choices": ", ".join(CHOICES[name])}
    if problem == "number":
        return _("must be a number")
    if problem == "whole":
        return _("must be a whole number")
    limits = RANGES[name]
    return _("must be from %(low)g to %(high)g") % {"low": limits.low, "high": limits.high}
