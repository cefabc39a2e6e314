//! WebRTC clients that nobody here wrote, as programs of their own that a test talks to in lines of JSON.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use shared::device::DeviceUse;
use shared::secret::Secret;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::deployment::Deployment;
use crate::fake_media::Person;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Such a client, connected as a device.
#[derive(Debug)]
pub struct Client {
    name: &'static str,
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Client {
    /// aiortc, in Python. It shows `person`'s face and beeps with their voice, or tells whose it sees and hears.
    pub async fn aiortc(server: &Deployment, does: DeviceUse, token: &Secret, person: Person) -> Self {
        let mut command = Command::new(tools().join("venv/bin/python"));
        command.arg(script("aiortc_device.py"));
        Self::start("aiortc", command, &wish(server, does, token, person)).await
    }

    /// As [`Client::aiortc`], publishing pictures as H.264 and nothing else.
    pub async fn aiortc_with_h264(server: &Deployment, token: &Secret, person: Person) -> Self {
        let mut command = Command::new(tools().join("venv/bin/python"));
        command.arg(script("aiortc_device.py"));
        let mut wish = wish(server, DeviceUse::Publish, token, person);
        wish["codec"] = json!("H264");
        Self::start("aiortc", command, &wish).await
    }

    /// GStreamer's webrtcbin, driven by a script of a few lines, with a certificate that is taken here.
    pub async fn gstreamer(server: &Deployment, does: DeviceUse, token: &Secret, person: Person) -> Self {
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script("gstreamer_device.py"));
        let mut wish = wish(server, does, token, person);
        let made = rcgen::generate_simple_self_signed(["device".to_owned()]).unwrap();
        wish["pem"] = json!([made.cert.pem(), made.signing_key.serialize_pem()].concat());
        Self::start("GStreamer", command, &wish).await
    }

    /// libdatachannel, in C++, driven from Node. It only counts packets.
    pub async fn libdatachannel(server: &Deployment, does: DeviceUse, token: &Secret, person: Person) -> Self {
        let mut command = Command::new("node");
        command.arg(script("libdatachannel_device.mjs")).env("CLIENTS", tools());
        Self::start("libdatachannel", command, &wish(server, does, token, person)).await
    }

    /// As [`Client::libdatachannel`], watching pictures as H.264 and nothing else.
    pub async fn libdatachannel_with_h264(server: &Deployment, token: &Secret) -> Self {
        let mut command = Command::new("node");
        command.arg(script("libdatachannel_device.mjs")).env("CLIENTS", tools());
        let mut wish = wish(server, DeviceUse::Watch, token, Person::QUINN);
        wish["codec"] = json!("H264");
        Self::start("libdatachannel", command, &wish).await
    }

    /// werift, in TypeScript.
    pub async fn werift(server: &Deployment, does: DeviceUse, token: &Secret, person: Person) -> Self {
        let mut command = Command::new("node");
        command.arg(script("werift_device.mjs")).env("CLIENTS", tools());
        Self::start("werift", command, &wish(server, does, token, person)).await
    }

    /// werift in a page's place: it tells its offer and waits for [`Client::accept`].
    pub async fn werift_as_page() -> Self {
        let mut command = Command::new("node");
        command.arg(script("werift_device.mjs")).env("CLIENTS", tools());
        Self::start("werift", command, &json!({ "does": "page" })).await
    }

    /// The answer to its offer.
    pub async fn accept(&mut self, answer: &str) {
        let line = json!({ "answer": answer });
        self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn start(name: &'static str, mut command: Command, wish: &Value) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}: run .tools/deps.sh tests"));
        let mut stdin = process.stdin.take().unwrap();
        stdin.write_all(format!("{wish}\n").as_bytes()).await.unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { name, stdin: Some(stdin), lines, _process: process }
    }

    /// Waits until it says something that is so.
    pub async fn until(&mut self, what: &str, mut so: impl FnMut(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                last = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{}: {error}: {line}", self.name));
                if so(&last) {
                    return true;
                }
                // A refusal is the last that it says of itself.
                if last["answer"].is_string() {
                    return false;
                }
            }
            false
        });
        let found = found.await.unwrap_or(false);
        assert!(found, "{} waited in vain for: {what}; it said last: {last}", self.name);
        last
    }

    /// It hangs up as a device should, and says what it heard back.
    pub async fn hang_up(mut self) -> Value {
        drop(self.stdin.take());
        self.until("its goodbye", |said| said.get("ended").is_some()).await
    }
}

fn wish(server: &Deployment, does: DeviceUse, token: &Secret, person: Person) -> Value {
    json!({
        "does": does,
        "url": format!("{}{}", server.url().replace("localhost", "127.0.0.1"), does.path()),
        "token": token.reveal(),
        "colour": person.face.rgb(),
        "pitch": person.voice,
    })
}

pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

/// Where `.tools/deps.sh` puts what it installs.
pub(crate) fn tools() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    cache.join("conclave-tools/clients")
}
