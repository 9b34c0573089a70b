from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_most_reduced")]

    operations = [
        migrations.AddField(
            model_name="shop",
            name="adult",
            field=models.BooleanField(
                default=False,
                help_text="Shown to shoppers who are of age and ask for them.",
                verbose_name="sells things for adults",
            ),
        ),
    ]
