//! SMS gateways that nobody here wrote: Debian's Kannel (bearerbox, smsbox and its SMSC `fakesmsc`), and its SMSC for SMPP,
//! `drive_smpp`. And one that answers as Twilio does, because Twilio itself takes money.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::clients::{script, tools};
use crate::folder::TempFolder;
use crate::process::Process;
use crate::until::until;

/// Where Debian puts what Kannel is tested with.
const TESTS: &str = "/usr/lib/kannel/test";

/// An smsbox with everything behind it. Its user is `conclave`, the password `secret`.
#[derive(Debug)]
pub struct Kannel {
    url: String,
    received: PathBuf,
    _folder: TempFolder,
    processes: Vec<Process>,
}

impl Kannel {
    /// Starts bearerbox, smsbox and an SMSC on free ports.
    pub async fn start() -> Self {
        let [smsc, admin, boxes, http] = free_ports();
        let group = format!("smsc = fake\nsmsc-id = FAKE\nport = {smsc}\nconnect-allow-ip = 127.0.0.1\n");
        let mut kannel = Self::with_smsc(&group, [admin, boxes, http]).await;
        until("bearerbox to listen for its SMSC", || async { listens(smsc) }).await;
        // It speaks once by itself: without a message of its own it ends.
        let log = File::create(&kannel.received).unwrap();
        let mut fakesmsc = Command::new(format!("{TESTS}/fakesmsc"));
        fakesmsc.args(["-H", "127.0.0.1", "-r", &smsc.to_string(), "-i", "1000", "-m", "1", "1 2 text nop"]);
        kannel.processes.push(Process::start(fakesmsc.stdout(log.try_clone().unwrap()).stderr(log)));
        kannel
    }

    /// Starts bearerbox and smsbox before another SMSC, over SMPP.
    pub async fn before(smsc: &ReceiptingSmsc) -> Self {
        let port = &smsc.said()[0]["port"];
        let account = "smsc-username = conclave\nsmsc-password = secret\nsystem-type = \"\"";
        let group = format!(
            "smsc = smpp\nsmsc-id = SMPP\nhost = 127.0.0.1\nport = {port}\n{account}\ntransceiver-mode = true\n"
        );
        Self::with_smsc(&group, free_ports()).await
    }

    async fn with_smsc(group: &str, [admin, boxes, http]: [u16; 3]) -> Self {
        let folder = TempFolder::new("kannel");

        let config = folder.path().join("kannel.conf");
        let store = folder.path().join("store");
        let text = format!(
            "group = core\nadmin-port = {admin}\nadmin-password = x\nsmsbox-port = {boxes}\nbox-allow-ip = \"127.0.0.1\"\n\
             store-type = file\nstore-location = {}\n\ngroup = smsc\n{group}\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {http}\nsendsms-interface = 127.0.0.1\nglobal-sender = 13013\n\n\
             group = sendsms-user\nusername = conclave\npassword = secret\n\n\
             group = sms-service\nkeyword = default\ntext = \"No service\"\n",
            store.display()
        );
        std::fs::write(&config, text).unwrap();
        let start = |program: &str, arguments: &[&str]| {
            let log = File::create(folder.path().join(program.rsplit('/').next().unwrap())).unwrap();
            let mut command = Command::new(program);
            command.args(arguments).stdout(log.try_clone().unwrap()).stderr(log);
            Process::start(&mut command)
        };
        let config = config.to_str().unwrap();
        let bearerbox = start("bearerbox", &[config]);
        until("bearerbox to listen", || async { listens(boxes) }).await;
        let smsbox = start("smsbox", &[config]);
        until("smsbox to listen", || async { listens(http) }).await;
        let received = folder.path().join("fakesmsc");
        let url = format!("http://127.0.0.1:{http}/cgi-bin/sendsms");
        Self { url, received, _folder: folder, processes: vec![smsbox, bearerbox] }
    }

    /// The address of `sendsms`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the SMSC was given: sender, number, kind, text, as it writes them.
    pub fn received(&self) -> Vec<String> {
        lines_with(&self.received, "Got message", '<')
    }
}

/// An SMSC that takes every bind.
#[derive(Debug)]
pub struct Smsc {
    port: u16,
    received: PathBuf,
    _folder: TempFolder,
    _process: Process,
}

impl Smsc {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let folder = TempFolder::new("smsc");
        let [port] = free_ports();
        let received = folder.path().join("log");
        let log = File::create(&received).unwrap();
        let mut command = Command::new(format!("{TESTS}/drive_smpp"));
        command.args(["-p", &port.to_string(), "-m", "100"]).stdout(log.try_clone().unwrap()).stderr(log);
        let process = Process::start(&mut command);
        until("drive_smpp to listen", || async { listens(port) }).await;
        Self { port, received, _folder: folder, _process: process }
    }

    /// `smpp://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("smpp://127.0.0.1:{}", self.port)
    }

    /// The texts it was given.
    pub fn received(&self) -> Vec<String> {
        lines_with(&self.received, "submit_sm: short_message", '<')
    }

    /// All it says.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.received).unwrap_or_default()).into_owned()
    }
}

/// An SMSC that says in receipts what became of messages: npm's `smpp`, see `clients/smsc.mjs`.
#[derive(Debug)]
pub struct ReceiptingSmsc {
    said: PathBuf,
    _folder: TempFolder,
    _process: Process,
}

impl ReceiptingSmsc {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let folder = TempFolder::new("smsc");
        let said = folder.path().join("said");
        let mut command = Command::new("node");
        command.arg(script("smsc.mjs")).env("CLIENTS", tools());
        command.stdout(File::create(&said).unwrap()).stderr(File::create(folder.path().join("log")).unwrap());
        let process = Process::start(&mut command);
        let smsc = Self { said, _folder: folder, _process: process };
        until("the SMSC to listen", || async { !smsc.said().is_empty() }).await;
        smsc
    }

    /// `smpp://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("smpp://127.0.0.1:{}", self.said()[0]["port"])
    }

    /// Its port, then what it was told and answered, in order.
    pub fn said(&self) -> Vec<Value> {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// Answers every request with the same status, and keeps what it was sent.
#[derive(Debug)]
pub struct HttpGateway {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    status: Arc<Mutex<u16>>,
}

impl HttpGateway {
    /// Answers 201, as Twilio does when it has taken a message.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, status) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(Mutex::new(201)));
        let (kept, answered) = (Arc::clone(&requests), Arc::clone(&status));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !is_whole(&request) && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
                kept.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let status = *answered.lock().unwrap();
                let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { address, requests, status }
    }

    /// Scheme and host.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on.
    pub fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// What came, header and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn lines_with(file: &PathBuf, mark: &str, from: char) -> Vec<String> {
    let text = String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
    let part = |line: &str| Some(line.split_once(from)?.1.trim_end_matches('>').to_owned());
    text.lines().filter(|line| line.contains(mark)).filter_map(part).collect()
}

fn free_ports<const N: usize>() -> [u16; N] {
    // Held together, so that none is given twice.
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn listens(port: u16) -> bool {
    std::fs::read_to_string("/proc/net/tcp")
        .unwrap()
        .lines()
        .any(|line| line.contains(&format!(":{port:04X} 00000000:0000 0A")))
}
