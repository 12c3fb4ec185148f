"""The one tree of errors. Each class has an HTTP status and a FHIR issue type.

OvergangError                     500 exception
├ InvalidContentError             422 invalid        (.faults: every fault with its FHIRPath)
│ └ MalformedContentError         400 structure      (not JSON, not a resource)
├ InvalidSearchError              400 invalid
├ UnsupportedError                501 not-supported
├ TooCostlyError                  413 too-costly     (size, depth)
├ NotFoundError                   404 not-found      (also for what is withheld)
├ GoneError                       410 deleted        (only for those who could see the last version)
├ MethodNotAllowedError           405 not-supported
├ NotAcceptableError              406 not-supported
├ UnsupportedMediaTypeError       415 not-supported
├ VersionConflictError            412 conflict       (If-Match)
├ DuplicateError                  412 duplicate      (several match a condition)
├ ContentionError                 503 lock-error     (the citizen was being written; retry)
│ └ StaleError                    503 lock-error     (one job's facts were old; the use case reads again)
├ AccessRefusedError              403 forbidden      (.denial: for the record; guidance from caller and purpose alone)
├ TooManyRequestsError            429 throttled      (a limit of doors or of refused look-ups; Retry-After)
├ NotAuthenticatedError           401 login
├ UnavailableError                503 transient
├ ConfigurationError              500 exception      (start-up only)
"""

from typing import ClassVar, Protocol

from schemas.fault import Fault


class Guidance(Protocol):
    """What the caller may do next, in Danish and English; see consent.explain."""

    @property
    def da(self) -> str:
        """Danish."""

    @property
    def en(self) -> str:
        """English."""


class OvergangError(Exception):
    """Base of all errors of the service; the message is one lower-case sentence without personal data.

    `rests_on_records`: what is kept about citizens was looked at before this was said, so its time may tell of it.
    """

    rests_on_records: bool = False
    status: ClassVar[int] = 500
    issue: ClassVar[str] = "exception"

    def __init__(self, text: str, *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.faults = faults


class InvalidContentError(OvergangError):
    """The content breaks FHIR, a profile or a rule of ours."""

    status = 422
    issue = "invalid"


class MalformedContentError(InvalidContentError):
    """The content is not JSON or not a resource at all."""

    status = 400
    issue = "structure"


class InvalidSearchError(OvergangError):
    """A search parameter is unknown, not supported, or has an impossible value."""

    status = 400
    issue = "invalid"


class UnsupportedError(OvergangError):
    """A FHIR feature that the service does not have."""

    status = 501
    issue = "not-supported"


class TooCostlyError(OvergangError):
    """The content is larger or deeper than the service takes."""

    status = 413
    issue = "too-costly"


class NotFoundError(OvergangError):
    """There is no such thing for this caller: absent and withheld are the same."""

    status = 404
    issue = "not-found"


class GoneError(OvergangError):
    """Deleted, told only to those who could see the last version."""

    status = 410
    issue = "deleted"


class MethodNotAllowedError(OvergangError):
    """The address exists, the method does not."""

    status = 405
    issue = "not-supported"

    def __init__(self, text: str, *, allow: tuple[str, ...]) -> None:
        super().__init__(text)
        self.allow = allow


class NotAcceptableError(OvergangError):
    """The caller accepts no media type that the service speaks."""

    status = 406
    issue = "not-supported"


class UnsupportedMediaTypeError(OvergangError):
    """The caller sends a media type that the service does not read."""

    status = 415
    issue = "not-supported"


class VersionConflictError(OvergangError):
    """The resource has another version than If-Match names."""

    status = 412
    issue = "conflict"


class DuplicateError(OvergangError):
    """A condition that must match one resource matches several."""

    status = 412
    issue = "duplicate"


class ContentionError(OvergangError):
    """Others kept writing about the same citizen; nothing was stored and the caller may try again."""

    status = 503
    issue = "lock-error"


class StaleError(ContentionError):
    """What a job was decided on has changed meanwhile; nothing was stored, and the use case reads and decides again."""


class AccessRefusedError(OvergangError):
    """The engine said no; the same for an unknown citizen, no basis, and a withheld citizen.

    `guidance` follows from caller and purpose alone. `recorded` says that the refusal stands in the audit already.
    """

    status = 403
    issue = "forbidden"

    def __init__(self, guidance: Guidance | None = None, *, recorded: bool = False) -> None:
        super().__init__("there is no basis for this access")
        self.guidance = guidance
        self.recorded = recorded


class TooManyRequestsError(OvergangError):
    """A limit was reached: the same for a citizen who is known and one who is not.

    `retry_after` is in seconds. `recorded` says that the refusal stands in the audit already.
    """

    status = 429
    issue = "throttled"

    def __init__(self, guidance: Guidance, *, retry_after: int, recorded: bool = False) -> None:
        super().__init__("a limit was reached; try again later")
        self.guidance = guidance
        self.retry_after = retry_after
        self.recorded = recorded


class NotAuthenticatedError(OvergangError):
    """No token, or one that cannot be believed."""

    status = 401
    issue = "login"


class UnavailableError(OvergangError):
    """A part that the answer needs (database, audit) is out of reach: nothing is disclosed."""

    status = 503
    issue = "transient"


class ConfigurationError(OvergangError):
    """The service refuses to start as configured."""

    status = 500
    issue = "exception"
