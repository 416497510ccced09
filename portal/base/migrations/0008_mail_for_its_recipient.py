from django.db import migrations

from portal.base import policies

# Care workers and supervisors answer, which is what the mail tells of.
READERS = policies.of_role_or_own(("care_worker", "supervisor"), f"recipient_id = {policies.USER}")

# A link for a new password is asked for before anyone is signed in, so adding needs the plan alone.
ROWS = f"""
DROP POLICY base_mail_rows ON base_mail;
CREATE POLICY base_mail_sent ON base_mail FOR ALL TO portal_app
    USING ({policies.SYSTEM}) WITH CHECK ({policies.SYSTEM});
CREATE POLICY base_mail_read ON base_mail FOR SELECT TO portal_app USING ({READERS});
CREATE POLICY base_mail_added ON base_mail FOR INSERT TO portal_app
    WITH CHECK (plan_id = {policies.PLAN});
"""

BEFORE = f"""
DROP POLICY base_mail_sent ON base_mail;
DROP POLICY base_mail_read ON base_mail;
DROP POLICY base_mail_added ON base_mail;
CREATE POLICY base_mail_rows ON base_mail FOR ALL TO portal_app
    USING (({policies.SYSTEM}) OR plan_id = {policies.PLAN});
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0007_system_keeps_to_its_plan")]

    operations = [migrations.RunSQL(ROWS, BEFORE)]
