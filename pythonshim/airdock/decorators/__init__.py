"""The TaskFlow decorator ``@task.airdock``."""
