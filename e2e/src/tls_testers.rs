//! What testssl and sslyze say of a TLS listener, and Google's CSP Evaluator of a policy. And a listener on which they must find
//! something.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::clients::{script, tools};
use crate::deployment::free_port;
use crate::folder::TempFolder;
use crate::until::until;

/// Longer than any of them takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// One thing that a tester says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How bad, in the tester's own words; of sslyze nothing.
    pub severity: String,
    /// What it is about.
    pub about: String,
    /// What it says.
    pub says: String,
}

/// Everything that testssl says, good news included, of protocols alone or of protocols, ciphers, certificate and known attacks.
pub async fn testssl(port: u16, protocols_alone: bool) -> Vec<Finding> {
    let folder = TempFolder::new("testssl");
    let file = folder.path().join("found.json");
    let mut command = Command::new("testssl");
    command.args(["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1", "-p"]);
    if !protocols_alone {
        command.args(["-s", "-f", "-S", "-P", "-h", "-U"]);
    }
    // Its exit code counts findings.
    let (_, said) = run(command.arg("--jsonfile").arg(&file).arg(format!("localhost:{port}"))).await;
    let text = std::fs::read(&file).unwrap_or_default();
    let found: Vec<Value> = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("testssl: {error}: {said}"));
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let finding = |found: &Value| Finding {
        severity: word(found, "severity"),
        about: word(found, "id"),
        says: word(found, "finding"),
    };
    found.iter().map(finding).collect()
}

/// What sslyze finds wrong by Mozilla's guide for servers that need no old browser, and whether all that it tried worked.
pub async fn sslyze(port: u16) -> (Vec<Finding>, bool) {
    let mut command = Command::new(tools().join("testers/bin/sslyze"));
    let target = format!("localhost:{port}{{127.0.0.1}}");
    let (compliant, said) = run(command.args(["--mozilla_config", "intermediate", &target])).await;
    assert!(said.contains("COMPLIANCE AGAINST TLS CONFIGURATION"), "sslyze: {said}");
    let (tried, judged) = said.split_once("COMPLIANCE AGAINST").unwrap();
    let lines = judged.lines().filter_map(|line| line.trim().strip_prefix("* ")?.split_once(": "));
    let found: Vec<_> = lines
        .map(|(about, says)| Finding { severity: String::new(), about: about.into(), says: says.into() })
        .collect();
    assert_eq!(compliant, found.is_empty(), "sslyze: {said}");
    let worked = tried.contains("SCANS COMPLETED") && !tried.contains("Error when running");
    (found, worked)
}

/// What the CSP Evaluator says of this policy.
pub async fn csp_evaluator(policy: &str) -> Vec<Finding> {
    let mut command = Command::new("node");
    let (ended, said) = run(command.arg(script("csp_findings.mjs")).arg(policy).env("CLIENTS", tools())).await;
    assert!(ended, "the CSP Evaluator: {said}");
    let found: Vec<[Option<String>; 3]> = serde_json::from_str(said.lines().next().unwrap_or_default()).unwrap();
    let finding = |found: [Option<String>; 3]| {
        let [severity, about, says] = found.map(Option::unwrap_or_default);
        Finding { severity, about, says }
    };
    found.into_iter().map(finding).collect()
}

async fn run(command: &mut Command) -> (bool, String) {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output
        .expect("a tester has not ended")
        .unwrap_or_else(|error| panic!("{command:?}: {error}: run .tools/deps.sh tests"));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// OpenSSL's own server as nobody should run it: TLS 1.0 and every cipher that there is.
#[derive(Debug)]
pub struct OldServer {
    port: u16,
    _folder: TempFolder,
    _process: Child,
}

impl OldServer {
    /// Starts one.
    pub async fn start() -> Self {
        let (folder, port) = (TempFolder::new("old-tls"), free_port());
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let mut command = Command::new("openssl");
        command.args([
            "s_server",
            "-accept",
            &format!("127.0.0.1:{port}"),
            "-tls1",
            "-cipher",
            "ALL:@SECLEVEL=0",
            "-www",
        ]);
        command.arg("-cert").arg(cert).arg("-key").arg(key).arg("-quiet");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().expect("openssl");
        let listens = || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() };
        until("openssl to listen", listens).await;
        Self { port, _folder: folder, _process: process }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}
