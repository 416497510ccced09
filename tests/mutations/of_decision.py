"""The decision with one of its rules, cells or conditions taken out (consents/)."""

from collections.abc import Iterator

from consents import bars, matrix, rules, states
from consents.matrix import Accounting, Agreed, Minimum
from consents.question import Category, Fact, Purpose, Tag
from tests.mutations.mutant import Mutant

HERE = "tests/consents/"
ROWS = (f"{HERE}test_reviewed.py",)
PART2 = f"{HERE}test_part2.py"
CELLS = tuple(f"{HERE}test_matrix_{part}.py" for part in ("inside", "outside", "law"))
BARS = tuple(f"{HERE}test_{name}.py" for name in ("bars", "bad_input", "states", "grounds"))
# Also what is drawn by chance, which takes longer.
ALL = (PART2, *BARS, *CELLS, *ROWS, f"{HERE}test_properties.py")
FILED = (
    f"{HERE}test_gathering.py",
    "tests/messaging/test_team.py",
    "tests/phi_records/test_pages.py",
)


def all_mutants() -> list[Mutant]:
    return [*of_tables(), *of_matrix(), *of_bars(), *of_packs(), *of_conditions()]


def of_tables() -> Iterator[Mutant]:
    for at, rule in enumerate(rules.TABLE):
        called = f"{rule.act} for {rule.recipient}, {rule.purpose}"
        yield _table(f"no rule: {called}", f"TABLE[:{at}] + TABLE[{at + 1} :]")
    for fact in sorted({fact for rule in rules.TABLE for fact in rule.needs}):
        yield _every(f"no rule asks: {fact}", f"needs=rule.needs - {{Fact({str(fact)!r})}}")
    for fact in sorted({one for rule in rules.TABLE for any_ in rule.any_of for one in any_}):
        less = f"any_of=tuple(one - {{Fact({str(fact)!r})}} for one in rule.any_of)"
        yield _every(f"no rule takes: {fact}", less)
    yield _every("no rule asks for evidence of one kind", "any_of=()")
    # What registrants told has a bar of its own.
    for category in sorted(set(Category) - {Category.REGISTRANT}):
        more = f"categories=rule.categories | {{Category({str(category)!r})}}"
        yield _every(f"every rule gives: {category}", more)
    for owed in sorted({one for rule in rules.TABLE for one in rule.obligations}):
        less = f"obligations=rule.obligations - {{Obligation({str(owed)!r})}}"
        yield _every(f"no rule owes: {owed}", less)


def _every(name: str, change: str) -> Mutant:
    return _table(name, f"tuple(replace(rule, {change}) for rule in TABLE)")


def _table(name: str, table: str) -> Mutant:
    old = "BY_QUESTION = {"
    return Mutant(name, ROWS, "consents.rules", old, f"TABLE = {table}\n{old}")


def of_matrix() -> Iterator[Mutant]:
    """Each cell that cuts or binds, as if it did not."""
    for row in matrix.ROWS.values():
        if row.way is matrix.Way.MISTAKE:
            continue  # Never read: no row permits one.
        if row.minimum not in {Minimum.NO, Minimum.TABLE, Minimum.AS_WRITTEN}:
            yield _cell(row, "minimum=Minimum.NO")
        if row.agreed is not Agreed.IGNORED:
            yield _cell(row, "agreed=Agreed.IGNORED")
        free = row.part2.always and row.way is not matrix.Way.TO_REPRESENTATIVE
        if not free:
            yield _cell(row, "part2=Part2('yes', facts=frozenset({Fact.SAME_PLAN}), always=True)")
        if not free and Fact.PART2_COURT_ORDER not in row.part2.facts:
            more = "facts=ROWS[WAY].part2.facts | {Fact.PART2_COURT_ORDER}"
            yield _cell(row, f"part2=replace(ROWS[WAY].part2, {more})", "by a court's order")
        if row.part2.carries and row.part2.kinds:
            yield _cell(row, "part2=replace(ROWS[WAY].part2, carries=False)")
        if row.accounting is not Accounting.NO:
            yield _cell(row, "accounting=Accounting.NO")


def _cell(row: matrix.Row, change: str, how: str = "") -> Mutant:
    more = (
        "from dataclasses import replace\n"
        f"WAY = Way({str(row.way)!r})\nROWS[WAY] = replace(ROWS[WAY], {change})"
    )
    name = f"{row.way}: {how or change.partition('(')[0]}"
    return Mutant(name, (*CELLS, PART2), "consents.matrix", more=more)


