"""All tables, once, in SQLAlchemy Core. Integers (µs UTC), text and bytes only.

Patient-first keys everywhere: `pid` is the random shard key of a citizen, 0 is the directory (no citizen),
-1 carries audit events without a citizen. `n` counts a citizen's resources and never leaves the service:
the public id is an encryption of (pid, n), see app/store/ids.py. See docs/adr/0003-keys-and-identity.md.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

DIRECTORY = 0
"""Reserved key: organisations, practitioners, locations."""
NO_CITIZEN = -1
"""Reserved key: audit events that concern no known citizen."""


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _int(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


N_BITS = 22
"""A citizen has fewer than 2**22 resources."""

_clustered: dict[str, Any] = {"sqlite_with_rowid": False}

setting = Table("setting", metadata, Column("name", Text, primary_key=True), _bytes("value"))
"""Marks and keys of the database: 'demo', 'id-key', 'digest-key'."""

citizen = Table(
    "citizen",
    metadata,
    _key("pid"),
    _int("change"),  # +1 with every write about the citizen; internal, never shown
    _int("next_n"),
    _int("born", nullable=True),  # µs UTC of the birth date, from the highest ranking Patient
    _int("died", nullable=True),
    _int("master", nullable=True),  # n of the master Patient
    _int("classified"),  # version of the classification tables
    _int("facts"),  # `change` after the newest write of what decisions rest on, see app/store/bearing.py
    **_clustered,
)

identifier = Table(
    "identifier",
    metadata,
    Column("system", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("controller", Text, primary_key=True),  # who calls her so; '' for official numbers, which hold for all
    _key("valid_from"),
    _int("valid_to", nullable=True),
    _int("pid"),
    **_clustered,
)
Index("identifier_by_pid", identifier.c.pid)

redirect = Table("redirect", metadata, _key("old_pid"), _int("new_pid"), **_clustered)

resource = Table(
    "resource",  # current versions
    metadata,
    # pid << 22 | n. On SQLite the rowid (only a column of type INTEGER becomes it), so that a citizen's rows lie
    # together; elsewhere the key begins with pid, as distribution on pid demands.
    Column("place", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    _int("pid"),
    _int("n"),
    _int("type"),  # schemas.homes number
    _int("version"),
    _int("sig"),
    _int("deleted"),  # 0 live, 1 deleted
    _int("updated"),
    _int("start"),  # clinical period, µs; never null: falls back to `updated`
    _int("stop"),
    _bytes("line"),  # app.summary.lines: what the summary needs, so that reads never parse bodies
    _bytes("body"),  # the resource as received, with id and meta of ours
    info={"postgresql_key": ("pid", "place")},
)
Index("resource_by_type", resource.c.pid, resource.c.type, resource.c.updated)

history = Table(
    "history",
    metadata,
    _key("pid"),
    _key("n"),
    _key("version"),
    _int("type"),
    _int("sig"),
    _int("action"),  # 1 create, 2 update, 3 delete
    _int("updated"),
    _int("start"),
    _int("stop"),
    _bytes("body"),
)

signature = Table(
    "signature",
    metadata,
    _key("pid"),
    _key("sig"),
    _text("category"),
    _text("labels"),  # sorted, comma separated
    _text("controller"),
    _text("origin"),
    _text("author"),
    _text("regime"),
    _int("last_change"),  # citizen.change at the newest change under this signature
    **_clustered,
)

idx_token = Table(
    "idx_token",
    metadata,
    _key("pid"),
    _key("param"),
    _key("value"),  # 63-bit hash of 'system|code', of '|code' and of 'system|'
    _key("n"),
    **_clustered,
)
idx_reference = Table(
    "idx_reference",
    metadata,
    _key("pid"),
    _key("param"),
    _key("value"),  # 63-bit hash of 'Type/id', of an absolute URL, or of 'identifier:system|value'
    _key("n"),
    **_clustered,
)
idx_date = Table(
    "idx_date",
    metadata,
    _key("pid"),
    _key("param"),
    _key("low"),
    _key("n"),
    _key("high"),  # in the key: one element may hold two ranges that begin together
    **_clustered,
)
idx_string = Table(
    "idx_string",
    metadata,
    _key("pid"),
    _key("param"),
    Column("value", Text, primary_key=True),  # casefolded, accents removed
    _key("n"),
    **_clustered,
)
idx_quantity = Table(
    "idx_quantity",
    metadata,
    _key("pid"),
    _key("param"),
    _key("unit"),  # 63-bit hash of 'system|code', 0 for a number alone
    _key("low"),  # value in units of 1e-6
    _key("n"),
    _key("high"),
    **_clustered,
)
INDEXES = (idx_token, idx_reference, idx_date, idx_string, idx_quantity)
for _table in (idx_date, idx_string, idx_quantity):
    # Asked whether a resource has a value in some range. Of tokens and references whole keys are asked for and removed.
    Index(f"{_table.name}_by_n", _table.c.pid, _table.c.n)

pointer = Table(
    "pointer",  # which records are about which, of every version there was: what is hidden hides what is about it
    metadata,
    _key("pid"),
    _key("target"),  # n of what it is about
    _key("n"),  # negative: the record -n names the target without being about it
    **_clustered,
)

relation = Table(
    "relation",
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),  # 'stay:<hash of episode>', 'resource:<n>', 'register:own-gp'
    _text("kind"),
    _text("organisation"),
    _text("evidence"),
    _int("start", nullable=True),
    _int("stop", nullable=True),
    _text("source"),  # 'Type/id' or a register's name
    **_clustered,
)

declaration = Table(
    "declaration",
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),
    _text("kind"),
    _text("person"),
    _text("organisation"),
    _text("purpose"),
    _int("start"),
    _int("stop"),
    _text("reason"),
    _text("code", nullable=True),  # consent.vocabulary.DoorReason
    **_clustered,
)

opening = Table(
    "opening",  # doors that were opened, of citizens who are not known too: limits are counted from these rows
    metadata,
    Column("person", Text, primary_key=True),
    _key("n"),  # counts a person's rows, so that two at once collide and one counts again
    _int("at"),
    _text("kind"),
    _text("organisation"),  # the unit
    _text("controller"),
    _text("client"),
    _bytes("subject"),  # keyed digest of the identifier that was given, known or not
    _int("pid"),  # NO_CITIZEN for one who is not known
    _text("id"),  # of the declaration
    _int("namesake"),  # 1: the family names are the same
    **_clustered,
)
Index("opening_by_controller", opening.c.controller, opening.c.at)
Index("opening_by_client", opening.c.client, opening.c.at)

refusal = Table(
    "refusal",  # who was refused when; about whom stands in the audit alone
    metadata,
    Column("person", Text, primary_key=True),  # of a system: its client id
    _key("at"),
    Column("id", Text, primary_key=True),
    _text("organisation"),
    **_clustered,
)
Index("refusal_by_organisation", refusal.c.organisation, refusal.c.at)

throttle = Table("throttle", metadata, Column("person", Text, primary_key=True), _int("until"), **_clustered)
"""Who was refused too often to look anybody new up before `until`; state 'throttle' counts its changes."""

review = Table(
    "review",  # what a data protection officer reviews: one row a declaration that owes a review
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),  # of the declaration
    _text("kind"),
    _text("person"),
    _text("function"),
    _text("organisation"),  # the unit
    _text("controller"),
    _int("start"),
    _int("stop"),
    _text("code", nullable=True),
    _text("reason"),
    _int("due"),  # from when on it is to be reviewed unless it was confirmed
    _int("reviewed", nullable=True),
    _text("reviewer", nullable=True),
    _text("outcome", nullable=True),  # justified | not-justified
    _text("comment", nullable=True),
    **_clustered,
)
Index("review_by_organisation", review.c.organisation, review.c.due)

outage = Table(
    "outage",  # a login provider that an operator has said is down
    metadata,
    Column("issuer", Text, primary_key=True),
    _key("start"),
    _int("stop", nullable=True),
    _text("reason"),
    **_clustered,
)

directive = Table(
    "directive",
    metadata,
    _key("pid"),
    _key("n"),  # of the Consent resource
    _int("version"),
    _int("active"),
    _int("start", nullable=True),
    _int("stop", nullable=True),
    _bytes("provision"),  # app.store.provisions encodes and decodes consent.Provision
    **_clustered,
)

representation = Table(
    "representation",
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),
    _text("kind"),
    _int("representative"),  # pid of the one who acts
    _int("start", nullable=True),
    _int("stop", nullable=True),
    _text("source"),
    _text("categories", nullable=True),  # comma separated; NULL: all
    **_clustered,
)

judgement = Table(
    "judgement",
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),
    _text("kind"),
    _text("person"),  # who judged
    _int("start"),
    _int("stop"),
    _text("source"),  # 'Type/id'
    **_clustered,
)

participation = Table(
    "participation",  # who took part in the treatment, as somebody else wrote it
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),
    _text("person"),
    _text("evidence"),
    _int("start"),
    _int("stop"),
    _text("source"),  # 'Type/id'
    **_clustered,
)

stay = Table(
    "stay",
    metadata,
    _key("pid"),
    Column("key", Text, primary_key=True),  # keyed digest of episode id and provider
    _text("state"),  # app.bridge encodes the state machine's state as JSON
    _int("n"),  # of the Encounter
    **_clustered,
)

organisation = Table(
    "organisation",
    metadata,
    Column("sor", Text, primary_key=True),
    _text("parent", nullable=True),
    _text("name"),
    _text("kind"),  # hospital | municipality | general-practice | region | authority | unit
    _text("municipality", nullable=True),
    _text("gln", nullable=True),
    _text("phone", nullable=True),
    _text("specialties", nullable=True),  # 'system|code', comma separated: labels follow from them
    _int("valid_from", nullable=True),
    _int("valid_to", nullable=True),
    **_clustered,
)

staff = Table(
    "staff",
    metadata,
    Column("person", Text, primary_key=True),
    _text("name"),
    _text("authorisation", nullable=True),
    _text("profession", nullable=True),
    _text("functions"),  # comma separated
    _text("organisations"),
    _int("valid_to", nullable=True),
    **_clustered,
)

delegation = Table(
    "delegation",
    metadata,
    Column("person", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("responsible", Text, primary_key=True),
    _int("valid_from", nullable=True),
    _int("valid_to", nullable=True),
    **_clustered,
)

assignment = Table(
    "assignment",  # tasks other than treatment that a management gave (§ 42 d, stk. 2)
    metadata,
    Column("person", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    _text("permitted_by"),
    _int("valid_from", nullable=True),
    _int("valid_to"),
    **_clustered,
)

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    _text("organisation"),
    _text("functions"),
    _text("purposes"),
    _text("types"),  # writable resource types, '*' for all
    _text("jwks", nullable=True),
    _int("revoked", nullable=True),
    **_clustered,
)

revoked_token = Table("revoked_token", metadata, Column("jti", Text, primary_key=True), _int("until"), **_clustered)

agreement = Table(
    "agreement",
    metadata,
    Column("id", Text, primary_key=True),
    _key("version"),
    _int("start", nullable=True),
    _int("stop", nullable=True),
    _bytes("terms"),
    **_clustered,
)

terminology = Table(
    "terminology",  # what an operator imported; the service itself ships single codes alone
    metadata,
    Column("system", Text, primary_key=True),
    Column("code", Text, primary_key=True),  # as published
    _text("family"),
    _text("legacy", nullable=True),
    **_clustered,
)

state = Table("state", metadata, Column("name", Text, primary_key=True), _int("version"), **_clustered)
"""Versions of shared facts, re-read at requests: directory, policy, revocation, agreement, terminology, throttle."""

answer = Table(
    "answer",  # what was already acknowledged, so that a repeat gets the same answer
    metadata,
    _key("pid"),
    Column("key", Text, primary_key=True),  # keyed digest of sender and message or request identity
    _bytes("body"),
    _int("status"),
    _int("at"),
    **_clustered,
)

reported = Table(
    "reported",  # to which citizens a source has told a thing: one that moved is found where it was
    metadata,
    Column("name", Text, primary_key=True),  # keyed digest of controller and the thing's own name, as in `answer.key`
    _key("pid"),
    **_clustered,
)

outbox = Table(
    "outbox",
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),
    _text("recipient"),  # SOR
    _text("topic"),
    _text("focus"),  # 'Type/id'
    _int("at"),
    _int("delivered", nullable=True),
    **_clustered,
)
Index("outbox_by_recipient", outbox.c.recipient, outbox.c.at)

disclosure = Table(
    "disclosure",
    metadata,
    _key("pid"),
    Column("id", Text, primary_key=True),  # that of the notice in the outbox
    _int("at"),
    _bytes("body"),  # who, to whom, for what, which versions: app/store/disclosures.py
    **_clustered,
)

audit = Table(
    "audit",
    metadata,
    _key("pid"),
    Column("writer", Text, primary_key=True),
    _key("seq"),
    _int("at"),
    _int("kind"),  # app.audit codes
    _bytes("hash"),
    _bytes("body"),
    _text("organisation"),  # as the body says: who reads the own organisation's part is told that part by SQL
    **_clustered,
)
Index("audit_by_time", audit.c.pid, audit.c.at)
Index("audit_by_writer", audit.c.writer, audit.c.seq)  # not unique: a distributed index would have to hold pid

audit_head = Table(
    "audit_head",
    metadata,
    Column("writer", Text, primary_key=True),
    _key("seq"),
    _bytes("hash"),
    _int("at"),
    **_clustered,
)

TABLES = tuple(metadata.sorted_tables)
