//! A PostgreSQL server of a test's own, which may be stopped, restarted and asked what it holds.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::folder::TempFolder;
use crate::process::{Process, signal};

/// The user that Debian's package makes. PostgreSQL refuses to run as root.
const USER: &str = "postgres";
/// Its database, and whose it is.
const DATABASE: &str = "conclave";

/// A running server on a Unix socket in its folder and a port of loopback. It ends on drop.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    /// Before the folder that it is in.
    disk: Option<Mounted>,
    folder: TempFolder,
}

/// A disk that is taken away on drop.
#[derive(Debug)]
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

impl Postgres {
    /// Starts one with an empty database `conclave` that belongs to the user `conclave`. Over the socket everybody is let in,
    /// over TCP with the password `secret`.
    pub async fn start() -> Self {
        let folder = TempFolder::new("postgres");
        if is_root() {
            assert!(Command::new("chown").arg(USER).arg(folder.path()).status().unwrap().success());
        }
        let data = folder.path().join("data");
        let superuser = if is_root() { USER.to_owned() } else { std::env::var("USER").unwrap_or_default() };
        let mut initdb = program("initdb");
        initdb.arg("--pgdata").arg(&data).args(["--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"]);
        initdb.args(["--encoding=UTF8", "--locale=C.UTF-8", "--username", &superuser]).current_dir(folder.path());
        let output = initdb.output().unwrap();
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let port = crate::deployment::free_port();
        let process = launch(folder.path(), port);
        let postgres = Self { process, port, disk: None, folder };
        postgres.until_it_answers().await;
        for statement in [
            &format!("CREATE ROLE {DATABASE} LOGIN PASSWORD 'secret'"),
            &format!("CREATE DATABASE {DATABASE} OWNER {DATABASE}"),
        ] {
            postgres.ask(&superuser, "postgres", statement);
        }
        postgres
    }

    /// One whose tables are on a disk of 16 MiB, its log elsewhere. `None`: only root may make a disk, and this is nobody.
    pub async fn start_on_a_small_disk() -> Option<Self> {
        if !is_root() {
            return None;
        }
        let mut postgres = Self::start().await;
        let disk = postgres.folder.path().join("disk");
        std::fs::create_dir(&disk).unwrap();
        let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs"]).arg(&disk));
        postgres.disk = Some(Mounted(disk.clone()));
        run(Command::new("chown").arg(USER).arg(&disk));
        let statements = [
            format!("CREATE TABLESPACE small LOCATION '{}'", disk.display()),
            format!("ALTER DATABASE {DATABASE} SET TABLESPACE small"),
        ];
        statements.iter().for_each(|statement| drop(postgres.ask(USER, "postgres", statement)));
        Some(postgres)
    }

    /// Writes until there is no room.
    pub fn fill_the_disk(&self) {
        self.administrate("CREATE TABLE junk (text TEXT); ALTER TABLE junk ALTER text SET STORAGE PLAIN");
        let mut psql = self.psql(USER, DATABASE);
        let output = psql
            .args(["--command", "INSERT INTO junk SELECT repeat('x', 7000) FROM generate_series(1, 10000)"])
            .output();
        let said = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
        assert!(said.contains("No space left on device"), "{said}");
    }

    /// Makes room again.
    pub fn free_the_disk(&self) {
        self.administrate("DROP TABLE junk");
    }

    /// Lines for the configuration file: the database behind the socket.
    pub fn config(&self) -> String {
        format!(
            "[database]\nurl = \"postgres://{DATABASE}@/{DATABASE}?host={}&port={}\"\n",
            self.folder.path().display(),
            self.port
        )
    }

    /// Where it listens on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a statement gives, as text.
    pub fn sql(&self, statement: &str) -> String {
        self.ask(DATABASE, DATABASE, statement)
    }

    /// The same in another database.
    pub fn sql_in(&self, database: &str, statement: &str) -> String {
        self.ask(DATABASE, database, statement)
    }

    /// As the server's administrator.
    pub fn administrate(&self, statement: &str) -> String {
        let superuser = if is_root() { USER.to_owned() } else { std::env::var("USER").unwrap_or_default() };
        self.ask(&superuser, DATABASE, statement)
    }

