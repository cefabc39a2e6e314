//! schemathesis, which reads the OpenAPI document and asks the server everything that it allows and much that it does not.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use shared::secret::Secret;
use tokio::process::Command;

use crate::clients::{script, tools};
use crate::console::Console;
use crate::deployment::Deployment;
use crate::folder::TempFolder;

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub enum Effort {
    /// The same requests each time, so many for each call and phase.
    Same(u32),
    /// Whatever comes to its mind for so long.
    Seconds(u64),
}

/// Longer than anything that is asked the same each time takes.
const PATIENCE: Duration = Duration::from_secs(240);

/// What came of it.
#[derive(Debug)]
pub struct Findings {
    /// Nothing was found.
    pub passed: bool,
    /// What it says, the faults among it.
    pub said: String,
    /// How often each call was answered how.
    pub answers: BTreeMap<String, BTreeMap<u16, usize>>,
}

impl Findings {
    /// All requests.
    pub fn requests(&self) -> usize {
        self.answers.values().flat_map(BTreeMap::values).sum()
    }

    /// Requests that were answered with such a status.
    pub fn answered(&self, such: impl Fn(u16) -> bool) -> usize {
        self.by_status().into_iter().filter(|(status, _)| such(*status)).map(|(_, times)| times).sum()
    }

    /// How often each status was answered.
    pub fn by_status(&self) -> BTreeMap<u16, usize> {
        let mut sums = BTreeMap::new();
        for (status, times) in self.answers.values().flatten() {
            *sums.entry(*status).or_default() += times;
        }
        sums
    }

    /// Calls that never were answered with success.
    pub fn never_granted(&self) -> Vec<&str> {
        let granted = |statuses: &BTreeMap<u16, usize>| statuses.keys().any(|status| (200..300).contains(status));
        self.answers.iter().filter(|(_, statuses)| !granted(statuses)).map(|(call, _)| call.as_str()).collect()
    }
}

/// Lets it ask, with this console's session and this device's token, or as a stranger.
pub async fn ask(server: &Deployment, console: &Console, device: Option<&Secret>, effort: Effort) -> Findings {
    let folder = TempFolder::new("schemathesis");
    let (config, answers) = (folder.path().join("schemathesis.toml"), folder.path().join("answers"));
    std::fs::write(&config, configuration(server, console, device)).unwrap();
    let mut command = Command::new(program());
    command.current_dir(folder.path()).env("ANSWERS", &answers).kill_on_drop(true);
    command.arg("--config-file").arg(&config).arg("run").arg(format!("{}/api/v1/openapi.json", server.url()));
    if !console.cookie().is_empty() {
        // Its answer takes the cookie away, and everything after would be a stranger's.
        command.args(["--exclude-path-regex", "/logout$"]);
    }
    let patience = match effort {
        Effort::Same(times) => {
            command.args(["--max-examples", &times.to_string(), "--seed", "1", "--generation-deterministic"]);
            PATIENCE
        }
        Effort::Seconds(seconds) => {
            command.args(["--max-time", &seconds.to_string()]);
            PATIENCE + Duration::from_secs(seconds)
        }
    };
    let output = tokio::time::timeout(patience, command.output()).await;
    let output = output.expect("schemathesis has not ended").expect("schemathesis runs: .tools/deps.sh tests");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    Findings { passed: output.status.success(), said, answers: noted(&answers) }
}

fn program() -> PathBuf {
    tools().join("testers/bin/schemathesis")
}

fn noted(file: &std::path::Path) -> BTreeMap<String, BTreeMap<u16, usize>> {
    let mut answers: BTreeMap<String, BTreeMap<u16, usize>> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap_or_default().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (call, status) = (line["call"].as_str().unwrap().to_owned(), line["status"].as_u64().unwrap());
        *answers.entry(call).or_default().entry(status.try_into().unwrap()).or_default() += 1;
    }
    answers
}

/// A request that fits the document may still be refused for what it means (422) and for how things stand (409), but never as
/// one that cannot be read (400).
fn configuration(server: &Deployment, console: &Console, device: Option<&Secret>) -> String {
    let url = server.url();
    let hooks = script("schemathesis_hooks.py");
    let session = console.cookie().split_once('=').map(|(_, token)| format!("session = {{ api_key = \"{token}\" }}\n"));
    let device = device.map(|token| format!("device = {{ bearer = \"{}\" }}\n", token.reveal()));
    let mut auth = [session, device].into_iter().flatten().collect::<String>();
    if !auth.is_empty() {
        auth.insert_str(0, "[auth.openapi]\n");
    }
    // No schema says what SDP is, nor what opens a WebSocket.
    let own = "[[operations]]\ninclude-path-regex = \"^/(wh[ie]p|api/v1/ws)\"\n\
               [operations.checks.positive_data_acceptance]\nenabled = false\n";
    format!(
        "base-url = \"{url}\"\nhooks = '{}'\nheaders = {{ Origin = \"{url}\" }}\ncontinue-on-failure = true\nworkers = 1\n\
         color = false\n[generation]\ndatabase = \"none\"\n\
         [checks.negative_data_rejection]\nexpected-statuses = [\"400\", \"401\", \"403\", \"404\", \"405\", \"406\", \"409\", \"413\", \"415\", \"422\", \"429\"]\n\
         [checks.positive_data_acceptance]\nexpected-statuses = [\"2xx\", \"401\", \"403\", \"404\", \"409\", \"422\", \"429\"]\n{auth}{own}",
        hooks.display()
    )
}
