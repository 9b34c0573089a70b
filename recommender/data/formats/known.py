"""The formats an import understands: one file, one line here."""

from recommender.data.formats.events import csv_events, jsonl_events, parquet_events
from recommender.data.formats.movielens import movielens
from recommender.data.formats.online_retail import online_retail
from recommender.data.formats.recbole import recbole
from recommender.data.formats.records import Format
from recommender.data.formats.sequences import sequences

FORMATS: dict[str, Format] = {
    "movielens": movielens,
    "recbole": recbole,
    "online-retail": online_retail,
    "sequences": sequences,
    "csv": csv_events,
    "jsonl": jsonl_events,
    "parquet": parquet_events,
}

TIME_ZONES = {"online-retail": "Europe/London"}
"""Wall times of a format's files, where it is known; UTC elsewhere."""
