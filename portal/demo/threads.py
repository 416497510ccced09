"""Letters between members and their teams, as people would write them."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Literal, NamedTuple

from consents.states import age_on
from portal.demo.people import demo_id
from portal.demo.shapes import Member, Message, Staff, Thread


class Talk(NamedTuple):
    team_key: str
    subject: str
    question: str
    answer: str
    thanks: str = ""


TALKS: dict[str, dict[str, tuple[Talk, ...]]] = {
    "en": {
        "any": (
            Talk("primary", "Question about my test results",
                 "Hello,\n\nI saw my new test results and one number is marked high. "
                 "Should I be worried? Do I need to come in?\n\nThank you,\n{name}",
                 "Hi {name},\n\nThank you for asking. The number is a little high, and better "
                 "than last time. You don't need to come in early. We will check it again at "
                 "your next visit.\n\nWarm wishes,\n{staff}",
                 "That is good to hear. Thank you!"),
            Talk("primary", "Refill of my medicine",
                 "Hi,\n\nI have about 8 days of my medicine left. Can you send a refill to my "
                 "pharmacy?\n\n{name}",
                 "Hi {name},\n\nYes. We sent the refill today. It should be ready tomorrow "
                 "afternoon.\n\n{staff}"),
            Talk("primary", "Flu shot",
                 "Hello,\n\nCan I get my flu shot at the clinic without a visit?\n\n{name}",
                 "Hi {name},\n\nYes, walk in any weekday from 9 to 4. There is no cost to you."
                 "\n\n{staff}"),
            Talk("claims", "A bill I don't understand",
                 "Hello,\n\nI got a bill for my last office visit. I thought the plan would pay "
                 "all but the copay. Can you explain it?\n\nThanks,\n{name}",
                 "Hi {name},\n\nI looked at the claim. The lab test counted "
                 "toward your deductible, so that part is yours to pay. The visit itself only "
                 "had the copay. Write back if the numbers don't match your bill.\n\n{staff}",
                 "Now I understand it. Thank you for taking the time."),
            Talk("claims", "New member card",
                 "Hi,\n\nI lost my member card. Can I get a new one?\n\n{name}",
                 "Hi {name},\n\nA new card is on its way. It takes 7 to 10 days. Your member "
                 "number stays the same.\n\n{staff}"),
        ),
        "behavioral": (
            Talk("behavioral", "Trouble sleeping",
                 "Hello,\n\nI have not been sleeping well for two weeks. I wake up at 3 and "
                 "can't stop thinking. Is there something I can try before my next visit?\n\n"
                 "{name}",
                 "Hi {name},\n\nI am glad you wrote. Try to get up at the same time each day and "
                 "keep screens out of the bedroom. I can also see you sooner: would Thursday at "
                 "2 work?\n\nTake good care,\n{staff}",
                 "Thursday at 2 works. Thank you for being so quick."),
        ),
        "child": (
            Talk("primary", "Form for school",
                 "Hello,\n\n{child} needs the school health form signed. Can I drop it off?\n\n"
                 "{name}",
                 "Hi {name},\n\nYes, leave it at the front desk. We will have it ready in two "
                 "days.\n\n{staff}"),
        ),
    },
    "es": {
        "any": (
            Talk("primary", "Pregunta sobre mi medicina",
                 "Buenos días:\n\nLa medicina nueva me da un poco de mareo por la mañana. "
                 "¿La puedo tomar por la noche?\n\nGracias,\n{name}",
                 "Hola, {name}:\n\nSí, la puede tomar por la noche con la cena. Si el mareo "
                 "sigue después de una semana, escríbanos otra vez.\n\nUn saludo,\n{staff}",
                 "Muchas gracias. Así lo haré."),
            Talk("claims", "¿Tengo que pagar esta cuenta?",
                 "Hola:\n\nMe llegó una cuenta del laboratorio. ¿El plan no la paga?\n\n{name}",
                 "Hola, {name}:\n\nEl plan pagó una parte. El resto cuenta para su deducible. "
                 "Puede ver los detalles en la página de reclamos.\n\n{staff}"),
            Talk("primary", "Cita en español",
                 "Hola:\n\n¿Puede haber alguien que hable español en mi próxima cita?\n\n{name}",
                 "Hola, {name}:\n\nClaro que sí. Habrá un intérprete, sin costo para usted."
                 "\n\n{staff}"),
        ),
    },
}  # fmt: skip
MENTAL = frozenset({"depression", "anxiety", "opioid_use", "alcohol_use"})


def _pick(member: Member, rng: Random) -> list[Talk]:
    talks = TALKS[member.language]
    mental = bool(MENTAL & set(member.profile)) and "behavioral" in talks
    # Nobody writes with more than two teams.
    picked = rng.sample([t for t in talks["any"] if not mental or t.team_key == "primary"], k=2)
    if mental:
        picked.append(rng.choice(talks["behavioral"]))
    return picked


def _answerer(talk: Talk, language: str, staff: tuple[Staff, ...], rng: Random) -> Staff:
    team = [s for s in staff if talk.team_key in s.team_keys and s.role == "care_worker"]
    return rng.choice([s for s in team if s.language == language] or team)


def _thread(
    slug: str, nth: int, talk: Talk, *, about: Member, writer: Member, worker: Staff,
    today: date, days_ago: int, waiting: bool, rng: Random,
) -> Thread:  # fmt: skip
    if writer.user_id is None:
        raise ValueError("A thread is started by someone who can sign in.")
    words = {"name": writer.given, "child": about.given, "staff": worker.full_name}
    turns = [(writer.user_id, True, talk.question)]
    if not waiting:
        turns.append((worker.user_id, False, talk.answer))
        if talk.thanks and rng.random() < 0.5:
            turns.append((writer.user_id, True, talk.thanks))
    thread_id = demo_id(slug, about.id, "thread", nth)
    # Business hours on the US west coast, in UTC.
    sent = datetime.combine(today - timedelta(days=days_ago), time(17), UTC)
    messages = []
    for turn, (user_id, is_member, body) in enumerate(turns):
        sent += timedelta(minutes=rng.randint(15, 200))
        messages.append(Message(demo_id(thread_id, turn), user_id, is_member, sent,
                                body.format(**words)))  # fmt: skip
    status: Literal["answered", "waiting"] = "waiting" if waiting else "answered"
    return Thread(thread_id, about.id, talk.team_key, talk.subject, status, tuple(messages))


def make_threads(
    slug: str, members: tuple[Member, ...], staff: tuple[Staff, ...], today: date, rng: Random
) -> tuple[Thread, ...]:
    by_id = {member.id: member for member in members}
    found = []
    for about in members:
        if about.deceased_on:
            continue
        if about.user_id:
            writer, talks = about, _pick(about, rng)
        else:
            writer = by_id[about.guardian_ids[0]]
            talks = list(TALKS["en"]["child"]) if age_on(about.birth_date, today) > 3 else []
        for nth, talk in enumerate(talks):
            # The newest wait for an answer in about a third of all cases.
            waiting = nth == 0 and rng.random() < 0.6
            found.append(_thread(
                slug, nth, talk, about=about, writer=writer,
                worker=_answerer(talk, writer.language, staff, rng), today=today,
                days_ago=rng.randint(1, 3) if waiting else rng.randint(5, 120),
                waiting=waiting, rng=rng,
            ))  # fmt: skip
    return tuple(found)
