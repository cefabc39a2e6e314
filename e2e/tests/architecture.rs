//! The house rules that no compiler checks: which crate may reach which, what the media path may never touch, that
//! every durable row names its organisation, that every sentence people read can be translated.
//!
//! They read `cargo metadata` and the source text. The clippy files of `sfu` and `sfu/core` hold the finer rules
//! (no clock, no thread, no file written); `make lint` runs both.

#![expect(clippy::unwrap_used, reason = "the whole file is tests and their helpers")]

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The project's top folder.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The graph of packages as cargo resolved it, without dependencies that only tests use.
struct Graph {
    names: HashMap<String, String>,
    uses: HashMap<String, Vec<String>>,
}

impl Graph {
    fn read() -> Self {
        // For the platform that tests run on: what only others need was never downloaded.
        let rustc = Command::new("rustc").arg("-vV").output().unwrap();
        let said = String::from_utf8(rustc.stdout).unwrap();
        let host = said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--offline", "--locked"])
            .args(["--filter-platform", &host])
            .current_dir(top())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let names = items(&metadata["packages"]).map(|p| (text(&p["id"]), text(&p["name"]))).collect();
        let nodes = items(&metadata["resolve"]["nodes"]);
        let uses = nodes.map(|node| (text(&node["id"]), items(&node["deps"]).filter_map(normal).collect())).collect();
        Self { names, uses }
    }

    fn id(&self, name: &str) -> &String {
        self.names.iter().find(|(_, n)| *n == name).unwrap_or_else(|| panic!("no package {name}")).0
    }

    fn direct(&self, name: &str) -> BTreeSet<&str> {
        self.uses[self.id(name)].iter().map(|id| self.names[id].as_str()).collect()
    }

