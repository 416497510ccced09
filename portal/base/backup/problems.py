class BackupProblem(Exception):
    """A sentence for the operator."""
