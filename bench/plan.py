from accounts.models import Plan
from portal.base import context


def make_plan(slug: str) -> Plan:
    with context.system("bench"):
        return Plan.objects.create(
            slug=slug,
            host=f"{slug}.localhost",
            name="Bench Health Plan",
            short_name="Bench",
            phone="1-800-555-0100",
            hours="Monday to Friday, 8 AM to 6 PM ET",
            address="1 Main Street",
        )
