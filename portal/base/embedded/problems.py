import errno

DISK_FULL = "The disk is full: free some space, then try again."
WAITS_FOR_ROOM = "The disk is full: free some space. All goes on as soon as there is room."


class Problem(Exception):
    """Something the person at the terminal can mend, told in one sentence."""


def tells_of_full_disk(output: str) -> bool:
    return "No space left" in output or "DiskFull" in output


def sentence_for(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and error.filename:
        return (
            f"{error.filename} can't be written: make its folder writable, or name another "
            "folder, as in RUN_DIR=/path/to/folder make run."
        )
    return f"The system refused: {error}."
