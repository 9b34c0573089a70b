"""What the judge found about the policy, as a merchandiser would put it."""

from typing import Any

from django.utils.translation import gettext as _


def policy_words(policy: dict[str, Any]) -> str:
    """A sentence for what ``PolicyVerdict.to_json`` holds; empty where nobody judged.

    Differences are rewards per first place of a page, with 95 % intervals of all tried weights together.
    """
    if not policy.get("finding"):
        return ""
    sentences = {
        "earns": _(
            "With weight %(weight)g a first place earns %(dr)+.4f (DR, %(dr_low)+.4f to %(dr_high)+.4f) and "
            "%(snips)+.4f (SNIPS, %(snips_low)+.4f to %(snips_high)+.4f) against %(logged).4f logged."
        ),
        "no_pages": _("No page that is old enough was drawn with a known probability: the policy's weight stays 0."),
        "few_shoppers": _(
            "The policy's weight stays 0: with weight %(weight)g the logs carry %(shoppers).0f effective shoppers, too "
            "few to conclude. Log more pages or raise exploration."
        ),
        "snips_low": _(
            "The policy's weight stays 0: with weight %(weight)g the SNIPS difference may be as low as "
            "%(snips_low)+.4f rewards per first place, beyond the margin of %(margin)+.4f."
        ),
        "dr_low": _(
            "The policy's weight stays 0: with weight %(weight)g the DR difference may be as low as %(dr_low)+.4f "
            "rewards per first place, beyond the margin of %(margin)+.4f."
        ),
        "no_gain": _("The policy's weight stays 0: with weight %(weight)g the DR difference is %(dr)+.4f, no gain."),
    }
    return sentences[policy["finding"]] % _numbers(policy)


def _numbers(policy: dict[str, Any]) -> dict[str, float]:
    if policy["dr"] is None:
        return {}
    estimates = {name: policy[name] for name in ("snips", "dr")}
    ends = {f"{name}_{end}": about[end] for name, about in estimates.items() for end in ("low", "high")}
    return ends | {
        "weight": policy["judged_weight"],
        "snips": policy["snips"]["value"],
        "dr": policy["dr"]["value"],
        "shoppers": policy["dr"]["effective_clusters"],
        "logged": policy["logged_value"],
        "margin": -policy["margin"],
    }
