"""The use cases, one function each; the only place that knows the order of things."""

from app.sharing.directory_file import DirectoryFile, load_directory, load_registers, read_directory_file
from app.sharing.disclosing import Asked, disclose_to
from app.sharing.doors import declare
from app.sharing.explain import Question, explain_access
from app.sharing.find import search
from app.sharing.look_up import history, read, vread
from app.sharing.message import receive_message
from app.sharing.notices import notices
from app.sharing.received import received
from app.sharing.recognise import recognise
from app.sharing.registers import RegisterFact, feed_registers
from app.sharing.report import submit_report
from app.sharing.reviews import complete_review
from app.sharing.single import create, delete, update
from app.sharing.summary import summary
from app.sharing.terminology import Imported, import_fsiii, read_fsiii_file
from app.sharing.transaction import batch, transaction
from app.sharing.unusual import unusual_access
from app.sharing.values import Acknowledged, Found, Made, Written

__all__ = [
    "Acknowledged",
    "Asked",
    "DirectoryFile",
    "Found",
    "Imported",
    "Made",
    "Question",
    "RegisterFact",
    "Written",
    "batch",
    "complete_review",
    "create",
    "declare",
    "delete",
    "disclose_to",
    "explain_access",
    "feed_registers",
    "history",
    "import_fsiii",
    "load_directory",
    "load_registers",
    "notices",
    "read",
    "read_directory_file",
    "read_fsiii_file",
    "receive_message",
    "received",
    "recognise",
    "search",
    "submit_report",
    "summary",
    "transaction",
    "unusual_access",
    "update",
    "vread",
]
