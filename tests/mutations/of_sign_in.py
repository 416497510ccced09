"""The guards of sign-in, sessions and codes."""

from collections.abc import Iterator

from tests.mutations.mutant import Mutant

# What is gone, the tests that should notice, the module, its words, and what stands there instead.
Guard = tuple[str, str, str, str, str]

OF_SIGN_IN: tuple[Guard, ...] = (
    (
        "nobody is stopped at the gate",
        "accounts/test_sign_in.py::test_without_a_second_factor_only_setting_one_up_is_open",
        "accounts.gate",
        "    if not user.is_authenticated:\n        return None",
        "    return None",
    ),
    (
        "no session ends",
        "accounts/test_sign_in.py::test_a_session_ends_after_12_hours",
        "accounts.gate",
        "if reason := _ended(request, user):",
        "if _ended(request, user) and False:",
    ),
    (
        "a session holds at every plan",
        "accounts/test_sign_in.py::test_a_session_carried_to_another_plan_is_ended",
        "accounts.gate",
        "if plan is None or user.plan_id != plan.pk or held != str(plan.pk):",
        "if False:",
    ),
    (
        "sessions last for good",
        "accounts/test_sign_in.py::test_a_session_ends_after_12_hours",
        "accounts.gate",
        "if not 0 <= age <= settings.SESSION_TOTAL_SECONDS:",
        "if False:",
    ),
    (
        "a session from the future is young",
        "accounts/test_sign_in.py::test_a_session_ends_after_12_hours",
        "accounts.gate",
        "not 0 <= age <=",
        "not age <=",
    ),
    (
        "an ended session goes on",
        "accounts/test_account.py::test_one_session_can_end_another",
        "accounts.gate",
        "if line is None:",
        "if False:",
    ),
    (
        "sessions without use go on",
        "accounts/test_account.py::test_a_session_without_use_ends_on_the_server",
        "portal.settings",
        "SESSION_COOKIE_AGE = IDLE_SECONDS",
        "SESSION_COOKIE_AGE = 14 * 24 * 60 * 60",
    ),
    (
        "an ended session comes back to life",
        "accounts/test_session_store.py",
        "accounts.sessions",
        "if not kept:",
        "if False:",
    ),
    (
        "no second step is asked of a session",
        "accounts/test_sign_in.py::test_without_a_second_factor_only_setting_one_up_is_open",
        "accounts.gate",
        "if user.is_verified():",
        "if True:",
    ),
    (
        "a session without its second step goes on",
        "accounts/test_sign_in.py::test_a_session_without_its_second_step_is_ended",
        "accounts.gate",
        "if user.has_usable_second_factor():",
        "if False:",
    ),
    (
        "anything opens while setting up",
        "accounts/test_sign_in.py::test_without_a_second_factor_only_setting_one_up_is_open",
        "accounts.gate",
        "if request.path in {reverse(name) for name in WHILE_ENROLLING}:",
        "if True:",
    ),
    (
        "a password is enough",
        "accounts/test_sign_in.py::test_password_and_code_sign_in",
        "accounts.signin",
        'return HttpResponseRedirect(reverse("second_step")), True',
        "return None, True",
    ),
    (
        "a closed account signs in",
        "accounts/test_sign_in.py::test_a_closed_account_gets_the_same_answer",
        "accounts.signin",
        "user.check_password(password) and user.is_active",
        "user.check_password(password)",
    ),
    (
        "a closed account stays in",
        "accounts/test_sign_in.py::test_closing_an_account_ends_its_sessions",
        "accounts.signin",
        "pk=user_id, is_active=True",
        "pk=user_id",
    ),
    (
        "any password does",
        "accounts/test_sign_in.py::test_known_and_unknown_user_ids_get_the_same_answer",
        "accounts.signin",
        "user.check_password(password) and user.is_active",
        "user.is_active",
    ),
    (
        "who is not known costs no hashing",
        "accounts/test_sign_in.py::test_known_and_unknown_user_ids_cost_one_hashing",
        "accounts.signin",
        "            make_password(password)\n",
        "",
    ),
    (
        "half a sign-in is carried to another plan",
        "accounts/test_sign_in.py::test_half_a_sign_in_carried_to_another_plan_is_refused",
        "accounts.signin",
        "if plan is None or user.plan_id != plan.pk or not user.is_active:",
        "if False:",
    ),
    (
        "no page needs a fresh code",
        "accounts/test_account.py::test_a_code_of_ten_minutes_ago_is_asked_for_again",
        "accounts.signin",
        "return bool(codes) and 0 <= time.time() - codes[-1] <= FRESH_SECONDS",
        "return True",
    ),
    (
        "a code stays fresh",
        "accounts/test_account.py::test_a_code_of_ten_minutes_ago_is_asked_for_again",
        "accounts.signin",
        "0 <= time.time() - codes[-1] <= FRESH_SECONDS",
        "True",
    ),
    (
        "a code of the future is fresh",
        "accounts/test_account.py::test_a_clock_ahead_makes_no_code_fresh",
        "accounts.signin",
        "0 <= time.time() - codes[-1] <=",
        "time.time() - codes[-1] <=",
    ),
    (
        "sign-in leads to any page",
        "accounts/test_sign_in.py::test_sign_in_leads_to_no_other_host",
        "accounts.signin",
        'return is_page_of_ours(url or "")',
        "return True",
    ),
    (
        "a code leads to any page",
        "accounts/test_account.py::test_confirming_leads_to_no_other_site",
        "accounts.stepup",
        "asked if is_page_of_ours(asked)",
        "asked if asked",
    ),
    (
        "a session outlives sign-out",
        (
            "accounts/test_sign_in.py::test_signing_out_is_noted_and_ends_the_session "
            "sweeps/test_attacks.py::test_a_session_that_was_left_opens_nothing_again"
        ),
        "accounts.signin",
        "            actions.end_this_sign_in(user, request.session)\n"
        '            record("signout", user)\n'
        "        super().logout(request)",
        '            record("signout", user)',
    ),
    (
        "a new password ends no session",
        "accounts/test_account.py::test_a_new_password_ends_other_sessions_and_is_told",
        "accounts.actions",
        '    end_sign_ins(user=user, by=None, keep=keep)\n    record("signin.password_changed"',
        '    record("signin.password_changed"',
    ),
    (
        "anyone ends anyone's session",
        "accounts/test_account.py::test_all_other_sessions_end_at_once",
        "accounts.actions",
        "lines = user.sign_ins.filter(ended_at=None)",
        "lines = SignIn.objects.filter(ended_at=None)",
    ),
)
OF_CODES: tuple[Guard, ...] = (
    (
        "tries are not counted",
        "accounts/test_lockout.py::test_a_stranger_runs_out_of_tries_and_is_told_how_long",
        "portal.settings",
        "SESSION_TOTAL_SECONDS =",
        "ACCOUNT_RATE_LIMITS = False\nSESSION_TOTAL_SECONDS =",
    ),
    (
        "tries are counted per plan",
        "accounts/test_lockout.py::test_a_known_browser_still_gets_in",
        "accounts.signin",
        "{plan.pk if plan else ''}:{name}:{cookie if known else ''}",
        "{plan.pk if plan else ''}",
    ),
    (
        "a known browser has no tries of its own",
        "accounts/test_lockout.py::test_a_known_browser_still_gets_in",
        "accounts.signin",
        ":{cookie if known else ''}",
        "",
    ),
    (
        "any cookie is a known browser",
        "accounts/test_lockout.py::test_another_persons_known_browser_is_a_strangers",
        "accounts.signin",
        "{cookie if known else ''}",
        "{cookie}",
    ),
    (
        "a forged cookie is a browser",
        "accounts/test_lockout.py::test_a_cookie_that_was_planted_is_not_taken_over",
        "accounts.signin",
        '    except signing.BadSignature:\n        return ""',
        '    except signing.BadSignature:\n        return request.COOKIES.get(BROWSER_COOKIE, "")',
    ),
    (
        "wrong codes cost no waiting",
        "accounts/test_sign_in.py::test_wrong_codes_slow_the_next_one",
        "accounts.devices",
        "            self.throttle_increment()\n",
        "",
    ),
    (
        "waiting is not waited for",
        "accounts/test_sign_in.py::test_wrong_codes_slow_the_next_one",
        "accounts.devices",
        "        if not allowed:\n            return False\n",
        "",
    ),
    (
        "a code of the app works twice",
        "accounts/test_sign_in.py::test_a_code_works_once",
        "accounts.devices",
        "0 if ahead else self.last_t + 1",
        "0",
    ),
    (
        "a printed code works twice",
        "accounts/test_sign_in.py::test_a_printed_code_signs_in_once",
        "accounts.devices",
        "mark=self.mark(token), used_at=None",
        "mark=self.mark(token)",
    ),
    (
        "a code works for 20 at once",
        "accounts/test_one_use.py",
        "accounts.devices",
        "return Device.from_persistent_id(known.persistent_id, for_verify=True)",
        "return known",
    ),
    (
        "a code for an email is not used up",
        "accounts/test_account.py::test_five_wrong_codes_end_the_change",
        "accounts.access",
        "change.tries < CODE_TRIES and ",
        "",
    ),
    (
        "a code for an email lasts",
        "accounts/test_account.py::test_a_code_for_an_email_is_too_old_after_half_an_hour",
        "accounts.access",
        " and timezone.now() - change.asked_at <= CODE_WAITS",
        "",
    ),
)


def all_mutants() -> Iterator[Mutant]:
    return mutants_of(*OF_SIGN_IN, *OF_CODES)


def mutants_of(*guards: Guard) -> Iterator[Mutant]:
    for name, tests, module, old, new in guards:
        noticing = tuple(f"tests/{one}" for one in tests.split())
        yield Mutant(name, noticing, module, old, new)
