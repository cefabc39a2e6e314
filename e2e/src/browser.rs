//! One real browser with a face and a voice of its own.

use std::path::Path;

use serde_json::{Value, json};

use crate::chromium;
use crate::engine::{Engine, Running};
use crate::fake_media::{Person, large_camera};
use crate::firefox;
use crate::folder::TempFolder;

/// Whether the browser lets a page make sound before anybody clicked in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Yes: for tests that are about something else.
    Allowed,
    /// No, as browsers do unless one uses a site often.
    NeedsClick,
}

/// A running browser, at a blank page.
#[derive(Debug)]
pub struct Browser {
    pub(crate) running: Running,
    person: Person,
    // Goes last: the browser writes to it.
    folder: TempFolder,
}

impl Browser {
    /// Starts Chromium, which grants camera and microphone without asking.
    pub async fn start(person: Person) -> Self {
        Self::start_with(person, Sound::Allowed, &["--use-fake-ui-for-media-stream"]).await
    }

    /// Starts Chromium with flags of the test's own.
    pub async fn start_with(person: Person, sound: Sound, flags: &[&str]) -> Self {
        let folder = TempFolder::new(person.name);
        Self { running: chromium::start(person, sound, flags, folder.path()).await, person, folder }
    }

    /// As [`Browser::start`], with a camera of 1280 by 720 pixels in the person's colour.
    pub async fn start_with_large_camera(person: Person) -> Self {
        let browser = Self::start(person).await;
        let script = json!({ "source": large_camera(person) });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await;
        browser
    }

    /// Starts Firefox, which grants camera and microphone without asking. Its voice is the person's, its picture is not
    /// ([`Received`](crate::Received) counts frames instead), and it has no word for tabs, DevTools and the mouse.
    pub async fn start_firefox(person: Person) -> Self {
        let folder = TempFolder::new(person.name);
        Self { running: firefox::start(person, folder.path()).await, person, folder }
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
        for url in ["about:blank", url] {
            self.running.engine.open(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        }
        self
    }

    /// Opens an address in another tab of the same profile, which becomes the current one.
    pub async fn open_tab(&self, url: &str) -> &Self {
        let driver = self.running.engine.chromium();
        let tab = driver.new_tab().await.unwrap();
        driver.switch_to_window(tab).await.unwrap();
        // The probe is installed per tab.
        chromium::install_probe(driver).await;
        self.open(url).await
    }

    /// Closes the first tab, as a person does, and goes on in the other.
    pub async fn close_first_tab(&self) {
        let driver = self.running.engine.chromium();
        let tabs = driver.windows().await.unwrap();
        driver.switch_to_window(tabs[0].clone()).await.unwrap();
        driver.close_window().await.unwrap();
        driver.switch_to_window(tabs[1].clone()).await.unwrap();
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.running.engine.reload().await.unwrap();
    }

    /// Runs a function body in the page; a promise is waited for.
    pub async fn run(&self, body: &str, arguments: Vec<Value>) -> Value {
        let answer = self.running.engine.run(body, arguments).await;
        answer.unwrap_or_else(|error| panic!("{}: {error}\nin: {body}", self.person.name))
    }

    /// A DevTools command.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let devtools = self.running.engine.chromium().cdp();
        devtools.send_raw(command, parameters).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// A picture of the page into the folder named by `CONCLAVE_SHOTS`, when it is set. Chromium's only.
    pub async fn shot(&self, name: &str) {
        let Some(folder) = std::env::var_os("CONCLAVE_SHOTS") else { return };
        let path = Path::new(&folder).join(format!("{name}-{}.png", self.person.name));
        if let Engine::Chromium(driver) = &self.running.engine {
            driver.screenshot(&path).await.unwrap();
        }
    }

    /// Pictures of the page at a desktop's and a phone's size, light and dark; at none of them does it scroll sideways.
    pub async fn pictures(&self, name: &str) {
        for scheme in ["light", "dark"] {
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            self.devtools("Emulation.setEmulatedMedia", features).await;
            for (size, width, height) in [("desktop", 1280, 900), ("phone", 360, 740)] {
                let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
                self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
                self.shot(&format!("{name}-{size}-{scheme}")).await;
                let too_wide = "return document.documentElement.scrollWidth <= innerWidth ? null : [...document.querySelectorAll('body *')]
                    .filter(part => part.getBoundingClientRect().right > innerWidth + 1).slice(-6).map(part => part.className || part.tagName)";
                assert_eq!(self.run(too_wide, vec![]).await, Value::Null, "{name} scrolls sideways at {width} pixels");
            }
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    /// What the page says just now, for a failed test's message.
    pub async fn state(&self) -> String {
        let body = "return location.pathname + ' ⟨' + document.body.innerText.slice(0, 700).replaceAll('\\n', ' ┆ ') + '⟩ errors: '
            + JSON.stringify(window.__probe ? window.__probe.errors.concat(window.__probe.violations) : [])";
        match self.running.engine.run(body, vec![]).await {
            Ok(answer) => answer.as_str().unwrap_or("").to_owned(),
            Err(error) => error,
        }
    }
}
