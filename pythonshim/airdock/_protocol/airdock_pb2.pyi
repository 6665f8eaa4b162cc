from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Program(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROGRAM_UNSPECIFIED: _ClassVar[Program]
    PYTHON_FUNCTION: _ClassVar[Program]

class LinkPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINKS_REFUSE: _ClassVar[LinkPolicy]
    LINKS_SKIP: _ClassVar[LinkPolicy]
    LINKS_KEEP: _ClassVar[LinkPolicy]

class VolumeScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VOLUME_SCOPE_NONE: _ClassVar[VolumeScope]
    VOLUME_SCOPE_DAG_RUN: _ClassVar[VolumeScope]

class PullPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PULL_MISSING: _ClassVar[PullPolicy]
    PULL_ALWAYS: _ClassVar[PullPolicy]
    PULL_NEVER: _ClassVar[PullPolicy]

class RemovePolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REMOVE_NEVER: _ClassVar[RemovePolicy]
    REMOVE_SUCCESS: _ClassVar[RemovePolicy]
    REMOVE_FORCE: _ClassVar[RemovePolicy]

class HostLostPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOST_LOST_STOP: _ClassVar[HostLostPolicy]
    HOST_LOST_KEEP: _ClassVar[HostLostPolicy]

class OutputMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTPUT_LINES: _ClassVar[OutputMode]
    OUTPUT_BYTES: _ClassVar[OutputMode]

class Builder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUILDER_AUTO: _ClassVar[Builder]
    BUILDER_BUILDKIT: _ClassVar[Builder]
    BUILDER_CLASSIC: _ClassVar[Builder]

class ErrorKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERNAL: _ClassVar[ErrorKind]
    INVALID_REQUEST: _ClassVar[ErrorKind]
    UNAUTHENTICATED: _ClassVar[ErrorKind]
    STOPPED: _ClassVar[ErrorKind]
    ENGINE_HOST_UNKNOWN: _ClassVar[ErrorKind]
    ENGINE_UNREACHABLE: _ClassVar[ErrorKind]
    ENGINE_LOST: _ClassVar[ErrorKind]
    ENGINE_TIMEOUT: _ClassVar[ErrorKind]
    ENGINE_ERROR: _ClassVar[ErrorKind]
    ENGINE_ACCESS_DENIED: _ClassVar[ErrorKind]
    API_VERSION_UNSUPPORTED: _ClassVar[ErrorKind]
    TLS_REQUIRED: _ClassVar[ErrorKind]
    TLS_NOT_SPOKEN: _ClassVar[ErrorKind]
    TLS_CA_MISMATCH: _ClassVar[ErrorKind]
    TLS_NAME_MISMATCH: _ClassVar[ErrorKind]
    TLS_SERVER_CERT_EXPIRED: _ClassVar[ErrorKind]
    TLS_CLIENT_CERT_REQUIRED: _ClassVar[ErrorKind]
    TLS_CLIENT_CERT_EXPIRED: _ClassVar[ErrorKind]
    TLS_REJECTED: _ClassVar[ErrorKind]
    TLS_FILE_UNREADABLE: _ClassVar[ErrorKind]
    TLS_MATERIAL_INVALID: _ClassVar[ErrorKind]
    IMAGE_NOT_FOUND: _ClassVar[ErrorKind]
    PULL_DENIED: _ClassVar[ErrorKind]
    REGISTRY_UNREACHABLE: _ClassVar[ErrorKind]
    PULL_FAILED: _ClassVar[ErrorKind]
    PULL_STALLED: _ClassVar[ErrorKind]
    CREDENTIALS_UNAVAILABLE: _ClassVar[ErrorKind]
    NAME_IN_USE: _ClassVar[ErrorKind]
    MOUNT_SOURCE_MISSING: _ClassVar[ErrorKind]
    COMMAND_NOT_FOUND: _ClassVar[ErrorKind]
    COMMAND_NOT_EXECUTABLE: _ClassVar[ErrorKind]
    NETWORK_NOT_FOUND: _ClassVar[ErrorKind]
    CONTAINER_GONE: _ClassVar[ErrorKind]
    RUN_TIMEOUT: _ClassVar[ErrorKind]
    RESULT_TOO_LARGE: _ClassVar[ErrorKind]
    DOCKERFILE_INVALID: _ClassVar[ErrorKind]
    DOCKERFILE_NOT_FOUND: _ClassVar[ErrorKind]
    CONTEXT_UNREADABLE: _ClassVar[ErrorKind]
    COPY_SOURCE_MISSING: _ClassVar[ErrorKind]
    TARGET_NOT_FOUND: _ClassVar[ErrorKind]
    BUILD_STEP_FAILED: _ClassVar[ErrorKind]
    BUILD_FAILED: _ClassVar[ErrorKind]
    BUILDER_UNSUPPORTED: _ClassVar[ErrorKind]
    PUSH_DENIED: _ClassVar[ErrorKind]
    PUSH_FAILED: _ClassVar[ErrorKind]
    IMAGE_IN_USE: _ClassVar[ErrorKind]
    VOLUME_NOT_FOUND: _ClassVar[ErrorKind]
    VOLUME_IN_USE: _ClassVar[ErrorKind]
    VOLUME_CONFLICT: _ClassVar[ErrorKind]
    FILE_NOT_FOUND: _ClassVar[ErrorKind]
    FILE_UNREADABLE: _ClassVar[ErrorKind]
    FILE_UNWRITABLE: _ClassVar[ErrorKind]
    PATH_CONFLICT: _ClassVar[ErrorKind]
    TRANSFER_TOO_LARGE: _ClassVar[ErrorKind]
    ARCHIVE_UNSAFE: _ClassVar[ErrorKind]
    ENGINE_DISK_FULL: _ClassVar[ErrorKind]
    HELPER_UNAVAILABLE: _ClassVar[ErrorKind]
PROGRAM_UNSPECIFIED: Program
PYTHON_FUNCTION: Program
LINKS_REFUSE: LinkPolicy
LINKS_SKIP: LinkPolicy
LINKS_KEEP: LinkPolicy
VOLUME_SCOPE_NONE: VolumeScope
VOLUME_SCOPE_DAG_RUN: VolumeScope
PULL_MISSING: PullPolicy
PULL_ALWAYS: PullPolicy
PULL_NEVER: PullPolicy
REMOVE_NEVER: RemovePolicy
REMOVE_SUCCESS: RemovePolicy
REMOVE_FORCE: RemovePolicy
HOST_LOST_STOP: HostLostPolicy
HOST_LOST_KEEP: HostLostPolicy
OUTPUT_LINES: OutputMode
OUTPUT_BYTES: OutputMode
BUILDER_AUTO: Builder
BUILDER_BUILDKIT: Builder
BUILDER_CLASSIC: Builder
INTERNAL: ErrorKind
INVALID_REQUEST: ErrorKind
UNAUTHENTICATED: ErrorKind
STOPPED: ErrorKind
ENGINE_HOST_UNKNOWN: ErrorKind
ENGINE_UNREACHABLE: ErrorKind
ENGINE_LOST: ErrorKind
ENGINE_TIMEOUT: ErrorKind
ENGINE_ERROR: ErrorKind
ENGINE_ACCESS_DENIED: ErrorKind
API_VERSION_UNSUPPORTED: ErrorKind
TLS_REQUIRED: ErrorKind
TLS_NOT_SPOKEN: ErrorKind
TLS_CA_MISMATCH: ErrorKind
TLS_NAME_MISMATCH: ErrorKind
TLS_SERVER_CERT_EXPIRED: ErrorKind
TLS_CLIENT_CERT_REQUIRED: ErrorKind
TLS_CLIENT_CERT_EXPIRED: ErrorKind
TLS_REJECTED: ErrorKind
TLS_FILE_UNREADABLE: ErrorKind
TLS_MATERIAL_INVALID: ErrorKind
IMAGE_NOT_FOUND: ErrorKind
PULL_DENIED: ErrorKind
REGISTRY_UNREACHABLE: ErrorKind
PULL_FAILED: ErrorKind
PULL_STALLED: ErrorKind
CREDENTIALS_UNAVAILABLE: ErrorKind
NAME_IN_USE: ErrorKind
MOUNT_SOURCE_MISSING: ErrorKind
COMMAND_NOT_FOUND: ErrorKind
COMMAND_NOT_EXECUTABLE: ErrorKind
NETWORK_NOT_FOUND: ErrorKind
CONTAINER_GONE: ErrorKind
RUN_TIMEOUT: ErrorKind
RESULT_TOO_LARGE: ErrorKind
DOCKERFILE_INVALID: ErrorKind
DOCKERFILE_NOT_FOUND: ErrorKind
CONTEXT_UNREADABLE: ErrorKind
COPY_SOURCE_MISSING: ErrorKind
TARGET_NOT_FOUND: ErrorKind
BUILD_STEP_FAILED: ErrorKind
BUILD_FAILED: ErrorKind
BUILDER_UNSUPPORTED: ErrorKind
PUSH_DENIED: ErrorKind
PUSH_FAILED: ErrorKind
IMAGE_IN_USE: ErrorKind
VOLUME_NOT_FOUND: ErrorKind
VOLUME_IN_USE: ErrorKind
VOLUME_CONFLICT: ErrorKind
FILE_NOT_FOUND: ErrorKind
FILE_UNREADABLE: ErrorKind
FILE_UNWRITABLE: ErrorKind
PATH_CONFLICT: ErrorKind
TRANSFER_TOO_LARGE: ErrorKind
ARCHIVE_UNSAFE: ErrorKind
ENGINE_DISK_FULL: ErrorKind
HELPER_UNAVAILABLE: ErrorKind
RETRYABLE_FIELD_NUMBER: _ClassVar[int]
retryable: _descriptor.FieldDescriptor

class Call(_message.Message):
    __slots__ = ("info", "run", "stop", "build", "pull", "push", "tag", "image_inspect", "image_remove", "volume_create", "volume_inspect", "volume_list", "volume_remove", "volume_prune", "volume_put", "volume_get")
    INFO_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    PULL_FIELD_NUMBER: _ClassVar[int]
    PUSH_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    IMAGE_INSPECT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_REMOVE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_CREATE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_INSPECT_FIELD_NUMBER: _ClassVar[int]
    VOLUME_LIST_FIELD_NUMBER: _ClassVar[int]
    VOLUME_REMOVE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_PRUNE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_PUT_FIELD_NUMBER: _ClassVar[int]
    VOLUME_GET_FIELD_NUMBER: _ClassVar[int]
    info: InfoRequest
    run: RunRequest
    stop: StopRequest
    build: BuildRequest
    pull: PullRequest
    push: PushRequest
    tag: TagRequest
    image_inspect: ImageInspectRequest
    image_remove: ImageRemoveRequest
    volume_create: VolumeCreateRequest
    volume_inspect: VolumeInspectRequest
    volume_list: VolumeListRequest
    volume_remove: VolumeRemoveRequest
    volume_prune: VolumePruneRequest
    volume_put: VolumePutRequest
    volume_get: VolumeGetRequest
    def __init__(self, info: _Optional[_Union[InfoRequest, _Mapping]] = ..., run: _Optional[_Union[RunRequest, _Mapping]] = ..., stop: _Optional[_Union[StopRequest, _Mapping]] = ..., build: _Optional[_Union[BuildRequest, _Mapping]] = ..., pull: _Optional[_Union[PullRequest, _Mapping]] = ..., push: _Optional[_Union[PushRequest, _Mapping]] = ..., tag: _Optional[_Union[TagRequest, _Mapping]] = ..., image_inspect: _Optional[_Union[ImageInspectRequest, _Mapping]] = ..., image_remove: _Optional[_Union[ImageRemoveRequest, _Mapping]] = ..., volume_create: _Optional[_Union[VolumeCreateRequest, _Mapping]] = ..., volume_inspect: _Optional[_Union[VolumeInspectRequest, _Mapping]] = ..., volume_list: _Optional[_Union[VolumeListRequest, _Mapping]] = ..., volume_remove: _Optional[_Union[VolumeRemoveRequest, _Mapping]] = ..., volume_prune: _Optional[_Union[VolumePruneRequest, _Mapping]] = ..., volume_put: _Optional[_Union[VolumePutRequest, _Mapping]] = ..., volume_get: _Optional[_Union[VolumeGetRequest, _Mapping]] = ...) -> None: ...

class Engine(_message.Message):
    __slots__ = ("hosts", "tls", "api_version", "timeout", "environment", "parameters", "connection")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    TLS_FIELD_NUMBER: _ClassVar[int]
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    hosts: _containers.RepeatedScalarFieldContainer[str]
    tls: TLS
    api_version: str
    timeout: _duration_pb2.Duration
    environment: _containers.ScalarMap[str, str]
    parameters: _struct_pb2.Struct
    connection: _struct_pb2.Struct
    def __init__(self, hosts: _Optional[_Iterable[str]] = ..., tls: _Optional[_Union[TLS, _Mapping]] = ..., api_version: _Optional[str] = ..., timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., connection: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class TLS(_message.Message):
    __slots__ = ("ca", "cert", "key", "server_name", "insecure_skip_verify", "skip_name_check")
    CA_FIELD_NUMBER: _ClassVar[int]
    CERT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SERVER_NAME_FIELD_NUMBER: _ClassVar[int]
    INSECURE_SKIP_VERIFY_FIELD_NUMBER: _ClassVar[int]
    SKIP_NAME_CHECK_FIELD_NUMBER: _ClassVar[int]
    ca: Material
    cert: Material
    key: Material
    server_name: str
    insecure_skip_verify: bool
    skip_name_check: bool
    def __init__(self, ca: _Optional[_Union[Material, _Mapping]] = ..., cert: _Optional[_Union[Material, _Mapping]] = ..., key: _Optional[_Union[Material, _Mapping]] = ..., server_name: _Optional[str] = ..., insecure_skip_verify: bool = ..., skip_name_check: bool = ...) -> None: ...

class Material(_message.Message):
    __slots__ = ("path", "pem", "written")
    PATH_FIELD_NUMBER: _ClassVar[int]
    PEM_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    path: str
    pem: bytes
    written: str
    def __init__(self, path: _Optional[str] = ..., pem: _Optional[bytes] = ..., written: _Optional[str] = ...) -> None: ...

class InfoRequest(_message.Message):
    __slots__ = ("engine",)
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ...) -> None: ...

class RunRequest(_message.Message):
    __slots__ = ("engine", "key", "origin", "container", "pull", "remove", "on_host_lost", "output", "stop_grace", "run_timeout", "registry_auth", "pull_inactivity_timeout", "files", "results", "outputs", "volume_scope", "parameters")
    class OriginEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    PULL_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    ON_HOST_LOST_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    STOP_GRACE_FIELD_NUMBER: _ClassVar[int]
    RUN_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    PULL_INACTIVITY_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    VOLUME_SCOPE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    key: str
    origin: _containers.ScalarMap[str, str]
    container: Container
    pull: PullPolicy
    remove: RemovePolicy
    on_host_lost: HostLostPolicy
    output: OutputMode
    stop_grace: _duration_pb2.Duration
    run_timeout: _duration_pb2.Duration
    registry_auth: _containers.RepeatedCompositeFieldContainer[RegistryAuth]
    pull_inactivity_timeout: _duration_pb2.Duration
    files: _containers.RepeatedCompositeFieldContainer[File]
    results: _containers.RepeatedCompositeFieldContainer[ResultSpec]
    outputs: _containers.RepeatedCompositeFieldContainer[OutputSpec]
    volume_scope: VolumeScope
    parameters: _struct_pb2.Struct
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., key: _Optional[str] = ..., origin: _Optional[_Mapping[str, str]] = ..., container: _Optional[_Union[Container, _Mapping]] = ..., pull: _Optional[_Union[PullPolicy, str]] = ..., remove: _Optional[_Union[RemovePolicy, str]] = ..., on_host_lost: _Optional[_Union[HostLostPolicy, str]] = ..., output: _Optional[_Union[OutputMode, str]] = ..., stop_grace: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., run_timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., registry_auth: _Optional[_Iterable[_Union[RegistryAuth, _Mapping]]] = ..., pull_inactivity_timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., files: _Optional[_Iterable[_Union[File, _Mapping]]] = ..., results: _Optional[_Iterable[_Union[ResultSpec, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[OutputSpec, _Mapping]]] = ..., volume_scope: _Optional[_Union[VolumeScope, str]] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class RegistryAuth(_message.Message):
    __slots__ = ("server_address", "username", "password", "identity_token")
    SERVER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    server_address: str
    username: str
    password: str
    identity_token: str
    def __init__(self, server_address: _Optional[str] = ..., username: _Optional[str] = ..., password: _Optional[str] = ..., identity_token: _Optional[str] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("path", "content", "local_path", "program", "mode", "owner")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PATH_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    path: str
    content: bytes
    local_path: str
    program: Program
    mode: int
    owner: str
    def __init__(self, path: _Optional[str] = ..., content: _Optional[bytes] = ..., local_path: _Optional[str] = ..., program: _Optional[_Union[Program, str]] = ..., mode: _Optional[int] = ..., owner: _Optional[str] = ...) -> None: ...

class ResultSpec(_message.Message):
    __slots__ = ("path", "max_bytes")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    path: str
    max_bytes: int
    def __init__(self, path: _Optional[str] = ..., max_bytes: _Optional[int] = ...) -> None: ...

class OutputSpec(_message.Message):
    __slots__ = ("path", "target", "optional", "max_bytes", "links")
    PATH_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    OPTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    path: str
    target: str
    optional: bool
    max_bytes: int
    links: LinkPolicy
    def __init__(self, path: _Optional[str] = ..., target: _Optional[str] = ..., optional: bool = ..., max_bytes: _Optional[int] = ..., links: _Optional[_Union[LinkPolicy, str]] = ...) -> None: ...

class Volume(_message.Message):
    __slots__ = ("name", "scope", "origin")
    class OriginEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    name: str
    scope: VolumeScope
    origin: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., scope: _Optional[_Union[VolumeScope, str]] = ..., origin: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Container(_message.Message):
    __slots__ = ("image", "name", "command", "entrypoint", "environment", "private_environment", "user", "working_dir", "network_mode", "mounts", "labels", "tty", "hostname", "platform", "stop_signal", "init", "healthcheck", "privileged", "read_only", "cap_add", "cap_drop", "security_opt", "group_add", "userns_mode", "ipc_mode", "sysctls", "runtime", "annotations", "memory", "memory_reservation", "memory_swap", "shm_size", "cpu_shares", "nano_cpus", "cpuset_cpus", "cpuset_mems", "pids_limit", "ulimits", "devices", "device_requests", "tmpfs", "dns", "dns_search", "extra_hosts", "ports", "networks", "log_driver", "log_options", "extra_config", "extra_host_config")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class SysctlsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AnnotationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class TmpfsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LogOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    ENTRYPOINT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    WORKING_DIR_FIELD_NUMBER: _ClassVar[int]
    NETWORK_MODE_FIELD_NUMBER: _ClassVar[int]
    MOUNTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    TTY_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    STOP_SIGNAL_FIELD_NUMBER: _ClassVar[int]
    INIT_FIELD_NUMBER: _ClassVar[int]
    HEALTHCHECK_FIELD_NUMBER: _ClassVar[int]
    PRIVILEGED_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    CAP_ADD_FIELD_NUMBER: _ClassVar[int]
    CAP_DROP_FIELD_NUMBER: _ClassVar[int]
    SECURITY_OPT_FIELD_NUMBER: _ClassVar[int]
    GROUP_ADD_FIELD_NUMBER: _ClassVar[int]
    USERNS_MODE_FIELD_NUMBER: _ClassVar[int]
    IPC_MODE_FIELD_NUMBER: _ClassVar[int]
    SYSCTLS_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    MEMORY_RESERVATION_FIELD_NUMBER: _ClassVar[int]
    MEMORY_SWAP_FIELD_NUMBER: _ClassVar[int]
    SHM_SIZE_FIELD_NUMBER: _ClassVar[int]
    CPU_SHARES_FIELD_NUMBER: _ClassVar[int]
    NANO_CPUS_FIELD_NUMBER: _ClassVar[int]
    CPUSET_CPUS_FIELD_NUMBER: _ClassVar[int]
    CPUSET_MEMS_FIELD_NUMBER: _ClassVar[int]
    PIDS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    ULIMITS_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    DEVICE_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    TMPFS_FIELD_NUMBER: _ClassVar[int]
    DNS_FIELD_NUMBER: _ClassVar[int]
    DNS_SEARCH_FIELD_NUMBER: _ClassVar[int]
    EXTRA_HOSTS_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    NETWORKS_FIELD_NUMBER: _ClassVar[int]
    LOG_DRIVER_FIELD_NUMBER: _ClassVar[int]
    LOG_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    EXTRA_CONFIG_FIELD_NUMBER: _ClassVar[int]
    EXTRA_HOST_CONFIG_FIELD_NUMBER: _ClassVar[int]
    image: str
    name: str
    command: _containers.RepeatedScalarFieldContainer[str]
    entrypoint: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.RepeatedScalarFieldContainer[str]
    private_environment: _containers.RepeatedScalarFieldContainer[str]
    user: str
    working_dir: str
    network_mode: str
    mounts: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Struct]
    labels: _containers.ScalarMap[str, str]
    tty: bool
    hostname: str
    platform: str
    stop_signal: str
    init: bool
    healthcheck: _struct_pb2.Struct
    privileged: bool
    read_only: bool
    cap_add: _containers.RepeatedScalarFieldContainer[str]
    cap_drop: _containers.RepeatedScalarFieldContainer[str]
    security_opt: _containers.RepeatedScalarFieldContainer[str]
    group_add: _containers.RepeatedScalarFieldContainer[str]
    userns_mode: str
    ipc_mode: str
    sysctls: _containers.ScalarMap[str, str]
    runtime: str
    annotations: _containers.ScalarMap[str, str]
    memory: str
    memory_reservation: str
    memory_swap: str
    shm_size: str
    cpu_shares: int
    nano_cpus: int
    cpuset_cpus: str
    cpuset_mems: str
    pids_limit: int
    ulimits: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Struct]
    devices: _containers.RepeatedScalarFieldContainer[str]
    device_requests: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Struct]
    tmpfs: _containers.ScalarMap[str, str]
    dns: _containers.RepeatedScalarFieldContainer[str]
    dns_search: _containers.RepeatedScalarFieldContainer[str]
    extra_hosts: _containers.RepeatedScalarFieldContainer[str]
    ports: _containers.RepeatedScalarFieldContainer[str]
    networks: _containers.RepeatedCompositeFieldContainer[Network]
    log_driver: str
    log_options: _containers.ScalarMap[str, str]
    extra_config: _struct_pb2.Struct
    extra_host_config: _struct_pb2.Struct
    def __init__(self, image: _Optional[str] = ..., name: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., entrypoint: _Optional[_Iterable[str]] = ..., environment: _Optional[_Iterable[str]] = ..., private_environment: _Optional[_Iterable[str]] = ..., user: _Optional[str] = ..., working_dir: _Optional[str] = ..., network_mode: _Optional[str] = ..., mounts: _Optional[_Iterable[_Union[_struct_pb2.Struct, _Mapping]]] = ..., labels: _Optional[_Mapping[str, str]] = ..., tty: bool = ..., hostname: _Optional[str] = ..., platform: _Optional[str] = ..., stop_signal: _Optional[str] = ..., init: bool = ..., healthcheck: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., privileged: bool = ..., read_only: bool = ..., cap_add: _Optional[_Iterable[str]] = ..., cap_drop: _Optional[_Iterable[str]] = ..., security_opt: _Optional[_Iterable[str]] = ..., group_add: _Optional[_Iterable[str]] = ..., userns_mode: _Optional[str] = ..., ipc_mode: _Optional[str] = ..., sysctls: _Optional[_Mapping[str, str]] = ..., runtime: _Optional[str] = ..., annotations: _Optional[_Mapping[str, str]] = ..., memory: _Optional[str] = ..., memory_reservation: _Optional[str] = ..., memory_swap: _Optional[str] = ..., shm_size: _Optional[str] = ..., cpu_shares: _Optional[int] = ..., nano_cpus: _Optional[int] = ..., cpuset_cpus: _Optional[str] = ..., cpuset_mems: _Optional[str] = ..., pids_limit: _Optional[int] = ..., ulimits: _Optional[_Iterable[_Union[_struct_pb2.Struct, _Mapping]]] = ..., devices: _Optional[_Iterable[str]] = ..., device_requests: _Optional[_Iterable[_Union[_struct_pb2.Struct, _Mapping]]] = ..., tmpfs: _Optional[_Mapping[str, str]] = ..., dns: _Optional[_Iterable[str]] = ..., dns_search: _Optional[_Iterable[str]] = ..., extra_hosts: _Optional[_Iterable[str]] = ..., ports: _Optional[_Iterable[str]] = ..., networks: _Optional[_Iterable[_Union[Network, _Mapping]]] = ..., log_driver: _Optional[str] = ..., log_options: _Optional[_Mapping[str, str]] = ..., extra_config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., extra_host_config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Network(_message.Message):
    __slots__ = ("name", "aliases", "ipv4_address", "ipv6_address", "mac_address", "driver_options")
    class DriverOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    IPV4_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    IPV6_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DRIVER_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    aliases: _containers.RepeatedScalarFieldContainer[str]
    ipv4_address: str
    ipv6_address: str
    mac_address: str
    driver_options: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., aliases: _Optional[_Iterable[str]] = ..., ipv4_address: _Optional[str] = ..., ipv6_address: _Optional[str] = ..., mac_address: _Optional[str] = ..., driver_options: _Optional[_Mapping[str, str]] = ...) -> None: ...

