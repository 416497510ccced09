"""Read by gunicorn when it is started in this folder."""

logger_class = "portal.base.logs_web.JsonLogger"
