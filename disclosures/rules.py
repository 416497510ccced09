"""Plain words for what the trail holds in codes."""

from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.base.clock.days import years_on
from portal.base.clock.law import RULES, Kind

# What was done, by the action's code. A test checks that every action written has its words.
# What is done for the whole portal stands in the trail of no plan, where no officer looks.
OF_NO_PLAN = {
    "backup.made", "backup.restored", "keys.escrowed", "keys.replaced", "portal.read_only_off",
    "portal.read_only_on", "trail.epoch_raised", "trail.exported", "trail.year_dropped",
}  # fmt: skip
ACTIONS: dict[str, Promise] = {
    "signin.password": _("Entered a User ID and password"),
    "signin.second_step": _("Entered a sign-in code"),
    "signin.enrolled": _("Set up a second sign-in step"),
    "signin.codes_printed": _("Made new printed codes"),
    "signin.password_changed": _("Changed the password"),
    "signin.reset_asked": _("Asked for a link to choose a new password"),
    "signin.second_step_reset": _("Took away a lost second sign-in step"),
    "signin.email_asked": _("Asked to change the email"),
    "signin.email_changed": _("Changed the email"),
    "signin.ended": _("Signed out other devices"),
    "account.language_set": _("Chose the language of emails"),
    "signout": _("Signed out"),
    "records.imported": _("Loaded records from a file"),
    "records.tagged": _("Looked again which records are sensitive"),
    "record.marked": _("Checked how sensitive a record is"),
    "marks.listed": _("Looked at which records are sensitive"),
    "marks.opened": _("Looked at how sensitive a record is"),
    "records.held": _("Held an ID that came for two people"),
    "records.moved": _("Took out records that are about someone else"),
    "records.listed": _("Looked at a list of records"),
    "record.opened": _("Opened a record"),
    "record.file_taken": _("Downloaded a file of a record"),
    "records.copy_asked": _("Asked for a copy of all records"),
    "records.copied": _("Put records into a copy"),
    "records.copy_taken": _("Downloaded a copy of all records"),
    "records.copy_stopped": _("Stopped or deleted a copy of all records"),
    "records.copies_listed": _("Looked at the list of copies"),
    "key.destroyed": _("Destroyed a key: what it locked is gone for good"),
    "keys.replaced": _("Made new keys and sealed all data again"),
    "safety.accepted": _("Read the safety page"),
    "thread.opened": _("Opened a message"),
    "message.opened": _("Looked at a message they sent"),
    "draft.opened": _("Opened a draft"),
    "message.sent": _("Wrote a message"),
    "message.answered": _("Answered a message"),
    "thread.taken": _("Took a message to answer"),
    "thread.closed": _("Closed a message"),
    "thread.reopened": _("Opened a closed message again"),
    "draft.saved": _("Saved a draft"),
    "draft.deleted": _("Deleted a draft"),
    "drafts.listed": _("Looked at a list of drafts"),
    "mail.listed": _("Looked at email that has not gone out"),
    "mail.tested": _("Sent a test email to themselves"),
    "mail.retried": _("Had email sent again that was given up"),
    "inbox.opened": _("Looked at the team inbox"),
    "threads.listed": _("Looked at a list of messages"),
    "trail.own_read": _("Looked at who has seen the record"),
    "opening.made": _("Said why they must open messages from outside the team"),
    "notice.published": _("Published a notice of the plan"),
    "notice.shown": _("Was shown that there is a new notice of the plan"),
    "notice.read": _("Opened a notice of the plan"),
    "notice.confirmed": _("Said that they have seen a notice of the plan"),
    "member.looked_up": _("Looked for a member by number"),
    "trail.searched": _("Searched the list of accesses"),
    "trail.event_opened": _("Opened one entry of the list of accesses"),
    "trail.why_opened": _("Asked why an entry was allowed or refused"),
    "trail.proof_taken": _("Took the proof of one entry"),
    "trail.exported": _("Copied the list of accesses to a file"),
    "trail.epoch_raised": _("Started the list of accesses anew after a restore"),
    "trail.year_dropped": _("Removed a year of the list of accesses"),
    "person.own_read": _("Looked at what is kept of who they are"),
    "incident.opened": _("Reported a privacy problem"),
    "incident.own_opened": _("Looked at a report they made"),
    "incidents.listed": _("Looked at the list of privacy reports"),
    "incident.viewed": _("Opened a privacy report"),
    "incident.taken": _("Took a privacy report"),
    "incident.noted": _("Wrote a note on a privacy report"),
    "incident.closed": _("Closed a privacy report"),
    "disclosure.recorded": _("Wrote down a disclosure"),
    "disclosures.listed": _("Looked at the list of what was sent"),
    "disclosure.opened": _("Opened a disclosure"),
    "account.created": _("Made an account"),
    "account.closed": _("Closed an account"),
    "account.identified": _("Looked up who an account belongs to"),
    "team.created": _("Made a care team"),
    "team.joined": _("Put someone in a care team"),
    "team.left": _("Took someone out of a care team"),
    "thread.released": _("Gave a message back to the team: who had it works there no more"),
    "thread.stopped": _("Closed a message: its team no longer cares for the member"),
    "plan.created": _("Made the plan"),
    "plan.changed": _("Changed what the plan's pages show of it"),
    "system.viewed": _("Looked at how the portal is doing"),
    "portal.read_only_on": _("Let people read only, and write nothing"),
    "portal.read_only_off": _("Let people write again"),
    "backup.made": _("Copied all data to a backup"),
    "backup.restored": _("Put all data back from a backup"),
    "keys.escrowed": _("Wrote all keys to a file under a passphrase"),
    "file.added": _("Added a file to a message"),
    "file.removed": _("Took a file out of a message before it was sent"),
    "file.opened": _("Opened a file of a message"),
    "file.stopped": _("Stopped a file of a message: it is not safe to open"),
    "letter.written": _("Put a paper letter in the queue"),
    "letter.replaced": _("Wrote a paper letter again"),
    "letter.printed": _("Printed a paper letter"),
    "letter.mailed": _("Mailed a paper letter"),
    "letter.returned": _("Noted that a paper letter came back"),
    "letter.mail_undone": _("Undid that a paper letter was mailed"),
    "letter.return_undone": _("Undid that a paper letter came back"),
    "letter.opened": _("Opened a paper letter"),
    "letter.taken": _("Took the file of printed letters"),
    "letters.listed": _("Looked at the list of paper letters"),
    "approval.asked": _("Asked a second person to approve something"),
    "approval.approved": _("Approved what someone else asked for"),
    "approval.refused": _("Refused what someone else asked for"),
    "approval.used": _("Carried out what was approved"),
    "approval.expired": _("An approval that was asked for came to its end"),
    "approval.opened": _("Opened what needs an approval"),
    "approvals.listed": _("Looked at the list of approvals"),
    "request.refused": _("Tried a page and was refused"),
}

