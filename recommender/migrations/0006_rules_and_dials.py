"""Rules that include, count and cap; dials of diversity, serendipity, fatigue, providers and ads."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommender", "0005_words_of_relations"),
    ]

    operations = [
        migrations.AddField(
            model_name="knobs",
            name="ad_cap",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="0: no limit.",
                validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(24)],
                verbose_name="sponsored items per page",
            ),
        ),
        migrations.AddField(
            model_name="knobs",
            name="ad_every",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Elsewhere sponsored items stand only where nothing else is left; 0: anywhere.",
                validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(24)],
                verbose_name="every so many-th card is an ad",
            ),
        ),
        migrations.AddField(
            model_name="knobs",
            name="category_cap",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="0: no limit.",
                validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)],
                verbose_name="items of one category per row",
            ),
        ),
        migrations.AddField(
            model_name="knobs",
            name="diversity_by",
            field=models.CharField(
                choices=[("dpp", "unlike the row as a whole"), ("mmr", "unlike its most similar card")],
                default="dpp",
                help_text="Whether a card is compared with its whole row or with the card it resembles most.",
                max_length=8,
                verbose_name="kind of diversity",
            ),
        ),
        migrations.AddField(
            model_name="knobs",
            name="fatigue",
            field=models.FloatField(
                default=0.2,
                help_text="What each doubling of showings without a click costs an item.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(2.0),
                ],
                verbose_name="fatigue",
            ),
        ),
        migrations.AddField(
            model_name="knobs",
            name="provider_floor",
            field=models.FloatField(
                default=0.0,
                help_text="Least share of a row's cards for providers that sell less than an equal share.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(0.5),
                ],
                verbose_name="room for small providers",
            ),
        ),
        migrations.AddField(
            model_name="knobs",
            name="serendipity",
            field=models.FloatField(
                default=0.0,
                help_text="Bonus of what fits the shopper and is unlike all they have looked at.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(4.0),
                ],
                verbose_name="serendipity",
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="least",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Cards that must be of them, as long as there are any.",
                null=True,
                verbose_name="at least",
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="most",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="Cards that may be of them.", null=True, verbose_name="at most"
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="per_row",
            field=models.BooleanField(
                default=False, help_text="Counted in each row by itself, not on the page.", verbose_name="in each row"
            ),
        ),
        migrations.AlterField(
            model_name="knobs",
            name="brand_cap",
            field=models.PositiveSmallIntegerField(
                default=3,
                help_text="0: no limit.",
                validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)],
                verbose_name="items of one brand per row",
            ),
        ),
        migrations.AlterField(
            model_name="rule",
            name="action",
            field=models.CharField(
                choices=[
                    ("pin", "pin to a slot"),
                    ("boost", "boost"),
                    ("bury", "bury"),
                    ("include", "include"),
                    ("exclude", "exclude"),
                    ("quota", "at least or at most"),
                    ("cap", "at most of each"),
                ],
                max_length=10,
                verbose_name="action",
            ),
        ),
    ]
