//! Every operation, with what it is described as: the gate is its handler's extractor, and what it is
//! refused by are the lists that the judge runs.

use super::openapi::{Answer, Body, Operation, openapi, rules};
use super::{album, blob, directory, op, quota, storage, sync, upgrade, upload, well_known};
use axum::Json;
use axum::routing::{delete, get, head, patch, post, put};
use gauntlet_validator::server::{
    APPEND_ADMISSION, APPEND_PLACEMENT, CANCEL, COMPLETE_UPGRADE, CREATE_SESSION, DIRECTORY,
    END_UPGRADE, FINALIZE, LEDGER, OP_ADMISSION, OP_SHAPE, PROPOSE_UPGRADE, PROVISION, QUERY,
    READ_BLOB, READ_DIRECTORY, READ_FEED, READ_LEDGER, RECORD,
};
use gauntlet_wire::code::Code;
use gauntlet_wire::header;
use gauntlet_wire::rule::Rule;

const INTENT_ID: &str = "The upgrade that the write belongs to.";
const OPENED: &str = "The path of the session.";

/// Every operation.
pub(super) fn operations() -> Vec<Operation> {
    let all = [
        albums(),
        upgrades(),
        uploads(),
        reads(),
        directories(),
        open(),
    ];
    all.into_iter().flatten().collect()
}

fn albums() -> Vec<Operation> {
    let (albums, ledger) = ("/v1/albums", "/v1/albums/{album_id}/ledger");
    vec![
        Operation::new(
            "post",
            albums,
            "create_album",
            "Binds an album id to the caller.",
            post(album::create),
        )
        .writes()
        .takes(Body::Json("CreateAlbum"))
        .answers(200, Answer::Json("AlbumCreated"))
        .refuses(rules(PROVISION)),
        Operation::new(
            "get",
            ledger,
            "read_ledger",
            "The album's epoch ledger.",
            get(album::read_ledger),
        )
        .reads()
        .answers(200, Answer::Cbor("The exact bytes that were published."))
        .refuses([Rule::AlbumIdWellFormed])
        .refuses(rules(READ_LEDGER)),
        Operation::new(
            "put",
            ledger,
            "publish_ledger",
            "Stores a ledger that extends the one before.",
            put(album::publish_ledger),
        )
        .writes()
        .takes(Body::Cbor("An `EpochLedger`, at most 6 MiB."))
        .answers(200, Answer::Json("LedgerStored"))
        .refuses([Rule::AlbumIdWellFormed])
        .refuses(rules(LEDGER)),
        Operation::new(
            "post",
            "/v1/albums/{album_id}/ops",
            "submit_op",
            "Takes a lifecycle operation over stored blobs.",
            post(op::submit),
        )
        .writes()
        .query("intent_id", INTENT_ID)
        .header(
            header::SIDECAR_SCHEMA,
            "Of a metadata update: the schema of the sidecar.",
            false,
        )
        .takes(Body::Json("LifecycleOp"))
        .answers(200, Answer::Json("OpAccepted"))
        .refuses([Rule::AlbumIdWellFormed, Rule::QueryWellFormed])
        .refuses(rules(OP_SHAPE))
        .refuses(rules(OP_ADMISSION)),
    ]
}