def of_bars() -> Iterator[Mutant]:
    one = "consents.bars"
    for bar in (
        "_unknown", "_registrant", "_genes", "_notes", "_by_authorization", "_not_for", "_by_state",
    ):  # fmt: skip
        yield Mutant(f"no bar {bar}", BARS, one, more=f"{bar} = lambda *_: None")
    for purpose, fact in bars.NOTES_GO.items():
        place = f"NOTES_GO[Purpose({str(purpose)!r})]"
        yield Mutant(f"notes do not go for {purpose}", BARS, one, more=f"del {place}")
        needed = {one for rule in rules.TABLE if rule.purpose is purpose for one in rule.needs}
        if fact and fact not in needed:
            yield Mutant(
                f"notes go for {purpose} without {fact}", BARS, one, more=f"{place} = None"
            )
    for tag, ways in bars._NOT_FOR.items():
        for way in sorted(ways):
            less = f"_NOT_FOR[Tag({str(tag)!r})] -= {{Way({str(way)!r})}}"
            yield Mutant(f"{tag} goes {way}", BARS, one, more=less)
    for purpose in bars.BY_AUTHORIZATION:
        more = f"del BY_AUTHORIZATION[Purpose({str(purpose)!r})]"
        yield Mutant(f"{purpose} needs no word of its own", BARS, one, more=more)


def of_packs() -> Iterator[Mutant]:
    """Each line of a state's pack with another age, need or purpose, or without it."""
    for pack in (one for versions in states.ALL.values() for one in versions.values()):
        for at, minors in enumerate(pack.minors):
            called = f"{pack.key}, a parent sees {minors.tag}"
            other = next(one for one in states.ParentsNeed if one is not minors.parents_need)
            yield _line(pack, f"{called} freely", f"minors=WITHOUT(PACK.minors, {at})")
            for age in {minors.from_age - 1, minors.from_age + 1} - {-1}:
                yield _line(pack, f"{called} from {age} on", _with("minors", at, f"from_age={age}"))
            need = f"parents_need=ParentsNeed({str(other)!r})"
            yield _line(pack, f"{called} with {other}", _with("minors", at, need))
        for at, secret in enumerate(pack.secrecy):
            called = f"{pack.key}, {secret.tag} goes"
            yield _line(pack, f"{called} freely", f"secrecy=WITHOUT(PACK.secrecy, {at})")
            for fact in sorted(set(secret.free_with.values())):
                line = _with("secrecy", at, "free_with={}")
                yield _line(pack, f"{called} not with {fact}", line)
            frees = {*secret.free_for, *secret.free_with, Purpose.LAW_ENFORCEMENT}
            for purpose in sorted(frees):
                free = f"free_for=PACK.secrecy[{at}].free_for ^ {{Purpose({str(purpose)!r})}}"
                said = "not for" if purpose in secret.free_for else "for"
                yield _line(pack, f"{called} {said} {purpose}", _with("secrecy", at, free))
        if Tag.PSYCHOTHERAPY_NOTES not in pack.opened:
            notes = "own_access=(Opened(Tag.PSYCHOTHERAPY_NOTES, 'made up'),)"
            yield _line(pack, f"{pack.key} opens a therapist's notes to the member", notes)


def _with(table: str, at: int, change: str) -> str:
    line = f"replace(PACK.{table}[{at}], {change})"
    return f"{table}=(*WITHOUT(PACK.{table}, {at}), {line})"


def _line(pack: states.Pack, name: str, change: str) -> Mutant:
    place = f"ALL[{pack.state!r}][{pack.version!r}]"
    more = (
        "from dataclasses import replace\n"
        "WITHOUT = lambda table, at: table[:at] + table[at + 1:]\n"
        f"PACK = {place}\n{place} = replace(PACK, {change})"
    )
    return Mutant(name, (f"{HERE}test_states.py",), "consents.states", more=more)


