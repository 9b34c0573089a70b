"""Queries of a snapshot; each column is cast and coalesced so that it streams as a number."""

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

_TAKEN_BACK = """id IN (
    SELECT undoes FROM users_interaction WHERE shop_id = %(shop)s AND undoes IS NOT NULL AND occurred_at <= %(until)s)
"""

INTERACTIONS = f"""
SELECT shopper_id, item_id, kind::bigint, (extract(epoch FROM occurred_at) * 1000000)::bigint, quantity::bigint,
       CASE WHEN session = '' THEN 0 ELSE hashtextextended(session, 0) END,
       CASE WHEN "order" = '' THEN 0 ELSE hashtextextended("order", 0) END
FROM users_interaction
WHERE shop_id = %(shop)s AND item_id IS NOT NULL AND occurred_at BETWEEN %(since)s AND %(until)s
  AND NOT {_TAKEN_BACK}
ORDER BY id
"""  # noqa: S608 - both parts are constants of this file

_PAGES = """
SELECT row_number() OVER (ORDER BY id) - 1 AS number, *
FROM recommender_impression
WHERE shop_id = %(shop)s AND shopper_id IS NOT NULL AND shown_at BETWEEN %(since)s AND %(until)s
"""

SLOTS = f"""
WITH pages AS ({_PAGES}),
outcomes AS (
    SELECT impression, item_id, kind, occurred_at FROM users_interaction
    WHERE shop_id = %(shop)s AND impression IS NOT NULL AND occurred_at <= %(until)s AND NOT {_TAKEN_BACK}),
slots AS (
    SELECT p.number AS page, p.id, p.shopper_id, s.item_id, p.shown_at, s.place - 1 AS slot,
           coalesce(s.propensity, 'NaN'::float8) AS propensity,
           coalesce(array_position(%(sections)s::text[], p.sections -> s.section ->> 'code'), 0) - 1 AS section,
           CASE WHEN true = ANY(p.seen) THEN coalesce(s.seen, false) ELSE s.section = 0 END AS seen
    FROM pages p, unnest(p.item_ids, p.section_of::int[], p.propensities, p.dropped, p.seen)
        WITH ORDINALITY AS s(item_id, section, propensity, dropped, seen, place)
    WHERE NOT coalesce(s.dropped, false)),
judged AS (
    SELECT s.page, s.shopper_id, s.item_id, s.section, s.slot, s.propensity, s.shown_at, s.seen,
           coalesce(bool_or(o.kind = ANY(%(clicks)s)), false) AS clicked,
           coalesce(bool_or(o.kind = %(cart)s), false) AS carted,
           coalesce(bool_or(o.kind = %(purchase)s), false) AS purchased,
           coalesce(bool_or(o.kind = %(dislike)s), false) AS disliked
    FROM slots s LEFT JOIN outcomes o ON o.impression = s.id AND o.item_id = s.item_id
        AND o.occurred_at BETWEEN s.shown_at AND s.shown_at + make_interval(days => %(credit)s)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8)
SELECT page, shopper_id, item_id, section::bigint, slot, propensity, (extract(epoch FROM shown_at) * 1000000)::bigint,
       clicked, carted, purchased, disliked
FROM judged
WHERE seen OR clicked OR carted OR purchased OR disliked
ORDER BY page, slot
"""  # noqa: S608 - both parts are constants of this file

POOLS = f"""
WITH pages AS ({_PAGES})
SELECT p.number, a.id
FROM pages p, unnest(p.pool_ids) WITH ORDINALITY AS a(id, place)
ORDER BY p.number, a.place
"""  # noqa: S608 - both parts are constants of this file

SUSPICIONS = """
SELECT shopper_id, CASE WHEN session = '' THEN 0 ELSE hashtextextended(session, 0) END
FROM users_suspicion
WHERE shop_id = %(shop)s AND cleared_at IS NULL
"""

SHOPPERS = """
SELECT s.id, coalesce(s.merged_into_id, s.id), coalesce(c.granted, NOT %(consent_required)s)
FROM users_shopper s LEFT JOIN LATERAL (
    SELECT granted FROM users_consent
    WHERE shopper_id = s.id AND purpose = 'learning' AND at <= %(until)s ORDER BY at DESC, id DESC LIMIT 1) c ON true
WHERE s.shop_id = %(shop)s
ORDER BY s.id
"""
