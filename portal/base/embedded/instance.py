import socket
import sys
from dataclasses import dataclass, field

from portal.base.embedded.place import CHECKOUT, Place
from portal.base.embedded.problems import DISK_FULL, Problem, tells_of_full_disk
from portal.base.embedded.processes import Child, State


@dataclass
class Instance:
    """What one `make run` runs."""

    place: Place
    values: dict[str, str]
    env: dict[str, str]
    # Listens already, and stays while the process that answers there is started again.
    mail_page: socket.socket
    children: dict[str, Child] = field(default_factory=dict)

    def add(self, child: Child) -> Child:
        # Known before it lives, so that a stop in between ends it too.
        self.children[child.name] = child
        child.start()
        self.note()
        return child

    def note(self) -> None:
        """Write down which processes are ours; a command beside us may have written meanwhile."""
        with self.place.locked():
            state = State.read(self.place.state_file)
            state.children = {name: one.mark for name, one in self.children.items() if one.process}
            state.write()

    def command(self, name: str, *arguments: str) -> Child:
        log = self.place.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        argv = [sys.executable, "manage.py", name, *arguments]
        return self.add(Child(name, argv, self.env, log, CHECKOUT, grace=1.0))

    def finish(self, command: Child) -> str:
        """Wait for a command of ours, and return what it printed."""
        code = command.process.wait() if command.process else 0
        del self.children[command.name]
        self.note()
        output = command.log.read_text(errors="replace")
        if code == 0:
            # What it printed is for whoever asked; it may name accounts.
            command.log.unlink()
            return output
        if tells_of_full_disk(output):
            raise Problem(DISK_FULL)
        print("\n" + output, file=sys.stderr)
        raise Problem(f"`manage.py {command.name}` failed; what it said is above.")
