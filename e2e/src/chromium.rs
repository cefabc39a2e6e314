//! Starting Chromium, through chromedriver.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use thirtyfour::prelude::*;

use crate::browser::Sound;
use crate::engine::{Engine, Running};
use crate::fake_media::Person;
use crate::probe::INSTALL_PROBE;
use crate::process::{Leftovers, Process};

/// What works as root, headless, with fake devices, over loopback. `--allow-loopback-in-peer-connection` because with
/// no other interface up Chromium offers no candidate at all.
const FLAGS: [&str; 17] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--window-size=1280,900",
    "--lang=en-GB",
    "--disable-features=Translate,MediaRouter",
];

/// Starts one whose camera and microphone are this person's.
pub(crate) async fn start(person: Person, sound: Sound, flags: &[&str], folder: &Path) -> Running {
    let profile = folder.join("profile").display().to_string();
    let (chromedriver, port) = start_chromedriver(folder).await;
    let mut caps = DesiredCapabilities::chrome();
    for flag in FLAGS.iter().chain(flags) {
        caps.add_arg(flag).unwrap();
    }
    caps.add_arg(&format!("--user-data-dir={profile}")).unwrap();
    caps.add_arg(&format!("--use-file-for-fake-video-capture={}", person.camera_file(folder).display())).unwrap();
    caps.add_arg(&format!("--use-file-for-fake-audio-capture={}", person.microphone_file(folder).display())).unwrap();
    if sound == Sound::Allowed {
        caps.add_arg("--autoplay-policy=no-user-gesture-required").unwrap();
    }
    caps.accept_insecure_certs(true).unwrap();
    let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), caps).await.unwrap();
    install_probe(&driver).await;
    // Chromium outlives a chromedriver that was killed.
    Running {
        engine: Engine::Chromium(ManuallyDrop::new(driver)),
        _process: chromedriver,
        _leftovers: Leftovers(profile),
    }
}

/// Has the probe run in every document of the current tab.
pub(crate) async fn install_probe(driver: &WebDriver) {
    let script = json!({ "source": INSTALL_PROBE });
    driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", script).await.unwrap();
}

/// How often chromedriver is started. It takes a port that is free for IPv6 and gives up when IPv4 has it taken.
const TRIES: usize = 5;

async fn start_chromedriver(folder: &Path) -> (Process, u16) {
    let mut said = String::new();
    for _ in 0..TRIES {
        match try_chromedriver(folder).await {
            Ok(started) => return started,
            Err(words) => said = words,
        }
        if !said.contains("port not available") {
            break;
        }
    }
    panic!("chromedriver did not start: {said}");
}

/// The process and its port, or its last words.
async fn try_chromedriver(folder: &Path) -> Result<(Process, u16), String> {
    let output = folder.join("chromedriver");
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdout(File::create(&output).unwrap()).stderr(Stdio::null());
    command.env("TMPDIR", folder).env("HOME", folder);
    let mut process = Process::start(&mut command);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        // Asked before reading: what it said before it ended is then all there.
        let has_ended = process.ended().is_some();
        let said = std::fs::read_to_string(&output).unwrap_or_default();
        if let Some((_, rest)) = said.split_once("started successfully on port ")
            && let Some((port, _)) = rest.split_once('.')
        {
            return Ok((process, port.parse().unwrap()));
        }
        if has_ended || Instant::now() >= deadline {
            return Err(said);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
