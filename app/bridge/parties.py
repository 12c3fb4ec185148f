"""Whether a notification comes from whom it says: sender, service provider and authenticated client must agree."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.bridge.hospital_notification import Notification
from schemas.fault import Fault

TOLERANCE = timedelta(hours=1)
"""How far a sender's clock may run ahead."""


def check_parties(
    notification: Notification, *, client_organisation: str, is_within: Callable[[str, str], bool]
) -> tuple[Fault, ...]:
    """Return why the three do not agree; nothing when they do.

    The sender is the client's organisation or below it, and so is the service provider; and the two stand on one line
    of the tree, so that one hospital of a region cannot speak of another's stays. All are SOR ids;
    `is_within(unit, ancestor)` holds for equal ones.
    """
    faults = []
    sender, provider = notification.sender.sor, notification.provider.sor
    if not is_within(sender, client_organisation):
        path = "Bundle.entry[0].resource.sender"
        faults.append(Fault(path, "forbidden", "the sender is not the organisation that the client acts for"))
    if not is_within(provider, client_organisation) or not (is_within(provider, sender) or is_within(sender, provider)):
        path = "Bundle.entry.resource.ofType(Encounter).serviceProvider"
        faults.append(Fault(path, "forbidden", "the service provider is not a part of the sender"))
    return tuple(faults)


def check_times(notification: Notification, *, at: datetime) -> tuple[Fault, ...]:
    """Return a fault when the message tells of what has not happened yet; such a one would stand last for ever."""
    if notification.occurred > at + TOLERANCE:
        path = "Bundle.entry.resource.ofType(Provenance).occurredDateTime"
        return (Fault(path, "business-rule", "the activity lies in the future"),)
    return ()
