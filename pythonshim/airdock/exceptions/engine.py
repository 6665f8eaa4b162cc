"""The plugin, the request and the way to the engine: one class a kind, in the protocol's order."""

from __future__ import annotations

from airdock.exceptions.base import AirdockError, AirdockFatalError

# The plugin process.


class PluginNotFoundError(AirdockFatalError):
    """The plugin binary is not where it is looked for, or may not be executed."""


class PluginStartError(AirdockError):
    """The plugin process did not start or did not introduce itself."""


class PluginVersionError(AirdockFatalError):
    """The plugin speaks another version of the protocol than this package, or is not the one of its wheel."""


class PluginDiedError(AirdockError):
    """The plugin process, or the way to it, broke in the middle of a call."""


# Kinds of the protocol's ErrorKind.


class InternalError(AirdockError, kind="INTERNAL"):
    """The plugin failed in a way that it has no kind for."""


class InvalidRequestError(AirdockFatalError, kind="INVALID_REQUEST"):
    """The parameters cannot be meant: one is missing, malformed or contradicts another."""


class UnauthenticatedError(AirdockFatalError, kind="UNAUTHENTICATED"):
    """The plugin did not get its token."""


class StoppedError(AirdockError, kind="STOPPED"):
    """The run was stopped on request: by on_kill, or by someone who called Stop."""


class CallGivenUpError(StoppedError):
    """The run was given up on request before the plugin said how it ended."""


class EngineHostUnknownError(AirdockError, kind="ENGINE_HOST_UNKNOWN"):
    """The name of the engine's host does not resolve."""


class EngineUnreachableError(AirdockError, kind="ENGINE_UNREACHABLE"):
    """Nothing answers at the engine's address."""


class EngineLostError(AirdockError, kind="ENGINE_LOST"):
    """The engine, or the way to it, broke while the call was under way."""


class EngineTimeoutError(AirdockError, kind="ENGINE_TIMEOUT"):
    """The engine did not answer within the API timeout."""


class EngineError(AirdockError, kind="ENGINE_ERROR"):
    """The engine refused or failed and no other kind says why."""


class EngineAccessDeniedError(AirdockFatalError, kind="ENGINE_ACCESS_DENIED"):
    """The worker's user may not open the engine's socket."""


class ApiVersionUnsupportedError(AirdockFatalError, kind="API_VERSION_UNSUPPORTED"):
    """The engine does not speak the API version that was asked for."""


class TlsRequiredError(AirdockFatalError, kind="TLS_REQUIRED"):
    """The engine wants TLS and the task has none."""


class TlsNotSpokenError(AirdockFatalError, kind="TLS_NOT_SPOKEN"):
    """The task has TLS and the engine does not speak it."""


class TlsCaMismatchError(AirdockFatalError, kind="TLS_CA_MISMATCH"):
    """The CA given did not sign the engine's certificate."""


class TlsNameMismatchError(AirdockFatalError, kind="TLS_NAME_MISMATCH"):
    """The engine's certificate is for other names."""


class TlsServerCertExpiredError(AirdockFatalError, kind="TLS_SERVER_CERT_EXPIRED"):
    """The engine's certificate is not valid now."""


class TlsClientCertRequiredError(AirdockFatalError, kind="TLS_CLIENT_CERT_REQUIRED"):
    """The engine wants a client certificate and the task has none."""


class TlsClientCertExpiredError(AirdockFatalError, kind="TLS_CLIENT_CERT_EXPIRED"):
    """The client certificate is not valid now."""


class TlsRejectedError(AirdockFatalError, kind="TLS_REJECTED"):
    """The engine turned the client certificate down for another reason."""


class TlsFileUnreadableError(AirdockFatalError, kind="TLS_FILE_UNREADABLE"):
    """A certificate or key cannot be read."""


class TlsMaterialInvalidError(AirdockFatalError, kind="TLS_MATERIAL_INVALID"):
    """A certificate or key is no valid PEM, or the two do not belong together."""
