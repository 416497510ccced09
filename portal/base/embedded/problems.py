import errno


class Problem(Exception):
    """Something the person at the terminal can mend, told in one sentence."""


def sentence_for(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: free some space, then try again."
    return f"The system refused: {error}."