class StopRequest(_message.Message):
    __slots__ = ("engine", "key", "grace", "remove")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    key: str
    grace: _duration_pb2.Duration
    remove: bool
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., key: _Optional[str] = ..., grace: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., remove: bool = ...) -> None: ...

class StopResponse(_message.Message):
    __slots__ = ("containers",)
    CONTAINERS_FIELD_NUMBER: _ClassVar[int]
    containers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, containers: _Optional[_Iterable[str]] = ...) -> None: ...

class BuildRequest(_message.Message):
    __slots__ = ("engine", "key", "folder", "tar", "dockerfile_path", "dockerfile_inline", "tags", "build_args", "target", "labels", "platform", "no_cache", "pull", "cache_from", "inline_cache", "network_mode", "extra_hosts", "shm_size", "secrets", "push", "registry_auth", "push_inactivity_timeout", "builder", "parameters")
    class BuildArgsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class SecretsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Secret
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Secret, _Mapping]] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    TAR_FIELD_NUMBER: _ClassVar[int]
    DOCKERFILE_PATH_FIELD_NUMBER: _ClassVar[int]
    DOCKERFILE_INLINE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    BUILD_ARGS_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    NO_CACHE_FIELD_NUMBER: _ClassVar[int]
    PULL_FIELD_NUMBER: _ClassVar[int]
    CACHE_FROM_FIELD_NUMBER: _ClassVar[int]
    INLINE_CACHE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_MODE_FIELD_NUMBER: _ClassVar[int]
    EXTRA_HOSTS_FIELD_NUMBER: _ClassVar[int]
    SHM_SIZE_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    PUSH_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    PUSH_INACTIVITY_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    key: str
    folder: str
    tar: str
    dockerfile_path: str
    dockerfile_inline: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    build_args: _containers.ScalarMap[str, str]
    target: str
    labels: _containers.ScalarMap[str, str]
    platform: str
    no_cache: bool
    pull: bool
    cache_from: _containers.RepeatedScalarFieldContainer[str]
    inline_cache: bool
    network_mode: str
    extra_hosts: _containers.RepeatedScalarFieldContainer[str]
    shm_size: str
    secrets: _containers.MessageMap[str, Secret]
    push: bool
    registry_auth: _containers.RepeatedCompositeFieldContainer[RegistryAuth]
    push_inactivity_timeout: _duration_pb2.Duration
    builder: Builder
    parameters: _struct_pb2.Struct
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., key: _Optional[str] = ..., folder: _Optional[str] = ..., tar: _Optional[str] = ..., dockerfile_path: _Optional[str] = ..., dockerfile_inline: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., build_args: _Optional[_Mapping[str, str]] = ..., target: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., platform: _Optional[str] = ..., no_cache: bool = ..., pull: bool = ..., cache_from: _Optional[_Iterable[str]] = ..., inline_cache: bool = ..., network_mode: _Optional[str] = ..., extra_hosts: _Optional[_Iterable[str]] = ..., shm_size: _Optional[str] = ..., secrets: _Optional[_Mapping[str, Secret]] = ..., push: bool = ..., registry_auth: _Optional[_Iterable[_Union[RegistryAuth, _Mapping]]] = ..., push_inactivity_timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., builder: _Optional[_Union[Builder, str]] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Secret(_message.Message):
    __slots__ = ("value", "path")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    value: bytes
    path: str
    def __init__(self, value: _Optional[bytes] = ..., path: _Optional[str] = ...) -> None: ...

