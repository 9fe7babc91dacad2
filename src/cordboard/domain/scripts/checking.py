"""Drafts of scripts into scripts: every problem is named by its place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from cordboard.domain.scripts.models import ANSWER_TYPES, DETAIL_OF, NUMERIC, CompletionOption, Question
from cordboard.engines.rules.statements import parse_statements
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.phone import parse_number

MOST_QUESTIONS: Final = 200
MOST_OPTIONS: Final = 50
MOST_CHOICES: Final = 200
LONGEST_TEXT: Final = 4096
LONGEST_CHOICE: Final = 255
LONGEST_VARIABLE: Final = 64

T = TypeVar("T", bound=msgspec.Struct)


def parse_questions(given: Sequence[Any]) -> tuple[Question, ...]:
    """The questions. Raises InvalidInputError."""
    if len(given) > MOST_QUESTIONS:
        raise InvalidInputError.of("questions", f"has {len(given)} members; at most {MOST_QUESTIONS} are kept")
    errors: list[FieldError] = []
    parsed = [_parsed(Question, one, f"questions[{place}]", errors) for place, one in enumerate(given)]
    questions = [question for question in parsed if question is not None]
    for place, question in enumerate(parsed):
        if question is not None:
            errors += _problems_of_question(question, f"questions[{place}]")
    if errors:
        raise InvalidInputError(errors)
    return tuple(questions)


def parse_completion_options(given: Sequence[Any]) -> tuple[CompletionOption, ...]:
    """The completion options, numbers in E.164. Raises InvalidInputError."""
    if len(given) > MOST_OPTIONS:
        raise InvalidInputError.of("completionOptions", f"has {len(given)} members; at most {MOST_OPTIONS} are kept")
    errors: list[FieldError] = []
    parsed = [_parsed(CompletionOption, one, f"completionOptions[{place}]", errors) for place, one in enumerate(given)]
    options = []
    for place, option in enumerate(parsed):
        if option is not None:
            options.append(_with_details(option, f"completionOptions[{place}]", errors))
    if errors:
        raise InvalidInputError(errors)
    return tuple(options)


def _parsed(kind: type[T], given: Any, where: str, errors: list[FieldError]) -> T | None:
    """One member; what is wrong goes to `errors`. Its filters are read in the many spellings of statements."""
    if not isinstance(given, Mapping):
        errors.append(FieldError(where, "must be an object"))
        return None
    try:
        filters = given.get("filters")
        if filters is not None and not isinstance(filters, Sequence):
            raise InvalidInputError.of(f"{where}.filters", "must be a list of statements")
        statements = parse_statements(filters or (), f"{where}.filters")
        members = {name: value for name, value in given.items() if value is not None and name != "filters"}
        converted = msgspec.convert(members, kind, strict=False)
    except InvalidInputError as error:
        errors += error.errors
        return None
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        errors.append(FieldError(where + place.rstrip("`"), problem[:1].lower() + problem[1:].replace("`", "")))
        return None
    return msgspec.structs.replace(converted, filters=statements)


def _problems_of_question(question: Question, where: str) -> list[FieldError]:
    variable = question.variable_name or ""
    wrong_type = question.type is not None and question.type not in ANSWER_TYPES
    limits = (question.min_numeric_value, question.max_numeric_value)
    ordered = limits[0] is None or limits[1] is None or limits[0] <= limits[1]
    options, shown = question.options or (), question.display_options
    too_long = any(not 1 <= len(one) <= LONGEST_CHOICE for one in (*options, *(shown or ())))
    checks = {
        "question": (not 1 <= len(question.question) <= LONGEST_TEXT, f"must have 1 to {LONGEST_TEXT} characters"),
        "context": (len(question.context or "") > LONGEST_TEXT, f"may have {LONGEST_TEXT} characters"),
        "type": (wrong_type, f"must be one of {', '.join(ANSWER_TYPES)}"),
        "variableName": (
            len(variable) > LONGEST_VARIABLE or (question.save and not variable.strip()),
            f"must name in 1 to {LONGEST_VARIABLE} characters what is saved",
        ),
        "minNumericValue": (not ordered, "must not be more than maxNumericValue"),
        "maxNumericValue": (
            any(limit is not None for limit in limits) and question.type not in NUMERIC,
            "needs the type integer or decimal",
        ),
        "options": (
            len(options) > MOST_CHOICES or too_long,
            f"must be at most {MOST_CHOICES} texts of 1 to {LONGEST_CHOICE} characters",
        ),
        "displayOptions": (
            shown is not None and len(shown) != len(options),
            f"must have as many members as options, which has {len(options)}",
        ),
    }
    return [FieldError(f"{where}.{field}", problem) for field, (wrong, problem) in checks.items() if wrong]


def _with_details(option: CompletionOption, where: str, errors: list[FieldError]) -> CompletionOption:
    """The option with what its type needs, checked; what else stands in the details is left out."""
    if option.type not in DETAIL_OF:
        errors.append(FieldError(f"{where}.type", f"must be one of {', '.join(DETAIL_OF)}"))
        return option
    name = DETAIL_OF[option.type]
    if name is None:
        return msgspec.structs.replace(option, details={})
    given = option.details.get(name, "")
    kept = parse_number(given) if name == "transferNumber" else parse_uuid(given)
    if kept is None:
        wanted = "a phone number such as +17145551234" if name == "transferNumber" else "a UUID"
        errors.append(FieldError(f"{where}.details.{name}", f"must be {wanted}"))
        return option
    return msgspec.structs.replace(option, details={name: str(kept)})
