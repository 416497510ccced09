"""The guards of forms, hosts, middleware, ownership, downloads and second persons."""

from collections.abc import Iterator

from tests.mutations.mutant import Mutant
from tests.mutations.of_sign_in import Guard, mutants_of

# Whatever a middleware does, one of these sees.
SITE = (
    "sweeps/test_urls.py accounts/test_sign_in.py portal/test_read_only.py portal/test_status.py "
    "portal/test_frame.py"
)

OF_REQUESTS: tuple[Guard, ...] = (
    (
        "forms from elsewhere",
        "sweeps/test_attacks.py::test_a_form_from_elsewhere_is_refused",
        "portal.settings",
        '    "django.middleware.csrf.CsrfViewMiddleware",\n',
        "",
    ),
    (
        "a form is sent as often as it is sent",
        "messaging/test_member.py::test_the_same_form_again_is_the_same_message",
        "portal.base.once",
        "return UUID(key) if owner",
        "return uuid7() if owner",
    ),
    (
        "a key of someone else sends",
        "messaging/test_member.py::test_a_key_of_someone_else_sends_nothing",
        "portal.base.once",
        "return UUID(key) if owner == str(user_id) else None",
        "return UUID(key)",
    ),
    (
        "a key lasts for good",
        "messaging/test_member.py::test_a_key_older_than_a_session_sends_nothing",
        "portal.base.once",
        ", max_age=LIFETIME_SECONDS",
        "",
    ),
    (
        "any host is the first plan's",
        "sweeps/test_attacks.py::test_a_host_that_no_plan_has_gets_nothing",
        "accounts.access",
        'return Plan.objects.filter(host=host.partition(":")[0].casefold()).first()',
        'return Plan.objects.order_by("slug").first()',
    ),
    (
        "a host without a plan is served",
        "sweeps/test_attacks.py::test_a_host_that_no_plan_has_gets_nothing",
        "portal.middleware",
        "if plan is None and request.get_host()",
        "if False and request.get_host()",
    ),
    (
        "forms for people signed out come back",
        "sweeps/test_urls.py::test_a_form_after_the_session_leads_to_a_page_that_can_be_shown",
        "portal.middleware",
        'if request.method == "POST":\n            return gate.stop_form(request)',
        "pass",
    ),
    *(
        (
            f"half signed in, one has a {what}",
            "accounts/test_acting.py",
            "portal.middleware",
            old,
            new,
        )
        for what, old, new in (
            ("user", "user.pk if user.is_verified() else None", "user.pk"),
            ("role", 'user.role if user.is_verified() else ""', "user.role"),
            ("file", "user.member_id if user.is_verified() else None", "user.member_id"),
        )
    ),
    (
        "pages go into caches",
        "sweeps/test_urls.py::test_every_url_lets_in_whom_the_table_says[anonymous]",
        "portal.middleware",
        'response.headers.setdefault("Cache-Control", "no-store")',
        "pass",
    ),
    (
        "any address leads on",
        "accounts/test_account.py::test_confirming_leads_to_no_other_site",
        "portal.base.following",
        "def is_page_of_ours",
        "def is_page_of_ours(*_):\n    return True\n\n\ndef was_page_of_ours",
    ),
    (
        "refusals leave no line",
        "sweeps/test_trail.py::test_a_refusal_names_what_was_asked_for_and_whose_it_is",
        "portal.middleware",
        "                _record_refusal(request, request.resolver_match, status, exception)\n",
        "                pass\n",
    ),
    *(
        (f"without {name}", SITE, "portal.settings", f'    "{name}",\n', "")
        for name in (
            "django.middleware.security.SecurityMiddleware",
            "portal.middleware.security_headers",
            "csp.middleware.CSPMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "portal.middleware.request_transaction",
            "portal.middleware.plan_of_host",
            "django_otp.middleware.OTPMiddleware",
            "portal.middleware.SignInFirst",
            "portal.middleware.AccessMiddleware",
            "portal.read_only.ReadOnlyMiddleware",
        )
    ),
)
OF_OWNERSHIP: tuple[Guard, ...] = (
    (
        "a worker sees all threads of the plan",
        "messaging/test_team.py::test_a_teams_pages_are_closed_to_others",
        "messaging.access",
        "return threads.filter(Exists(caring), team__in=seats)",
        "return threads",
    ),
    (
        "a team that cares no more sees on",
        "messaging/test_team.py::test_a_team_that_no_longer_cares_for_the_member_reads_nothing",
        "messaging.access",
        "threads.filter(Exists(caring), team__in=seats)",
        "threads.filter(team__in=seats)",
    ),
    (
        "every team is one's own",
        "messaging/test_team.py::test_a_teams_pages_are_closed_to_others",
        "messaging.access",
        "threads.filter(Exists(caring), team__in=seats)",
        "threads.filter(Exists(caring))",
    ),
    (
        "any role is a team's",
        (
            "messaging/test_team.py::test_a_teams_pages_are_closed_to_others "
            "sweeps/test_urls.py::test_every_url_lets_in_whom_the_table_says[plan_admin]"
        ),
        "messaging.access",
        "check_role(user, *TEAM_ROLES)",
        "pass",
    ),
    (
        "a thread is found by its id",
        "messaging/test_team.py::test_a_teams_pages_are_closed_to_others",
        "messaging.access",
        'visible_to(user).select_related("plan", "team", "owner").filter(pk=thread_id)',
        'Thread.objects.select_related("plan", "team", "owner").filter(pk=thread_id)',
    ),
    (
        "words are read without a decision",
        (
            "messaging/test_team.py "
            "sweeps/test_decisions.py "
            "sweeps/test_urls.py::test_every_url_lets_in_whom_the_table_says[off_team_worker]"
        ),
        "messaging.access",
        "    decision = consents_access.require(\n        by=by, act=act, purpose=purpose, items=M",
        "    decision = consents_access.decide(\n        by=by, act=act, purpose=purpose, items=M",
    ),
    (
        "an inbox row is not decided",
        ("sweeps/test_decisions.py messaging/test_team.py"),
        "messaging.access",
        "if decisions[row.member_id].permitted]",
        "]",
    ),
    (
        "drafts are the whole record's",
        (
            "messaging/test_drafts.py::test_a_draft_of_the_team_is_not_the_members "
            "messaging/test_drafts.py"
        ),
        "messaging.access",
        "drafts.filter(author=user, member_id=member_id)",
        "drafts",
    ),
    (
        "anyone is the member",
        "accounts/test_lookups.py::test_an_account_of_staff_is_no_members",
        "accounts.access",
        "check_role(user, Role.MEMBER)",
        "pass",
    ),
    (
        "a role without threads looks for one",
        "messaging/test_files.py::test_it_is_nobody_elses",
        "messaging.access",
        "check_role(user, Role.MEMBER, *TEAM_ROLES)",
        "pass",
    ),
    (
        "a copy is taken without a fresh code",
        "phi_records/test_copies.py::test_without_a_fresh_code_nothing_is_made_or_taken",
        "accounts.stepup",
        "if signin.has_fresh_code(request, cast(User, request.user)):",
        "if True:",
    ),
    (
        "half a copy is taken",
        "phi_records/test_copies.py::test_what_is_not_whole_yet_is_not_taken",
        "phi_records.copies",
        "files = _files_of(job) if job.now == JobState.DONE else []",
        "files = _files_of(job)",
    ),
    (
        "a copy outlives its time",
        "phi_records/test_copies.py::test_after_its_time_it_is_gone",
        "portal.base.jobs.runner",
        ".update(state=JobState.EXPIRED):\n                remove_files(job)",
        ".update(state=JobState.EXPIRED):\n                pass",
    ),
    (
        "a copy goes on without the right",
        "phi_records/test_copies.py::test_who_lost_the_right_gets_nothing_more",
        "accounts.access",
        'people = User.objects.select_related("plan").filter(is_active=True)',
        'people = User.objects.select_related("plan")',
    ),
    (
        "a report is anyone's",
        "disclosures/test_incidents.py::test_nobody_reads_what_another_reported",
        "disclosures.incident_access",
        "plan_id=user.plan_id, reporter=user, pk=incident_id",
        "pk=incident_id",
    ),
    (
        "a member looks members up",
        "accounts/test_lookups.py::test_staff_look_people_up_and_members_do_not",
        "accounts.access",
        'prints them.\n    """\n    if not user.is_staff_role:',
        'prints them."""\n    if False:',
    ),
    (
        "a seat that ended goes on",
        (
            "accounts/test_endings.py::test_a_place_ends_of_itself_on_its_day "
            "accounts/test_endings.py "
            "consents/test_gathering.py"
        ),
        "accounts.access",
        '    seats = TeamSeat.objects.current().filter(user=user).values("team")\n    assignments',
        '    seats = TeamSeat.objects.filter(user=user).values("team")\n    assignments',
    ),
)
OF_DOORS: tuple[Guard, ...] = (
    (
        "a file opens before it was looked at",
        "messaging/test_files.py::test_nobody_opens_it_before_the_scanner_saw_it",
        "messaging.attachments",
        "if not attached.may_open:",
        "if False:",
    ),
    (
        "a file is found in any message",
        ("messaging/test_files.py::test_it_is_nobody_elses messaging/test_files.py"),
        "messaging.access",
        "found = next((one for group in groups for one in group if one.file.pk == file_id), None)",
        "found = next((one for group in groups for one in group), None)",
    ),
    (
        "a sixth file is taken",
        "messaging/test_files.py::test_a_sixth_file_and_a_full_store_are_told",
        "messaging.attachments",
        "if _count(about.pk) >= MOST_FILES:",
        "if False:",
    ),
    (
        "one decides what one asked for",
        "disclosures/test_approvals.py::test_nobody_approves_what_they_asked_for",
        "portal.base.approvals.actions",
        "if same_person(found.asked_by, by.pk):",
        "if False:",
    ),
    (
        "a second account is a second person",
        "disclosures/test_approvals.py::test_a_second_account_is_no_second_person",
        "portal.base.approvals.actions",
        " or any(ask(first, second) for ask in registry.same_person.values())",
        "",
    ),
    (
        "what was not shown is approved",
        (
            "disclosures/test_approvals.py::test_an_officer_reads_exactly_what_and_approves "
            "disclosures/test_approvals.py"
        ),
        "portal.base.approvals.actions",
        "if seen != found.digest:",
        "if False:",
    ),
    (
        "what changed is approved",
        "disclosures/test_approvals.py::test_what_changed_since_it_was_asked_is_void",
        "portal.base.approvals.actions",
        "return None if same else Void.CHANGED",
        "return None",
    ),
    (
        "an approval lasts",
        "disclosures/test_approvals.py::test_it_expires_waiting_and_approved",
        "portal.base.approvals.actions",
        "if is_over(approval):\n        return Void.TIME",
        "pass",
    ),
    (
        "it is done without an approval",
        "disclosures/test_approvals.py::test_two_people_destroy_a_key_once",
        "portal.base.approvals.actions",
        "if found is None or found.state != ApprovalState.APPROVED:",
        "if found is None:",
    ),
    (
        "it is done again",
        "disclosures/test_approvals.py::test_two_people_destroy_a_key_once",
        "portal.base.approvals.actions",
        "found.state, found.ended_at = ApprovalState.USED, timezone.now()",
        "found.state, found.ended_at = ApprovalState.APPROVED, None",
    ),
    (
        "what was decided is decided again",
        (
            "disclosures/test_approvals.py::test_two_people_destroy_a_key_once "
            "disclosures/test_approvals.py"
        ),
        "portal.base.approvals.actions",
        "if found.state != ApprovalState.WAITING:",
        "if False:",
    ),
    (
        "anyone takes it back",
        "disclosures/test_approvals.py::test_who_asked_takes_it_back",
        "portal.base.approvals.actions",
        "if found.asked_by != by.pk:",
        "if False:",
    ),
    (
        "nothing stands against it",
        "disclosures/test_approvals.py::test_a_guard_stands_at_each_step",
        "portal.base.approvals.actions",
        "if hindrances := act.hindrances(about_id):",
        "if hindrances := []:",
    ),
    (
        "deciding takes no fresh code",
        "disclosures/test_approvals.py::test_deciding_takes_a_fresh_code",
        "accounts.signin",
        "return bool(codes) and 0 <= time.time() - codes[-1] <= FRESH_SECONDS",
        "return True",
    ),
)


def all_mutants() -> Iterator[Mutant]:
    return mutants_of(*OF_REQUESTS, *OF_OWNERSHIP, *OF_DOORS)
