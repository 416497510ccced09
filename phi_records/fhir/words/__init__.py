"""Codes, dates, money and quantities in the words of people.

Nothing here raises on odd input: a record whose one field is wrong must still open.
"""

from phi_records.fhir.words.current import is_over, names_in_order
from phi_records.fhir.words.dates import moment, moment_text, period
from phi_records.fhir.words.numbers import (
    money,
    money_text,
    number,
    number_text,
    plain_quantity,
    quantity,
    ratio,
    span,
    times,
    unit_text,
)
from phi_records.fhir.words.text import (
    MAX_TEXT,
    address,
    code_text,
    codes,
    concept,
    concept_words,
    concepts,
    fields,
    file_kind,
    items,
    joined,
    lines,
    person_name,
    plain_code,
    sentence,
    technical_name,
    text,
)
from phi_records.fhir.words.values import any_text, value_of

__all__ = [
    "MAX_TEXT",
    "address",
    "any_text",
    "code_text",
    "codes",
    "concept",
    "concept_words",
    "concepts",
    "fields",
    "file_kind",
    "is_over",
    "items",
    "joined",
    "lines",
    "moment",
    "moment_text",
    "money",
    "money_text",
    "names_in_order",
    "number",
    "number_text",
    "period",
    "person_name",
    "plain_code",
    "plain_quantity",
    "quantity",
    "ratio",
    "sentence",
    "span",
    "technical_name",
    "text",
    "times",
    "unit_text",
    "value_of",
]
