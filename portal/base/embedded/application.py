import contextlib
import http.client
import sys
import time

from portal.base.embedded.instance import Instance
from portal.base.embedded.place import CHECKOUT
from portal.base.embedded.problems import Problem
from portal.base.embedded.processes import Child

READY_WITHIN = 60.0


def application_children(instance: Instance) -> list[Child]:
    place, values = instance.place, instance.values
    # Only commands may act as the owner of the tables.
    env = {name: value for name, value in instance.env.items() if name != "DATABASE_OWNER_URL"}

    def child(name: str, *argv: str, grace: float = 2.0, hands: tuple[int, ...] = ()) -> Child:
        command = [sys.executable, "-m", *argv]
        log = place.logs / f"{name}.log"
        return Child(name, command, env, log, CHECKOUT, grace=grace, hands=hands)

    mail_page = instance.mail_page.fileno()
    celery = ("celery", "-A", "portal.celery")
    return [
        child(
            "web",
            "gunicorn",
            "portal.wsgi:application",
            f"--bind=127.0.0.1:{values['PORT']}",
            "--worker-class=gthread",
            "--workers=2",
            "--threads=4",
            # Imported once, then forked: nothing is connected by then.
            "--preload",
            "--graceful-timeout=2",
            "--no-control-socket",
        ),
        child(
            "sink",
            "portal.base.embedded.smtp_sink",
            f"--folder={place.run_dir / 'mail'}",
            f"--smtp-port={values['SMTP_PORT']}",
            f"--page-socket={mail_page}",
            grace=0.5,
            hands=(mail_page,),
        ),
        child("worker", *celery, "worker", "--concurrency=2", "--loglevel=WARNING"),
        child(
            "beat", *celery, "beat", f"--schedule={place.run_dir / 'beat'}", "--pidfile=", grace=0.5
        ),
    ]


def wait_for_web(instance: Instance) -> None:
    web, port = instance.children["web"], int(instance.values["PORT"])
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        if not web.running():
            print("\n" + web.log_tail(), file=sys.stderr)
            raise Problem(f"The web server ended at once: see {web.log}.")
        with contextlib.suppress(OSError, http.client.HTTPException):
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.closing(asked):
                asked.request("GET", "/livez", headers={"Host": f"localhost:{port}"})
                if asked.getresponse().status < 500:
                    return
        time.sleep(0.05)
    raise Problem(f"The web server isn't ready after {READY_WITHIN:.0f} s: see {web.log}.")
