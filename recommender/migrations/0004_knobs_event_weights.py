"""What staff rule about the weights of deeds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommender", "0003_list_arm")]

    operations = [
        migrations.AddField(
            model_name="knobs",
            name="event_weights",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="By kind of deed; what is not listed weighs as it was learned. Holds from the next training on.",
                verbose_name="weights of deeds",
            ),
        )
    ]
