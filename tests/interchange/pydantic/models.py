"""Models whose `model_json_schema()` the importer is tested with.

Writes the schemas beside this file: python models.py (Pydantic 2.13.4).
"""

import datetime
import decimal
import enum
import json
import pathlib
import uuid
from typing import Annotated, Any, Literal, Optional, Union

from pydantic import BaseModel, ConfigDict, EmailStr, Field, HttpUrl


class Sentiment(str, enum.Enum):
    """The drift of the story."""

    BULLISH = "bullish"
    BEARISH = "bearish"
    NEUTRAL = "neutral"


class NarrativeAnalysis(BaseModel):
    """The story around a token, as the model reads it."""

    model_config = ConfigDict(extra="forbid")

    sentiment: Sentiment
    sentiment_score: float = Field(ge=-1, le=1, description="The same as a number.")
    momentum: float = Field(ge=-1, le=1)
    key_themes: list[Annotated[str, Field(max_length=80)]] = Field(min_length=1, max_length=10)
    narrative_summary: str = Field(min_length=10, max_length=500)
    confidence: float = Field(ge=0, le=1)


class RiskFactor(BaseModel):
    name: str = Field(min_length=1)
    weight: float = Field(default=0.5, gt=0, lt=1)
    source: Optional[str] = None


class ContractSafety(BaseModel):
    """The safety of a contract."""

    risk_level: str = Field(pattern="^(LOW|MEDIUM|HIGH|CRITICAL)$")
    risks: list[RiskFactor] = Field(default_factory=list, max_length=20)
    safety_score: int = Field(ge=0, le=100)
    checked: Literal[True] = True
    contract: str = Field(pattern=r"^0x[\da-f]{40}$")


class Card(BaseModel):
    kind: Literal["card"]
    last_digits: str = Field(pattern=r"^\d{4}$")


class Transfer(BaseModel):
    kind: Literal["transfer"]
    iban: str
    swift: Optional[str] = None


class Payment(BaseModel):
    """Types of many kinds."""

    id: uuid.UUID
    payer: EmailStr
    page: HttpUrl
    day: datetime.date
    at: datetime.datetime
    time: datetime.time
    waited: datetime.timedelta
    amount: decimal.Decimal = Field(max_digits=8, decimal_places=2)
    count: int = Field(multiple_of=5)
    tags: set[str] = Field(default_factory=set)
    means: Union[Card, Transfer] = Field(discriminator="kind")
    rates: dict[str, float]
    place: tuple[float, float]
    note: Union[str, int, None] = None
    extra: Any = None
    version: Literal[1, 2]
    class_: str = Field(alias="class")


class Node(BaseModel):
    value: int
    children: list["Node"] = []


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    for model in (NarrativeAnalysis, ContractSafety, Payment, Node):
        text = json.dumps(model.model_json_schema(), indent=2, ensure_ascii=False)
        (here / f"{model.__name__}.json").write_text(text + "\n")
