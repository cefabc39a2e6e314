//! Starting Firefox, which needs no driver.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bidi::Bidi;
use crate::engine::{Engine, Running};
use crate::fake_media::Person;
use crate::probe::INSTALL_PROBE;
use crate::process::{Leftovers, Process};

/// Media over loopback from a camera and a microphone that are not there, granted without asking, heard without a
/// click. What a driven browser should leave alone (updates, telemetry, experiments) it knows by itself, with a few
/// exceptions.
fn preferences(person: Person) -> [(&'static str, Value); 13] {
    [
        ("media.peerconnection.ice.loopback", json!(true)),
        ("media.navigator.streams.fake", json!(true)),
        // Its picture changes colour all the time, but its sound can be this person's.
        ("media.navigator.audio.fake_frequency", json!(person.voice)),
        ("media.navigator.permission.disabled", json!(true)),
        ("permissions.default.camera", json!(1)),
        ("permissions.default.microphone", json!(1)),
        ("media.autoplay.default", json!(0)),
        ("intl.accept_languages", json!("en-GB")),
        ("app.normandy.enabled", json!(false)),
        ("services.settings.server", json!("data:,#none/v1")),
        ("browser.startup.page", json!(0)),
        // One tab needs few processes, and starts sooner.
        ("fission.autostart", json!(false)),
        ("dom.ipc.processPrelaunch.enabled", json!(false)),
    ]
}

/// Starts one whose microphone is this person's.
pub(crate) async fn start(person: Person, folder: &Path) -> Running {
    let profile = folder.join("profile");
    std::fs::create_dir(&profile).unwrap();
    let mut lines = String::new();
    for (name, value) in preferences(person) {
        writeln!(lines, "user_pref(\"{name}\", {value});").unwrap();
    }
    std::fs::write(profile.join("user.js"), lines).unwrap();
    let (process, url) = launch(&profile, folder).await;
    let tab = Bidi::start(&url, INSTALL_PROBE).await.unwrap();
    Running {
        engine: Engine::Firefox(Box::new(tab)),
        _process: process,
        _leftovers: Leftovers(profile.display().to_string()),
    }
}

/// The process, and where it listens.
async fn launch(profile: &Path, folder: &Path) -> (Process, String) {
    let output = folder.join("firefox");
    let mut command = Command::new("firefox-esr");
    command.args(["--headless", "--no-remote", "--remote-debugging-port=0", "--profile"]).arg(profile);
    command.stdout(Stdio::null()).stderr(File::create(&output).unwrap());
    command.env("TMPDIR", folder).env("HOME", folder).env("MOZ_CRASHREPORTER_DISABLE", "1");
    let mut process = Process::start(&mut command);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let said = std::fs::read_to_string(&output).unwrap_or_default();
        if let Some((_, rest)) = said.split_once("WebDriver BiDi listening on ")
            && let Some((url, _)) = rest.split_once('\n')
        {
            return (process, url.trim().to_owned());
        }
        assert!(process.ended().is_none() && Instant::now() < deadline, "Firefox did not start: {said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