    fn ask(&self, user: &str, database: &str, statement: &str) -> String {
        let output = self.psql(user, database).args(["--command", statement]).output().unwrap();
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn psql(&self, user: &str, database: &str) -> Command {
        let mut psql = Command::new(bin().join("psql"));
        psql.arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string(), "--username", user]);
        psql.args(["--dbname", database, "-qAtX"]);
        psql
    }

    /// Every row of every table, as SQL.
    pub fn dump(&self) -> String {
        let mut dump = Command::new(bin().join("pg_dump"));
        dump.arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string(), "--username", DATABASE]);
        let output = dump.args(["--inserts", DATABASE]).output().unwrap();
        assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// All its files: tables, its write-ahead log, its log of what was asked.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.administrate("CHECKPOINT");
        self.folder.files()
    }

    /// Gives it a certificate for the name `localhost`, and answers the file of the authority that signed it.
    pub fn speak_tls(&self) -> PathBuf {
        let folder = self.folder.path();
        let openssl = |arguments: &str| {
            let mut openssl = Command::new("openssl");
            let output = openssl.args(arguments.split(' ')).current_dir(folder).output().unwrap();
            assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost").unwrap();
        openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -subj /CN=authority"));
        openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
        openssl(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
        );
        if is_root() {
            assert!(Command::new("chown").arg(USER).arg(folder.join("server.key")).status().unwrap().success());
        }
        for (setting, file) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
            self.administrate(&format!("ALTER SYSTEM SET {setting} = '{}'", folder.join(file).display()));
        }
        self.administrate("ALTER SYSTEM SET ssl = on");
        self.administrate("SELECT pg_reload_conf()");
        folder.join("ca.crt")
    }

    /// Freezes it, each of its processes: connections stand, and nothing is answered.
    pub fn freeze(&self) {
        self.all_processes().into_iter().for_each(|id| signal(id, "STOP"));
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.all_processes().into_iter().for_each(|id| signal(id, "CONT"));
    }

    /// Ends it as `pg_ctl stop --mode=fast` does: open transactions are rolled back, connections closed.
    pub fn stop(&mut self) {
        self.process.interrupt();
    }

    /// Starts it again.
    pub async fn start_again(&mut self) {
        self.process = launch(self.folder.path(), self.port);
        self.until_it_answers().await;
    }

    async fn until_it_answers(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut ready = Command::new(bin().join("pg_isready"));
        ready.arg("--quiet").arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string()]);
        while !ready.status().unwrap().success() {
            let log = || crate::deployment::read(&self.folder.path().join("log"));
            assert!(Instant::now() < deadline, "PostgreSQL does not answer: {}", log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The one that was started, and those that it started: each connection has one.
    fn all_processes(&self) -> Vec<u32> {
        let own = self.process.id();
        let numbers = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.unwrap().file_name().to_str()?.parse().ok());
        numbers.filter(|id: &u32| *id == own || parent(*id) == Some(own)).collect()
    }
}

impl Drop for Postgres {
    /// What is frozen hears nothing.
    fn drop(&mut self) {
        self.thaw();
        signal(self.process.id(), "QUIT");
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.process.ended().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn launch(folder: &Path, port: u16) -> Process {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut server = program("postgres");
    server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).args(["-p", &port.to_string()]);
    server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "log_statement=all"]);
    Process::start(server.stdout(log.try_clone().unwrap()).stderr(log))
}

/// One of the server's programs, as the user that may run it.
fn program(name: &str) -> Command {
    let mut command = Command::new(bin().join(name));
    if is_root() {
        let id = |of: &str| {
            let output = Command::new("id").args([of, USER]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).trim().parse().unwrap()
        };
        command.uid(id("-u")).gid(id("-g"));
    }
    command
}

/// Where the programs are: Debian has one folder for each version.
fn bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin")).filter(|folder| folder.join("initdb").exists());
    folders.max().expect("PostgreSQL is missing: .tools/deps.sh tests")
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it may hold anything, brackets too.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
