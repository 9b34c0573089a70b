"""The time zone of a shop is one that there is."""

from django.db import migrations, models

from catalog.time_zones import time_zone_validate


class Migration(migrations.Migration):
    """Checks the name and says what it is for."""

    dependencies = [("catalog", "0005_adult_shops")]
    operations = [
        migrations.AlterField(
            model_name="shop",
            name="time_zone",
            field=models.CharField(
                default="UTC",
                help_text="By its midnight figures are counted and pages are drawn anew.",
                max_length=64,
                validators=[time_zone_validate],
                verbose_name="time zone",
            ),
        )
    ]
