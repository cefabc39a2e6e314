//! Media nodes in processes of their own, `conclave-sfu`, with keys that `conclave` made.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::deployment::{Options, binary, read};
use crate::folder::TempFolder;
use crate::process::{Process, signal};

/// A node's name, by its place.
const NAMES: [&str; 2] = ["media-a", "media-b"];

/// One node's process and where it is.
#[derive(Debug)]
struct Node {
    process: Process,
    control: String,
    media_port: u16,
}

/// The nodes of one deployment.
#[derive(Debug)]
pub struct MediaNodes {
    folder: TempFolder,
    nodes: Vec<Node>,
}

impl MediaNodes {
    /// So many of them, at most two.
    pub async fn start(count: usize) -> Self {
        let folder = TempFolder::new("nodes");
        let keys = Command::new(binary()).arg("media-keys").arg(folder.path()).args(&NAMES[..count]).output().unwrap();
        assert!(keys.status.success(), "media-keys: {}", String::from_utf8_lossy(&keys.stderr));
        let mut nodes = Vec::new();
        for name in &NAMES[..count] {
            nodes.push(launch(&folder, name, "127.0.0.1:0").await);
        }
        Self { folder, nodes }
    }

    /// A deployment that uses them, its SMS kept in memory.
    pub fn options(&self) -> Options {
        let keys = self.folder.path().join("signaling");
        let mut config = format!("[sms]\nsender = \"outbox\"\n[media]\nkeys = '{}'\n", keys.display());
        for (name, node) in NAMES.iter().zip(&self.nodes) {
            config += &format!("[[media.nodes]]\nname = \"{name}\"\naddress = \"{}\"\n", node.control);
        }
        Options { config, ..Options::default() }
    }

    /// The node with this media port.
    pub fn with_port(&self, port: u16) -> Option<usize> {
        self.nodes.iter().position(|node| node.media_port == port)
    }

    /// Ends one as a crash would: the system closes its connections.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].process.kill();
    }

    /// Has one hang, as a machine does that dies: its connections stand, and nothing comes by them.
    pub fn freeze(&self, node: usize) {
        signal(self.nodes[node].process.id(), "STOP");
    }

    /// Lets one go on that hung, with everything it still had.
    pub fn thaw(&self, node: usize) {
        signal(self.nodes[node].process.id(), "CONT");
    }

    /// Asks one to end, as a service manager does.
    pub fn terminate(&self, node: usize) {
        signal(self.nodes[node].process.id(), "TERM");
    }

    /// The exit code of one, once it has ended.
    pub fn ended(&mut self, node: usize) -> Option<i32> {
        self.nodes[node].process.ended()
    }

    /// Starts one again, where it was, after its end.
    pub async fn restart(&mut self, node: usize) {
        self.kill(node);
        let control = self.nodes[node].control.clone();
        self.nodes[node] = launch(&self.folder, NAMES[node], &control).await;
    }

    /// What one logged.
    pub fn log(&self, node: usize) -> String {
        read(&self.folder.path().join(NAMES[node]).with_extension("log"))
    }
}

async fn launch(folder: &TempFolder, name: &str, control: &str) -> Node {
    let keys = folder.path().join(name);
    let (terminal, log) = (keys.with_extension("terminal"), keys.with_extension("log"));
    let settings = keys.with_extension("toml");
    std::fs::write(&settings, "drain_seconds = 2\n").unwrap();
    let mut command = Command::new(node_binary());
    command.arg("--config").arg(settings).arg("--keys").arg(&keys).args(["--control", control]);
    // The talkative log: what must not be in a log must not be in this one either.
    command.env("CONCLAVE_LOG", "debug");
    let log = File::options().create(true).append(true).open(log).unwrap();
    command.stdout(File::create(&terminal).unwrap()).stderr(Stdio::from(log));
    let mut process = Process::start(&mut command);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let said = read(&terminal);
        if let Some((control, media_port)) = ready(&said) {
            return Node { process, control, media_port };
        }
        assert_eq!(process.ended(), None, "{name} ended at once: {}", read(&keys.with_extension("log")));
        assert!(Instant::now() < deadline, "{name} is not ready after 30 s: {said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// `ready: control 127.0.0.1:7443, media port 3478`
fn ready(terminal: &str) -> Option<(String, u16)> {
    let line =
        terminal.lines().find_map(|line| line.strip_prefix("ready: control ")).filter(|_| terminal.ends_with('\n'))?;
    let (control, port) = line.split_once(", media port ")?;
    Some((control.to_owned(), port.parse().ok()?))
}

/// The node's binary: `CONCLAVE_SFU_BIN`, or where cargo puts it beside the server's.
fn node_binary() -> PathBuf {
    let path = std::env::var_os("CONCLAVE_SFU_BIN").map(PathBuf::from);
    let path = path.unwrap_or_else(|| binary().with_file_name("conclave-sfu"));
    assert!(path.exists(), "{} is missing: cargo build -p sfu --bin conclave-sfu", path.display());
    path
}
