//! The real `conclave-sfu` as its operator starts it, when something is wrong. What it does when nothing is, is tested from
//! signaling's end and in browsers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test starts the program and makes what it reads"
)]

use std::process::Command;

/// It ends by itself, with exit code 1 and one sentence as its last words.
fn refusal(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_conclave-sfu")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let last = said.trim_end().lines().last().unwrap().to_owned();
    assert!(last.starts_with("conclave-sfu: ") && !said.contains("panicked"), "{said}");
    last
}

#[test]
fn what_is_wrong_at_start_is_one_sentence_with_the_remedy() {
    let no_keys = refusal(&["--keys", "/nowhere/keys", "--control", "127.0.0.1:0"]);
    assert!(no_keys.contains("/nowhere/keys") && no_keys.contains("media-keys"), "{no_keys}");
    let no_file = refusal(&["--config", "/nowhere/node.toml"]);
    assert!(no_file.contains("/nowhere/node.toml") && no_file.contains("cannot be read"), "{no_file}");
    let folder = std::env::temp_dir().join(format!("conclave-sfu-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("node.toml");
    let wrong = |text: &str| {
        std::fs::write(&file, text).unwrap();
        refusal(&["--config", file.to_str().unwrap()])
    };
    let (unknown, speakers) = (wrong("control = \"127.0.0.1:0\"\nspeeches = 2\n"), wrong("speakers = 9\n"));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(unknown.contains("line 2") && speakers.contains("between 1 and 3"), "{unknown} {speakers}");
}
