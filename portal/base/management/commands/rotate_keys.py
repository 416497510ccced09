import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring, reseal
from portal.base.crypto.reseal import Stage
from portal.base.files import sealed
from portal.base.files.models import SealedFile
from portal.base.management.progress import Bar


class Command(BaseCommand):
    help = "Wrap every data key with the newest key of the ring. Safe to stop and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=500)
        parser.add_argument(
            "--reseal-data",
            action="store_true",
            help="after a key of the ring was compromised: make new data keys, and seal every "
            "field and file anew. Needs DATABASE_OWNER_URL",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError(_("--batch is 1 or more."))
        self.told = _Told(self.stderr)
        try:
            if options["reseal_data"]:
                self._reseal(options["batch"])
            self.told.begin("")
            done = keyring.rewrap_all(batch=options["batch"], progress=self.told.rewrapped)
        except KeyboardInterrupt:
            self.told.end()
            self.stderr.write(_("Stopped. What was done stays done; run it again to go on."))
            sys.exit(130)
        except ImproperlyConfigured as wrong:
            raise CommandError(str(wrong)) from wrong
        finally:
            self.told.end()
        self.stdout.write(ngettext("Rewrapped %d key.", "Rewrapped %d keys.", done) % done)
        if left := reseal.unfinished():
            self.stdout.write(
                ngettext(
                    "%d key is being replaced still: run it with --reseal-data to the end "
                    "before an older key leaves the ring.",
                    "%d keys are being replaced still: run it with --reseal-data to the end "
                    "before an older key leaves the ring.",
                    left,
                )
                % left
            )
        else:
            self.stdout.write(_("Older keys may now leave the ring."))

    def _reseal(self, batch: int) -> None:
        done = reseal.run(say=self.told, also={SealedFile: sealed.renewed}, batch=batch)
        self.told.end()
        self.stdout.write(
            _(
                "New data keys: %(keys)d in this run, %(all)d with those of earlier runs. "
                "Values sealed anew in this run: %(values)d."
            )
            % {"keys": done.keys, "all": reseal.replaced_so_far(), "values": done.values}
        )
        for label, pk in sorted(done.broken, key=str):
            self.stderr.write(
                _("%(table)s %(id)s opens under no key. It was left as it is.")
                % {"table": label, "id": pk}
            )
        if done.keys or done.values:
            with context.system("command:rotate_keys"):
                trail.record(
                    "keys.replaced", object_kind="key", facts={"count": reseal.replaced_so_far()}
                )


class _Told:
    """A bar for each stage, and for each pass over the rows."""

    def __init__(self, stderr: Any) -> None:
        self._stderr, self._bar = stderr, Bar(stderr)
        self._stage, self._done = "", 0
        self._words = {
            Stage.KEYS: _(
                "[%(bar)s] %(percent)s  %(count)s keys replaced, %(rate)s per second, %(left)s"
            ),
            Stage.ROWS: _(
                "[%(bar)s] %(percent)s  %(count)s rows gone over, %(rate)s per second, %(left)s"
            ),
            "": _("[%(bar)s] %(percent)s  %(count)s keys wrapped, %(rate)s per second, %(left)s"),
        }

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        if stage == Stage.WAITING:
            self._wait(done)
        else:
            self._show(stage, done, total)

    def rewrapped(self, done: int, total: int) -> None:
        self._show("", done, total)

    def begin(self, stage: str) -> None:
        self._bar.end()
        self._bar, self._stage, self._done = Bar(self._stderr), stage, 0

    def end(self) -> None:
        self._bar.end()

    def _show(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage or done < self._done:
            self.begin(stage)
        self._done = done
        if self._bar.is_due() or done >= total:
            self._bar.show(min(done / max(total, 1), 1.0), done, self._words[stage])

    def _wait(self, count: int) -> None:
        if self._stage != Stage.WAITING:
            self.begin(Stage.WAITING)
            words = ngettext(
                "Waiting for %d open transaction to end.",
                "Waiting for %d open transactions to end.",
                count,
            )
            self._stderr.write(words % count)
