"""Images, containers, builds, volumes and files: one class a kind, in the protocol's order."""

from __future__ import annotations

from airdock.exceptions.base import AirdockError, AirdockFatalError


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


class VolumeNotFoundError(AirdockFatalError, kind="VOLUME_NOT_FOUND"):
    """The engine has no such volume."""


class VolumeInUseError(AirdockError, kind="VOLUME_IN_USE"):
    """A container uses the volume."""


class VolumeConflictError(AirdockFatalError, kind="VOLUME_CONFLICT"):
    """The volume is there with another driver or other options."""


class ContainerFileNotFoundError(AirdockFatalError, kind="FILE_NOT_FOUND"):
    """The container or the volume has nothing at the path that is to be fetched."""


class FileUnreadableError(AirdockFatalError, kind="FILE_UNREADABLE"):
    """A file of the worker is missing or cannot be read."""


class FileUnwritableError(AirdockFatalError, kind="FILE_UNWRITABLE"):
    """A file of the worker cannot be written: permissions, a full disk."""


class PathConflictError(AirdockFatalError, kind="PATH_CONFLICT"):
    """A folder is where a file is needed, or a file where a folder is."""


class TransferTooLargeError(AirdockFatalError, kind="TRANSFER_TOO_LARGE"):
    """What is fetched is larger than its bound."""


class ArchiveUnsafeError(AirdockFatalError, kind="ARCHIVE_UNSAFE"):
    """What is fetched tries to leave its target, or holds what no copy should."""


class EngineDiskFullError(AirdockError, kind="ENGINE_DISK_FULL"):
    """The engine's disk, or the volume, is full."""


class HelperUnavailableError(AirdockFatalError, kind="HELPER_UNAVAILABLE"):
    """The plugin carries no helper for the engine's kind of machine."""
