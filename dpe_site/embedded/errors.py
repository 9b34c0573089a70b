"""What can go wrong with the embedded services, each with its cure in the message."""


class ServiceError(Exception):
    """The embedded services cannot do what was asked; the message says why and what to do."""
