"""Whose facts may be learnt from: one definition for training and trends, as parts of a query.

A person is a shopper with the guests merged into it; consent and doubt are the person's, whichever of them they were
noted for. Both texts are constants, so they may be put into a query; its parameters are ``shop``, ``consent_required``
and ``decided_by``, the latest moment of a decision that counts.
"""

PEOPLE = """
decided AS (
    SELECT DISTINCT ON (1) coalesce(p.merged_into_id, p.id) AS person, c.granted
    FROM users_consent c JOIN users_shopper p ON p.id = c.shopper_id
    WHERE c.shop_id = %(shop)s AND c.purpose = 'learning' AND c.at <= %(decided_by)s
    ORDER BY 1, c.at DESC, c.id DESC),
people AS (
    SELECT p.id AS shopper_id, coalesce(p.merged_into_id, p.id) AS person
    FROM users_shopper p LEFT JOIN decided d ON d.person = coalesce(p.merged_into_id, p.id)
    WHERE p.shop_id = %(shop)s AND coalesce(d.granted, NOT %(consent_required)s)),
doubted AS (
    SELECT DISTINCT coalesce(p.merged_into_id, p.id) AS person, x.session
    FROM users_suspicion x JOIN users_shopper p ON p.id = x.shopper_id
    WHERE x.shop_id = %(shop)s AND x.cleared_at IS NULL)
"""
"""Common tables: ``people`` who allow learning, and sessions that are ``doubted``, ``''`` for all of a person's."""

LEARNABLE = """
JOIN people ON people.shopper_id = fact.shopper_id
    AND NOT EXISTS (SELECT 1 FROM doubted d WHERE d.person = people.person AND d.session IN ('', fact.session))
"""
"""Joins a table named ``fact``, with a shopper and a session, to the person it counts for; drops what is not learnt."""
