"""Messages generated from protocol/airdock.proto. Do not edit; do not import at parse time."""
