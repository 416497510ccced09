"""The guards of records: in whose file, with which tags, and read for which reason from outside."""

from collections.abc import Iterator

from tests.mutations.mutant import Mutant
from tests.mutations.of_sign_in import Guard, mutants_of

AHEAD = "phi_records/test_ahead.py"
MOVED = "phi_records/test_moved.py"
OWNERS = "phi_records/test_owners.py"
WORDS = "phi_records/test_tags_by_words.py"
TAGS = "phi_records/test_tags.py"
MEDICATIONS = "phi_records/test_medications.py"
REGISTRATION = "accounts/test_registration.py"
LINKS = "phi_records/test_links.py"
MARKS = "phi_records/test_marks.py"
OUTSIDE = "messaging/test_outside.py"

OF_FILES: tuple[Guard, ...] = (
    (
        "a record is in two files",
        MOVED,
        "phi_records.actions.known",
        "    if not others:\n        return True\n",
        "    return True\n",
    ),
    (
        "a record moves unasked",
        f"{MOVED}::test_it_is_set_aside_until_someone_says_that_it_moves",
        "phi_records.actions.known",
        "    if not intake.move:\n        return _(",
        "    if False:\n        return _(",
    ),
    (
        "another source moves a record",
        f"{MOVED}::test_another_source_takes_nothing_out",
        "phi_records.actions.known",
        "if any(other.feed != row.feed for other in others):",
        "if False:",
    ),
    (
        "an older delivery moves a record back",
        f"{MOVED}::test_an_older_delivery_read_again_does_not_move_it_back",
        "phi_records.actions.known",
        "if intake.only_missing and newer:",
        "if False:",
    ),
    (
        "what was moved stays in the copy",
        f"{MOVED}::test_a_copy_that_still_holds_it_is_withdrawn",
        "phi_records.actions.moving",
        "        copies.withdraw(intake.plan.pk, member_id)\n",
        "",
    ),
    (
        "what was moved leaves its files behind",
        f"{MOVED}::test_what_was_attached_goes_with_it",
        "phi_records.actions.moving",
        "        attachments.put_away(intake.plan.pk, member_id, [record_id])\n",
        "",
    ),
)
OF_TAGS: tuple[Guard, ...] = (
    (
        "an import sees no tags",
        f"{TAGS}::test_tags_come_with_the_import_and_follow_the_source",
        "phi_records.actions.rows",
        "tags_of(resource, text)",
        "frozenset()",
    ),
    (
        "an import forgets what an officer marked",
        f"{TAGS}::test_an_officers_mark_holds_until_it_is_taken_off",
        "phi_records.actions.rows",
        "if words := said.get(row.pk):",
        "if words := {}:",
    ),
    (
        "looking again forgets what an officer marked",
        f"{TAGS}::test_an_officers_mark_holds_until_it_is_taken_off",
        "phi_records.actions.tagging",
        "marks.with_words(own_tags(row, shelf), words.get(row.pk, {}))",
        "own_tags(row, shelf)",
    ),
    (
        "labels tell no tag",
        f"{TAGS}::test_each_tag_is_known_by_code_label_or_medicine",
        "phi_records.fhir.tags",
        "found |= _by_label(resource, known)",
        "pass",
    ),
    (
        "the words of a record tell nothing",
        f"{WORDS}::test_words_and_medicines_tell_wherever_a_page_shows_them",
        "phi_records.fhir.tags",
        "_told(_strings(resource).union(papers))",
        "_told(papers)",
    ),
    (
        "attached text tells nothing",
        f"{WORDS}::test_attached_text_tells",
        "phi_records.fhir.written",
        "return list(_attached(resource)) if '\"contentType\"' in text else []",
        "return []",
    ),
    (
        "codes in what is attached tell nothing",
        f"{WORDS}::test_attached_text_tells",
        "phi_records.fhir.written",
        'yield said["codeSystem"], said["code"]',
        'yield "", ""',
    ),
    (
        "a file has one address",
        "phi_records/test_links.py::test_a_file_is_found_by_each_way_of_naming_it",
        "phi_records.fhir.references",
        'return f"{file[1]}Binary/{file[2]}"',
        "return reference",
    ),
    (
        "looking again reads no attached text",
        f"{WORDS}::test_attached_text_is_read_at_import_and_when_somebody_looks_again",
        "phi_records.actions.tagging",
        "frozenset() if attachments.put_back_texts(resource) else marks.of(row)",
        "frozenset()",
    ),
    (
        "a label on a bundle is lost",
        f"{TAGS}::test_a_label_on_a_bundle_holds_for_every_record_in_it",
        "phi_records.fhir.reader.entries",
        'resource = self._labelled(entry["resource"])',
        'resource = entry["resource"]',
    ),
    (
        "a medicine that is pointed at tells nothing",
        f"{MEDICATIONS}::test_what_points_at_a_medicine_in_the_same_bundle_has_its_tags",
        "phi_records.actions.rows",
        "tags_of(resource, text) | of_medicine",
        "tags_of(resource, text)",
    ),
    (
        "a medicine that comes later tells nothing",
        f"{MEDICATIONS}::test_the_order_in_which_they_come_does_not_matter",
        "phi_records.actions.units",
        "    tagging.medicines_came(intake.plan, written)\n",
        "",
    ),
    (
        "what points at a sensitive record is shown",
        f"{LINKS}::test_what_points_at_a_sensitive_record_has_its_tags",
        "phi_records.actions.rows",
        "    flowing.flow(intake.plan.pk, written)\n",
        "",
    ),
    (
        "the file of a held note is shown",
        f"{LINKS}::test_a_file_is_held_with_the_document_that_it_belongs_to",
        "phi_records.links",
        "                yield one, target\n",
        "                pass\n",
    ),
    (
        "a file comes before what it is held with",
        f"{LINKS}::test_a_file_whose_record_is_not_here_is_in_nobodys_file",
        "phi_records.actions.owners",
        'if entry.type == "Binary" and _targets(intake, entry):',
        "if False:",
    ),
    (
        "an officer's mark stays on one record",
        f"{LINKS}::test_an_officers_mark_goes_on_at_once_and_is_told_by_no_line",
        "phi_records.actions.marking",
        "flowing.write(following(row, tag, on=on, words=words).changed)",
        "[]",
    ),
    (
        "a mark that is taken off stays on what had it by that alone",
        f"{LINKS}::test_a_mark_taken_off_leaves_what_had_it_by_that_alone",
        "phi_records.actions.following",
        "                one.tags.discard(mark)\n",
        "                pass\n",
    ),
    (
        "a mark that is taken off takes others along",
        f"{LINKS}::test_a_mark_taken_off_leaves_what_had_it_by_that_alone",
        "phi_records.actions.following",
        "if one.id not in telling:",
        "if True:",
    ),
    (
        "a file gives back what an officer took off",
        f"{LINKS}::test_a_file_gives_no_mark_back_to_what_it_was_taken_off",
        "phi_records.actions.following",
        "said = {**words, row.pk: {**words.get(row.pk, {}), tag: on}}",
        "said = words",
    ),
    (
        "what an officer took off comes back",
        f"{LINKS}::test_what_an_officer_took_off_stays_off",
        "phi_records.links",
        " - set(lifted.get(taker.id, ()))",
        "",
    ),
    (
        "records before somebody else are the first one's",
        f"{AHEAD}::test_records_before_somebody_else_are_in_nobodys_file",
        "phi_records.actions.owners",
        "if link.held_at or name in intake.ahead.others:",
        "if link.held_at:",
    ),
    (
        "what names two people is the first one's",
        f"{OWNERS}::test_what_tells_of_two_people_is_in_neithers_file",
        "phi_records.actions.owners",
        "return names[0] if len(people) == 1 and None not in people else None",
        "return names[0] if names and names[0] in intake.people else None",
    ),
    (
        "what is withheld is shown",
        f"{TAGS}::test_what_the_rules_cut_is_on_no_page_no_count_and_in_no_copy",
        "phi_records.door",
        "return self._all().exclude(tag_marks__overlap=hidden)",
        "return self._all()",
    ),
    (
        "what a record points at is shown though withheld",
        f"{TAGS}::test_what_a_record_points_at_or_is_compared_with_is_cut_too",
        "phi_records.access",
        "file.rows().filter(source_key__in=asked)",
        "file._all().filter(source_key__in=asked)",
    ),
    (
        "a chart shows results that are withheld",
        f"{TAGS}::test_what_a_record_points_at_or_is_compared_with_is_cut_too",
        "phi_records.access",
        "file.rows().filter(kind=item.kind, resource_type=item.resource_type)",
        "file._all().filter(kind=item.kind, resource_type=item.resource_type)",
    ),
    (
        "that something may endanger is told",
        f"{TAGS}::test_a_copy_from_before_a_mark_is_gone_and_a_new_one_says_what_pages_say",
        "phi_records.door",
        "self.withheld - {Tag.ENDANGERMENT_HOLD}",
        "self.withheld",
    ),
    (
        "a hold tells of no record of the same file",
        f"{MARKS}::test_a_hold_tells_of_other_records_that_may_say_the_same",
        "phi_records.alike",
        "if self.feed == other.feed and self.file_name and self.file_name == other.file_name:",
        "if False:",
    ),
    (
        "a hold tells of no record of the same visit",
        f"{MARKS}::test_a_hold_tells_of_other_records_that_may_say_the_same",
        "phi_records.alike",
        "self.visits & other.visits or ",
        "",
    ),
    (
        "a hold tells of no record with the same code",
        f"{MARKS}::test_a_hold_tells_of_other_records_that_may_say_the_same",
        "phi_records.alike",
        " or self.codes & other.codes",
        "",
    ),
    (
        "a hold tells what officers may not read",
        f"{MARKS}::test_what_officers_may_not_read_is_compared_by_its_file_alone",
        "phi_records.mark_access",
        "content=file.may_tell(marks.of(row))",
        "content=True",
    ),
    (
        "the member reads what officers did with marks",
        f"{MARKS}::test_the_member_reads_of_an_officers_look_and_not_of_a_hold",
        "disclosures.rules",
        'str(TO_MEMBER.get(action, "")) or words_for(action)',
        "words_for(action)",
    ),
    (
        "an officer marks with the sight of work",
        f"{MARKS}::test_an_officer_writes_a_mark_as_whom_they_are",
        "phi_records.actions.marking",
        "    StaffTag.objects.create(",
        "    with context.seeing_all():\n     StaffTag.objects.create(",
    ),
    (
        "anyone marks a record",
        f"{TAGS}::test_an_officer_marks_only_records_of_the_plan_and_says_why",
        "phi_records.actions.marking",
        "if by.role != Role.PRIVACY_OFFICER:",
        "if False:",
    ),
    (
        "a mark needs no reason",
        f"{TAGS}::test_an_officer_marks_only_records_of_the_plan_and_says_why",
        "phi_records.actions.marking",
        "if not reason.strip():",
        "if False:",
    ),
    (
        "a copy from before a mark stays",
        f"{TAGS}::test_a_copy_from_before_a_mark_is_gone_and_a_new_one_says_what_pages_say",
        "phi_records.actions.marking",
        "        copies.withdraw(row.plan_id, row.member_id)\n",
        "        pass\n",
    ),
)
OF_REGISTRANTS: tuple[Guard, ...] = (
    (
        "what staff told opens for any purpose",
        f"{REGISTRATION}::test_it_opens_for_no_other_purpose",
        "portal.base.crypto.values",
        "        self.field.require_purpose()\n",
        "",
    ),
    (
        "what staff told is written for any purpose",
        f"{REGISTRATION}::test_a_row_saved_as_it_is_stays_sealed_and_nothing_is_written_for_another_purpose",
        "portal.base.crypto.fields",
        "            self.require_purpose()\n",
        "            pass\n",
    ),
    (
        "anyone learns whose an account is",
        f"{REGISTRATION}::test_who_may_look_up_whose_account_it_is",
        "consents.identifying",
        "decision = access.require(",
        "decision = access.decide(",
    ),
)
OF_REASONS: tuple[Guard, ...] = (
    (
        "a reason lasts",
        f"{OUTSIDE}::test_an_hour_later_it_is_closed_again",
        "consents.opening_access",
        ", until__gt=now",
        "",
    ),
    (
        "a reason lasts a day",
        f"{OUTSIDE}::test_an_hour_later_it_is_closed_again",
        "consents.opening_actions",
        "LASTS = timedelta(minutes=60)",
        "LASTS = timedelta(hours=24)",
    ),
    (
        "a reason opens every member",
        f"{OUTSIDE}::test_without_a_reason_the_page_says_where_to_give_one",
        "consents.gathering",
        "if member_id in opened:",
        "if user.is_staff_role:",
    ),
    (
        "numbers are tried out",
        f"{OUTSIDE}::test_numbers_can_not_be_tried_out",
        "messaging.why_access",
        "if _looks(user) >= MOST_LOOKS:",
        "if False:",
    ),
    (
        "the same reason with other words is kept",
        f"{OUTSIDE}::test_the_same_form_again_opens_nothing_longer",
        "consents.opening_actions",
        "        raise SentAlready\n",
        "        pass\n",
    ),
)


def all_mutants() -> Iterator[Mutant]:
    yield from mutants_of(*OF_FILES, *OF_TAGS, *OF_REASONS, *OF_REGISTRANTS)
