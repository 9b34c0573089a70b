"""Lists of tables too long to count on every page."""

from django.core.paginator import Paginator
from django.db import connections
from django.db.models import QuerySet
from django.utils.functional import cached_property

EXACT_UP_TO = 20_000
_ESTIMATE = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint
FROM pg_class WHERE oid = to_regclass(%s) OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%s))
"""


class EstimatingPaginator(Paginator):
    """Counts exactly up to 20,000 rows and without a filter asks the planner's statistics beyond that."""

    @cached_property
    def count(self) -> int:
        """How many rows the list has, or about how many."""
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        few = rows.order_by()[: EXACT_UP_TO + 1].count()
        if few <= EXACT_UP_TO:
            return few
        if rows.query.where:
            return rows.order_by().count()
        table = rows.model._meta.db_table
        with connections[rows.db].cursor() as cursor:
            cursor.execute(_ESTIMATE, [table, table])
            return max(few, int(cursor.fetchone()[0]))
