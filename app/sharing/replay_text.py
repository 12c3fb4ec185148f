"""The answer of a replay, for people and for machines. Pure."""

import json

from app.runtime import from_us
from app.sharing.replay import CANNOT_BE_KNOWN, Period
from app.sharing.replay_counts import Counts, Told, told
from consent.model import Agreement

_HEAD = ("operation", "function", "category", "accesses", "less", "more")


def as_table(counts: Counts, draft: Agreement, period: Period, *, smallest: int) -> str:
    """Return lines of text; `<5` stands where a number is kept back."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for line in counts.lines(smallest):
        numbers = (_number(value, smallest) for value in (line.accesses, line.fewer, line.more))
        rows.append((line.operation, line.function, line.category or "(whole)", *numbers))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    total = counts.total(smallest)
    whole = "kept back, a part of it is small" if total is None else f"{total.accesses}"
    days = f"{_moment(period.start_us)} to {_moment(period.stop_us)}"
    unexplained, partly = (_number(told(one, smallest), smallest) for one in (counts.unexplained, counts.partly))
    changed = "" if total is None else f"; {total.fewer} would have shown less, {total.more} could have shown more"
    return "\n".join(
        (
            f"draft {draft.id}|{draft.version} against {period.text} ({days})",
            *(["the draft opens records of social cases (rule X2)"] if draft.enables_social_case else []),
            "",
            *table,
            "",
            f"accesses compared: {whole}{changed}",
            f"left out, since nothing known today explains them: {unexplained}",
            f"explained in part: {partly}",
            f"`<{smallest}`: kept back, small itself or by what it leaves of another number",
            "an access counts in every category that it showed; what cannot be known:",
            *(f"- {limit}" for limit in CANNOT_BE_KNOWN),
        )
    )


def as_json(counts: Counts, draft: Agreement, period: Period, *, smallest: int) -> str:
    """Return a JSON object; a number that is kept back is null."""
    total = counts.total(smallest)
    return json.dumps(
        {
            "draft": {"id": draft.id, "version": draft.version, "opensSocialCases": draft.enables_social_case},
            "against": {"period": period.text, "from": _moment(period.start_us), "to": _moment(period.stop_us)},
            "smallest": smallest,
            "total": None if total is None else {"accesses": total.accesses, "less": total.fewer, "more": total.more},
            "unexplained": told(counts.unexplained, smallest),
            "explainedInPart": told(counts.partly, smallest),
            "lines": [
                {
                    "operation": line.operation,
                    "function": line.function,
                    "category": line.category or None,
                    "accesses": line.accesses,
                    "less": line.fewer,
                    "more": line.more,
                }
                for line in counts.lines(smallest)
            ],
            "limits": list(CANNOT_BE_KNOWN),
        },
        ensure_ascii=False,
        indent=2,
    )


def _number(value: Told, smallest: int) -> str:
    return f"<{smallest}" if value is None else str(value)


def _moment(us: int) -> str:
    return from_us(us).isoformat(timespec="seconds")
