"""Resource types, one file for each service. They stand here, not with their services, because many services
are borrowed and have no folder, and because a handler is a customer like any other: it uses nothing but the
public API, so nothing of a service needs to be known to it but its operations."""
