"""What ends by the clock. Each task may run at any time and any number of times."""

from celery import shared_task

from accounts.people_actions import end_terms


@shared_task
def end_team_terms() -> None:
    end_terms("task:end_team_terms")
