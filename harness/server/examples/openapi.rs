//! Writes the OpenAPI document: `cargo run -p gauntlet-server --example openapi > docs/openapi.json`.

use std::io::{Write, stdout};

fn main() -> std::io::Result<()> {
    let document = serde_json::to_vec_pretty(&gauntlet_server::openapi())?;
    stdout().write_all(&document)?;
    stdout().write_all(b"\n")
}