class PullRequest(_message.Message):
    __slots__ = ("engine", "image", "platform", "registry_auth", "inactivity_timeout")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    INACTIVITY_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    image: str
    platform: str
    registry_auth: _containers.RepeatedCompositeFieldContainer[RegistryAuth]
    inactivity_timeout: _duration_pb2.Duration
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., image: _Optional[str] = ..., platform: _Optional[str] = ..., registry_auth: _Optional[_Iterable[_Union[RegistryAuth, _Mapping]]] = ..., inactivity_timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PushRequest(_message.Message):
    __slots__ = ("engine", "image", "registry_auth", "inactivity_timeout")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    INACTIVITY_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    image: str
    registry_auth: _containers.RepeatedCompositeFieldContainer[RegistryAuth]
    inactivity_timeout: _duration_pb2.Duration
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., image: _Optional[str] = ..., registry_auth: _Optional[_Iterable[_Union[RegistryAuth, _Mapping]]] = ..., inactivity_timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class TagRequest(_message.Message):
    __slots__ = ("engine", "image", "tags")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    image: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., image: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class ImageInspectRequest(_message.Message):
    __slots__ = ("engine", "image")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    image: str
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., image: _Optional[str] = ...) -> None: ...

class ImageRemoveRequest(_message.Message):
    __slots__ = ("engine", "image", "force", "keep_parents")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    KEEP_PARENTS_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    image: str
    force: bool
    keep_parents: bool
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., image: _Optional[str] = ..., force: bool = ..., keep_parents: bool = ...) -> None: ...

