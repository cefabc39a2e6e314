//! The real `conclave` as its operator starts it: what it says when something is wrong, how it stops, and what it does
//! to those who connect and say nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const CONCLAVE: &str = env!("CARGO_BIN_EXE_conclave");

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("conclave-start-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn serve(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(CONCLAVE);
    command.arg("serve").arg("--data").arg(data).args(["--web", "/nowhere"]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// It ends by itself, with exit code 1 and one sentence as its last words.
fn refusal(mut command: Command) -> String {
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked") && !said.contains("backtrace"), "{said}");
    let last = said.trim_end().lines().last().unwrap().to_owned();
    assert!(last.starts_with("conclave: "), "{said}");
    last
}

struct Server {
    child: Child,
    terminal: BufReader<ChildStdout>,
    /// What was printed up to `ready:`.
    printed: String,
    address: SocketAddr,
}

impl Server {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let listen: &[&str] = if arguments.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let log = std::fs::File::create(data.with_extension("log")).unwrap();
        let mut command = serve(data, &[listen, arguments].concat());
        let mut child = command.stderr(log).spawn().unwrap();
        let mut terminal = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        while !printed.contains("ready: ") {
            assert_ne!(terminal.read_line(&mut printed).unwrap(), 0, "it ended: {printed}");
        }
        let url = printed.lines().last().unwrap().strip_prefix("ready: ").unwrap();
        let address = url.split_once("://").unwrap().1.parse().unwrap();
        Self { child, terminal, printed, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        get(self.connect(), path)
    }

    /// Sends the signal and answers the exit code.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(15);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not stop")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(mut stream: TcpStream, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Closed by the other side: an end, or a reset.
fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn what_is_wrong_at_start_is_one_sentence_with_the_remedy() {
    let folder = Folder::new("wrong");
    let data = folder.0.join("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let in_use = refusal(serve(&data, &["--listen", &taken]));
    assert!(in_use.contains(&taken) && in_use.contains("in use") && in_use.contains("--listen"), "{in_use}");

    let file = folder.file("file", "");
    let no_folder = refusal(serve(&file.join("data"), &[]));
    assert!(no_folder.contains("cannot be written") && no_folder.contains("--data"), "{no_folder}");

    let other = folder.0.join("other");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("conclave.db"), "a letter to somebody. ".repeat(500)).unwrap();
    let no_database = refusal(serve(&other, &["--listen", "127.0.0.1:0"]));
    assert!(no_database.contains("is not a Conclave database") && no_database.contains("--data"), "{no_database}");
    assert!(std::fs::read_to_string(other.join("conclave.db")).unwrap().starts_with("a letter"), "nothing lost");

    let config = folder.file("conclave.toml", "listen = [\n\"127.0.0.1:0\"]\nlisten_to = 5\n");
    let malformed = refusal(serve(&data, &["--config", config.to_str().unwrap()]));
    assert!(malformed.contains("conclave.toml") && malformed.contains("line 3"), "{malformed}");
    let metrics = folder.file("metrics.toml", &format!("[metrics]\nlisten = \"{taken}\"\n"));
    let in_use = refusal(serve(&data, &["--config", metrics.to_str().unwrap(), "--listen", "127.0.0.1:0"]));
    assert!(in_use.contains(&taken) && in_use.contains("[metrics]"), "{in_use}");
    let nodes = "[media]\nkeys = \"/nowhere/keys\"\n[[media.nodes]]\nname = \"a\"\naddress = \"127.0.0.1:1\"\n";
    let nodes = folder.file("nodes.toml", nodes);
    let no_keys = refusal(serve(&data, &["--config", nodes.to_str().unwrap(), "--listen", "127.0.0.1:0"]));
    assert!(no_keys.contains("/nowhere/keys") && no_keys.contains("media-keys"), "{no_keys}");
    let missing = refusal(serve(&data, &["--config", "/nowhere/conclave.toml"]));
    assert!(missing.contains("cannot be read"), "{missing}");
}

/// What `media-keys` prints says which folder goes where; a name is given once.
#[test]
fn media_keys_are_made_once_for_each_name() {
    let folder = Folder::new("media-keys");
    let keys = folder.0.join("keys");
    let make = |names: &[&str]| {
        let mut command = Command::new(CONCLAVE);
        command.arg("media-keys").arg(&keys).args(names).stdin(Stdio::null());
        command
    };
    let made = make(&["media-a"]).output().unwrap();
    let said = String::from_utf8(made.stdout).unwrap();
    assert!(made.status.success() && said.contains("keys/media-a is for the machine of media-a"), "{said}");
    let mut again = make(&["media-b", "media-a"]);
    again.stdout(Stdio::piped()).stderr(Stdio::piped());
    let refused = refusal(again);
    assert!(refused.contains("media-a is there already"), "{refused}");
    assert!(!keys.join("media-b").exists());
}

/// D15: plain HTTP beyond loopback is refused with the remedy.
#[test]
fn plain_http_beyond_loopback_is_refused() {
    let folder = Folder::new("plain");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:0"] {
        let refused = refusal(serve(&folder.0.join("data"), &["--listen", address]));
        assert!(refused.contains("loopback") && refused.contains("--host"), "{refused}");
    }
}

#[test]
fn it_says_where_it_is_and_stops_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let folder = Folder::new(signal);
        let server = Server::start(&folder.0.join("data"), &[]);
        assert_eq!(server.printed.matches("ready: ").count(), 1);
        assert!(server.get("/api/v1/site").contains("\"demo\":true"));
        let idle = server.connect();
        let data = folder.0.join("data");
        assert_eq!(server.stop(signal), Some(0), "{signal}");
        drop(idle);
        let wal = std::fs::metadata(data.join("conclave.db-wal")).map_or(0, |file| file.len());
        assert_eq!(wal, 0, "the write-ahead log is emptied");
        let modes = ["", "keys/link.key", "conclave.db"].map(|name| {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777
        });
        assert_eq!(modes, [0o700, 0o600, 0o600]);
    }
}

