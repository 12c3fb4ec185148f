"""The rules of datatypes."""

from decimal import Decimal
from typing import Any, Final

from schemas.invariants.looking import has, has_choice, is_after, number_of, object_of
from schemas.invariants.rule import HERE, HOLDS, Broken, Check, Rule, either, needs, not_both

JSON = dict[str, Any]

UCUM: Final = "http://unitsofmeasure.org"


def _qty_3(value: JSON) -> Broken:
    return HERE if "code" in value and not has(value, "system") else HOLDS


def _cpt_2(value: JSON) -> Broken:
    return HERE if has(value, "value") and not has(value, "system") else HOLDS


def _ext_1(value: JSON) -> Broken:
    has_value = any(key.startswith(("value", "_value")) for key in value)
    return HERE if has_value == ("extension" in value) else HOLDS


def _att_1(value: JSON) -> Broken:
    return HERE if "data" in value and not has(value, "contentType") else HOLDS


def _per_1(value: JSON) -> Broken:
    return HERE if "start" in value and "end" in value and is_after(value["start"], value["end"]) else HOLDS


def _rng_2(value: JSON) -> Broken:
    low, high = number_of(object_of(value, "low").get("value")), number_of(object_of(value, "high").get("value"))
    same = object_of(value, "low").get("code") == object_of(value, "high").get("code")
    return HERE if same and low is not None and high is not None and low > high else HOLDS


def _rat_1(value: JSON) -> Broken:
    numerator, denominator = "numerator" in value, "denominator" in value
    return HERE if numerator != denominator or not (numerator or "extension" in value) else HOLDS


def _is_ucum(value: JSON) -> bool:
    return "system" not in value or value["system"] == UCUM


def _age_1(value: JSON) -> Broken:
    number = number_of(value.get("value"))
    good = ("code" in value or "value" not in value) and _is_ucum(value) and (number is None or number > 0)
    return HOLDS if good else HERE


def _cnt_3(value: JSON) -> Broken:
    number = value.get("value")
    whole = type(number) is not Decimal or "." not in str(number)
    good = ("code" in value or "value" not in value) and _is_ucum(value) and value.get("code", "1") == "1" and whole
    return HOLDS if good else HERE


def _dis_1(value: JSON) -> Broken:
    return HOLDS if ("code" in value or "value" not in value) and _is_ucum(value) else HERE


def _drt_1(value: JSON) -> Broken:
    return HERE if "code" in value and not (value.get("system") == UCUM and has(value, "value")) else HOLDS


def _exp_1(value: JSON) -> Broken:
    return HOLDS if has(value, "expression", "reference") else HERE


def _not_negative(name: str) -> Check:
    def check(value: JSON) -> Broken:
        number = number_of(value.get(name))
        return HERE if number is not None and number < 0 else HOLDS

    return check


def _tim_9(value: JSON) -> Broken:
    when = value.get("when")
    if "offset" not in value:
        return HOLDS
    codes = when if type(when) is list else []
    return HERE if not codes or any(code in ("C", "CM", "CD", "CV") for code in codes) else HOLDS


def _trd_1(value: JSON) -> Broken:
    return HERE if "data" in value and has_choice(value, "timing") else HOLDS


def _trd_3(value: JSON) -> Broken:
    kind = value.get("type")
    if type(kind) is not str:
        return HOLDS
    named = kind != "named-event" or has(value, "name")
    timed = kind != "periodic" or has_choice(value, "timing")
    return HOLDS if named and timed and (not kind.startswith("data-") or "data" in value) else HERE


DATATYPES: Final[dict[str, tuple[Rule, ...]]] = {
    "Quantity": (Rule("qty-3", _qty_3),),
    "SimpleQuantity": (Rule("qty-3", _qty_3),),
    "Age": (Rule("qty-3", _qty_3), Rule("age-1", _age_1)),
    "Count": (Rule("qty-3", _qty_3), Rule("cnt-3", _cnt_3)),
    "Distance": (Rule("qty-3", _qty_3), Rule("dis-1", _dis_1)),
    "Duration": (Rule("qty-3", _qty_3), Rule("drt-1", _drt_1)),
    "Extension": (Rule("ext-1", _ext_1),),
    "ContactPoint": (Rule("cpt-2", _cpt_2),),
    "Attachment": (Rule("att-1", _att_1),),
    "Period": (Rule("per-1", _per_1),),
    "Range": (Rule("rng-2", _rng_2),),
    "Ratio": (Rule("rat-1", _rat_1),),
    "Expression": (Rule("exp-1", _exp_1),),
    "Timing.repeat": (
        Rule("tim-1", needs("duration", "durationUnit")),
        Rule("tim-2", needs("period", "periodUnit")),
        Rule("tim-4", _not_negative("duration")),
        Rule("tim-5", _not_negative("period")),
        Rule("tim-6", needs("periodMax", "period")),
        Rule("tim-7", needs("durationMax", "duration")),
        Rule("tim-8", needs("countMax", "count")),
        Rule("tim-9", _tim_9),
        Rule("tim-10", not_both("timeOfDay", "when")),
    ),
    "TriggerDefinition": (Rule("trd-1", _trd_1), Rule("trd-2", needs("condition", "data")), Rule("trd-3", _trd_3)),
    "DataRequirement.codeFilter": (Rule("drq-1", either("path", "searchParam")),),
    "DataRequirement.dateFilter": (Rule("drq-2", either("path", "searchParam")),),
}
