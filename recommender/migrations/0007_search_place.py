"""Items of bundles that serve already get their place in the search index, which until now left biases out."""

from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import migrations
from pgvector.django import HalfVectorField
from psycopg2 import sql

_RANGE = "SELECT coalesce(min(b), 0), coalesce(max(b), 0) FROM unnest(%s::float8[]) b"
_PLACES = """
WITH known AS (
    SELECT v.item_id, v.vector, (coalesce(b.bias, %(centre)s) - %(centre)s)::float8 AS bias
    FROM {table} v LEFT JOIN unnest(%(ids)s::bigint[], %(bias)s::float8[]) AS b(item_id, bias) USING (item_id)),
sphere AS (SELECT max(vector_norm(vector) ^ 2 + bias ^ 2) AS square FROM known)
UPDATE {table} v
SET place = (known.vector::vector || ARRAY[known.bias, sqrt(greatest(
    sphere.square - vector_norm(known.vector) ^ 2 - known.bias ^ 2, 0))]::float8[]::vector)::halfvec
FROM known, sphere WHERE known.item_id = v.item_id
"""
_INDEX = "CREATE INDEX ON {table} USING hnsw (place halfvec_l2_ops)"

_LATER = "CREATE INDEX ON {table} (item_id) WHERE after_training"


def places_fill(apps: Any, schema_editor: Any) -> None:
    """Places from the stored vectors and the biases that the bundles' files hold; 0 where they are gone."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for bundle in apps.get_model("recommender", "BundleVersion").objects.exclude(path=""):
            name = f"recommender_itemvector_{bundle.pk}"
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
            if not cursor.fetchone()[0]:
                continue
            table, (ids, bias) = sql.Identifier(name), _biases(Path(settings.DPE_BUNDLES) / bundle.path)
            cursor.execute(_RANGE, [bias])
            centre = sum(cursor.fetchone()) / 2
            cursor.execute(sql.SQL(_PLACES).format(table=table), {"ids": ids, "bias": bias, "centre": centre})
            cursor.execute(sql.SQL(_INDEX).format(table=table))
            cursor.execute(sql.SQL(_LATER).format(table=table))


def _biases(folder: Path) -> tuple[list[int], list[float]]:
    try:
        return (np.load(folder / "item_ids.npy").tolist(), np.load(folder / "item_bias.npy").tolist())
    except OSError:
        return [], []


class Migration(migrations.Migration):
    atomic = False  # a table that was just written to cannot be indexed in the same transaction as its new column

    dependencies = [("recommender", "0006_rules_and_dials")]

    operations = [
        migrations.AddField(
            model_name="itemvector",
            name="place",
            field=HalfVectorField(dimensions=66, null=True, verbose_name="place in the search index"),
        ),
        migrations.RunPython(places_fill, migrations.RunPython.noop),
    ]
