"""Why a server could not prove over TLS who it is, in sentences."""

from django.utils.translation import gettext as _

# By what libpq and OpenSSL say of it.
OTHER_NAME = ("does not match host name", "certificate is not valid for")
ENDED = ("certificate has expired",)
NOT_SIGNED = ("certificate verify failed",)
# Valkey leaves a greeting that it doesn't understand without an answer.
PLAIN = ("server does not support SSL", "handshake operation timed out")


def trouble(server: str, setting: str, error: str) -> str | None:
    """A sentence for what failed with this error, or None where TLS is not at fault."""
    words = {"server": server, "setting": setting}
    if any(sign in error for sign in OTHER_NAME):
        says = _(
            "%(server)s shows a certificate for another name: write the name that stands in it "
            "into %(setting)s. Nothing was sent."
        )
        return says % words
    if any(sign in error for sign in ENDED):
        return _("The certificate of %(server)s has ended: renew it. Nothing was sent.") % words
    if any(sign in error for sign in NOT_SIGNED):
        says = _(
            "%(server)s shows a certificate that its authority did not sign: look at the file that "
            "%(setting)s names, and at who answers there. Nothing was sent."
        )
        return says % words
    if any(sign in error for sign in PLAIN):
        says = _("%(server)s speaks no TLS, and %(setting)s asks for it: turn it on there.")
        return says % words
    return None
