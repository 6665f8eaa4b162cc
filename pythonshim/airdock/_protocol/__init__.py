"""What ``make generate`` makes: do not edit. airdock_pb2 is not to be imported at parse time."""