/// SECURITY.md T6: a header that never ends, and a connection that says nothing, are closed after five seconds.
#[test]
fn slow_senders_are_hung_up_on() {
    let folder = Folder::new("slow");
    let server = Server::start(&folder.0.join("data"), &[]);
    let mut slow = server.connect();
    write!(slow, "GET / HTTP/1.1\r\nHost: localhost\r\nX-").unwrap();
    let mut silent = server.connect();
    let mut preface = server.connect();
    write!(preface, "PRI * HTTP/2.0").unwrap();
    let mut idle = server.connect();
    write!(idle, "GET /api/v1/site HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let started = Instant::now();
    for (what, stream) in [("slow", &mut slow), ("silent", &mut silent), ("preface", &mut preface), ("idle", &mut idle)]
    {
        assert!(is_closed(stream), "{what}");
    }
    let took = started.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(15)).contains(&took), "{took:?}");
    let mut large = server.connect();
    let _ = write!(large, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n", "x".repeat(100_000));
    let mut answer = String::new();
    let _ = large.read_to_string(&mut answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer:.100}");
    assert!(server.get("/api/v1/site").starts_with("HTTP/1.1 200"), "others are served all along");
}

#[test]
fn numbers_are_served_on_a_listener_of_their_own() {
    let folder = Folder::new("metrics");
    let config = folder.file("conclave.toml", "[metrics]\nlisten = \"127.0.0.1:0\"\n");
    let data = folder.0.join("data");
    let server = Server::start(&data, &["--config", config.to_str().unwrap()]);
    let listen = metrics_address(&data);
    let numbers = |path| get(TcpStream::connect(listen).unwrap(), path);
    assert!(numbers("/health").ends_with(r#"{"media":"answers","database":"answers"}"#));
    for _ in 0..3 {
        server.get("/api/v1/site");
    }
    let text = numbers("/metrics");
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("application/openmetrics-text"), "{text}");
    assert!(text.contains("\nconclave_http_responses_total{status=\"2xx\"} 3\n"), "{text}");
    assert!(text.contains("\nconclave_media_up 1\n") && text.ends_with("# EOF\n"), "{text}");
    assert!(numbers("/api/v1/site").starts_with("HTTP/1.1 404"), "nothing else is served there");
    for path in ["/metrics", "/health"] {
        assert!(!server.get(path).contains("conclave_media"), "not where everybody comes");
    }
}

#[test]
fn one_source_has_so_many_connections_and_no_more() {
    let folder = Folder::new("many");
    let server = Server::start(&folder.0.join("data"), &[]);
    let mut greedy: Vec<_> = (0..140).map(|_| server.connect()).collect();
    for stream in &mut greedy {
        let _ = write!(stream, "GET /api/v1/site HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    let is_served = |stream: &mut TcpStream| stream.read(&mut [0; 64]).is_ok_and(|bytes| bytes > 0);
    let served = greedy.iter_mut().map(is_served).filter(|served| *served).count();
    assert_eq!(served, 128);
}

/// The terminal shows PINs and passwords; the log shows none of them, nor names, numbers or tokens.
#[test]
fn the_demo_is_printed_and_never_logged() {
    let folder = Folder::new("demo");
    let data = folder.0.join("data");
    let server = Server::start(&data, &["--demo"]);
    let printed = server.printed.clone();
    let after = |label: &str| -> Vec<String> {
        let lines = printed.lines().filter_map(|line| line.split_once(label));
        lines.map(|(_, value)| value.trim_end_matches(['│', ' ']).trim().to_owned()).collect()
    };
    let (pins, passwords, tokens) = (after("PIN  "), after("password  "), after("#"));
    assert_eq!((pins.len(), passwords.len(), tokens.len()), (3, 2, 3), "{printed}");
    assert_eq!(printed.matches("?muted=1#").count(), 2, "{printed}");
    let login = format!("{{\"name\":\"demo\",\"password\":\"{}\"}}", passwords[0]);
    let mut stream = server.connect();
    let origin = format!("http://{}", server.address);
    write!(
        stream,
        "POST /api/v1/login HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{login}",
        server.address,
        login.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let cookie = answer.split("__Host-conclave=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(server.stop("-INT"), Some(0));
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap();
    assert!(log.contains("starting with this configuration"), "the search finds what is there: {log}");
    let secrets = pins.iter().flat_map(|pin| [pin.clone(), pin.replace(' ', "")]);
    let secrets = secrets.chain(passwords).chain(tokens).chain([cookie]);
    for secret in secrets.chain(["Maria", "Paul", "Petra", "+4670174"].map(str::to_owned)) {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}

#[test]
fn an_admin_is_made_once_and_the_password_is_shown_only_when_made_here() {
    let folder = Folder::new("admin");
    let data = folder.0.join("data");
    let create = |name: &str, stdin: Option<&str>| {
        let mut command = Command::new(CONCLAVE);
        command.args(["admin", "create", "--name", name, "--data"]).arg(&data);
        if stdin.is_some() {
            command.arg("--password-stdin");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.unwrap_or_default().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, text) = create("Ada", Some("correct horse battery staple\n"));
    assert!(code == Some(0) && text.contains("Ada") && !text.contains("horse"), "{text}");
    let (code, text) = create(" ADA ", Some("correct horse battery staple\n"));
    assert!(code == Some(1) && text.contains("already an account"), "{text}");
    let (code, text) = create("Bob", Some("short\n"));
    assert!(code == Some(1) && text.contains("15 to 1024"), "{text}");
    let (code, text) = create("Eve\u{202e}", Some("correct horse battery staple\n"));
    assert!(code == Some(1) && text.contains("direction marks"), "{text}");
    let (code, text) = create("Carol", None);
    assert!(code == Some(0) && text.contains("shown this once"), "{text}");
}

#[test]
fn other_machines_are_served_under_a_certificate_of_our_own() {
    let folder = Folder::new("tls");
    let mut server = Server::start(&folder.0.join("data"), &["--host", "127.0.0.1", "--listen", "127.0.0.1:0"]);
    assert!(server.printed.contains(&format!("ready: https://127.0.0.1:{}", server.address.port())));
    assert!(server.printed.contains("fingerprint") && server.printed.contains("warn"), "{}", server.printed);
    let mut plain = server.connect();
    let _ = write!(plain, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "no plain HTTP on a TLS port");
    let mut rest = String::new();
    server.child.kill().unwrap();
    server.terminal.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "nothing after `ready:`");
}

/// D15: where other machines reach the numbers, they are no plain HTTP either.
#[test]
fn numbers_beyond_loopback_are_under_tls() {
    let folder = Folder::new("metrics-tls");
    let config = folder.file("conclave.toml", "[metrics]\nlisten = \"0.0.0.0:0\"\nbeyond_loopback = true\n");
    let data = folder.0.join("data");
    let listen = ["--config", config.to_str().unwrap(), "--host", "127.0.0.1", "--listen", "127.0.0.1:0"];
    let _server = Server::start(&data, &listen);
    let plain = TcpStream::connect(("127.0.0.1", metrics_address(&data).port())).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = Vec::new();
    let _ = (&plain).write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let _ = (&plain).read_to_end(&mut answer);
    assert_eq!(answer.first(), Some(&21), "a TLS alert: {answer:?}");
}

/// The log says which port it became.
fn metrics_address(data: &Path) -> SocketAddr {
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap();
    log.split("[metrics]").nth(1).unwrap().split('"').nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_configuration_can_be_checked_without_serving() {
    let folder = Folder::new("check");
    let config = folder.file("conclave.toml", "[accounts]\nidle_minutes = 5\n");
    let output = Command::new(CONCLAVE).arg("check-config").arg("--config").arg(&config).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("idle_minutes = 5") && text.contains("is right"), "{text}");
    assert!(!folder.0.join("data").exists(), "nothing was made");
}
