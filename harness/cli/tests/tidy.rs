//! House rules as tests: arrows between crates, what each must not contain, and what has to be
//! written down.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file below a folder, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found.sort();
    found
}

/// The crates of the house, their folders, and the crates that each may stand on.
fn arrows() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("harness/wire", &[][..]),
        ("harness/crypto", &["wire"][..]),
        ("harness/validator", &["wire", "crypto"][..]),
        ("harness/server", &["wire", "crypto", "validator"][..]),
        ("harness/simulator", &["wire", "crypto"][..]),
        ("harness/arena", &["wire", "crypto", "simulator"][..]),
        ("scenarios", &["wire", "simulator", "arena"][..]),
        (
            "harness/runner",
            &[
                "wire",
                "simulator",
                "arena",
                "scenarios",
                "validator",
                "server",
            ][..],
        ),
        (
            "harness/mutants",
            &[
                "wire",
                "crypto",
                "arena",
                "scenarios",
                "validator",
                "server",
                "runner",
            ][..],
        ),
        (
            "harness/cli",
            &[
                "wire",
                "simulator",
                "arena",
                "scenarios",
                "validator",
                "server",
                "runner",
                "mutants",
            ][..],
        ),
    ])
}

/// The names under `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn every_crate_stands_only_on_what_the_house_allows() {
    for (folder, allowed) in arrows() {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        for name in dependencies(&manifest) {
            let Some(own) = name.strip_prefix("gauntlet-") else {
                continue;
            };
            assert!(allowed.contains(&own), "{folder} must not depend on {own}");
        }
    }
}

#[test]
fn every_member_of_the_workspace_is_in_the_house_and_in_architecture() {
    let manifest = read("Cargo.toml");
    let architecture = read("ARCHITECTURE.md");
    let members: Vec<&str> = manifest
        .lines()
        .skip_while(|line| *line != "members = [")
        .skip(1)
        .take_while(|line| *line != "]")
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert_eq!(members.len(), arrows().len());
    for member in members {
        assert!(
            arrows().contains_key(member),
            "{member} has no arrows in this test"
        );
        let row = format!("| `{member}` |");
        assert!(
            architecture.contains(&row),
            "ARCHITECTURE.md does not speak of {member}"
        );
    }
}

#[test]
fn pure_crates_have_no_clock_no_io_no_randomness_and_no_async() {
    let absent = [
        "std::time",
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "std::env",
        "tokio",
        "async fn",
        "Timestamp::now",
        "Zoned::now",
        "rand::",
        "getrandom",
        "OsRng",
        "new_v4",
        "now_v7",
        "println!",
        "eprintln!",
    ];
    for folder in [
        "harness/wire/src",
        "harness/crypto/src",
        "harness/validator/src",
    ] {
        for (path, text) in sources(folder) {
            for word in absent {
                assert!(!text.contains(word), "{} contains {word}", path.display());
            }
        }
    }
    for folder in ["harness/wire", "harness/crypto", "harness/validator"] {
        let names = dependencies(&read(&format!("{folder}/Cargo.toml")));
        for banned in [
            "tokio",
            "reqwest",
            "rand_chacha",
            "rand_core",
            "getrandom",
            "async-trait",
        ] {
            assert!(
                !names.iter().any(|name| name == banned),
                "{folder} depends on {banned}"
            );
        }
    }
}

#[test]
fn the_simulator_prepares_and_never_sends() {
    let names = dependencies(&read("harness/simulator/Cargo.toml"));
    for banned in ["tokio", "reqwest", "hyper", "getrandom"] {
        assert!(
            !names.iter().any(|name| name == banned),
            "the simulator depends on {banned}"
        );
    }
}

#[test]
fn what_every_suite_needs_does_not_look_into_what_is_capsules_own() {
    for (path, text) in sources("harness/arena/src") {
        let own = path.components().any(|part| part.as_os_str() == "capsule");
        if !own && !path.ends_with("lib.rs") {
            assert!(
                !text.contains("crate::capsule"),
                "{} looks into capsule",
                path.display()
            );
        }
    }
}

#[test]
fn clippy_bans_clocks_randomness_and_unordered_collections() {
    let banned = read("clippy.toml");
    for path in [
        "std::time::SystemTime::now",
        "std::time::Instant::now",
        "jiff::Timestamp::now",
        "uuid::Uuid::new_v4",
        "uuid::Uuid::now_v7",
        "std::collections::HashMap",
        "std::collections::HashSet",
    ] {
        assert!(banned.contains(path), "clippy.toml does not ban {path}");
    }
}

#[test]
fn every_crate_takes_the_workspaces_lints_and_every_dependency_has_its_reason() {
    for folder in arrows().keys() {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{folder} has lints of its own"
        );
        let own = manifest.lines().find(|line| line.contains("version = \""));
        assert_eq!(own, None, "{folder} names a version outside the one table");
    }
    let table = read("Cargo.toml");
    let versions = table
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| line.contains(" = ") && !line.contains("path = "));
    for line in versions {
        let (_, reason) = line
            .split_once('#')
            .unwrap_or_else(|| panic!("no reason: {line}"));
        assert!(reason.trim().len() > 10, "no reason worth the name: {line}");
    }
}

#[test]
fn scenarios_are_short_and_free_of_loops_sleeps_and_protocol_bytes() {
    for (path, text) in sources("scenarios/capsule") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("row_") {
            continue;
        }
        assert!(text.lines().count() <= 60, "{name} is long");
        for word in ["sleep", "for ", "loop", "while ", "b\"", "0x"] {
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                assert!(!line.contains(word), "{name} contains {word:?}: {line}");
            }
        }
        for beat in [
            "// Control:",
            "// Attack:",
            "// Containment:",
            "// Recovery:",
        ] {
            assert!(text.contains(beat), "{name} lacks {beat}");
        }
    }
}

#[test]
fn every_crash_point_is_explained_where_the_control_surface_is() {
    let page = read("docs/control.md");
    for point in gauntlet_server::CrashPoint::all() {
        assert!(
            page.contains(&format!("`{point}`")),
            "docs/control.md: {point}"
        );
    }
}

#[test]
fn no_file_grows_past_one_room() {
    for (path, text) in sources("harness").into_iter().chain(sources("scenarios")) {
        let lines = text.lines().count();
        assert!(lines <= 700, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_left_undone_in_the_code() {
    let words = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "XX".to_owned() + "X",
    ];
    for (path, text) in sources("harness").into_iter().chain(sources("scenarios")) {
        for word in &words {
            assert!(
                !text.contains(word.as_str()),
                "{} contains {word}",
                path.display()
            );
        }
    }
}
