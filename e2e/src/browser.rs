//! One real Chromium process with a face and a voice of its own, driven through chromedriver.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::fake_media::Person;
use crate::folder::TempFolder;
use crate::probe::INSTALL_PROBE;
use crate::process::{Process, signal, with_argument};

/// Whether the browser lets a page make sound before anybody clicked in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Yes: for tests that are about something else.
    Allowed,
    /// No, as browsers do unless one uses a site often.
    NeedsClick,
}

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

/// A running browser, at a blank page.
#[derive(Debug)]
pub struct Browser {
    // Never dropped: thirtyfour's farewell needs the runtime that a dropping test blocks, and waits two minutes for it.
    pub(crate) driver: ManuallyDrop<WebDriver>,
    person: Person,
    // Ended in this order: chromedriver, then what is left of Chromium, then the profile.
    _chromedriver: Process,
    _chromium: Leftovers,
    folder: TempFolder,
}

/// Chromium outlives a chromedriver that was killed; its profile's path in the command line says which one is ours.
#[derive(Debug)]
struct Leftovers(String);

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

impl Browser {
    /// Starts one that grants camera and microphone without asking.
    pub async fn start(person: Person) -> Self {
        Self::start_with(person, Sound::Allowed, &["--use-fake-ui-for-media-stream"]).await
    }

    /// Starts one with flags of the test's own.
    pub async fn start_with(person: Person, sound: Sound, flags: &[&str]) -> Self {
        let folder = TempFolder::new(person.name);
        let profile = folder.path().join("profile").display().to_string();
        let (chromedriver, port) = start_chromedriver(folder.path()).await;
        let mut caps = DesiredCapabilities::chrome();
        for flag in FLAGS.iter().chain(flags) {
            caps.add_arg(flag).unwrap();
        }
        caps.add_arg(&format!("--user-data-dir={profile}")).unwrap();
        caps.add_arg(&format!("--use-file-for-fake-video-capture={}", person.camera_file(folder.path()).display()))
            .unwrap();
        let voice = person.microphone_file(folder.path());
        caps.add_arg(&format!("--use-file-for-fake-audio-capture={}", voice.display())).unwrap();
        if sound == Sound::Allowed {
            caps.add_arg("--autoplay-policy=no-user-gesture-required").unwrap();
        }
        caps.accept_insecure_certs(true).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), caps).await.unwrap();
        driver
            .cdp()
            .send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": INSTALL_PROBE }))
            .await
            .unwrap();
        Self {
            driver: ManuallyDrop::new(driver),
            person,
            _chromedriver: chromedriver,
            _chromium: Leftovers(profile),
            folder,
        }
    }

    /// Who sits in front of it.
    pub fn person(&self) -> Person {
        self.person
    }

    /// Where downloads and other files of this browser may go.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens an address. A new fragment alone would not load the page anew, so a blank page comes between.
    pub async fn open(&self, url: &str) -> &Self {
        self.driver.goto("about:blank").await.unwrap();
        self.driver.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        self
    }

    /// Opens an address in another tab of the same profile, which becomes the current one.
    pub async fn open_tab(&self, url: &str) -> &Self {
        let tab = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(tab).await.unwrap();
        // The probe is installed per tab.
        let script = json!({ "source": INSTALL_PROBE });
        self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", script).await.unwrap();
        self.open(url).await
    }

    /// Closes the first tab, as a person does, and goes on in the other.
    pub async fn close_first_tab(&self) {
        let tabs = self.driver.windows().await.unwrap();
        self.driver.switch_to_window(tabs[0].clone()).await.unwrap();
        self.driver.close_window().await.unwrap();
        self.driver.switch_to_window(tabs[1].clone()).await.unwrap();
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// Runs a function body in the page; a promise is waited for.
    pub async fn run(&self, body: &str, arguments: Vec<Value>) -> Value {
        let answer = self.driver.execute(body, arguments).await;
        answer.unwrap_or_else(|error| panic!("{}: {error}\nin: {body}", self.person.name)).json().clone()
    }

    /// A DevTools command.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(command, parameters).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// A picture of the page into the folder named by `CONCLAVE_SHOTS`, when it is set.
    pub async fn shot(&self, name: &str) {
        let Some(folder) = std::env::var_os("CONCLAVE_SHOTS") else { return };
        let path = Path::new(&folder).join(format!("{name}-{}.png", self.person.name));
        self.driver.screenshot(&path).await.unwrap();
    }

    /// What the page says just now, for a failed test's message.
    pub async fn state(&self) -> String {
        let body = "return location.pathname + ' ⟨' + document.body.innerText.slice(0, 700).replaceAll('\\n', ' ┆ ') + '⟩ errors: '
            + JSON.stringify(window.__probe ? window.__probe.errors.concat(window.__probe.violations) : [])";
        match self.driver.execute(body, vec![]).await {
            Ok(answer) => answer.json().as_str().unwrap_or("").to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

async fn start_chromedriver(folder: &Path) -> (Process, u16) {
    let output = folder.join("chromedriver");
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdout(File::create(&output).unwrap()).stderr(Stdio::null());
    command.env("TMPDIR", folder).env("HOME", folder);
    let mut process = Process::start(&mut command);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let said = std::fs::read_to_string(&output).unwrap_or_default();
        if let Some((_, rest)) = said.split_once("started successfully on port ")
            && let Some((port, _)) = rest.split_once('.')
        {
            return (process, port.parse().unwrap());
        }
        assert!(process.ended().is_none() && Instant::now() < deadline, "chromedriver did not start: {said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
