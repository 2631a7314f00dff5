"""Values for the formats of the OpenAPI document whose members a pattern cannot list; for scripts/test-openapi."""

import zoneinfo

import schemathesis
from hypothesis import strategies as st


def register(name, strategy):
    schemathesis.openapi.format(name, strategy)


letters = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)
zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)

register("email", st.builds(lambda local, domain: f"{local}@{domain}.example", letters, letters))
register("iana-time-zone", st.sampled_from(zones))
register("idempotency-key", st.uuids().map(str))
register("name", letters)
# No list of common passwords has them.
register("password", st.uuids().map(lambda uuid: f"horse {uuid}"))