fn upgrades() -> Vec<Operation> {
    let path = "/v1/albums/{album_id}/upgrade";
    vec![
        Operation::new(
            "get",
            path,
            "upgrade_status",
            "The live upgrade, and the uploads in flight.",
            get(upgrade::status),
        )
        .reads()
        .answers(200, Answer::Json("UpgradeStatus"))
        .refuses([Rule::AlbumIdWellFormed, Rule::UpgradeFound]),
        Operation::new(
            "post",
            path,
            "propose_upgrade",
            "Opens an upgrade by a signed intent.",
            post(upgrade::propose),
        )
        .writes()
        .takes(Body::Cbor("An `UpgradeIntent`, at most 4 KiB."))
        .answers(200, Answer::Json("UpgradeStatus"))
        .refuses([Rule::AlbumIdWellFormed])
        .refuses(rules(PROPOSE_UPGRADE)),
        Operation::new(
            "delete",
            path,
            "end_upgrade",
            "Ends an upgrade: back to normal.",
            delete(upgrade::end),
        )
        .writes()
        .query("intent_id", "The live upgrade.")
        .answers(204, Answer::Empty("Ended."))
        .refuses([Rule::AlbumIdWellFormed, Rule::QueryWellFormed])
        .refuses(rules(END_UPGRADE)),
        Operation::new(
            "post",
            "/v1/albums/{album_id}/upgrade/complete",
            "complete_upgrade",
            "Freezes the album for good.",
            post(upgrade::complete),
        )
        .writes()
        .takes(Body::Json("CompleteUpgrade"))
        .answers(200, Answer::Json("UpgradeCompleted"))
        .refuses([Rule::AlbumIdWellFormed])
        .refuses(rules(COMPLETE_UPGRADE)),
    ]
}

fn uploads() -> Vec<Operation> {
    let path = "/v1/upload/{id}";
    vec![
        Operation::new(
            "post",
            "/v1/upload",
            "open_session",
            "Opens an upload session, or finds the active one of the same bytes.",
            post(upload::open),
        )
        .writes()
        .takes(Body::Json("CreateSession"))
        .answers_with(
            201,
            Answer::Json("SessionCreated"),
            &[
                ("location", OPENED),
                (header::SUGGESTED_CHUNK_SIZE, "Advice, in bytes."),
            ],
        )
        .answers_with(
            200,
            Answer::Json("SessionCreated"),
            &[
                ("location", OPENED),
                (header::SUGGESTED_CHUNK_SIZE, "Advice, in bytes."),
                (header::OFFSET, "The received count, in bytes."),
            ],
        )
        .refuses(rules(CREATE_SESSION)),
        Operation::new(
            "get",
            "/v1/upload/sessions",
            "list_sessions",
            "The caller's sessions, oldest first.",
            get(upload::list),
        )
        .reads()
        .query("status", "Only sessions in that state.")
        .answers(200, Answer::Json("SessionList"))
        .refuses([Rule::StatusFilterKnown]),
        Operation::new(
            "head",
            path,
            "query_session",
            "Where a session stands.",
            head(upload::query),
        )
        .reads()
        .answers_with(
            200,
            Answer::Empty("The session, in headers."),
            &[
                (header::OFFSET, "The received count, in bytes."),
                (header::CONTENT_LENGTH, "The declared length, in bytes."),
                (header::UPLOAD_STATUS, "The state."),
            ],
        )
        .refuses(rules(QUERY)),
        Operation::new(
            "patch",
            path,
            "append_chunk",
            "Appends a chunk, and finalizes the upload with the last.",
            patch(upload::append),
        )
        .writes()
        .header(header::OFFSET, "Where the chunk starts, in bytes.", true)
        .header(
            header::CHECKSUM,
            "SHA-256 of the chunk, lowercase hex.",
            true,
        )
        .takes(Body::Octets("The chunk."))
        .answers_with(
            204,
            Answer::Empty("Durable."),
            &[(header::OFFSET, "The received count, in bytes.")],
        )
        .refuses(rules(APPEND_ADMISSION))
        .refuses([Rule::ChunkUnchanged])
        .refuses(rules(APPEND_PLACEMENT))
        .refuses(rules(FINALIZE))
        .refuses(rules(RECORD)),
        Operation::new(
            "delete",
            path,
            "cancel_session",
            "Ends a session.",
            delete(upload::cancel),
        )
        .writes()
        .answers(204, Answer::Empty("Ended."))
        .refuses(rules(CANCEL)),
    ]
}

