"""Postgres, Valkey and a mail sink of our own, so that a fresh machine needs nothing else."""

from portal.base.embedded.sharing import share

__all__ = ["share"]
