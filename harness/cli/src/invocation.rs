//! How this program was called, so that the commands it prints work where it was called.

use std::path::Path;

/// What a command starts with: `cargo run --release --` where cargo ran the program, as the README does,
/// and otherwise the program by the name that it was called by.
pub(crate) fn program() -> String {
    let by_cargo =
        std::env::var_os("CARGO").is_some() && std::env::var_os("CARGO_MANIFEST_DIR").is_some();
    let called = std::env::args_os().next().unwrap_or_default();
    let executable = std::env::current_exe().ok();
    program_of(by_cargo, executable.as_deref(), &called.to_string_lossy())
}

fn program_of(by_cargo: bool, executable: Option<&Path>, called: &str) -> String {
    let profile = executable
        .and_then(Path::parent)
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned());
    match (by_cargo, profile.as_deref()) {
        (true, Some("release")) => "cargo run --release --".to_owned(),
        (true, Some("debug")) => "cargo run --".to_owned(),
        (true, Some(profile)) => format!("cargo run --profile {} --", quoted(profile)),
        _ if called.is_empty() => "gauntlet".to_owned(),
        _ => quoted(called),
    }
}

/// A word as a POSIX shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_starts_as_the_program_was_started() {
        for (by_cargo, executable, called, expected) in [
            (
                true,
                "/w/target/release/gauntlet",
                "target/release/gauntlet",
                "cargo run --release --",
            ),
            (
                true,
                "/w/target/debug/gauntlet",
                "target/debug/gauntlet",
                "cargo run --",
            ),
            (
                true,
                "/w/target/slim/gauntlet",
                "target/slim/gauntlet",
                "cargo run --profile slim --",
            ),
            (false, "/usr/bin/gauntlet", "gauntlet", "gauntlet"),
            (
                false,
                "/w/target/release/gauntlet",
                "./target/release/gauntlet",
                "./target/release/gauntlet",
            ),
            (
                false,
                "/my tools/gauntlet",
                "/my tools/gauntlet",
                "'/my tools/gauntlet'",
            ),
            (false, "/usr/bin/gauntlet", "", "gauntlet"),
        ] {
            let program = program_of(by_cargo, Some(Path::new(executable)), called);
            assert_eq!(program, expected);
        }
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_them_differently() {
        assert_eq!(quoted("target.toml"), "target.toml");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
