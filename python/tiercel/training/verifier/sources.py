"""Questions to make pairs of, all of licences that let weights ship, and pairs that come as such."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiercel.training import public

if TYPE_CHECKING:
    import random

# Sources of `tasks/prompts.jsonl.gz` that are learned from. Natural Questions is not: the verifier is judged by it.
_SOURCES = {"llmrouter_uiuc": 2_000, "mmlu": 800, "t0_p3": 1_500, "ifeval": 200}
_N_INTENTS = 3_000

# Length of a question that people repeat, in characters.
_LENGTHS = range(12, 140)

# Intents without anything to fill in, so that one answer serves all its questions. Most intents are broader than that.
SAME_ANSWER = frozenset(
    "age_limit card_about_to_expire card_arrival card_linking card_not_working card_swallowed change_pin "
    "compromised_card contactless_not_working edit_personal_details get_disposable_virtual_card "
    "get_physical_card getting_virtual_card lost_or_stolen_phone passcode_forgotten pin_blocked "
    "terminate_account unable_to_verify_identity verify_source_of_funds why_verify_identity "
    "are_you_a_bot what_is_your_name how_old_are_you where_are_you_from who_made_you do_you_have_pets "
    "what_are_your_hobbies who_do_you_work_for tell_joke flip_coin roll_dice meaning_of_life fun_fact "
    "next_holiday find_phone pto_balance credit_score improve_credit_score oil_change_how replacement_card_duration "
    "what_can_i_ask_you change_ai_name reset_settings sync_device insurance_change rollover_401k".split()
)


@dataclass(frozen=True)
class Question:
    """A question, where it is from, and its intent if it has one."""

    text: str
    source: str
    intent: str = ""


@dataclass(frozen=True)
class Pair:
    """Two questions, whether one answer serves both, what made the pair, and how much it counts."""

    asked: str
    stored: str
    same: bool
    origin: str
    weight: float = 1.0


def questions(data: Path, rng: random.Random) -> list[Question]:
    """Some of every source, in an order that depends on the seed alone."""
    found: list[Question] = []
    records = [record for record in public.records(data) if public.may_train(record)]
    for source, most in _SOURCES.items():
        of_source = (it["text"].strip() for it in records if it["source"] == source)
        texts = sorted({text for text in of_source if len(text) in _LENGTHS and "\n" not in text})
        found += [Question(text, source) for text in rng.sample(texts, min(most, len(texts)))]
    for of_intents in intents(data):
        found += rng.sample(of_intents, min(_N_INTENTS, len(of_intents)))
    return found


def intents(data: Path) -> tuple[list[Question], list[Question]]:
    """Banking77 (CC BY 4.0) and CLINC150 (CC BY 3.0)."""
    with (data / "cache" / "banking77_train.csv").open() as lines:
        banking = [Question(it["text"].strip(), "banking77", it["category"]) for it in csv.DictReader(lines)]
    with gzip.open(data / "cache" / "clinc150_train.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    return banking, [Question(it["text"], "clinc150", it["intent"]) for it in records if it["intent"] != "oos"]


def written(weight: float = 6.0) -> list[Pair]:
    """Pairs written for this project."""
    pairs = []
    for line in (Path(__file__).parent / "pairs.jsonl").read_text().splitlines():
        group = json.loads(line)
        same = itertools.combinations(group["same"], 2)
        pairs += [Pair(asked, stored, True, "written", weight) for asked, stored in same]
        other = itertools.product(group["same"], group["other"])
        pairs += [Pair(asked, stored, False, "written other", weight / 2) for asked, stored in other]
    return pairs
