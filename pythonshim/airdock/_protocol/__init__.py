"""What ``make generate`` makes: do not edit.

airdock_pb2 and airdock_pb2_grpc are not to be imported at parse time.
"""
