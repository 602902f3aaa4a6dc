"""What schemathesis has to be told of the reference server: how CBOR looks, and what is there.

Loaded by .ci/schemathesis, which says in the environment where the server is and who asks.
"""

import os

import requests
import schemathesis
from hypothesis import strategies as st

URL = os.environ["GAUNTLET_URL"]
USER = os.environ["GAUNTLET_USER"]
ALBUM = "5c4e3a70-0000-4000-8000-000000000001"
HANDSHAKE = {"X-Capsule-Protocol": "2026-11-01", "X-Capsule-Crypto-Suite": "1"}
CREDENTIALS = {"Authorization": f"Bearer {os.environ['GAUNTLET_TOKEN']}"}

# An album that is there, so that not every path ends at one that is not.
requests.post(
    f"{URL}/v1/albums",
    json={"album_id": ALBUM},
    headers=HANDSHAKE | CREDENTIALS,
    timeout=10,
).raise_for_status()


def head(major, number):
    """The head of a CBOR item (RFC 8949 section 3), in its shortest form."""
    for extra, limit in ((0, 24), (1, 1 << 8), (2, 1 << 16), (4, 1 << 32), (8, 1 << 64)):
        if number < limit:
            if extra == 0:
                return bytes([major << 5 | number])
            form = {1: 24, 2: 25, 4: 26, 8: 27}[extra]
            return bytes([major << 5 | form]) + number.to_bytes(extra, "big")
    raise ValueError(number)


def encoded(value):
    """Canonical CBOR of a value."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encoded, value))
    pairs = sorted((encoded(key), encoded(item)) for key, item in value.items())
    return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


NAMES = st.sampled_from(
    "core signature user_id directory_version updated_at devices device_id dsk_public added_at "
    "revoked_at album_id admin_pub ceiling entries epoch write_tier_pub admin_sig prior_entry_hash "
    "from_version to_version intent_id proposer_device deadline_seconds ed ml".split()
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.binary(max_size=80)
    | st.sampled_from([16, 32, 64, 1952, 3309]).map(bytes)
    | st.sampled_from(["2026-05-31", "2026-11-01", "2026-11-01T00:00:00Z"])
    | st.text(max_size=40).filter(lambda text: text.isascii())
)
ITEMS = st.recursive(
    LEAVES,
    lambda item: st.lists(item, max_size=4) | st.dictionaries(NAMES, item, max_size=8),
    max_leaves=20,
)
# Canonical documents of the contract's names, such with a byte changed, and bytes of no form at all.
DOCUMENTS = ITEMS.map(encoded)
BENT = st.builds(
    lambda text, at, byte: text[: at % len(text)] + bytes([byte]) + text[at % len(text) + 1 :],
    DOCUMENTS,
    st.integers(0, 10_000),
    st.integers(0, 255),
)
schemathesis.openapi.media_type("application/cbor", DOCUMENTS | BENT | st.binary(max_size=400))


@schemathesis.deserializer("application/cbor", "application/octet-stream")
def bytes_as_they_are(ctx, response):
    """Stored bytes are any bytes."""
    return response.content


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    """Every second album and user is the caller's own."""
    own = {"album_id": ALBUM, "user_id": USER}
    for name, value in (path_parameters or {}).items():
        if name in own and len(str(value)) == 36 and int(str(value)[-1], 36) % 2:
            path_parameters[name] = own[name]
    return path_parameters