class VolumeCreateRequest(_message.Message):
    __slots__ = ("engine", "volume", "driver", "driver_options", "labels")
    class DriverOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    DRIVER_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    volume: Volume
    driver: str
    driver_options: _containers.ScalarMap[str, str]
    labels: _containers.ScalarMap[str, str]
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., volume: _Optional[_Union[Volume, _Mapping]] = ..., driver: _Optional[str] = ..., driver_options: _Optional[_Mapping[str, str]] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class VolumeInspectRequest(_message.Message):
    __slots__ = ("engine", "volume")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    volume: Volume
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., volume: _Optional[_Union[Volume, _Mapping]] = ...) -> None: ...

class VolumeListRequest(_message.Message):
    __slots__ = ("engine", "name", "labels", "driver", "dangling")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    DANGLING_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    name: str
    labels: _containers.ScalarMap[str, str]
    driver: str
    dangling: bool
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., driver: _Optional[str] = ..., dangling: bool = ...) -> None: ...

class VolumeRemoveRequest(_message.Message):
    __slots__ = ("engine", "volume", "force")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    volume: Volume
    force: bool
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., volume: _Optional[_Union[Volume, _Mapping]] = ..., force: bool = ...) -> None: ...

class VolumePruneRequest(_message.Message):
    __slots__ = ("engine", "labels", "scope", "origin")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class OriginEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    labels: _containers.ScalarMap[str, str]
    scope: VolumeScope
    origin: _containers.ScalarMap[str, str]
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., scope: _Optional[_Union[VolumeScope, str]] = ..., origin: _Optional[_Mapping[str, str]] = ...) -> None: ...

