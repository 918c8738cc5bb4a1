"""Questions about a business with what may be said, as its owner writes them: `questions.yaml`."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent.dialogue.business import BusinessError

FILE = "questions.yaml"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Question(Part):
    """One question, and what may be said."""

    id: str
    ask: list[str] = Field(min_length=1)
    """What the caller says, turn by turn; what is asked back is answered from `people`."""
    person: str | None = Field(default=None, alias="as")
    """Who asks: a name of `people`."""
    sql: str | None = None
    """A query whose first row is the truth: its columns may be said."""
    tell: list[str] = []
    """Columns of that row that have to be said."""
    say: list[str] = []
    """Regular expressions that what is said has to match, each of them; case doesn't matter."""
    may: list[str] = []
    """Further numbers, dates, times and names that may be said."""
    documents: list[str] = []
    """Documents whose words may be said."""
    never: list[str] = []
    """Regular expressions of what would be false."""
    answerable: bool = True
    """Whether the business knows the answer; else nothing but a decline may be said, and `phrases`."""
    phrases: list[str] = []
    """Phrases that may be said to a question that isn't answerable."""
    agree: bool = False
    """Whether the caller agrees when a change is put to them."""
    go_on: bool = False
    """Whether the caller wants to hear more of a list."""

    @model_validator(mode="after")
    def _judged(self) -> Question:
        if self.answerable and not (self.tell or self.say):
            raise ValueError("an answerable question has `tell` or `say`: what has to be said")
        if self.tell and self.sql is None:
            raise ValueError("`tell` names columns of `sql`, which isn't there")
        return self


class Questions(Part):
    """questions.yaml."""

    day: date | None = None
    """The day on which they are asked: a demo's database is seeded for it. Today without it."""
    at: time = time(10, 30)
    """The hour, in the business's time zone."""
    people: dict[str, dict[str, str]] = {}
    """Who calls: name -> slot -> what they say when they are asked for it."""
    questions: list[Question] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_people(self) -> Questions:
        ids = [question.id for question in self.questions]
        for question in self.questions:
            if ids.count(question.id) > 1:
                raise ValueError(f"the id '{question.id}' stands twice")
            if question.person is not None and question.person not in self.people:
                raise ValueError(f"'{question.id}' is asked by '{question.person}', who isn't in people")
        return self


def read_questions(path: Path) -> Questions:
    """The questions of a file. Raises `BusinessError`."""
    try:
        return Questions.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except FileNotFoundError:
        raise BusinessError(f"{path} isn't there: write questions and what may be said into it.") from None
    except yaml.YAMLError as error:
        raise BusinessError(f"{path} is no YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BusinessError(f"{path}: {where}: {first['msg']}") from None
