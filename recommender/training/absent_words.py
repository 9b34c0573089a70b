"""Why a bundle lacks a part, in the language of the page."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from recommender.data.absent import Absent

POLICY_FEW_PAGES = gettext_noop(
    "%(pages)d shown pages are logged and %(needed)d are needed to learn long-term value; its weight stays 0"
)
POLICY_WITHOUT_RANKER = gettext_noop("the policy is judged with the ranker's scores, and there is no ranker")
RANKER_LEARNED_LITTLE = gettext_noop(
    "the ranker learned too little to rank: it tells what is clicked from what is not on a page in %(ours).1f %% of "
    "pairs, the fusion in %(fusion).1f %%"
)
NOTHING_KNOWN = gettext_noop("nothing is known of any item")
NOT_NAMED = gettext_noop("the recipe does not name it")
NOBODY_JUDGES = gettext_noop(
    "Too few shoppers have done several things of which the last was with an item new to them. A third of such shoppers"
    " is kept back to judge a bundle, and here that is nobody: import more behaviour."
)
NO_PICTURES = gettext_noop("no item has a picture that can be read")
NO_PAGES = gettext_noop("no shown pages are logged yet; the fusion ranks until shoppers have seen pages")
FEW_NEWCOMERS = gettext_noop(
    "%(shoppers)d shoppers did something, and %(needed)d are needed to learn what a situation tells"
)
NO_SITUATION = gettext_noop("what shoppers begin with is foreseen no better when segment, language and time are known")
FEW_CONVERSIONS = gettext_noop(
    "%(conversions)d answered cards are logged with their sources; %(needed)d are needed to learn quotas"
)
FEW_KNOWN = gettext_noop("of %(shoppers)d shoppers enough is known, and %(needed)d are needed to learn segments")
NO_GROUPS = gettext_noop("what shoppers like falls into no groups that keep apart")
FEW_PAGES = gettext_noop(
    "%(pages)d shown pages with %(clicks)d clicks are too few to learn from (%(needed)d and %(needed_clicks)d are"
    " needed); the fusion ranks until then"
)
FEW_CHOICES = gettext_noop("%(shoppers)d held-out shoppers chose among the best %(best)d, at least %(needed)d must")
FEW_PICTURES = gettext_noop("%(pictures)d pictures have a text to learn from; %(needed)d are needed")
SILENT_PICTURES = gettext_noop(
    "the pictures tell nothing of the texts: %(found).0f %% find theirs among ten of %(held)d, chance %(chance).0f %%"
)
NO_TREES = gettext_noop("trees foresee held-out choices no better than the fusion does")


def absent_words(kept: Mapping[str, Any] | str) -> str:
    """The sentence for what ``Absent.to_json`` holds; a reason that was kept as a sentence is that sentence."""
    absent = Absent(kept) if isinstance(kept, str) else Absent.from_json(kept)
    return str(Absent(_(absent.reason) if absent.reason else "", absent.values))