class VolumePutRequest(_message.Message):
    __slots__ = ("engine", "key", "origin", "volume", "local_path", "content", "tar", "path", "mirror", "owner", "mode", "create")
    class OriginEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    TAR_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CREATE_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    key: str
    origin: _containers.ScalarMap[str, str]
    volume: Volume
    local_path: str
    content: bytes
    tar: str
    path: str
    mirror: bool
    owner: str
    mode: int
    create: bool
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., key: _Optional[str] = ..., origin: _Optional[_Mapping[str, str]] = ..., volume: _Optional[_Union[Volume, _Mapping]] = ..., local_path: _Optional[str] = ..., content: _Optional[bytes] = ..., tar: _Optional[str] = ..., path: _Optional[str] = ..., mirror: bool = ..., owner: _Optional[str] = ..., mode: _Optional[int] = ..., create: bool = ...) -> None: ...

class VolumeGetRequest(_message.Message):
    __slots__ = ("engine", "key", "origin", "volume", "output")
    class OriginEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    engine: Engine
    key: str
    origin: _containers.ScalarMap[str, str]
    volume: Volume
    output: OutputSpec
    def __init__(self, engine: _Optional[_Union[Engine, _Mapping]] = ..., key: _Optional[str] = ..., origin: _Optional[_Mapping[str, str]] = ..., volume: _Optional[_Union[Volume, _Mapping]] = ..., output: _Optional[_Union[OutputSpec, _Mapping]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("pull_progress", "started", "output", "result_file", "step_started", "step_progress", "step_output", "step_warning", "step_finished", "exit", "engine_info", "stopped", "error", "push_progress", "build_result", "image_info", "push_result", "image_removed", "transfer_progress", "output_fetched", "volume_info", "volume_list", "volumes_removed", "volume_filled", "volume_fetched", "log")
    PULL_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FILE_FIELD_NUMBER: _ClassVar[int]
    STEP_STARTED_FIELD_NUMBER: _ClassVar[int]
    STEP_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STEP_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    STEP_WARNING_FIELD_NUMBER: _ClassVar[int]
    STEP_FINISHED_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    ENGINE_INFO_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PUSH_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    BUILD_RESULT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_INFO_FIELD_NUMBER: _ClassVar[int]
    PUSH_RESULT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_REMOVED_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FETCHED_FIELD_NUMBER: _ClassVar[int]
    VOLUME_INFO_FIELD_NUMBER: _ClassVar[int]
    VOLUME_LIST_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_REMOVED_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FILLED_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FETCHED_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    pull_progress: PullProgress
    started: Started
    output: Output
    result_file: ResultFile
    step_started: StepStarted
    step_progress: StepProgress
    step_output: StepOutput
    step_warning: StepWarning
    step_finished: StepFinished
    exit: Exit
    engine_info: EngineInfo
    stopped: StopResponse
    error: Error
    push_progress: PushProgress
    build_result: BuildResult
    image_info: ImageInfo
    push_result: PushResult
    image_removed: ImageRemoved
    transfer_progress: TransferProgress
    output_fetched: OutputFetched
    volume_info: VolumeInfo
    volume_list: VolumeList
    volumes_removed: VolumesRemoved
    volume_filled: VolumeFilled
    volume_fetched: VolumeFetched
    log: Log
    def __init__(self, pull_progress: _Optional[_Union[PullProgress, _Mapping]] = ..., started: _Optional[_Union[Started, _Mapping]] = ..., output: _Optional[_Union[Output, _Mapping]] = ..., result_file: _Optional[_Union[ResultFile, _Mapping]] = ..., step_started: _Optional[_Union[StepStarted, _Mapping]] = ..., step_progress: _Optional[_Union[StepProgress, _Mapping]] = ..., step_output: _Optional[_Union[StepOutput, _Mapping]] = ..., step_warning: _Optional[_Union[StepWarning, _Mapping]] = ..., step_finished: _Optional[_Union[StepFinished, _Mapping]] = ..., exit: _Optional[_Union[Exit, _Mapping]] = ..., engine_info: _Optional[_Union[EngineInfo, _Mapping]] = ..., stopped: _Optional[_Union[StopResponse, _Mapping]] = ..., error: _Optional[_Union[Error, _Mapping]] = ..., push_progress: _Optional[_Union[PushProgress, _Mapping]] = ..., build_result: _Optional[_Union[BuildResult, _Mapping]] = ..., image_info: _Optional[_Union[ImageInfo, _Mapping]] = ..., push_result: _Optional[_Union[PushResult, _Mapping]] = ..., image_removed: _Optional[_Union[ImageRemoved, _Mapping]] = ..., transfer_progress: _Optional[_Union[TransferProgress, _Mapping]] = ..., output_fetched: _Optional[_Union[OutputFetched, _Mapping]] = ..., volume_info: _Optional[_Union[VolumeInfo, _Mapping]] = ..., volume_list: _Optional[_Union[VolumeList, _Mapping]] = ..., volumes_removed: _Optional[_Union[VolumesRemoved, _Mapping]] = ..., volume_filled: _Optional[_Union[VolumeFilled, _Mapping]] = ..., volume_fetched: _Optional[_Union[VolumeFetched, _Mapping]] = ..., log: _Optional[_Union[Log, _Mapping]] = ...) -> None: ...

class Log(_message.Message):
    __slots__ = ("level", "text")
    class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        INFO: _ClassVar[Log.Level]
        WARNING: _ClassVar[Log.Level]
        ERROR: _ClassVar[Log.Level]
    INFO: Log.Level
    WARNING: Log.Level
    ERROR: Log.Level
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    level: Log.Level
    text: str
    def __init__(self, level: _Optional[_Union[Log.Level, str]] = ..., text: _Optional[str] = ...) -> None: ...

class PullProgress(_message.Message):
    __slots__ = ("image", "layers", "layers_done", "bytes", "bytes_total", "done", "status")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYERS_DONE_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    image: str
    layers: int
    layers_done: int
    bytes: int
    bytes_total: int
    done: bool
    status: str
    def __init__(self, image: _Optional[str] = ..., layers: _Optional[int] = ..., layers_done: _Optional[int] = ..., bytes: _Optional[int] = ..., bytes_total: _Optional[int] = ..., done: bool = ..., status: _Optional[str] = ...) -> None: ...

class Started(_message.Message):
    __slots__ = ("container_id", "name", "image", "host", "adopted")
    CONTAINER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    ADOPTED_FIELD_NUMBER: _ClassVar[int]
    container_id: str
    name: str
    image: str
    host: str
    adopted: bool
    def __init__(self, container_id: _Optional[str] = ..., name: _Optional[str] = ..., image: _Optional[str] = ..., host: _Optional[str] = ..., adopted: bool = ...) -> None: ...

class Output(_message.Message):
    __slots__ = ("stream", "text", "data", "time")
    class Stream(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STREAM_UNSPECIFIED: _ClassVar[Output.Stream]
        STDOUT: _ClassVar[Output.Stream]
        STDERR: _ClassVar[Output.Stream]
    STREAM_UNSPECIFIED: Output.Stream
    STDOUT: Output.Stream
    STDERR: Output.Stream
    STREAM_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    stream: Output.Stream
    text: str
    data: bytes
    time: _timestamp_pb2.Timestamp
    def __init__(self, stream: _Optional[_Union[Output.Stream, str]] = ..., text: _Optional[str] = ..., data: _Optional[bytes] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ResultFile(_message.Message):
    __slots__ = ("path", "found", "data")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    path: str
    found: bool
    data: bytes
    def __init__(self, path: _Optional[str] = ..., found: bool = ..., data: _Optional[bytes] = ...) -> None: ...

class StepStarted(_message.Message):
    __slots__ = ("number", "name")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    number: int
    name: str
    def __init__(self, number: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...

class StepProgress(_message.Message):
    __slots__ = ("number", "item", "current", "total", "done")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    number: int
    item: str
    current: int
    total: int
    done: bool
    def __init__(self, number: _Optional[int] = ..., item: _Optional[str] = ..., current: _Optional[int] = ..., total: _Optional[int] = ..., done: bool = ...) -> None: ...

class StepOutput(_message.Message):
    __slots__ = ("number", "stream", "text")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    number: int
    stream: Output.Stream
    text: str
    def __init__(self, number: _Optional[int] = ..., stream: _Optional[_Union[Output.Stream, str]] = ..., text: _Optional[str] = ...) -> None: ...

class StepWarning(_message.Message):
    __slots__ = ("number", "message", "url", "line")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    number: int
    message: str
    url: str
    line: int
    def __init__(self, number: _Optional[int] = ..., message: _Optional[str] = ..., url: _Optional[str] = ..., line: _Optional[int] = ...) -> None: ...

class StepFinished(_message.Message):
    __slots__ = ("number", "name", "cached", "seconds", "error")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    number: int
    name: str
    cached: bool
    seconds: float
    error: str
    def __init__(self, number: _Optional[int] = ..., name: _Optional[str] = ..., cached: bool = ..., seconds: _Optional[float] = ..., error: _Optional[str] = ...) -> None: ...

class BuildResult(_message.Message):
    __slots__ = ("image_id", "digest", "tags", "steps_cached", "steps_built", "context_bytes", "seconds", "builder", "pushed")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    STEPS_CACHED_FIELD_NUMBER: _ClassVar[int]
    STEPS_BUILT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    PUSHED_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    digest: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    steps_cached: int
    steps_built: int
    context_bytes: int
    seconds: float
    builder: Builder
    pushed: _containers.RepeatedCompositeFieldContainer[PushResult]
    def __init__(self, image_id: _Optional[str] = ..., digest: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., steps_cached: _Optional[int] = ..., steps_built: _Optional[int] = ..., context_bytes: _Optional[int] = ..., seconds: _Optional[float] = ..., builder: _Optional[_Union[Builder, str]] = ..., pushed: _Optional[_Iterable[_Union[PushResult, _Mapping]]] = ...) -> None: ...

class PushProgress(_message.Message):
    __slots__ = ("image", "layers", "layers_done", "bytes", "bytes_total", "done")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYERS_DONE_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    image: str
    layers: int
    layers_done: int
    bytes: int
    bytes_total: int
    done: bool
    def __init__(self, image: _Optional[str] = ..., layers: _Optional[int] = ..., layers_done: _Optional[int] = ..., bytes: _Optional[int] = ..., bytes_total: _Optional[int] = ..., done: bool = ...) -> None: ...

class PushResult(_message.Message):
    __slots__ = ("image", "digest", "size")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    image: str
    digest: str
    size: int
    def __init__(self, image: _Optional[str] = ..., digest: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class ImageInfo(_message.Message):
    __slots__ = ("id", "tags", "digests", "created", "size", "os", "architecture", "labels", "inspect")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    DIGESTS_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    OS_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    id: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    digests: _containers.RepeatedScalarFieldContainer[str]
    created: _timestamp_pb2.Timestamp
    size: int
    os: str
    architecture: str
    labels: _containers.ScalarMap[str, str]
    inspect: _struct_pb2.Struct
    def __init__(self, id: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., digests: _Optional[_Iterable[str]] = ..., created: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., size: _Optional[int] = ..., os: _Optional[str] = ..., architecture: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., inspect: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ImageRemoved(_message.Message):
    __slots__ = ("untagged", "deleted")
    UNTAGGED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    untagged: _containers.RepeatedScalarFieldContainer[str]
    deleted: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, untagged: _Optional[_Iterable[str]] = ..., deleted: _Optional[_Iterable[str]] = ...) -> None: ...

class TransferProgress(_message.Message):
    __slots__ = ("path", "fetch", "files", "bytes", "files_total", "bytes_total", "done")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FETCH_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    FILES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    path: str
    fetch: bool
    files: int
    bytes: int
    files_total: int
    bytes_total: int
    done: bool
    def __init__(self, path: _Optional[str] = ..., fetch: bool = ..., files: _Optional[int] = ..., bytes: _Optional[int] = ..., files_total: _Optional[int] = ..., bytes_total: _Optional[int] = ..., done: bool = ...) -> None: ...

class OutputFetched(_message.Message):
    __slots__ = ("path", "target", "found", "files", "bytes")
    PATH_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    path: str
    target: str
    found: bool
    files: int
    bytes: int
    def __init__(self, path: _Optional[str] = ..., target: _Optional[str] = ..., found: bool = ..., files: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class VolumeInfo(_message.Message):
    __slots__ = ("name", "driver", "driver_options", "labels", "mountpoint", "created", "inspect")
    class DriverOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    DRIVER_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    MOUNTPOINT_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    name: str
    driver: str
    driver_options: _containers.ScalarMap[str, str]
    labels: _containers.ScalarMap[str, str]
    mountpoint: str
    created: _timestamp_pb2.Timestamp
    inspect: _struct_pb2.Struct
    def __init__(self, name: _Optional[str] = ..., driver: _Optional[str] = ..., driver_options: _Optional[_Mapping[str, str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., mountpoint: _Optional[str] = ..., created: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., inspect: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class VolumeList(_message.Message):
    __slots__ = ("volumes",)
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    volumes: _containers.RepeatedCompositeFieldContainer[VolumeInfo]
    def __init__(self, volumes: _Optional[_Iterable[_Union[VolumeInfo, _Mapping]]] = ...) -> None: ...

class VolumesRemoved(_message.Message):
    __slots__ = ("removed", "in_use")
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    IN_USE_FIELD_NUMBER: _ClassVar[int]
    removed: _containers.RepeatedScalarFieldContainer[str]
    in_use: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, removed: _Optional[_Iterable[str]] = ..., in_use: _Optional[_Iterable[str]] = ...) -> None: ...

class VolumeFilled(_message.Message):
    __slots__ = ("volume", "files_sent", "files_unchanged", "deleted", "bytes_sent", "seconds")
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    FILES_SENT_FIELD_NUMBER: _ClassVar[int]
    FILES_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    BYTES_SENT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    volume: str
    files_sent: int
    files_unchanged: int
    deleted: int
    bytes_sent: int
    seconds: float
    def __init__(self, volume: _Optional[str] = ..., files_sent: _Optional[int] = ..., files_unchanged: _Optional[int] = ..., deleted: _Optional[int] = ..., bytes_sent: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class VolumeFetched(_message.Message):
    __slots__ = ("volume", "files", "bytes", "seconds", "found")
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    volume: str
    files: int
    bytes: int
    seconds: float
    found: bool
    def __init__(self, volume: _Optional[str] = ..., files: _Optional[int] = ..., bytes: _Optional[int] = ..., seconds: _Optional[float] = ..., found: bool = ...) -> None: ...

class Exit(_message.Message):
    __slots__ = ("exit_code", "stopped", "oom_killed", "engine_error", "started_at", "finished_at", "removed", "container_id", "explanation", "signal", "oom_kills", "stderr_tail", "peak_memory", "cpu_seconds", "memory_limit", "headline", "report")
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    OOM_KILLED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_ERROR_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_ID_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    OOM_KILLS_FIELD_NUMBER: _ClassVar[int]
    STDERR_TAIL_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_FIELD_NUMBER: _ClassVar[int]
    CPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_LIMIT_FIELD_NUMBER: _ClassVar[int]
    HEADLINE_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    exit_code: int
    stopped: bool
    oom_killed: bool
    engine_error: str
    started_at: _timestamp_pb2.Timestamp
    finished_at: _timestamp_pb2.Timestamp
    removed: bool
    container_id: str
    explanation: str
    signal: str
    oom_kills: int
    stderr_tail: str
    peak_memory: int
    cpu_seconds: float
    memory_limit: int
    headline: str
    report: str
    def __init__(self, exit_code: _Optional[int] = ..., stopped: bool = ..., oom_killed: bool = ..., engine_error: _Optional[str] = ..., started_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., finished_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., removed: bool = ..., container_id: _Optional[str] = ..., explanation: _Optional[str] = ..., signal: _Optional[str] = ..., oom_kills: _Optional[int] = ..., stderr_tail: _Optional[str] = ..., peak_memory: _Optional[int] = ..., cpu_seconds: _Optional[float] = ..., memory_limit: _Optional[int] = ..., headline: _Optional[str] = ..., report: _Optional[str] = ...) -> None: ...

class EngineInfo(_message.Message):
    __slots__ = ("host", "version", "api_version", "min_api_version", "os", "arch", "kernel", "name", "storage_driver", "buildkit", "swarm", "swarm_manager", "plugin_version")
    HOST_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_API_VERSION_FIELD_NUMBER: _ClassVar[int]
    OS_FIELD_NUMBER: _ClassVar[int]
    ARCH_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STORAGE_DRIVER_FIELD_NUMBER: _ClassVar[int]
    BUILDKIT_FIELD_NUMBER: _ClassVar[int]
    SWARM_FIELD_NUMBER: _ClassVar[int]
    SWARM_MANAGER_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    host: str
    version: str
    api_version: str
    min_api_version: str
    os: str
    arch: str
    kernel: str
    name: str
    storage_driver: str
    buildkit: bool
    swarm: str
    swarm_manager: bool
    plugin_version: str
    def __init__(self, host: _Optional[str] = ..., version: _Optional[str] = ..., api_version: _Optional[str] = ..., min_api_version: _Optional[str] = ..., os: _Optional[str] = ..., arch: _Optional[str] = ..., kernel: _Optional[str] = ..., name: _Optional[str] = ..., storage_driver: _Optional[str] = ..., buildkit: bool = ..., swarm: _Optional[str] = ..., swarm_manager: bool = ..., plugin_version: _Optional[str] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("kind", "message", "retryable")
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    kind: ErrorKind
    message: str
    retryable: bool
    def __init__(self, kind: _Optional[_Union[ErrorKind, str]] = ..., message: _Optional[str] = ..., retryable: bool = ...) -> None: ...
