from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommender", "0007_search_place")]

    operations = [
        migrations.AddField(
            model_name="trendsnapshot",
            name="segments",
            field=models.JSONField(
                default=dict, help_text="Segment to its items, most wanted first.", verbose_name="by segment"
            ),
        ),
    ]
