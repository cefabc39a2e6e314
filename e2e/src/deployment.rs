//! The real server on a free loopback port, with a data folder of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::console::Console;
use crate::folder::TempFolder;
use crate::process::{Process, processor_time, resident_bytes};

/// The account every deployment has.
const ADMIN: &str = "Ada";
const PASSWORD: &str = "correct horse battery staple";

/// What a test wants different from the default.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Lines for the configuration file. `{port}` stands for a port that was free a moment ago. Without `listen` the
    /// server listens on loopback.
    pub config: String,
    /// As `make run` starts it.
    pub demo: bool,
    /// The build whose guards can be switched off (`CONCLAVE_UNGUARDED_BIN`), with these of them off: the control of an
    /// attack. Empty: the build that people get.
    pub unguarded: &'static str,
    /// What is logged, `CONCLAVE_LOG`. Empty: the talkative log, because what must not be in a log must not be in that one either.
    pub log: &'static str,
}

impl Options {
    /// A server that believes `X-Forwarded-For` from these ranges alone, with the location data of signaling's own tests.
    pub fn behind_proxy(ranges: &str) -> Self {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../signaling/tests/data");
        let config = format!(
            "public_url = \"http://localhost:{{port}}\"\n[proxy]\nranges = [\"{ranges}\"]\nheader = \"X-Forwarded-For\"\n[geo]\nfiles = ['{data}/countries.mmdb', '{data}/towns.mmdb']\n[sms]\nsender = \"outbox\"\n"
        );
        Self { config, ..Self::default() }
    }
}

impl Options {
    fn binary(&self) -> PathBuf {
        if self.unguarded.is_empty() {
            return binary();
        }
        let path = std::env::var_os("CONCLAVE_UNGUARDED_BIN").map(PathBuf::from);
        path.expect("CONCLAVE_UNGUARDED_BIN names the build whose guards can be switched off: `make attack` makes it")
    }
}

/// A running server.
#[derive(Debug)]
pub struct Deployment {
    folder: TempFolder,
    options: Options,
    process: Process,
    url: String,
}

impl Deployment {
    /// Starts one with SMS kept in memory, as the demo does, and an admin.
    pub async fn start() -> Self {
        Self::start_with(Options { config: "[sms]\nsender = \"outbox\"\n".into(), ..Options::default() }).await
    }

    /// Starts one with a configuration of the test's own.
    pub async fn start_with(options: Options) -> Self {
        let folder = TempFolder::new("server");
        let port = if options.config.contains("{port}") { free_port() } else { 0 };
        let config = options.config.replace("{port}", &port.to_string());
        std::fs::write(folder.path().join("conclave.toml"), config).unwrap();
        create_admin(&folder);
        let (process, url) = launch(&folder, &options, port).await;
        Self { folder, options, process, url }
    }

    /// `http://localhost:PORT`, which browsers treat as secure.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port that was bound.
    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// A console, logged in as the admin.
    pub async fn console(&self) -> Console {
        Console::log_in(&self.url, ADMIN, PASSWORD).await
    }

    /// Name and password of the admin.
    pub fn admin(&self) -> (&'static str, &'static str) {
        (ADMIN, PASSWORD)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// All files the server wrote, its log apart.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let data = self.data();
        self.folder.files().into_iter().filter(|(path, _)| path.starts_with(&data)).collect()
    }

    /// What it said to the person who started it.
    pub fn terminal(&self) -> String {
        read(&self.folder.path().join("terminal"))
    }

    /// What it logged.
    pub fn log(&self) -> String {
        read(&self.folder.path().join("log"))
    }

    /// The program itself.
    pub fn binary(&self) -> PathBuf {
        self.options.binary()
    }

    /// `conclave admin …` with this deployment's configuration and data, while it runs: whether it went well, and what it said.
    pub fn admin_command(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(self.binary());
        command.arg("admin").args(arguments).arg("--config").arg(self.folder.path().join("conclave.toml"));
        let output = command.arg("--data").arg(self.data()).stdin(Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Resident memory, bytes.
    pub fn resident_bytes(&self) -> u64 {
        resident_bytes(self.process.id())
    }

    /// What it has had of the processors so far.
    pub fn processor_time(&self) -> Duration {
        processor_time(self.process.id())
    }

    /// The server's process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as a crash would and starts it again on the same port and data.
    pub async fn restart(&mut self) {
        self.process.kill();
        let port = self.port();
        (self.process, self.url) = launch(&self.folder, &self.options, port).await;
    }

    /// Ctrl-C; answers the exit code.
    pub fn interrupt(&mut self) -> i32 {
        self.process.interrupt()
    }
}

pub(crate) fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

/// The server's binary: `CONCLAVE_BIN`, or where cargo puts it beside this test.
pub(crate) fn binary() -> PathBuf {
    let path = std::env::var_os("CONCLAVE_BIN").map(PathBuf::from).unwrap_or_else(|| {
        let test = std::env::current_exe().unwrap();
        test.parent().and_then(Path::parent).unwrap().join("conclave")
    });
    assert!(path.exists(), "{} is missing: cargo build -p signaling --bin conclave", path.display());
    path
}

/// The built pages: `CONCLAVE_WEB`, or `dist` in the project's folder.
fn web() -> PathBuf {
    let path = std::env::var_os("CONCLAVE_WEB").map(PathBuf::from);
    let path = path.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("dist"));
    assert!(path.join("meeting/index.html").exists(), "{} is not built: .tools/build-web.sh", path.display());
    path
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn create_admin(folder: &TempFolder) {
    let password = folder.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let output = Command::new(binary())
        .args(["admin", "create", "--name", ADMIN, "--password-stdin"])
        .arg("--config")
        .arg(folder.path().join("conclave.toml"))
        .arg("--data")
        .arg(folder.path().join("data"))
        .stdin(File::open(&password).unwrap())
        .output()
        .unwrap();
    std::fs::remove_file(password).unwrap();
    assert!(output.status.success(), "admin create: {}", String::from_utf8_lossy(&output.stderr));
}

async fn launch(folder: &TempFolder, options: &Options, port: u16) -> (Process, String) {
    let terminal = folder.path().join("terminal");
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let mut command = Command::new(options.binary());
    command.env("CONCLAVE_UNGUARDED", options.unguarded);
    command.arg("serve").arg("--config").arg(folder.path().join("conclave.toml"));
    command.arg("--data").arg(folder.path().join("data")).arg("--web").arg(web());
    if !options.config.contains("listen =") {
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
    }
    command.env("CONCLAVE_LOG", if options.log.is_empty() { "debug" } else { options.log });
    if options.demo {
        command.arg("--demo");
    }
    command.stdout(File::create(&terminal).unwrap()).stderr(Stdio::from(log));
    let mut process = Process::start(&mut command);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(url) = ready_url(&read(&terminal)) {
            return (process, url);
        }
        let log = || format!("{}\n{}", read(&terminal), read(&folder.path().join("log")));
        assert_eq!(process.ended(), None, "the server ended at once: {}", log());
        assert!(Instant::now() < deadline, "the server is not ready after 30 s: {}", log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The address in the line `ready: http://127.0.0.1:PORT`, under the name that invitation links use: a cookie belongs to one.
fn ready_url(terminal: &str) -> Option<String> {
    let line = terminal.lines().find_map(|line| line.trim().strip_prefix("ready: "))?;
    terminal.ends_with('\n').then(|| line.trim().trim_end_matches('/').replace("127.0.0.1", "localhost"))
}
