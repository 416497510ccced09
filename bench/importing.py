"""One import in a process of its own: how long `import_fhir` took, and its peak of memory."""

import json
import resource
import sys
import time
from io import StringIO

import django
from django.core.management import call_command


def main(path: str, plan: str, errors: str) -> None:
    django.setup()
    from bench.plan import make_plan

    made = make_plan(plan)
    started = time.perf_counter()
    call_command(
        "import_fhir", path, plan=plan, errors=errors, stdout=StringIO(), stderr=StringIO()
    )
    seconds = time.perf_counter() - started
    # macOS counts bytes where Linux counts kilobytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"plan": str(made.pk), "seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
