"""A search as values, ready to be turned into SQL. Pure; no `repr` shows an identifier or a name."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field, replace
from typing import Literal

Total = Literal["none", "accurate"]
Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]


@dataclass(frozen=True, slots=True)
class ById:
    """The citizen whose Patient has this logical id."""

    id: str


@dataclass(frozen=True, slots=True)
class ByIdentifier:
    """The citizen who bears this identifier."""

    system: str
    value: str = field(repr=False)


Selector = ById | ByIdentifier


@dataclass(frozen=True, slots=True)
class Codes:
    """One of the hashes stands in the token index; `negated`: none of them does, absence included."""

    numbers: tuple[int, ...]
    values: tuple[int, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class References:
    """One of the hashes stands in the reference index."""

    numbers: tuple[int, ...]
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """One of the folded texts begins a value, or with `inside` is part of it."""

    numbers: tuple[int, ...]
    values: tuple[str, ...] = field(repr=False)
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """What a value is compared with: `low` and `high` included, in µs UTC or millionths; `unit` a hash."""

    prefix: Prefix
    low: int
    high: int
    unit: int = 0


@dataclass(frozen=True, slots=True)
class Dates:
    """One of the comparisons holds for a range in the date index."""

    numbers: tuple[int, ...]
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Quantities:
    """One of the comparisons holds for a range in the quantity index."""

    numbers: tuple[int, ...]
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """One of the comparisons holds for the time at which the version was stored."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """The index of this kind has no row (`missing`), or has one; rows with a value of `unless` do not count."""

    kind: Literal["token", "reference", "date", "string", "quantity", "uri"]
    numbers: tuple[int, ...]
    missing: bool
    unless: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ids:
    """The logical id is one of these."""

    values: tuple[str, ...]


Clause = Codes | References | Texts | Dates | Quantities | Updated | Missing | Ids


@dataclass(frozen=True, slots=True)
class Sort:
    """`number` of a date parameter, or `None` for the time of storing."""

    number: int | None = None
    descending: bool = True


NEWEST_FIRST = Sort()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """One search. All `clauses` must hold.

    `patient` selects the citizen and is no clause; of a Patient itself, the identifier is both. `pairs` is what was
    accepted, as it came, for the `self` link; it may hold identifiers when `names_person`. `count` 0 asks for the total
    alone. `cursor` is a page token, still sealed, and then nothing else is asked for but `count`. `ignored` names the
    parameters that were left out at the client's wish.
    """

    type: str
    patient: Selector | None = None
    clauses: tuple[Clause, ...] = ()
    sort: Sort = NEWEST_FIRST
    count: int
    total: Total = "none"
    cursor: str | None = field(default=None, repr=False)
    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    names_person: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the logical ids asked for by `_id`: each names its citizen, too."""
        return next((clause.values for clause in self.clauses if isinstance(clause, Ids)), ())

    @property
    def key(self) -> Hashable:
        """Return the shape of the search: two with the same key differ in values alone."""
        return self.sort.number is None, self.sort.descending, *(shape(clause) for clause in self.clauses)


def padded(length: int) -> int:
    """Return the least power of two that is not less: lists come in few lengths, so that statements are reused."""
    return 1 << (length - 1).bit_length()


def shape(clause: Clause) -> Hashable:  # noqa: PLR0911  # one for each kind of clause
    """Return what of a clause its SQL depends on."""
    match clause:
        case Codes(numbers, values, negated):
            return "codes", padded(len(numbers)), padded(len(values)), negated
        case References(numbers, values):
            return "references", padded(len(numbers)), padded(len(values))
        case Texts(numbers, values, _):
            return "texts", padded(len(numbers)), padded(len(values))
        case Dates(numbers, ranges):
            return "dates", padded(len(numbers)), tuple(one.prefix for one in ranges)
        case Quantities(numbers, ranges):
            return "quantities", padded(len(numbers)), tuple(one.prefix for one in ranges)
        case Updated(ranges):
            return "updated", tuple(one.prefix for one in ranges)
        case Missing(kind, numbers, missing, unless):
            return "missing", kind, padded(len(numbers)), missing, padded(len(unless)) if unless else 0
        case Ids(values):
            return "ids", padded(len(values))


def unnaming(query: SearchQuery, hashes: Collection[int]) -> SearchQuery | None:
    """Return the search as of records that do not name what has these hashes; `None` when it can find nothing."""
    clauses: list[Clause] = []
    for clause in query.clauses:
        if isinstance(clause, References):
            left = tuple(value for value in clause.values if value not in hashes)
            if not left:
                return None
            clauses.append(replace(clause, values=left))
        elif isinstance(clause, Missing) and clause.kind == "reference":
            clauses.append(replace(clause, unless=tuple(sorted(hashes))))
        else:
            clauses.append(clause)
    return replace(query, clauses=tuple(clauses))
