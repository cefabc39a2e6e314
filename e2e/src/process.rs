//! Child processes that end with the test, by their own number and never by name.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A child that is ended on drop.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The exit code, once it has ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.0.try_wait().unwrap().map(|status| status.code().unwrap_or(-1))
    }

    /// Asks it to end as Ctrl-C does, and waits.
    pub(crate) fn interrupt(&mut self) -> i32 {
        signal(self.id(), "INT");
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(code) = self.ended() {
                return code;
            }
            assert!(Instant::now() < deadline, "the process did not end within 10 s of Ctrl-C");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it the hard way, as a crash would.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn signal(id: u32, name: &str) {
    let _ = Command::new("kill").args([format!("-{name}"), id.to_string()]).stderr(Stdio::null()).status();
}

/// Processes whose command line contains `mark`, which must be the path of a folder of our own.
pub(crate) fn with_argument(mark: &str) -> Vec<u32> {
    let numbers = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.unwrap().file_name().to_str()?.parse().ok());
    numbers
        .filter(|id: &u32| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            *id != std::process::id() && String::from_utf8_lossy(&line).contains(mark)
        })
        .collect()
}

/// Resident memory of a process, bytes.
pub(crate) fn resident_bytes(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

/// In which the system tells processor time: a hundredth of a second on every Linux (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What a process has had of processors so far, all threads together.
pub(crate) fn processor_time(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The second field is the program's name in brackets, whatever stands in it (proc(5)); user and system time are the 14th and 15th.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: u32 = fields.filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
    ticks * TICK
}

/// What a killed browser may leave running; its profile's path in the command line says which ones are ours.
#[derive(Debug)]
pub(crate) struct Leftovers(pub(crate) String);

impl Drop for Leftovers {
    fn drop(&mut self) {
        with_argument(&self.0).into_iter().for_each(|id| signal(id, "KILL"));
        // The profile cannot be removed while its processes still write to it.
        let deadline = Instant::now() + Duration::from_secs(3);
        while !with_argument(&self.0).is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
