from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommender", "0008_trend_segments")]

    operations = [
        migrations.AddField(
            model_name="trendsnapshot",
            name="foreign_texts",
            field=models.BooleanField(
                default=True,
                help_text="Whether some item has texts, and none in the shop's language.",
                verbose_name="texts in other languages alone",
            ),
        ),
    ]
