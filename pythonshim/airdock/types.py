"""What a DAG may import in place of docker.types."""

from airdock._protocol.types import Mount as Mount
