-- Schema of gauntlet.sqlite, version 2 (PRAGMA user_version).
-- Ids are 16 bytes, hashes 32; instants are microseconds since 1970, UTC.

CREATE TABLE keys (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('start', 0), ('sync_seq', 0);

CREATE TABLE accounts (
    user_id BLOB PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- Accounts above their hard limit, and since when.
CREATE TABLE quota_marks (
    user_id        BLOB PRIMARY KEY,
    exceeded_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE albums (
    album_id BLOB PRIMARY KEY,
    owner    BLOB NOT NULL,
    pin      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX albums_by_owner ON albums (owner);

CREATE TABLE ledgers (
    album    BLOB PRIMARY KEY,
    document BLOB NOT NULL     -- exact published bytes
) STRICT;

-- What the ledger of the same album attests, laid out for lookup.
CREATE TABLE epochs (
    album      BLOB NOT NULL,
    epoch      INTEGER NOT NULL,
    write_tier BLOB NOT NULL,  -- raw
    PRIMARY KEY (album, epoch)
) STRICT, WITHOUT ROWID;

-- Every upgrade intent ever accepted. Whether an open one lives is a question of its time.
CREATE TABLE upgrades (
    position   INTEGER PRIMARY KEY,
    album      BLOB NOT NULL,
    intent     BLOB NOT NULL,
    document   BLOB NOT NULL,
    to_version TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    open       INTEGER NOT NULL
) STRICT;

CREATE INDEX upgrades_by_album ON upgrades (album, position);

CREATE TABLE frozen_albums (
    album             BLOB PRIMARY KEY,
    intent            BLOB NOT NULL,
    frozen_state_hash BLOB NOT NULL,
    successor         BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE directories (
    user_id  BLOB PRIMARY KEY,
    version  TEXT NOT NULL,    -- decimal: any u64 is lawful
    anchor   BLOB NOT NULL,    -- raw identity key of the first publish
    document BLOB NOT NULL     -- exact published bytes
) STRICT;

-- What the directory of the same row says, laid out for lookup.
CREATE TABLE devices (
    user_id    BLOB NOT NULL,
    device_id  BLOB NOT NULL,
    key        BLOB NOT NULL,  -- raw
    added_at   TEXT NOT NULL,  -- verbatim
    revoked_at TEXT,
    PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    upload_id        BLOB PRIMARY KEY,
    uploader         BLOB NOT NULL,
    owner            BLOB NOT NULL,
    album            BLOB NOT NULL,
    role             TEXT NOT NULL,
    size             INTEGER NOT NULL,
    hash             BLOB NOT NULL,
    content_type     TEXT NOT NULL,
    protocol         TEXT NOT NULL,
    suite            INTEGER NOT NULL,
    envelope         TEXT NOT NULL,
    status           TEXT NOT NULL,
    received         INTEGER NOT NULL,
    reserved         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    last_progress_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_uploader ON sessions (uploader, created_at);
CREATE INDEX sessions_by_owner ON sessions (owner, hash);
CREATE INDEX sessions_by_age ON sessions (created_at);
CREATE INDEX sessions_by_album ON sessions (album, status);
CREATE INDEX sessions_by_hash ON sessions (hash);

-- The layer behind the duplicate check: one active session a tuple.
CREATE UNIQUE INDEX active_sessions ON sessions (owner, hash, album)
    WHERE status IN ('Pending', 'Uploading', 'WaitingForProcessing');

CREATE TABLE chunks (
    upload_id BLOB NOT NULL REFERENCES sessions (upload_id) ON DELETE CASCADE,
    "offset"  INTEGER NOT NULL,
    length    INTEGER NOT NULL,
    checksum  BLOB NOT NULL,
    PRIMARY KEY (upload_id, "offset")
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
    hash              BLOB PRIMARY KEY,
    size              INTEGER NOT NULL,
    collectable_since INTEGER
) STRICT, WITHOUT ROWID;

-- Blobs whose row is gone and whose file is to go.
CREATE TABLE swept (
    hash BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The id of an asset is bound to the album that first used it, for ever.
CREATE TABLE assets (
    asset BLOB PRIMARY KEY,
    album BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'live',  -- live, trashed, purged
    since INTEGER,                       -- of a trashed asset: when it was deleted
    until INTEGER                        -- of a trashed asset: what its delete signed, rounded up
) STRICT, WITHOUT ROWID;

CREATE INDEX trashed_assets ON assets (asset) WHERE state = 'trashed';

-- References of assets to blobs, the oldest first. The payer of a blob's oldest reference pays.
CREATE TABLE bindings (
    position INTEGER PRIMARY KEY,
    album    BLOB NOT NULL,
    asset    BLOB NOT NULL,
    role     TEXT NOT NULL,
    hash     BLOB NOT NULL,
    size     INTEGER NOT NULL,
    payer    BLOB NOT NULL,
    prior    BLOB,             -- the prior of the write that it was brought for
    UNIQUE (album, asset, role, hash)
) STRICT;

CREATE INDEX bindings_by_hash ON bindings (hash);
CREATE INDEX bindings_by_asset ON bindings (asset);
CREATE INDEX bindings_by_payer ON bindings (payer, hash);

-- References that purged assets gave up.
CREATE TABLE given_up (
    hash  BLOB NOT NULL,
    album BLOB NOT NULL,
    PRIMARY KEY (hash, album)
) STRICT, WITHOUT ROWID;

-- Every link ever accepted; the newest of an asset is its head.
CREATE TABLE links (
    position INTEGER PRIMARY KEY,
    album    BLOB NOT NULL,
    asset    BLOB NOT NULL,
    link     BLOB NOT NULL,
    prior    BLOB,
    action   TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    original BLOB NOT NULL,
    plaintext_size TEXT NOT NULL,  -- decimal: any u64 is lawful
    nonce_prefix   BLOB NOT NULL,
    metadata BLOB
) STRICT;

CREATE INDEX links_by_asset ON links (asset, position);
CREATE INDEX links_by_epoch ON links (album, epoch);

-- Every derivative manifest ever accepted; the newest of an asset, role and format is a head.
CREATE TABLE derivatives (
    position INTEGER PRIMARY KEY,
    asset    BLOB NOT NULL,
    role     TEXT NOT NULL,
    format   TEXT NOT NULL,
    link     BLOB NOT NULL
) STRICT;

CREATE INDEX derivatives_by_chain ON derivatives (asset, role, format, position);

CREATE TABLE feed (
    position   INTEGER PRIMARY KEY,
    sync_seq   INTEGER NOT NULL,
    album      BLOB NOT NULL,
    asset      BLOB NOT NULL,
    protocol   TEXT NOT NULL,
    change     TEXT NOT NULL,
    link       BLOB NOT NULL,
    metadata   BLOB NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX feed_by_number ON feed (sync_seq);
CREATE INDEX feed_by_album ON feed (album, sync_seq);
CREATE INDEX feed_by_asset ON feed (asset, position);
CREATE INDEX feed_by_link ON feed (link);
