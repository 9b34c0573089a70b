from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0004_raised_items")]

    operations = [
        migrations.AddField(
            model_name="shopper",
            name="adult",
            field=models.BooleanField(
                default=False, help_text="Of age, and asked to see them.", verbose_name="wants things for adults"
            ),
        ),
    ]
