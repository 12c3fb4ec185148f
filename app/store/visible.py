"""A permit as a WHERE clause. `consent.may_disclose` is the definition; this restates it, before LIMIT, sort and count.

`consent.residual` says for each signature of the citizen what is left to ask of a record. Signatures with the same
answer are one arm: `sig is in a set AND condition`. Sets of signatures, which are numbered from 1 within the citizen,
are sent as bits of integers: one parameter for each 62 numbers, and no list that the database would sort at every
statement. Lists of records are padded to powers of two by repeating their last value. So the number of different
statements stays small. INVARIANT: tests/store/test_visible.py holds both together.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    and_,
    bindparam,
    cast,
    false,
    not_,
    or_,
    true,
)
from sqlalchemy import literal_column as literal

from app.runtime import to_us
from app.store.database import Value
from app.store.ids import Ids
from app.store.signatures import SignatureRow
from consent.condition import AllOf, Always, Among, Condition, During, Never, Not
from consent.disclosure import residual
from consent.model import CitizenKey, Permit, Signature
from schemas.homes import TYPE_NUMBER

_TYPES = literal("1024", BigInteger)
"""More than there are type numbers: n * 1024 + type names one record of one type."""
_BITS = 62
"""Numbers of signatures in one integer; with 63 the sign would come into it."""
_ONE = literal("1", BigInteger)

Shape: TypeAlias = tuple[object, ...]
"""A condition without its values: the name of the kind, then sizes or inner shapes."""

_WHOLE: Shape = ("always",)


@dataclass(frozen=True, slots=True)
class Visible:
    """What a permit shows of one citizen's records.

    `shape` is one (number of integers that hold its signatures, condition) per arm; `signatures` are all of the
    citizen's by number.
    """

    pid: int
    shape: tuple[tuple[int, Shape], ...]
    values: Mapping[str, Value]
    signatures: Mapping[int, Signature]

    @property
    def key(self) -> Hashable:
        """Two of the same key have the same clause and differ in `values` alone."""
        return self.shape

    @property
    def whole(self) -> bool:
        """Tell that of the signatures shown everything is: no single record has to be asked."""
        return all(condition == _WHOLE for _, condition in self.shape)

    @property
    def nothing(self) -> bool:
        """Tell that no record is shown, so that nobody need ask the database."""
        return not self.shape

    def clause(self, table: FromClause) -> ColumnElement[bool]:
        """Return the condition on `table`, one with the columns sig, start, stop, type and n.

        The same clause may stand in one statement several times. It says nothing of the citizen: `pid` is the
        caller's condition.
        """
        names = _names()
        arms = [
            and_(_is_among(table, _parameters(size, names)), _clause(shape, table, names)) for size, shape in self.shape
        ]
        return or_(*arms) if arms else false()


def visible(permit: Permit, signatures: Iterable[SignatureRow], ids: Ids) -> Visible:
    """Return what `permit` shows of its citizen's records, whose signatures are `signatures`.

    A remembered permit, or another that opens and closes the same, comes with the very same signatures again, and then
    the same is returned.
    """
    key = (id(permit.judged), permit.request.citizen)
    known = _MADE.get(key)
    # INVARIANT: an id names one object while that lives, and what is remembered keeps it alive.
    if known is not None and known[0] is permit.judged and known[1] is signatures and known[2] is ids:
        return known[3]
    made = _visible(permit, signatures, ids)
    if isinstance(signatures, tuple):  # an iterator would be empty the next time
        if len(_MADE) >= _REMEMBERED:
            del _MADE[next(iter(_MADE))]
        _MADE[key] = permit.judged, signatures, ids, made
    return made


_REMEMBERED = 2048
_MADE: dict[tuple[int, CitizenKey], tuple[object, Iterable[SignatureRow], Ids, Visible]] = {}


def _visible(permit: Permit, signatures: Iterable[SignatureRow], ids: Ids) -> Visible:
    pid = int(permit.request.citizen)
    by_condition: dict[Condition, list[int]] = {}
    known: dict[int, Signature] = {}
    for row in signatures:
        known[row.number] = row.signature
        condition = residual(permit, row.signature)
        if not isinstance(condition, Never):
            by_condition.setdefault(condition, []).append(row.number)
    arms = []
    for condition, numbers in by_condition.items():
        of_arm = _words(numbers)
        size = len(of_arm)
        shape = _shape(condition, of_arm, pid, ids)
        arms.append(((size, shape), of_arm))
    arms.sort(key=lambda arm: repr(arm[0]))
    values = [value for _, of_arm in arms for value in of_arm]
    return Visible(pid, tuple(shape for shape, _ in arms), dict(zip(_names(), values, strict=False)), known)


def _shape(condition: Condition, values: list[int], pid: int, ids: Ids) -> Shape:
    """Return the shape of a condition and add its values in the order in which `_clause` asks for them."""
    match condition:
        case Always():
            return _WHOLE
        case Never():
            return ("never",)
        case During(period):
            if period.end is not None:
                values.append(to_us(period.end))
            if period.start is not None:
                values.append(to_us(period.start))
            return ("during", period.end is not None, period.start is not None)
        case Among(instances):
            records = _padded(sorted(_records(instances, pid, ids)))
            values.extend(records)
            return ("among", len(records))
        case Not(of):
            return ("not", _shape(of, values, pid, ids))
        case AllOf(parts):
            return ("all", *(_shape(part, values, pid, ids) for part in parts))


def _clause(shape: Shape, table: FromClause, names: Iterator[str]) -> ColumnElement[bool]:
    match shape:
        case ("always",):
            return true()
        case ("during", bool(has_end), bool(has_start)):
            before = table.c.start <= _parameters(1, names)[0] if has_end else true()
            after = table.c.stop >= _parameters(1, names)[0] if has_start else true()
            return and_(before, after)
        case ("among", int(size)) if size:
            return (table.c.n * _TYPES + table.c.type).in_(_parameters(size, names))
        case ("not", tuple(of)):
            return not_(_clause(of, table, names))
        case ("all", *parts):
            return and_(*(_clause(part, table, names) for part in parts if isinstance(part, tuple)))
        case _:
            return false()


def _records(instances: Iterable[str], pid: int, ids: Ids) -> Iterator[int]:
    """Return n * 1024 + type of those instances that are records of the citizen; others can match nothing."""
    for instance in instances:
        type_, _, id_ = instance.partition("/")
        place = ids.decode(id_)
        if type_ in TYPE_NUMBER and place is not None and place[0] == pid:
            yield place[1] * 1024 + TYPE_NUMBER[type_]


def _words(numbers: Sequence[int]) -> list[int]:
    """Return a set of numbers as bits: 0 to 61 in the first integer, 62 to 123 in the second."""
    words = [0] * (max(numbers) // _BITS + 1)
    for number in numbers:
        words[number // _BITS] |= 1 << number % _BITS
    return words


def _is_among(table: FromClause, words: Sequence[BindParameter[int]]) -> ColumnElement[bool]:
    """Return whether `sig` is in a set.

    PostgreSQL shifts by what a division by 64 leaves: each word names its bounds.
    """
    arms = []
    for place, word in enumerate(words):
        low, high = literal(str(place * _BITS), BigInteger), literal(str((place + 1) * _BITS), BigInteger)
        shifted = word.bitwise_rshift(cast(table.c.sig - low, Integer))
        arms.append(and_(table.c.sig >= low, table.c.sig < high, shifted.bitwise_and(_ONE) == _ONE))
    return or_(*arms)


def _padded(numbers: Sequence[int]) -> Sequence[int]:
    if not numbers:
        return numbers
    size = 1 << (len(numbers) - 1).bit_length()
    return [*numbers, *([numbers[-1]] * (size - len(numbers)))]


def _names() -> Iterator[str]:
    number = 0
    while True:
        yield f"visible{number}"
        number += 1


def _parameters(size: int, names: Iterator[str]) -> list[BindParameter[int]]:
    return [bindparam(next(names), type_=BigInteger) for _ in range(size)]
