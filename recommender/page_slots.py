"""A decision after the check at serving time: what is gone by then is dropped, and holes are filled."""

from recommender.data.types import Decision
from recommender.serving.page_limits import Company
from recommender.store.card_facts import CardFacts
from recommender.store.impressions import Slots


def slots_of(decision: Decision, facts: dict[int, CardFacts], company: Company) -> Slots:
    """The decision after the check at serving time.

    What has been hidden or sold out since it was gathered is marked dropped. A hole in the section of the first draw
    is filled from that draw's allowed set, by what may stand beside the other cards and with propensity NaN; elsewhere,
    and where nothing may, the row is one card shorter.
    """

    def showable(item: int) -> bool:
        return item in facts and facts[item].visible and facts[item].in_stock

    slots, nan = Slots([], [], [], [], [], [], []), float("nan")
    sections = dict(zip(decision.item_ids.tolist(), decision.section_of.tolist(), strict=True))
    standing = {item: section for item, section in sections.items() if showable(item)}
    spares = [item for item in decision.pool_ids.tolist() if item not in sections and showable(item)]
    drawn = [card for card, forced in enumerate(decision.forced.tolist()) if not forced]
    home = int(decision.section_of[drawn[0]]) if drawn else -1
    for card, item in enumerate(decision.item_ids.tolist()):
        section, dropped = int(decision.section_of[card]), not showable(item)
        p, forced, score = (float(decision.propensities[card]), bool(decision.forced[card]), decision.scores[card])
        _slot_add(slots, item, section, p, forced=forced, dropped=dropped, score=float(score), card=card)
        if dropped and section == home:
            row = [other for other, of in standing.items() if of == home]
            left, code = [one for one in spares if one not in standing], decision.sections[home].code
            spare = company.first(left, instead_of=item, section=code, row=row, page=[*standing])
            if spare:
                standing[spare] = home
                _slot_add(slots, spare, home, nan, forced=False, dropped=False, score=nan, card=-1)
    return slots


def _slot_add(
    slots: Slots, item: int, section: int, p: float, *, forced: bool, dropped: bool, score: float, card: int
) -> None:
    slots.item_ids.append(item)
    slots.section_of.append(section)
    slots.propensities.append(p)
    slots.forced.append(forced)
    slots.dropped.append(dropped)
    slots.scores.append(score)
    slots.card_of.append(card)