ROLES: dict[str, Promise] = {
    "member": _("Member"),
    "representative": _("Representative"),
    "care_worker": _("Care worker"),
    "supervisor": _("Care supervisor"),
    "privacy_officer": _("Privacy officer"),
    "plan_admin": _("Plan administrator"),
    "operator": _("Operator"),
    "system": _("Scheduled work"),
    "": _("Not signed in"),
}

# A test checks that each part that is signed up has its words.
PARTS: dict[str, Promise] = {
    "disclosures.person": _("Who you are, your account and your care teams"),
    "disclosures.accounting": _("What we sent outside the plan"),
    "phi_records.records": _("Health records, with documents and files"),
    "messaging.conversations": _("Messages to and from your care teams"),
}


# What officers do about marks is told to the member as the look at their records that it is: words
# of its own would tell that something is held back, also where that endangers someone.
TO_MEMBER: dict[str, Promise] = dict.fromkeys(
    ("marks.listed", "marks.opened", "record.marked"), _("Looked at health records")
)


def words_to_member(action: str) -> str:
    return str(TO_MEMBER.get(action, "")) or words_for(action)


def words_for(action: str) -> str:
    """The words for an action; its code where none are known, rather than nothing."""
    return str(ACTIONS.get(action, action))


def kept_until(day: date) -> date:
    """The first day on which what is of this day need no longer be kept."""
    return years_on(day, RULES[Kind.DOCUMENTS].number)


# So many refusals of one person in this time are more than slips: an alarm (45 CFR
# 164.308(a)(1)(ii)(D), (a)(6)(ii)).
MOST_REFUSALS = 20
WATCHED = timedelta(hours=1)
# A list of passwords stolen elsewhere is tried once at each of many User IDs, so nobody is refused
# often. So many wrong ones in this time, and more wrong than right, are no morning's slips.
MOST_GUESSES = 50
GUESSED = timedelta(minutes=10)
