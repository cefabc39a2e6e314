//! Janus 1.1 from Debian as the peer: its VideoRoom and AudioBridge plugins with one event loop, spoken to over its HTTP interface.
//!
//! It is started afresh for every round: handles that a client leaves behind make it dearer from run to run.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Shape};
use crate::net::ADDRESS;
use crate::server::{Server, pinned};

/// The way to a running Janus.
pub(crate) struct Janus {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    feed: Option<u64>,
    folder: PathBuf,
}

/// Whether Debian's package is there.
pub(crate) fn is_installed() -> bool {
    ["libjanus_videoroom.so", "libjanus_audiobridge.so"].iter().all(|name| plugin("plugins", name).is_some())
        && std::path::Path::new("/usr/bin/janus").exists()
}

fn plugin(kind: &str, name: &str) -> Option<PathBuf> {
    let roots = ["/usr/lib/x86_64-linux-gnu/janus", "/usr/lib/aarch64-linux-gnu/janus", "/usr/lib/janus"];
    roots.iter().map(|root| PathBuf::from(root).join(kind).join(name)).find(|path| path.exists())
}

/// Starts it on core 1 with the room open.
pub(crate) fn start() -> Server {
    let folder = std::env::temp_dir().join(format!("conclave-bench-janus-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    for sub in ["pl", "tr", "ev", "lg"] {
        std::fs::create_dir_all(folder.join(sub)).unwrap();
    }
    let link = |kind: &str, name: &str, sub: &str| {
        std::os::unix::fs::symlink(plugin(kind, name).unwrap(), folder.join(sub).join(name)).unwrap();
    };
    link("plugins", "libjanus_videoroom.so", "pl");
    link("plugins", "libjanus_audiobridge.so", "pl");
    link("transports", "libjanus_http.so", "tr");
    let path = folder.display();
    let files = [
        (
            "janus.jcfg",
            format!(
                "general: {{ configs_folder=\"{path}\" plugins_folder=\"{path}/pl\" transports_folder=\"{path}/tr\" \
                 events_folder=\"{path}/ev\" loggers_folder=\"{path}/lg\" debug_level=3 interface=\"{ADDRESS}\" \
                 session_timeout=120 event_loops=1 }}\n\
                 media: {{ rtp_port_range=\"20000-29999\" slowlink_threshold=0 }}\n\
                 nat: {{ ice_lite=true ice_enforce_list=\"v0\" }}\n"
            ),
        ),
        (
            "janus.transport.http.jcfg",
            format!("general: {{ json=\"compact\" base_path=\"/janus\" http=true port=8088 ip=\"{ADDRESS}\" https=false }}\n"),
        ),
        (
            "janus.plugin.videoroom.jcfg",
            "room-1: { publishers=100 bitrate=0 fir_freq=0 audiocodec=\"opus\" videocodec=\"vp8\" notify_joining=false }\n"
                .to_owned(),
        ),
        // The rate that browsers encode at, as our SFU passes it on.
        ("janus.plugin.audiobridge.jcfg", "room-1: { sampling_rate=48000 audiolevel_ext=true }\n".to_owned()),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let child = pinned("/usr/bin/janus")
        .arg("-F")
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let janus = Janus { runtime, http: reqwest::Client::new(), feed: None, folder };
    let deadline = Instant::now() + Duration::from_secs(20);
    while janus.try_post("", &json!({ "janus": "info", "transaction": "t" })).is_none() {
        assert!(Instant::now() < deadline, "Janus did not start");
        std::thread::sleep(Duration::from_millis(100));
    }
    Server::janus(child, janus)
}

impl Janus {
    /// Brings a client in: a session, a handle, then the room.
    pub(crate) fn join(&mut self, client: &mut Client, publishes: bool) {
        let session = self.create("", "create", None);
        let handle = self.create(&format!("/{session}"), "attach", Some("janus.plugin.videoroom"));
        let (at, poll) = (format!("/{session}/{handle}"), format!("/{session}?maxev=1"));
        if publishes {
            let body = json!({ "request": "joinandconfigure", "ptype": "publisher", "room": 1, "audio": false, "video": true });
            let offer = client.offer(Shape::Single, true);
            self.message(&at, &body, Some(json!({ "type": "offer", "sdp": offer })));
            let event = self.event(&poll);
            self.feed = event["plugindata"]["data"]["id"].as_u64();
            client.accept(event["jsep"]["sdp"].as_str().unwrap());
        } else {
            let body = json!({ "request": "join", "ptype": "subscriber", "room": 1, "streams": [{ "feed": self.feed.unwrap() }] });
            self.message(&at, &body, None);
            let event = self.event(&poll);
            let answer = client.answer(event["jsep"]["sdp"].as_str().unwrap_or_else(|| panic!("{event}")));
            self.message(&at, &json!({ "request": "start" }), Some(json!({ "type": "answer", "sdp": answer })));
        }
    }

    /// Brings a client into the room that mixes voices: a session, a handle, then the room.
    pub(crate) fn join_mixed(&mut self, client: &mut Client) {
        let session = self.create("", "create", None);
        let handle = self.create(&format!("/{session}"), "attach", Some("janus.plugin.audiobridge"));
        let body = json!({ "request": "join", "room": 1, "muted": false });
        let offer = client.offer(Shape::Voice, true);
        self.message(&format!("/{session}/{handle}"), &body, Some(json!({ "type": "offer", "sdp": offer })));
        let event = self.event(&format!("/{session}?maxev=1"));
        client.accept(event["jsep"]["sdp"].as_str().unwrap());
    }

    fn create(&self, path: &str, what: &str, plugin: Option<&str>) -> u64 {
        let mut body = json!({ "janus": what, "transaction": "t" });
        if let Some(plugin) = plugin {
            body["plugin"] = plugin.into();
        }
        let answer = self.try_post(path, &body).unwrap();
        answer["data"]["id"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    }

    fn message(&self, path: &str, body: &Value, jsep: Option<Value>) {
        let mut message = json!({ "janus": "message", "transaction": "t", "body": body });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let answer = self.try_post(path, &message).unwrap();
        assert_eq!(answer["janus"], "ack", "{answer}");
    }

    /// The next event that carries SDP.
    fn event(&self, path: &str) -> Value {
        for _ in 0..20 {
            let get = self.http.get(format!("http://{ADDRESS}:8088/janus{path}")).send();
            let event = self.runtime.block_on(async { get.await?.json::<Value>().await }).unwrap();
            if event.get("jsep").is_some() {
                return event;
            }
        }
        panic!("no event with SDP from Janus");
    }

    fn try_post(&self, path: &str, body: &Value) -> Option<Value> {
        let post = self.http.post(format!("http://{ADDRESS}:8088/janus{path}")).json(body).send();
        self.runtime.block_on(async { post.await?.json().await }).ok()
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
