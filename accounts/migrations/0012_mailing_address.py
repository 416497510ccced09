from django.db import migrations

import portal.base.crypto.fields


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_terms")]

    operations = [
        # By hand: a new column asks the field for a default, and a sealed field takes none.
        migrations.RunSQL(
            "ALTER TABLE accounts_member ADD COLUMN address text NULL",
            "ALTER TABLE accounts_member DROP COLUMN address",
            state_operations=[
                migrations.AddField(
                    model_name="member",
                    name="address",
                    field=portal.base.crypto.fields.SealedTextField(
                        holder="privacy_holder_id", null=True, seal_as="member.address"
                    ),
                )
            ],
        )
    ]
