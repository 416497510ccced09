from django.db import migrations

from portal.base import policies

OWN = policies.of_role_or_own(("privacy_officer",), f"user_id = {policies.USER}")

TRAIL = f"""
ALTER POLICY base_event_written ON base_event
    WITH CHECK (({policies.SYSTEM}) OR plan_id IS NOT DISTINCT FROM {policies.PLAN});
ALTER POLICY base_event_read ON base_event USING (
    ({policies.SYSTEM}) OR (plan_id = {policies.PLAN} AND (
        {policies.ROLE} = 'privacy_officer'
        OR member_id = {policies.MEMBER}
        OR actor_id = {policies.USER})));
ALTER POLICY base_securityevent_written ON base_securityevent
    WITH CHECK (({policies.SYSTEM}) OR plan_id IS NOT DISTINCT FROM {policies.PLAN});
ALTER POLICY base_securityevent_read ON base_securityevent USING (
    ({policies.SYSTEM}) OR ({OWN}));
ALTER POLICY base_securityevent_expired ON base_securityevent
    USING (({policies.SYSTEM}) AND expires_at <= now());
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0006_dropped_years")]

    operations = [migrations.RunSQL(TRAIL, migrations.RunSQL.noop)]
