"""Relations and lists get names that pages can say in any language; no table changes."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_words_of_relations'),
        ('users', '0002_undo_and_pending_fatigue'),
    ]

    operations = [
        migrations.AlterField(
            model_name='basket',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='basket',
            name='shopper',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='basket', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='basketline',
            name='basket',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='users.basket', verbose_name='basket'),
        ),
        migrations.AlterField(
            model_name='basketline',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.item', verbose_name='item'),
        ),
        migrations.AlterField(
            model_name='consent',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='consent',
            name='shopper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='device',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='device',
            name='shopper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='eventreceipt',
            name='shop',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='eventreceipt',
            name='shopper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='favourite',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.item', verbose_name='item'),
        ),
        migrations.AlterField(
            model_name='favourite',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='favourite',
            name='shopper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='interaction',
            name='item',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='interactions', to='catalog.item', verbose_name='item'),
        ),
        migrations.AlterField(
            model_name='interaction',
            name='shop',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='interaction',
            name='shopper',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='interactions', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='order',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='order',
            name='shopper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='orders', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.item', verbose_name='item'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='users.order', verbose_name='order'),
        ),
        migrations.AlterField(
            model_name='review',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='catalog.item', verbose_name='item'),
        ),
        migrations.AlterField(
            model_name='review',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='review',
            name='shopper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='search',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='search',
            name='shopper',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='searches', to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='shopper',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_from', to='users.shopper', verbose_name='merged into'),
        ),
        migrations.AlterField(
            model_name='shopper',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shoppers', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='shopper',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='shoppers', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='hidden_items',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Not interested, with their near twins.', size=None, verbose_name='hidden items'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='ignored_items',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='History the shopper asked to leave out.', size=None, verbose_name='ignored items'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='purchased_items',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Last 200 bought, oldest first.', size=None, verbose_name='purchased items'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='recent_items',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Last 100, oldest first.', size=None, verbose_name='recent items'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='recent_kinds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=list, size=None, verbose_name='recent kinds'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='recent_times',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Microseconds since 1970, UTC.', size=None, verbose_name='recent times'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='recent_values',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None, verbose_name='recent values'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='shop',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='shopperstate',
            name='shopper',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='state', serialize=False, to='users.shopper', verbose_name='shopper'),
        ),
        migrations.AlterField(
            model_name='suspicion',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.shop', verbose_name='shop'),
        ),
        migrations.AlterField(
            model_name='suspicion',
            name='shopper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suspicions', to='users.shopper', verbose_name='shopper'),
        ),
    ]