    /// Everything that ends up in a build of `name`, build scripts included.
    fn reach(&self, name: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut todo = vec![self.id(name)];
        while let Some(id) = todo.pop() {
            for next in &self.uses[id] {
                if seen.insert(self.names[next].as_str()) {
                    todo.push(next);
                }
            }
        }
        seen
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn normal(dep: &Value) -> Option<String> {
    let only_for_tests = items(&dep["dep_kinds"]).all(|kind| kind["kind"] == "dev");
    (!only_for_tests).then(|| dep["pkg"].as_str().unwrap().to_owned())
}

const OURS: [&str; 6] = ["shared", "sfu-core", "sfu", "signaling", "web", "e2e"];

/// web → shared ← signaling; sfu → sfu-core → shared; signaling embeds sfu.
#[test]
fn arrows_between_our_crates_point_one_way() {
    let graph = Graph::read();
    let allowed: [(&str, &[&str]); 5] = [
        ("shared", &[]),
        ("sfu-core", &["shared"]),
        ("sfu", &["sfu-core", "shared"]),
        ("signaling", &["sfu", "shared"]),
        ("web", &["shared"]),
    ];
    for (name, expected) in allowed {
        let found: Vec<_> = graph.direct(name).into_iter().filter(|dep| OURS.contains(dep)).collect();
        assert_eq!(found, expected, "crates of ours that {name} names");
    }
}

/// D32: the part that carries a meeting cannot reach a database or an object store, directly or through others.
#[test]
fn the_media_path_reaches_no_store() {
    let graph = Graph::read();
    for name in ["sfu", "sfu-core"] {
        let stores =
            ["sqlx", "sqlx-core", "sqlx-sqlite", "libsqlite3-sys", "rusqlite", "object_store", "postgres", "tempfile"];
        let reach = graph.reach(name);
        let found: Vec<_> = stores.into_iter().filter(|store| reach.contains(store)).collect();
        assert!(found.is_empty(), "{name} reaches {found:?}");
    }
}

/// The core is sans-IO: it names no runtime, socket or HTTP library.
#[test]
fn the_core_names_no_runtime_and_no_socket() {
    let graph = Graph::read();
    let shells =
        ["tokio", "mio", "socket2", "quinn", "async-std", "smol", "futures", "hyper", "if-addrs", "crossbeam", "rayon"];
    let direct = graph.direct("sfu-core");
    let found: Vec<_> = shells.into_iter().filter(|dep| direct.contains(dep)).collect();
    assert!(found.is_empty(), "sfu-core names {found:?}");
}

/// The contract compiles for both sides because it depends on neither.
#[test]
fn the_contract_reaches_neither_side() {
    let graph = Graph::read();
    let sides = ["tokio", "axum", "leptos", "sqlx", "web-sys", "str0m", "hyper", "rand", "getrandom"];
    let reach = graph.reach("shared");
    let found: Vec<_> = sides.into_iter().filter(|dep| reach.contains(dep)).collect();
    assert!(found.is_empty(), "shared reaches {found:?}");
}

/// One TLS and DTLS provider in what is shipped: two would make rustls panic on choosing.
#[test]
fn the_server_has_one_crypto_provider() {
    let graph = Graph::read();
    let reach = graph.reach("signaling");
    assert!(reach.contains("aws-lc-rs"));
    // *ring* may stand in Cargo.lock as an option that nobody switches on; `cargo tree` knows.
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", "signaling", "--edges", "normal", "--prefix", "none"])
        .current_dir(top())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8_lossy(&tree.stdout);
    let second = tree.lines().find(|line| line.starts_with("ring v") || line.starts_with("openssl v"));
    assert_eq!(second, None);
}

/// The nested clippy files are there and forbid what they are for; clippy itself then does the checking.
#[test]
fn clippy_guards_clock_thread_and_file_in_the_media_path() {
    let rules: [(&str, &[&str]); 2] = [
        (
            "sfu/core/clippy.toml",
            &["std::time::Instant::now", "std::thread::spawn", "std::net::UdpSocket", "std::fs::File"],
        ),
        ("sfu/clippy.toml", &["std::fs::write", "std::fs::File::create", "std::fs::OpenOptions"]),
    ];
    for (file, paths) in rules {
        let text = std::fs::read_to_string(top().join(file)).unwrap();
        for path in paths {
            assert!(text.contains(&format!("path = \"{path}\"")), "{file} no longer forbids {path}");
        }
    }
    for source in ["sfu", "sfu/core"] {
        for (file, text) in sources(&format!("{source}/src")) {
            let switched_off = code_lines(&text).any(|line| {
                let line = line.trim_start();
                line.starts_with("#![") && line.contains("disallowed_") && !line.contains("cfg_attr(test")
            });
            assert!(!switched_off, "{} switches the guard off for a whole file", file.display());
        }
    }
}

/// From the first migration on: every durable row says whose it is.
#[test]
fn every_table_carries_its_organisation() {
    let mut tables = 0;
    for file in files(&top().join("signaling/migrations"), "sql") {
        let sql = std::fs::read_to_string(&file).unwrap();
        let sql: String = sql.lines().map(|line| line.split("--").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
        for statement in sql.split(';') {
            let lower = statement.to_lowercase();
            let Some((_, rest)) = lower.split_once("create table") else { continue };
            let name = rest.trim_start().trim_start_matches("if not exists").trim_start();
            let name = name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
            tables += 1;
            // The door is the deployment's: what it counts is nobody's.
            let exempt = ["organisations", "door_minutes"].contains(&name);
            assert!(exempt || rest.contains("organisation_id"), "{name} in {} has no organisation_id", file.display());
        }
    }
    assert!(tables >= 5, "only {tables} tables found: this check looks in the wrong place");
}

/// Fingerprints bind a media session to the person who was let in; HTML is never made from text.
#[test]
fn forbidden_words_stand_nowhere() {
    let rules = [
        ("set_fingerprint_verification(false)", vec!["sfu/src", "sfu/core/src", "signaling/src"]),
        ("inner_html", vec!["web/src"]),
        ("set_outer_html", vec!["web/src"]),
        ("insert_adjacent_html", vec!["web/src"]),
        ("document_write", vec!["web/src"]),
    ];
    for (word, folders) in rules {
        for folder in folders {
            for (file, text) in sources(folder) {
                let line = code_lines(&text).position(|line| line.contains(word));
                assert_eq!(line, None, "{word} in {}", file.display());
            }
        }
    }
}

/// Every sentence people read goes through `tr` or `tr_with`.
///
/// A heuristic, because `view!` is a macro: within the pages, a string literal of two words or more, or any literal that is
/// a child of an element, has to stand inside a call of `tr`/`tr_with` or be given to something that is not read by
/// people (a class, an id, an address, a log, an attribute of SVG). A line that is an exception says `// not read: why`.
#[test]
fn every_sentence_is_translated() {
    let mut found = Vec::new();
    for folder in ["web/src/pages", "web/src/console", "web/src/ui"] {
        for (file, text) in sources(folder) {
            let text = text.split("#[cfg(test)]").next().unwrap_or("");
            found.extend(
                untranslated(text).into_iter().map(|(line, literal)| format!("{}:{line}: {literal:?}", file.display())),
            );
        }
    }
    assert!(found.is_empty(), "{} strings bypass tr:\n{}", found.len(), found.join("\n"));
}

/// Attributes and calls whose text nobody reads.
const NOT_READ: [&str; 30] = [
    "class",
    "class:",
    "id",
    "d",
    "viewBox",
    "style",
    "style:",
    "href",
    "src",
    "type",
    "data-testid",
    "log!",
    "reason",
    "expect",
    "cfg",
    "attr:class",
    "mask",
    "points",
    "transform",
    "stroke-dasharray",
    "autocomplete",
    "rel",
    "sandbox",
    "allow",
    "query_selector",
    "query_selector_all",
    "add_class",
    "set_property",
    "set_attribute",
    "set_font",
];

/// The literals that bypass `tr`, with their line numbers.
fn untranslated(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let wrappers = wrappers(text);
    let mut inside_tr = 0usize; // depth of brackets inside a call of tr
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") || code.starts_with("#[") || line.contains("// not read:") {
            continue;
        }
        let mut rest = line;
        let mut before = String::new();
        while let Some(c) = rest.chars().next() {
            if rest.starts_with("//") {
                break;
            }
            if c == '"' {
                let Some((literal, tail)) = literal(&rest[1..]) else { break };
                if inside_tr == 0
                    && !ends_as_translated(&before, &wrappers)
                    && is_sentence(&literal, &before)
                    && !nobody_reads(&before)
                {
                    found.push((index + 1, literal));
                }
                rest = tail;
                before.push_str("\"\"");
                continue;
            }
            match c {
                '(' if inside_tr > 0 || ends_as_call(&before, &wrappers) => inside_tr += 1,
                ')' if inside_tr > 0 => inside_tr -= 1,
                _ => {}
            }
            before.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    found
}

/// Closures that hand their one argument on to `tr`: `let for_name = |sentence| tr_with(sentence, …`.
fn wrappers(text: &str) -> Vec<&str> {
    let wrapper = |line: &'_ str| -> Option<(usize, usize)> {
        let (head, body) = line.split_once(" = |")?;
        let name = head.trim_start().strip_prefix("let ")?;
        let (argument, call) = body.split_once("| ")?;
        let hands_on = call.starts_with(&format!("tr_with({argument}")) || call.starts_with(&format!("tr({argument}"));
        hands_on.then(|| (line.find(name).unwrap_or(0), name.len()))
    };
    text.lines().filter_map(|line| wrapper(line).map(|(at, length)| &line[at..at + length])).collect()
}

/// The literal that begins here and what follows it; `None` when it goes on on the next line.
fn literal(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            c => out.push(c),
        }
    }
    None
}