fn reads() -> Vec<Operation> {
    let part = &[
        ("accept-ranges", "`bytes`."),
        ("content-length", "In bytes."),
        ("content-range", "Which bytes of how many."),
        ("etag", "The content address."),
    ];
    vec![
        Operation::new(
            "get",
            "/v1/sync",
            "sync",
            "A page of the feed.",
            get(sync::page),
        )
        .reads()
        .query("cursor", "Where the page before ended.")
        .query("page_size", "1 to 1000 entries; 100 when absent.")
        .query("album_id", "Only this album.")
        .answers(200, Answer::Json("SyncPage"))
        .refuses([Rule::QueryWellFormed, Rule::CursorBound])
        .refuses(rules(READ_FEED)),
        Operation::new(
            "get",
            "/v1/blob/{hash}",
            "read_blob",
            "Bytes by content address.",
            get(blob::read),
        )
        .reads()
        .header("range", "One range of bytes.", false)
        .header("if-range", "Only if the blob is that one.", false)
        .answers_with(
            200,
            Answer::Octets("The whole blob."),
            &[
                ("accept-ranges", "`bytes`."),
                ("content-length", "In bytes."),
                ("etag", "The content address."),
            ],
        )
        .answers_with(206, Answer::Octets("A part of the blob."), part)
        .refuses(rules(READ_BLOB))
        .fails(416, Code::RequestFailed)
        .fails(500, Code::BlobUnavailable),
        Operation::new(
            "post",
            "/v1/storage/verify",
            "verify_storage",
            "The server's word on what it holds.",
            post(storage::verify),
        )
        .reads()
        .takes(Body::Json("StorageVerify"))
        .answers(200, Answer::Json("StorageVerdicts"))
        .refuses([Rule::QuestionWellFormed]),
        Operation::new(
            "get",
            "/v1/quota",
            "quota",
            "What the caller uses.",
            get(quota::quota),
        )
        .reads()
        .answers(200, Answer::Json("Quota")),
    ]
}

fn directories() -> Vec<Operation> {
    vec![
        Operation::new(
            "post",
            "/v1/auth/devices/directory",
            "publish_directory",
            "Publishes the caller's device directory.",
            post(directory::publish),
        )
        .writes()
        .header(
            header::IDENTITY_KEY,
            "Base64 of the raw identity key.",
            true,
        )
        .takes(Body::Cbor("A `DeviceDirectory`, at most 1 MiB."))
        .answers(200, Answer::Json("DirectoryPublished"))
        .refuses(rules(DIRECTORY)),
        Operation::new(
            "get",
            "/v1/users/{user_id}/directory",
            "read_directory",
            "A user's device directory.",
            get(directory::read),
        )
        .reads()
        .answers(200, Answer::Cbor("The exact bytes that were published."))
        .refuses(rules(READ_DIRECTORY)),
    ]
}

fn open() -> Vec<Operation> {
    vec![
        Operation::new(
            "get",
            "/v1/version",
            "version",
            "What runs here.",
            get(well_known::version),
        )
        .answers(200, Answer::Json("Version")),
        Operation::new(
            "get",
            "/v1/openapi.json",
            "openapi",
            "This document.",
            get(async || Json(openapi())),
        )
        .answers(200, Answer::Json("OpenApi")),
        Operation::new(
            "get",
            "/.well-known/capsule/server-info",
            "server_info",
            "Who the server is.",
            get(well_known::server_info),
        )
        .answers(200, Answer::Json("ServerInfo")),
        Operation::new(
            "get",
            "/.well-known/capsule/revoked-jti",
            "revoked_jti",
            "Capabilities that are revoked.",
            get(well_known::revoked_jti),
        )
        .answers(200, Answer::Json("RevokedJti")),
        Operation::new(
            "get",
            "/.well-known/capsule/deprecation",
            "deprecation",
            "What is to go.",
            get(well_known::deprecation),
        )
        .answers(200, Answer::Json("Deprecations")),
    ]
}
