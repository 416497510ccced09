"""Every stored field has its class; what is PHI is sealed."""

import pytest
from django.apps import apps
from django.db import models

from portal.base.crypto import fields

OURS = ("base", "accounts", "consents", "disclosures", "phi_records", "messaging", "portal")
SEALED = tuple(
    getattr(fields, name)
    for name in ("SealedTextField", "SealedDateField", "SealedJSONField", "SealedBinaryField")
)
# Words and values that tell of a person: read only with their key.
SECRET = """
accounts.Member.given_name accounts.Member.family_name accounts.Member.birth_date
accounts.Registration.legal_name accounts.Registration.site accounts.Registration.tax_id
accounts.Member.member_number accounts.User.display_name accounts.TotpDevice.secret
accounts.EmailChange.old_email accounts.EmailChange.new_email
disclosures.Disclosure.recipient disclosures.Disclosure.recipient_address
disclosures.Disclosure.what disclosures.Disclosure.purpose
disclosures.Incident.told disclosures.IncidentNote.text
messaging.Draft.body messaging.Draft.subject messaging.Message.body messaging.Thread.subject
phi_records.RecordItem.content phi_records.RecordItem.file_name
phi_records.StaffTag.word phi_records.StaffTag.reason
base.SealedFile.original_name base.SealedFile.key
accounts.Member.address base.Letter.address base.Letter.words
base.Approval.facts base.Approval.reason base.Approval.decided_reason
consents.Opening.words
"""
# Values that single out a person without telling what of them: keyed, random, or needed to sign in.
IDENTIFIER = """
accounts.PlanLogo.id
phi_records.PatientLink.id phi_records.PatientLink.member phi_records.PatientLink.mark
phi_records.MedicineAwaited.record phi_records.MedicineAwaited.member
phi_records.MedicineAwaited.mark
base.Event.id base.Event.actor_id base.Event.on_behalf_of base.Event.member_id
base.Event.object_id base.Event.session base.KeyHolder.id base.KeyHolder.shredded_by base.Mail.id
base.SecurityEvent.id base.SecurityEvent.user_id base.SecurityEvent.address
base.SecurityEvent.session base.Mail.recipient_id base.Mail.event_id
accounts.Plan.id accounts.Member.id
accounts.Member.record_holder_id accounts.Member.privacy_holder_id
accounts.Member.member_number_index accounts.User.password accounts.User.id accounts.User.username
accounts.User.email accounts.User.member accounts.User.holder_id accounts.CareTeam.id
accounts.Registration.user accounts.Registration.holder_id
accounts.TeamSeat.id accounts.TeamSeat.user accounts.TeamAssignment.id
accounts.TeamAssignment.member accounts.TotpDevice.id accounts.TotpDevice.user
accounts.TotpDevice.holder_id accounts.PrintedCodes.id accounts.PrintedCodes.user
accounts.KnownBrowser.id accounts.KnownBrowser.user accounts.KnownBrowser.mark
accounts.SignIn.id accounts.SignIn.user accounts.EmailChange.id accounts.EmailChange.user
accounts.EmailChange.holder_id
accounts.PrintedCode.id accounts.PrintedCode.mark disclosures.Disclosure.id
disclosures.Disclosure.member disclosures.Disclosure.privacy_holder_id
disclosures.Disclosure.recorded_by disclosures.Incident.id disclosures.Incident.member
disclosures.Incident.reporter disclosures.Incident.holder_id disclosures.Incident.about_id
disclosures.Incident.owner disclosures.IncidentNote.id disclosures.IncidentNote.incident
disclosures.IncidentNote.holder_id disclosures.IncidentNote.author phi_records.RecordItem.id
phi_records.RecordItem.member phi_records.StaffTag.id phi_records.StaffTag.member
phi_records.StaffTag.record_holder_id phi_records.StaffTag.record_id phi_records.StaffTag.said_by
phi_records.RecordItem.record_holder_id phi_records.RecordItem.source_key
phi_records.RecordItem.content_mark phi_records.RecordItem.tag_marks
phi_records.RecordItem.link_marks phi_records.DirectoryEntry.id
phi_records.DirectoryEntry.source_key phi_records.DirectoryEntry.identifier
phi_records.ImportedUnit.id messaging.Thread.id
messaging.Thread.member messaging.Thread.record_holder_id messaging.Thread.owner
messaging.Message.id messaging.Message.member messaging.Message.record_holder_id
messaging.Message.author messaging.Draft.id messaging.Draft.member
messaging.Draft.record_holder_id messaging.Draft.author
base.SealedFile.id base.SealedFile.member_id base.SealedFile.holder_id base.SealedFile.about_id
base.SealedFile.stored_as
base.FileCheck.file_id base.FileCheck.member_id base.FileCheck.uploaded_by
base.Job.id base.Job.owner_id base.Job.member_id base.Job.cursor
base.Letter.id base.Letter.member_id base.Letter.holder_id base.Letter.recipient_id
base.Letter.event_id base.Letter.printed_by base.Letter.batch_id base.Letter.file_id
base.Letter.mailed_by base.Letter.returned_by base.Letter.replaces
base.Approval.id base.Approval.about_id base.Approval.member_id base.Approval.holder_id
base.Approval.digest base.Approval.asked_by base.Approval.decided_by
consents.NoticeVersion.id consents.NoticeSeen.id consents.NoticeSeen.user
consents.Opening.id consents.Opening.member consents.Opening.user consents.Opening.privacy_holder_id
"""
OPERATIONAL = """
phi_records.PatientLink.plan phi_records.PatientLink.held_at
phi_records.StaffTag.plan phi_records.StaffTag.said_at
phi_records.MedicineAwaited.plan accounts.Registration.plan accounts.Registration.told_at
base.Event.at base.Event.plan_id base.Event.actor_role base.Event.client base.Event.action
base.Event.purpose base.Event.basis base.Event.outcome base.Event.object_kind base.Event.facts
base.Event.row_hash base.Event.mark
base.Seal.number base.Seal.epoch base.Seal.from_xid base.Seal.to_xid base.Seal.partition
base.Seal.count base.Seal.manifest base.Seal.root base.Seal.previous
base.Seal.signature base.Seal.sealed_at base.DroppedYear.year base.DroppedYear.dropped_at
base.DroppedYear.rows base.DroppedYear.kept base.DroppedYear.export_digest
base.DroppedYear.signature base.KeyHolder.kind base.KeyHolder.plan_id
base.KeyHolder.wrapped base.KeyHolder.ring_key_id base.KeyHolder.created_at
base.SecurityEvent.at base.SecurityEvent.plan_id base.SecurityEvent.what
base.SecurityEvent.outcome base.SecurityEvent.reason_code base.SecurityEvent.agent
base.SecurityEvent.expires_at
base.KeyHolder.shredded_at base.KeyHolder.epoch base.Mail.plan_id base.Mail.kind base.Mail.state
base.Mail.attempts base.Mail.created_at base.Mail.next_attempt_at base.Mail.leased_until
base.Mail.sent_at base.Mail.reply_code accounts.Plan.slug accounts.Plan.host accounts.Plan.name
accounts.Plan.short_name accounts.Plan.phone accounts.Plan.tty accounts.Plan.hours
accounts.Plan.address accounts.Plan.time_zone accounts.Plan.state accounts.Plan.color
accounts.Plan.crisis_lines
accounts.Plan.own_holidays
accounts.Plan.reply_days accounts.Plan.texts accounts.Plan.languages accounts.Plan.logo_name
accounts.Plan.logo_width accounts.Plan.logo_height accounts.PlanLogo.plan accounts.PlanLogo.name
accounts.PlanLogo.content accounts.Member.plan accounts.Member.language accounts.User.last_login
accounts.User.plan accounts.User.role accounts.User.title accounts.User.language accounts.User.look
accounts.User.is_active accounts.User.created_at accounts.CareTeam.plan accounts.CareTeam.name
accounts.CareTeam.care_type accounts.CareTeam.place accounts.TeamSeat.plan accounts.TeamSeat.team
accounts.TeamAssignment.plan accounts.TeamAssignment.team accounts.TotpDevice.name
accounts.TotpDevice.confirmed accounts.TotpDevice.throttling_failure_timestamp
accounts.TotpDevice.throttling_failure_count accounts.TotpDevice.created_at
accounts.TotpDevice.last_used_at accounts.TotpDevice.drift accounts.TotpDevice.last_t
accounts.PrintedCodes.name accounts.PrintedCodes.confirmed
accounts.PrintedCodes.throttling_failure_timestamp accounts.PrintedCodes.throttling_failure_count
accounts.KnownBrowser.name
accounts.KnownBrowser.first_seen_at accounts.KnownBrowser.last_seen_at accounts.SignIn.browser
accounts.SignIn.started_at accounts.SignIn.last_seen_at accounts.SignIn.ended_at
accounts.EmailChange.asked_at accounts.EmailChange.tries accounts.EmailChange.confirmed_at
accounts.PrintedCodes.created_at accounts.PrintedCodes.last_used_at accounts.PrintedCode.sheet
accounts.PrintedCode.used_at disclosures.Disclosure.plan disclosures.Disclosure.recorded_at
disclosures.Incident.plan disclosures.Incident.kind disclosures.Incident.way
disclosures.Incident.about_kind disclosures.Incident.opened_at disclosures.Incident.state
disclosures.Incident.closed_at disclosures.Incident.outcome disclosures.IncidentNote.plan
disclosures.IncidentNote.written_at
accounts.TeamSeat.since accounts.TeamSeat.until accounts.TeamSeat.stopped_at
accounts.TeamAssignment.stopped_at
accounts.TeamAssignment.since accounts.TeamAssignment.until
phi_records.RecordItem.plan phi_records.RecordItem.feed phi_records.RecordItem.file_position
phi_records.RecordItem.received_at phi_records.DirectoryEntry.plan
phi_records.DirectoryEntry.resource_type phi_records.DirectoryEntry.name
phi_records.DirectoryEntry.content phi_records.DirectoryEntry.feed
phi_records.DirectoryEntry.file_sha256 phi_records.DirectoryEntry.file_position
phi_records.DirectoryEntry.received_at phi_records.ImportedUnit.plan phi_records.ImportedUnit.digest
phi_records.ImportedUnit.feed phi_records.ImportedUnit.finished_at phi_records.ImportedUnit.counts
phi_records.ImportedUnit.whole
messaging.Thread.plan messaging.Thread.team messaging.Thread.state messaging.Thread.answer_by
messaging.Thread.started_at messaging.Thread.last_message_at messaging.Thread.opened_by_team_at
messaging.Thread.unread_by_member messaging.Message.plan messaging.Message.thread
messaging.Message.from_team messaging.Message.sent_at messaging.Draft.plan messaging.Draft.thread
messaging.Draft.team messaging.Draft.saved_at
base.SealedFile.plan_id base.SealedFile.size base.SealedFile.content_type
base.SealedFile.created_at base.SealedFile.removed_at
base.FileCheck.plan_id base.FileCheck.state base.FileCheck.virus base.FileCheck.uploaded_at
base.FileCheck.scanned_at base.FileCheck.tries base.FileCheck.tried_at messaging.Thread.has_files
messaging.Thread.file_news_for_member messaging.Thread.file_news_for_team
base.KeyHolder.made_under base.KeyHolder.old_wrapped base.KeyHolder.old_ring_key_id
base.KeyHolder.replaced_at
base.ReadOnly.id base.ReadOnly.since base.ReadOnly.until base.ReadOnly.why
base.LastDone.what base.LastDone.at
base.Job.plan_id base.Job.kind base.Job.state base.Job.done base.Job.total base.Job.asked_at
base.Job.leased_until base.Job.tries base.Job.finished_at base.Job.expires_at base.Job.reason_code
base.Letter.plan_id base.Letter.kind base.Letter.language base.Letter.state base.Letter.created_at
base.Letter.printed_at base.Letter.by_hand base.Letter.sha256 base.Letter.mailed_on
base.Letter.returned_on base.Letter.returned_reason
base.Approval.plan_id base.Approval.kind base.Approval.asked_at base.Approval.expires_at
base.Approval.state base.Approval.decided_at base.Approval.ended_at base.Approval.reason_code
consents.NoticeVersion.plan consents.NoticeVersion.kind consents.NoticeVersion.number
consents.NoticeVersion.texts consents.NoticeVersion.changes consents.NoticeVersion.published_at
consents.NoticeVersion.published_on consents.NoticeVersion.effective_on
consents.NoticeVersion.in_force_from consents.NoticeVersion.digest consents.NoticeSeen.plan
consents.NoticeSeen.version consents.NoticeSeen.sight consents.NoticeSeen.at
consents.Opening.plan consents.Opening.reason consents.Opening.opened_at consents.Opening.until
"""
# Of a record or a disclosure, what lists are sorted and chosen by: in the clear, behind row
# security, and nothing may join it without a decision.
INDEX = """
accounts.Member.deceased disclosures.Disclosure.disclosed_on disclosures.Disclosure.basis
phi_records.RecordItem.kind phi_records.RecordItem.resource_type
phi_records.RecordItem.happened_on
"""
TABLE = {
    "secret": SECRET.split(),
    "identifier": IDENTIFIER.split(),
    "index": INDEX.split(),
    "rest": OPERATIONAL.split(),
}


def stored() -> dict[str, models.Field]:
    return {
        f"{model._meta.label}.{field.name}": field
        for label in OURS
        if apps.is_installed(label) or label in apps.app_configs
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
    }


def test_every_field_is_in_the_table_once() -> None:
    told = [name for names in TABLE.values() for name in names]
    assert sorted(told) == sorted(set(told)), "a field in two classes"
    assert sorted(set(stored()) - set(told)) == [], "fields without a class"
    assert sorted(set(told) - set(stored())) == [], "classes without a field"


@pytest.mark.promise("AL2")
def test_what_is_phi_is_sealed() -> None:
    fields_there = stored()
    plain = [name for name in TABLE["secret"] if not isinstance(fields_there[name], SEALED)]
    assert plain == []


def test_what_is_sealed_is_counted_as_phi() -> None:
    sealed = {name for name, field in stored().items() if isinstance(field, SEALED)}
    assert sealed - set(TABLE["secret"]) == set()
