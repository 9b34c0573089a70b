"""Queries of a snapshot; each column is cast and coalesced so that it streams as a number."""

from users.kinds import CLICK_SQL
from users.learnable import LEARNABLE, PEOPLE

ITEMS = """
SELECT i.id, coalesce(i.department_id, 0), coalesce(i.category_id, 0), coalesce(i.brand_id, 0),
       CASE WHEN i."group" = '' THEN 0 ELSE hashtextextended(i."group", 0) END,
       coalesce(i.price_minor, -1), coalesce(i.list_price_minor, -1),
       (extract(epoch FROM i.published_at) * 1000000)::bigint,
       i.status = 'active' AND (i.stock IS NULL OR i.stock > 0)
FROM catalog_item i
WHERE i.shop_id = %(shop)s AND i.status <> 'draft' AND i.deleted_at IS NULL AND i.published_at <= %(until)s
ORDER BY i.id
"""

# A segment is part of a request only where its person wants personalised pages (facts.context).
SHOPPERS = """
WITH wanted AS (
    SELECT DISTINCT ON (1) coalesce(p.merged_into_id, p.id) AS person, c.granted
    FROM users_consent c JOIN users_shopper p ON p.id = c.shopper_id
    WHERE c.shop_id = %(shop)s AND c.purpose = 'personalisation' AND c.at <= %(decided_by)s
    ORDER BY 1, c.at DESC, c.id DESC)
SELECT p.id,
       CASE WHEN coalesce(w.granted, NOT %(consent_required)s)
            THEN coalesce(array_position(%(segments)s::text[], p.segment::text), 0) - 1 ELSE -1 END::bigint,
       (coalesce(array_position(%(languages)s::text[], p.language::text), 0) - 1)::bigint
FROM users_shopper p LEFT JOIN wanted w ON w.person = p.id
WHERE p.shop_id = %(shop)s AND p.merged_into_id IS NULL
ORDER BY p.id
"""

_TAKEN_BACK = """fact.id IN (
    SELECT undoes FROM users_interaction WHERE shop_id = %(shop)s AND undoes IS NOT NULL AND occurred_at <= %(until)s)
"""

INTERACTIONS = f"""
WITH {PEOPLE}
SELECT people.person, item_id, kind::bigint, (extract(epoch FROM occurred_at) * 1000000)::bigint, quantity::bigint,
       CASE WHEN session = '' THEN 0 ELSE hashtextextended(session, 0) END,
       CASE WHEN "order" = '' THEN 0 ELSE hashtextextended("order", 0) END, coalesce(value, 'NaN')
FROM users_interaction fact {LEARNABLE}
WHERE fact.shop_id = %(shop)s AND item_id IS NOT NULL AND occurred_at BETWEEN %(since)s AND %(until)s
  AND NOT {_TAKEN_BACK}
ORDER BY people.person, occurred_at, fact.id
"""  # noqa: S608 - all parts are constants

DOUBTFUL = f"""
WITH {PEOPLE}
SELECT count(*)
FROM users_interaction fact JOIN people ON people.shopper_id = fact.shopper_id
WHERE fact.shop_id = %(shop)s AND item_id IS NOT NULL AND occurred_at BETWEEN %(since)s AND %(until)s
  AND EXISTS (SELECT 1 FROM doubted d WHERE d.person = people.person AND d.session IN ('', fact.session))
"""  # noqa: S608 - all parts are constants

_PAGES = f"""{PEOPLE},
pages AS (
    SELECT row_number() OVER (ORDER BY fact.id) - 1 AS number, people.person, fact.*
    FROM recommender_impression fact {LEARNABLE}
    WHERE fact.shop_id = %(shop)s AND shown_at BETWEEN %(since)s AND %(until)s)
"""  # noqa: S608 - all parts are constants

# A deed that names its page counts for that page, if it was the same person's. Carts and purchases that name none
# count for the last visible slot in which the person had met the item.
SLOTS = f"""
WITH {_PAGES},
deeds AS (
    SELECT fact.id, people.person, item_id, impression, occurred_at, {CLICK_SQL} AS clicked,
           kind = %(cart)s AS carted, kind = %(purchase)s AS purchased, kind = %(dislike)s AS disliked
    FROM users_interaction fact {LEARNABLE}
    WHERE fact.shop_id = %(shop)s AND occurred_at BETWEEN %(since)s AND %(until)s AND NOT {_TAKEN_BACK}
      AND kind = ANY(%(outcomes)s)),
slots AS (
    SELECT p.number AS page, p.id, p.person, s.item_id, p.shown_at, s.place - 1 AS slot,
           coalesce(s.propensity, 'NaN'::float8) AS propensity,
           coalesce(array_position(%(sections)s::text[], p.sections -> s.section ->> 'code'), 0) - 1 AS section,
           CASE WHEN true = ANY(p.seen) THEN coalesce(s.seen, false) ELSE s.section = 0 END AS seen
    FROM pages p, unnest(p.item_ids, p.section_of::int[], p.propensities, p.dropped, p.seen)
        WITH ORDINALITY AS s(item_id, section, propensity, dropped, seen, place)
    WHERE NOT coalesce(s.dropped, false)),
named AS (
    SELECT s.page, s.slot, d.* FROM slots s JOIN deeds d
        ON d.impression = s.id AND d.item_id = s.item_id AND d.person = s.person
        AND d.occurred_at BETWEEN s.shown_at AND s.shown_at + make_interval(days => %(credit)s)),
visible AS (
    SELECT * FROM slots s
    WHERE s.seen OR EXISTS (SELECT 1 FROM named n WHERE n.page = s.page AND n.slot = s.slot)),
unnamed AS (
    SELECT DISTINCT ON (d.id) v.page, v.slot, d.* FROM visible v JOIN deeds d
        ON d.person = v.person AND d.item_id = v.item_id
        AND d.occurred_at BETWEEN v.shown_at AND v.shown_at + make_interval(days => %(credit)s)
    WHERE d.impression IS NULL AND (d.carted OR d.purchased)
    ORDER BY d.id, v.shown_at DESC, v.page DESC, v.slot),
credited AS (
    SELECT page, slot, bool_or(clicked) AS clicked, bool_or(carted) AS carted, bool_or(purchased) AS purchased,
           bool_or(disliked) AS disliked
    FROM (SELECT * FROM named UNION ALL SELECT * FROM unnamed) counted
    GROUP BY page, slot)
SELECT v.page, v.person, v.item_id, v.section::bigint, v.slot, v.propensity,
       (extract(epoch FROM v.shown_at) * 1000000)::bigint, coalesce(c.clicked, false), coalesce(c.carted, false),
       coalesce(c.purchased, false), coalesce(c.disliked, false)
FROM visible v LEFT JOIN credited c ON c.page = v.page AND c.slot = v.slot
ORDER BY v.page, v.slot
"""  # noqa: S608 - all parts are constants

# What was gathered for the newest pages whose requests are still logged.
REQUESTS = f"""
WITH {_PAGES}
SELECT p.number, r.payload
FROM pages p JOIN recommender_requestlog r ON r.impression = p.id
ORDER BY p.number DESC LIMIT %(requests)s
"""  # noqa: S608 - all parts are constants

POOLS = f"""
WITH {_PAGES}
SELECT p.number, a.id
FROM pages p, unnest(p.pool_ids) WITH ORDINALITY AS a(id, place)
ORDER BY p.number, a.place
"""  # noqa: S608 - all parts are constants