CONDITIONS = (
    ("consents.bars", "if not consented(question, recipient, item, kind):", "if False:"),
    (
        "consents.bars",
        "if paid and not names_payment(question, recipient, item, kind):",
        "if False:",
    ),
    ("consents.bars", "rule.purpose is Purpose.SALE or Fact.PAID_FOR", "Fact.PAID_FOR"),
    ("consents.bars", " or Fact.PAID_FOR in question.facts", ""),
    ("consents.bars", "not pack.keeps_secret(rule.purpose, item.tags, question.facts)", "True"),
    ("consents.bars", "_OWN_CONSENTS):\n        return None", "_OWN_CONSENTS):\n        pass"),
    ("consents.bars", "tags -= {Tag.MINOR_CONFIDENTIAL}", "pass"),
    ("consents.bars", "not of_minor(question) or consented(", "consented("),
    ("consents.bars", "not of_minor(question) or consented(", "True or consented("),
    ("consents.bars", "item = replace(item, tags=item.tags - pack.opened)", "pass"),
    ("consents.bars", "states.ParentsNeed.MINORS_CONSENT in needs and", "False and"),
    ("consents.bars", "states.ParentsNeed.PROFESSIONAL in needs and", "False and"),
    ("consents.bars", "Trait.PARENT_CONSENTED in item.traits", "True"),
    ("consents.bars", "Trait.PARENT_CONSENTED in item.traits", "False"),
    ("consents.states", "return self.tag is Tag.PART2", "return True"),
    ("consents.states", "return self.tag is Tag.PART2", "return False"),
    ("consents.rules", " and age >= states.FULL_AGE:", " and False:"),
    (
        "consents.rules",
        "states.FULL_AGE if question.age is None else question.age",
        "question.age or 0",
    ),
    ("consents.rules", "if not question.items:", "if False:"),
    (
        "consents.rules",
        "if question.consents is None or question.restrictions is None:",
        "if question.restrictions is None:",
    ),
    (
        "consents.rules",
        "if question.consents is None or question.restrictions is None:",
        "if question.consents is None:",
    ),
    ("consents.rules", "if missing := rule.needs - question.facts:", "if missing := set():"),
    ("consents.rules", "if rule.any_of and not any(", "if False and not any("),
    ("consents.rules", "rule.way is Way.TO_ASSOCIATE and not _agreed_for(question)", "False"),
    ("consents.rules", "one is None or question.purpose not in one.purposes", "one is None"),
    ("consents.rules", "one.since <= today and ", ""),
    ("consents.rules", "(one.through is None or today <= one.through)", "True"),
    ("consents.rules", "today <= one.through", "today < one.through"),
    ("consents.rules", "one.since <= today", "one.since < today"),
    (
        "consents.on_file",
        "question.now.date() > consent.through",
        "question.now.date() >= consent.through",
    ),
    (
        "consents.on_file",
        "or signed_at <= revoked_at",
        "or signed_at < revoked_at",
    ),
    ("consents.rules", "if item.category not in rule.categories:", "if False:"),
    (
        "consents.rules",
        "row.minimum is Minimum.IN_SCOPE and Trait.IN_SCOPE not in item.traits",
        "False",
    ),
    (
        "consents.rules",
        "row.minimum is Minimum.RELEVANT and Trait.RELEVANT not in item.traits",
        "False",
    ),
    (
        "consents.rules",
        "row.minimum is Minimum.BUILT_IN and Trait.NO_IDENTIFIERS not in item.traits",
        "False",
    ),
    ("consents.rules", "row.minimum is Minimum.NAMED and Trait.NAMED not in item.traits", "False"),
    ("consents.rules", " or not restricted(question, recipient, item):", " or True:"),
    ("consents.rules", "return Fact.EMERGENCY in question.facts and ", "return "),
    (
        "consents.rules",
        "Fact.EMERGENCY in question.facts and Trait.NEEDED_NOW in item.traits",
        "Fact.EMERGENCY in question.facts",
    ),
    ("consents.rules", "sentence=NOT_THIS) if plain.permitted else plain", "sentence=NOT_THIS)"),
    (
        "consents.rules",
        "return replace(answer, sentence=NOT_THIS) if plain",
        "return answer if plain",
    ),
    ("consents.rules", "return reason in OF_TAGS, reason", "return False, reason"),
    ("consents.rules", "pack is None or question.now.tzinfo is None", "pack is None"),
    ("consents.rules", "if Fact.PAID_FOR in question.facts and rule.way in _SOLD", "if False"),
    ("consents.rules", " and rule.purpose not in _NO_SALE:", ":"),
    ("consents.bars", "return Fact.PARENT_OF_MINOR in question.facts", "return False"),
    ("consents.bars", " and rule.purpose not in GROUNDS", ""),
    ("consents.sharing", "_EVIDENCE if on_a_ground else _NOTHING", "_NOTHING"),
    ("consents.sharing", "frozenset({Trait.NAMED}) if on_a_ground", "frozenset() if on_a_ground"),
    ("consents.rules", "governs = Fact.AUTHORIZATION_GOVERNS in question.facts", "governs = True"),
    ("consents.rules", "if not given and not opened:", "if False:"),
    ("consents.rules", "if Trait.NEEDED_NOW not in item.traits:", "if False:"),
    ("consents.rules", "(given or Tag.SUD_NOTES in item.tags)", "given"),
    ("consents.rules", "(given or Tag.SUD_NOTES in item.tags)", "True"),
    ("consents.rules", "if not given and opened & _EMERGENCIES:", "if False:"),
    ("consents.rules", "if not given and opened & _EMERGENCIES:", "if opened & _EMERGENCIES:"),
    ("consents.rules", "if not given and opened & _EMERGENCIES:", "if not given:"),
    ("consents.rules", "if rule.only and not rule.only & item.traits:", "if False:"),
    (
        "consents.rules",
        "row.way is Way.TO_REPRESENTATIVE and of_minor(question)",
        "False",
    ),
    ("consents.matrix", " if why is purpose}", "}"),
    ("consents.rules", "question.facts & ways.opening(rule.purpose)", "ways.opening(rule.purpose)"),
    ("consents.rules", "if rule.purpose in _PROCEEDINGS:", "if False:"),
    (
        "consents.rules",
        "Purpose.LEGAL_DEFENSE, Purpose.LAW_ENFORCEMENT})",
        "Purpose.LEGAL_DEFENSE})",
    ),
    ("consents.bars", "question.age is None or question.age <", "(question.age or 99) <"),
    ("consents.bars", ", Purpose.LOCATE, Purpose.VIOLENT_CRIME", ", Purpose.VIOLENT_CRIME"),
    ("consents.bars", ", Purpose.LOCATE, Purpose.VIOLENT_CRIME", ", Purpose.LOCATE"),
    ("consents.states", " or self.free_with.get(purpose) in facts", ""),
    ("consents.states", "self.free_with.get(purpose) in facts", "purpose in self.free_with"),
    ("consents.rules", "question.also - {question.recipient}", "frozenset()"),
    ("consents.rules", "item in one.cut or item in other.cut", "item in one.cut"),
    ("consents.rules", "{*one.obligations, *other.obligations}", "one.obligations"),
    ("consents.rules", "if question.purpose is Purpose.MISTAKE:", "if False:"),
    ("consents.rules", "Fact.OBJECTED: (Reason.OBJECTED, ", "None: (Reason.OBJECTED, "),
    ("consents.rules", "Fact.MAY_HARM_THE_MEMBER: (", "None: ("),
    ("consents.rules", "Fact.OUTSIDE_THE_NOTICE: (\n        Reason", "None: (\n        Reason"),
    ("consents.rules", "    (Fact.MEMBER_IS_TARGET, ", "    (None, "),
    ("consents.rules", "    (Fact.LEARNED_IN_TREATMENT, ", "    (None, "),
    ("consents.on_file", "if one.kind in kinds\n        and", "if"),
    ("consents.on_file", "and one.kind in ending\n", "\n"),
    ("consents.on_file", "one.kind is not ConsentKind.PART2_TPO or ", "True or "),
    ("consents.on_file", "{*kinds, *(", "{consent.kind, *("),
    ("consents.on_file", "(_OF_ALL_PROGRAMS if consent.kind in _OF_PART2 else ())", "()"),
    ("consents.on_file", "and recipient in one.recipients\n", "\n"),
    ("consents.on_file", "and question.purpose in one.purposes\n", "\n"),
    ("consents.on_file", "and item.category in one.categories\n", "\n"),
    ("consents.on_file", "and item.tags <= one.tags\n", "\n"),
    (
        "consents.on_file",
        "and (question.party in one.parties or (not one.parties and one.kind in _OPEN_ENDED))",
        "",
    ),
    ("consents.on_file", "(not one.parties and one.kind in _OPEN_ENDED)", "not one.parties"),
    ("consents.on_file", "not consent.complete or ", ""),
    ("consents.on_file", " or consent.signed_at.tzinfo is None", ""),
    ("consents.on_file", "if consent.signed_at > question.now:", "if False:"),
    ("consents.on_file", "consent.through is None and consent.kind not in _OPEN_ENDED", "False"),
    ("consents.on_file", "question.now.date() > consent.through", "False"),
    ("consents.on_file", "return not _revoked(question, consent, kinds)", "return True"),
    (
        "consents.on_file",
        "(one is consent or _before(consent.signed_at, one.revoked_at))",
        "one is consent",
    ),
    (
        "consents.on_file",
        "one) for one in question.restrictions or ())",
        "one) for one in ())",
    ),
    ("consents.on_file", "one.names_payment and _holds", "_holds"),
)
GATHERED = (
    ("if now.user_id == user.pk:", "if True:"),
    ("if (plan_id or now.plan_id) == user.plan_id == now.plan_id:", "if True:"),
    ("if member_id == user.member_id:", "if True:"),
    ("if member_id in on_team:", "if True:"),
)


def of_conditions() -> Iterator[Mutant]:
    for module, old, new in CONDITIONS:
        name = f"{module.partition('.')[2]}: {' '.join(old.split())[:70]} -> {new.strip()[:20]}"
        yield Mutant(name, ALL, module, old, new)
    for old, new in GATHERED:
        yield Mutant(f"gathering: {old[3:-1]}", FILED, "consents.gathering", old, new)
    for name, old, new in (
        ("a part that is cut away is no refusal", "or decision.cut:", "or False:"),
        ("a refusal refuses nothing", "if not decision.permitted or decision.cut:", "if False:"),
    ):
        yield Mutant(name, FILED, "consents.access", old, new)
