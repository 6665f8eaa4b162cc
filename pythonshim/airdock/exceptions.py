"""What a task can fail with.

:class:`AirdockError` and its subclasses mean that we, the engine or the request
failed; there is one class for each ErrorKind of the protocol. A container that
ran and ended badly is :class:`ContainerFailedError`, which is none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from airdock._compat import AirflowException, AirflowSkipException
from airdock._errors import AirdockError as AirdockError
from airdock._errors import AirdockFatalError as AirdockFatalError
from airdock._errors import error_class as error_class


class ContainerFailedError(AirflowException):
    """
    The container ran and its exit code is not 0.

    :param message: one or two sentences for the log.
    :param exit_code: the container's exit code.
    :param signal: the signal that ended the program, such as ``SIGKILL``; empty when none did.
    :param explanation: what the code means; may be empty.
    :param engine_error: the engine's own word on it; mostly empty.
    :param container_id: the container's full id.
    :param oom_kills: how often the kernel killed a process of it for its memory limit.
    :param started_at: when it started, in UTC.
    :param finished_at: when it ended, in UTC.
    :param peak_memory: its highest memory use in bytes, as far as the engine reported; 0: unknown.
    :param memory_limit: its memory limit in bytes; 0: none.
    :param cpu_seconds: its CPU time, as far as the engine reported; 0: unknown.
    :param stderr: the last lines that it wrote to stderr, at most 20 lines and 4 KiB.
    """

    def __init__(
        self,
        message: str,
        *,
        exit_code: int = 0,
        signal: str = "",
        explanation: str = "",
        engine_error: str = "",
        container_id: str = "",
        oom_kills: int = 0,
        started_at: datetime | None = None,
        finished_at: datetime | None = None,
        peak_memory: int = 0,
        memory_limit: int = 0,
        cpu_seconds: float = 0.0,
        stderr: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.signal = signal
        self.explanation = explanation
        self.engine_error = engine_error
        self.container_id = container_id
        self.oom_kills = oom_kills
        self.started_at = started_at
        self.finished_at = finished_at
        self.peak_memory = peak_memory
        self.memory_limit = memory_limit
        self.cpu_seconds = cpu_seconds
        self.stderr = list(stderr)


class ContainerSkippedError(AirflowSkipException):
    """
    The container ended with one of the codes of ``skip_on_exit_code``.

    :param message: one sentence for the log.
    :param exit_code: the container's exit code.
    """

    def __init__(self, message: str, *, exit_code: int = 0) -> None:
        super().__init__(message)
        self.exit_code = exit_code


# The plugin process.


class PluginNotFoundError(AirdockFatalError):
    """The plugin binary is not where it is looked for, or may not be executed."""


class PluginStartError(AirdockError):
    """The plugin process did not start or did not introduce itself."""


class PluginVersionError(AirdockFatalError):
    """The plugin speaks another version of the protocol than this package."""


class PluginDiedError(AirdockError):
    """The plugin process, or the way to it, broke in the middle of a call."""


# One class a kind, in the order of the protocol's ErrorKind.


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


class ImageNotFoundError(AirdockFatalError, kind="IMAGE_NOT_FOUND"):
    """No registry that was asked has the image."""


class PullDeniedError(AirdockFatalError, kind="PULL_DENIED"):
    """The registry does not give the image to us."""


class RegistryUnreachableError(AirdockError, kind="REGISTRY_UNREACHABLE"):
    """The engine cannot reach the image's registry."""


class PullFailedError(AirdockError, kind="PULL_FAILED"):
    """The pull failed for another reason."""


class PullStalledError(AirdockError, kind="PULL_STALLED"):
    """The pull made no progress for too long."""


class CredentialsUnavailableError(AirdockFatalError, kind="CREDENTIALS_UNAVAILABLE"):
    """The docker CLI's configuration, or a credential helper that it names, failed."""


class NameInUseError(AirdockError, kind="NAME_IN_USE"):
    """Another container has the name."""


class MountSourceMissingError(AirdockFatalError, kind="MOUNT_SOURCE_MISSING"):
    """The engine lacks the source of a mount."""


class CommandNotFoundError(AirdockFatalError, kind="COMMAND_NOT_FOUND"):
    """The engine found no such command in the image."""


class CommandNotExecutableError(AirdockFatalError, kind="COMMAND_NOT_EXECUTABLE"):
    """The engine found the command and may not execute it."""


class NetworkNotFoundError(AirdockFatalError, kind="NETWORK_NOT_FOUND"):
    """The engine has no such network."""


class ContainerGoneError(AirdockError, kind="CONTAINER_GONE"):
    """Someone else removed the container while the run followed it."""


class RunTimeoutError(AirdockError, kind="RUN_TIMEOUT"):
    """The container ran for longer than run_timeout and was stopped."""


class ResultTooLargeError(AirdockFatalError, kind="RESULT_TOO_LARGE"):
    """A result file is larger than its bound."""


class DockerfileInvalidError(AirdockFatalError, kind="DOCKERFILE_INVALID"):
    """The Dockerfile cannot be read as one; the message shows the lines."""


class DockerfileNotFoundError(AirdockFatalError, kind="DOCKERFILE_NOT_FOUND"):
    """The build has no Dockerfile."""


class ContextUnreadableError(AirdockFatalError, kind="CONTEXT_UNREADABLE"):
    """The build context is missing, of the wrong kind, or something in it cannot be read."""


class CopySourceMissingError(AirdockFatalError, kind="COPY_SOURCE_MISSING"):
    """COPY or ADD names what neither the context nor the stage has."""


class TargetNotFoundError(AirdockFatalError, kind="TARGET_NOT_FOUND"):
    """The Dockerfile has no stage of that name."""


class BuildStepFailedError(AirdockError, kind="BUILD_STEP_FAILED"):
    """A step of the build failed: mostly a RUN with an exit code that is not 0."""


class BuildFailedError(AirdockError, kind="BUILD_FAILED"):
    """The build failed for another reason."""


class BuilderUnsupportedError(AirdockFatalError, kind="BUILDER_UNSUPPORTED"):
    """The engine's builder cannot do what the task asks for."""


class PushDeniedError(AirdockFatalError, kind="PUSH_DENIED"):
    """The registry does not take the image from this login."""


class PushFailedError(AirdockError, kind="PUSH_FAILED"):
    """The push failed for another reason, or made no progress for too long."""


class ImageInUseError(AirdockError, kind="IMAGE_IN_USE"):
    """A container uses the image, or it has other names."""