fn ends_as_call(before: &str, wrappers: &[&str]) -> bool {
    ["tr", "tr_with"].iter().chain(wrappers).any(|name| {
        before.strip_suffix(name).is_some_and(|head| !head.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

fn ends_as_translated(before: &str, wrappers: &[&str]) -> bool {
    before.strip_suffix('(').is_some_and(|head| ends_as_call(head, wrappers))
}

/// Two plain words, or one with a capital where an element's text or spoken name stands. Class names, selectors and
/// path data have other signs in their words.
fn is_sentence(literal: &str, before: &str) -> bool {
    let plain = |word: &&str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        word.chars().count() >= 2 && word.chars().all(char::is_alphabetic)
    };
    match literal.split_whitespace().filter(plain).count() {
        0 => false,
        1 => literal.starts_with(char::is_uppercase) && is_shown(before) && literal != "Conclave",
        _ => !literal.contains("--"),
    }
}

/// Whether an element's text, or an attribute that is read out, begins here.
fn is_shown(before: &str) -> bool {
    let before = before.trim_end();
    let child = before.ends_with('>') && !before.ends_with("=>") && !before.ends_with("->");
    child || ["aria-label=", "label=", "title=", "placeholder=", "alt="].iter().any(|name| before.ends_with(name))
}

/// Whether what stands before the literal makes it something for the machine.
fn nobody_reads(before: &str) -> bool {
    let head = before.trim_end().trim_end_matches(['=', '(', '{', '&', ',']).trim_end();
    let head = head.trim_end_matches("move ||").trim_end().trim_end_matches('=');
    let word = head.rsplit(|c: char| c.is_whitespace() || "(.<|".contains(c)).next().unwrap_or("");
    NOT_READ.iter().any(|name| word == *name || name.ends_with(':') && word.starts_with(name))
        || ["key", "code", "Reflect", "console", "get_element_by_id"].iter().any(|name| before.contains(name))
}

/// The reader above is itself tried on what it must find and what it must let pass.
#[test]
fn the_search_for_untranslated_text_finds_it() {
    for bad in [
        r#"<p>"Hello there you"</p>"#,
        r#"<button>"Leave"</button>"#,
        r#"aria-label="Close the panel""#,
        r#"title=move || "Click to hear""#,
    ] {
        assert_eq!(untranslated(bad).len(), 1, "{bad}");
    }
    for good in [
        r#"<p>{tr("Hello there you")}</p>"#,
        r#"<p class="card wide">{move || tr_with("{n} people wait", &[("n", &n)])}</p>"#,
        r#"<path d="M1 2 L3 4"/>"#,
        r#"// "Hello there you""#,
        "tr(\n    \"A long sentence on its own line\",\n)",
        "let for_name = |sentence| tr_with(sentence, &[]);\nfor_name(\"Copy the link\")",
        r#""ArrowLeft" => step, "M12 3a3 3 0 0 0-3", "button button--{}{}""#,
        r#"class:open=is_open data-testid="pin-input""#,
    ] {
        assert_eq!(untranslated(good), [], "{good}");
    }
}

/// Somebody who opens the folder sees the owner's top level and nothing else.
#[test]
fn the_top_level_holds_what_it_should() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "Trunk.toml",
        "README.md",
        "Makefile",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "NOTICE",
        "web",
        "sfu",
        "signaling",
        "shared",
        "e2e",
        "target",
        "dist",
        "data",
    ];
    for entry in std::fs::read_dir(top()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name} does not belong on the top level");
    }
    for name in &allowed[..13] {
        assert!(top().join(name).exists(), "{name} is missing");
    }
}

/// What the README tells a newcomer to open is there.
#[test]
fn the_readme_names_files_that_exist() {
    let readme = std::fs::read_to_string(top().join("README.md")).unwrap();
    let folders = ["web/", "sfu/", "signaling/", "shared/", "e2e/", ".tools/"];
    let named: Vec<_> =
        readme.split('`').filter(|word| folders.iter().any(|folder| word.starts_with(folder))).collect();
    assert!(named.len() > 10, "the check reads nothing");
    for name in named {
        assert!(top().join(name).exists(), "the README names {name}");
    }
}

/// `.rs` files under a folder of the project, with their text. An empty or missing folder is a mistake of the check.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let found = files(&top().join(folder), "rs");
    assert!(!found.is_empty(), "no source in {folder}: this check looks in the wrong place");
    found.into_iter().map(|file| (file.clone(), std::fs::read_to_string(file).unwrap())).collect()
}

fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split("//").next().unwrap_or(""))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
