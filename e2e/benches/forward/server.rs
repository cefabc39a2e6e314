//! A server under test: a process on core 1, its CPU time, and a way to bring clients to it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::janus::Janus;

/// What the bench tells a server of ours, one JSON line each.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Let a client in.
    Join { room: u8, id: u16, publishes: bool, offer: String },
    /// Ours: what was counted so far.
    Count,
    /// Ours: where it listens.
    Where,
    /// Floor: send to these addresses.
    SendTo(Vec<std::net::SocketAddr>),
}

/// Its answer, one line each.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Tell {
    /// SDP.
    Answer(String),
    /// Ours: what it counted.
    Counted(Counted),
    /// Send here.
    Listens(std::net::SocketAddr),
}

/// What our server counted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Datagrams in.
    pub(crate) received: u64,
    /// Datagrams out.
    pub(crate) sent: u64,
    /// System calls that sent them.
    pub(crate) sends: u64,
}

impl Counted {
    /// How much more, per second.
    pub(crate) fn since(self, before: Self, duration: Duration) -> Self {
        let rate = |now: u64, before: u64| ((now - before) as f64 / duration.as_secs_f64()) as u64;
        Self {
            received: rate(self.received, before.received),
            sent: rate(self.sent, before.sent),
            sends: rate(self.sends, before.sends),
        }
    }
}

/// A running server; its process ends with it.
pub(crate) struct Server {
    child: Child,
    pipe: Option<(ChildStdin, BufReader<ChildStdout>)>,
    /// Janus is spoken to over HTTP instead.
    pub(crate) janus: Option<Janus>,
}

impl Server {
    /// This program in another role.
    pub(crate) fn of_role(role: &str) -> Self {
        let own = std::env::current_exe().unwrap();
        let mut child = pinned(own.to_str().unwrap())
            .arg(format!("role-{role}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pipe = Some((child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap())));
        Self { child, pipe, janus: None }
    }

    /// A process that is spoken to otherwise.
    pub(crate) fn janus(child: Child, janus: Janus) -> Self {
        Self { child, pipe: None, janus: Some(janus) }
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Tell {
        let (stdin, stdout) = self.pipe.as_mut().unwrap();
        writeln!(stdin, "{}", serde_json::to_string(ask).unwrap()).unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// What it counted so far; ours alone can say.
    pub(crate) fn count(&mut self) -> Counted {
        let Tell::Counted(counted) = self.ask(&Ask::Count) else { panic!("not ours") };
        counted
    }

    /// Memory of its own that it has in use now, KiB.
    pub(crate) fn resident_kib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// CPU time of all its threads so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command on core 1.
pub(crate) fn pinned(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "1", program]);
    command
}

/// CPU time of the bench itself.
pub(crate) fn own_cpu() -> Duration {
    cpu_of(std::process::id())
}

/// The first field of `schedstat` is the time spent on a CPU, in nanoseconds.
fn cpu_of(pid: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanos = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// The other side of the pipe: one ask, one answer, until the bench goes away.
pub(crate) fn answer_each(mut answer: impl FnMut(Ask) -> Tell) {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let told = answer(serde_json::from_str(&line).unwrap());
        println!("{}", serde_json::to_string(&told).unwrap());
    }
}
