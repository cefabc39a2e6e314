//! What a person does and sees: the words of a test, over the page's `data-testid`s.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::console::{Console, Link};
use crate::deployment::Deployment;
use crate::fake_media::Colour;
use crate::until::{PATIENCE, until_within};

impl Browser {
    /// Asks until it is so; on the deadline says what the page shows.
    pub async fn wait<F, Fut>(&self, what: &str, question: F)
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = bool>,
    {
        self.wait_within(PATIENCE, what, question).await;
    }

    /// [`Browser::wait`] with a deadline of its own.
    pub async fn wait_within<F, Fut>(&self, patience: Duration, what: &str, question: F)
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = bool>,
    {
        if !until_within(patience, question).await {
            self.shot("failed").await;
            panic!("{} waited {patience:?} in vain for: {what}\n{}", self.person().name, self.state().await);
        }
    }

    /// Whether it is on the page and visible.
    pub async fn sees(&self, test_id: &str) -> bool {
        let body = r#"const found = document.querySelector(`[data-testid="${arguments[0]}"]`);
            return !!found && found.checkVisibility({ visibilityProperty: true }) && found.getClientRects().length > 0;"#;
        self.run(body, vec![json!(test_id)]).await.as_bool().unwrap()
    }

    /// Waits until it is on the page and visible.
    pub async fn until_sees(&self, test_id: &str) -> &Self {
        self.wait(&format!("{test_id} to be visible"), || self.sees(test_id)).await;
        self
    }

    /// Waits until it is gone.
    pub async fn until_gone(&self, test_id: &str) -> &Self {
        self.wait(&format!("{test_id} to be gone"), || async { !self.sees(test_id).await }).await;
        self
    }

    /// Clicks it, once it can be clicked.
    pub async fn click(&self, test_id: &str) -> &Self {
        self.until_sees(test_id).await;
        // A page that redraws may replace the element between finding and clicking it.
        self.wait(&format!("{test_id} to be clickable"), || async {
            let clicked = self.running.engine.click(test_id).await.is_ok();
            if !clicked {
                // What lies below a bar that sticks counts as in view: a person scrolls it out from under.
                let body = r#"document.querySelector(`[data-testid="${arguments[0]}"]`)?.scrollIntoView({ block: 'center', behavior: 'instant' })"#;
                self.run(body, vec![json!(test_id)]).await;
            }
            clicked
        })
        .await;
        self
    }

    /// Types into a field, replacing what is in it.
    pub async fn fill(&self, test_id: &str, text: &str) -> &Self {
        self.until_sees(test_id).await;
        self.running.engine.fill(test_id, text).await.unwrap_or_else(|error| panic!("{test_id}: {error}"));
        self
    }

    /// Sets a field to what no keyboard types (a date, control characters, 10,000 characters), as a paste would.
    pub async fn paste(&self, test_id: &str, text: &str) -> &Self {
        self.until_sees(test_id).await;
        let body = r#"const field = document.querySelector(`[data-testid="${arguments[0]}"]`);
            const proto = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype
                : field instanceof HTMLSelectElement ? HTMLSelectElement.prototype : HTMLInputElement.prototype;
            Object.getOwnPropertyDescriptor(proto, 'value').set.call(field, arguments[1]);
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));"#;
        self.run(body, vec![json!(test_id), json!(text)]).await;
        self
    }

    /// What it says, as a person reads it.
    pub async fn text(&self, test_id: &str) -> String {
        self.until_sees(test_id).await;
        let body = r#"return document.querySelector(`[data-testid="${arguments[0]}"]`).innerText"#;
        self.run(body, vec![json!(test_id)]).await.as_str().unwrap_or("").trim().to_owned()
    }

    /// What is in a field.
    pub async fn value(&self, test_id: &str) -> String {
        let body = r#"return document.querySelector(`[data-testid="${arguments[0]}"]`).value"#;
        self.run(body, vec![json!(test_id)]).await.as_str().unwrap_or("").to_owned()
    }

    /// Everything the page says.
    pub async fn page_text(&self) -> String {
        self.run("return document.body.innerText", vec![]).await.as_str().unwrap_or("").to_owned()
    }

    /// What the part `test_id` inside `outer` says, once it is there.
    pub async fn text_in(&self, outer: &str, test_id: &str) -> String {
        let body = r#"return document.querySelector(`[data-testid="${arguments[0]}"] [data-testid="${arguments[1]}"]`)?.innerText ?? null"#;
        let ask = || self.run(body, vec![json!(outer), json!(test_id)]);
        self.wait(&format!("{test_id} in {outer}"), || async { ask().await.is_string() }).await;
        ask().await.as_str().unwrap_or("").to_owned()
    }

    /// An attribute of the part `test_id` inside `outer`.
    pub async fn attribute_in(&self, outer: &str, test_id: &str, name: &str) -> Option<String> {
        let body = r#"return document.querySelector(`[data-testid="${arguments[0]}"] [data-testid="${arguments[1]}"]`)
            ?.getAttribute(arguments[2]) ?? null"#;
        self.run(body, vec![json!(outer), json!(test_id), json!(name)]).await.as_str().map(str::to_owned)
    }

    /// Whether a button shows that its click is being worked on.
    pub async fn is_busy(&self, test_id: &str) -> bool {
        let body = r#"const found = document.querySelector(`[data-testid="${arguments[0]}"]`);
            return !!found && (found.disabled || found.ariaBusy === 'true' || found.ariaDisabled === 'true')"#;
        self.run(body, vec![json!(test_id)]).await.as_bool() == Some(true)
    }

    /// Presses Enter in a field.
    pub async fn press_enter_in(&self, test_id: &str) -> &Self {
        self.running.engine.press_enter(test_id).await.unwrap();
        self
    }

    /// What the page says about a PIN that was not taken, once the answer is there.
    pub async fn refusal(&self) -> String {
        self.wait("a refusal", || async { !self.is_busy("pin-submit").await && self.sees("join-error").await }).await;
        self.text("join-error").await
    }

    /// Fetches something as the page would, cookie included.
    pub async fn fetch_text(&self, path: &str) -> String {
        let body = "return fetch(arguments[0]).then(answer => answer.text())";
        self.run(body, vec![json!(path)]).await.as_str().unwrap_or("").to_owned()
    }

    /// Whether there is a tile of that person.
    pub async fn has_tile(&self, name: &str) -> bool {
        self.find_number("tile-", name).await.is_some()
    }

    /// An attribute of it, or `None`.
    pub async fn attribute(&self, test_id: &str, name: &str) -> Option<String> {
        let body =
            r#"return document.querySelector(`[data-testid="${arguments[0]}"]`)?.getAttribute(arguments[1]) ?? null"#;
        self.run(body, vec![json!(test_id), json!(name)]).await.as_str().map(str::to_owned)
    }

    /// Elements whose test id is `prefix` and a number: number → `data-name`.
    pub async fn numbered(&self, prefix: &str) -> BTreeMap<u16, String> {
        let body = r#"return [...document.querySelectorAll(`[data-testid^="${arguments[0]}"]`)]
            .map(found => [found.dataset.testid.slice(arguments[0].length), found.dataset.name ?? ''])
            .filter(([number]) => /^\d+$/.test(number))"#;
        let found = self.run(body, vec![json!(prefix)]).await;
        let pair = |pair: &serde_json::Value| Some((pair[0].as_str()?.parse().ok()?, pair[1].as_str()?.to_owned()));
        found.as_array().unwrap().iter().filter_map(pair).collect()
    }

    /// The number of the element with this prefix and name, once it is there.
    pub async fn number_of(&self, prefix: &str, name: &str) -> u16 {
        self.wait(&format!("{prefix}… of {name}"), || async { self.find_number(prefix, name).await.is_some() }).await;
        self.find_number(prefix, name).await.unwrap_or_else(|| panic!("{prefix} of {name} went away"))
    }

    async fn find_number(&self, prefix: &str, name: &str) -> Option<u16> {
        self.numbered(prefix).await.into_iter().find(|(_, n)| n == name).map(|(number, _)| number)
    }

    /// Opens the invitation, types the PIN and sends it.
    pub async fn knock(&self, link: &Link) -> &Self {
        self.open(link.url()).await;
        self.fill("pin-input", &link.pin).await.click("pin-submit").await
    }

    /// Knocks, and goes through the green room.
    pub async fn come_in(&self, link: &Link) -> &Self {
        self.knock(link).await.until_sees("greenroom").await;
        self.until_preview().await;
        self.click("enter").await
    }

    /// Waits for one's own picture in the green room: whoever enters before it comes without a camera.
    pub async fn until_preview(&self) -> &Self {
        self.wait("one's own picture in the green room", || async {
            let body = "const video = document.querySelector('[data-testid=\"preview-video\"]');
                const inner = video && video.tagName !== 'VIDEO' ? video.querySelector('video') : video;
                return !!inner && inner.videoWidth > 0";
            self.run(body, vec![]).await.as_bool() == Some(true)
        })
        .await;
        self
    }

    /// Logs in to the console, so that this browser holds an account's cookie: a moderator's second factor.
    pub async fn log_in(&self, server: &Deployment) {
        let (name, password) = server.admin();
        self.open(&format!("{}/console", server.url())).await;
        let body = "return fetch('/api/v1/login', { method: 'POST', headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ name: arguments[0], password: arguments[1] }) }).then(answer => answer.status)";
        let status = self.run(body, vec![json!(name), json!(password)]).await;
        assert_eq!(status, json!(200), "{}", self.state().await);
    }

    /// Goes on with a login that a program made: its cookie, in this browser.
    pub async fn take_over(&self, server: &Deployment, console: &Console) {
        let (name, value) = console.cookie().split_once('=').unwrap();
        let url = format!("{}/", server.url());
        let cookie = json!({ "name": name, "value": value, "url": url, "path": "/", "secure": true, "httpOnly": true });
        let answer = self.devtools("Network.setCookie", cookie).await;
        assert_eq!(answer["success"], json!(true), "{answer}");
    }

    /// Logs in to the console as a person does, by its form.
    pub async fn log_in_by_form(&self, server: &Deployment) -> &Self {
        let (name, password) = server.admin();
        self.open(&format!("{}/console", server.url())).await;
        self.fill("login-name", name).await.fill("login-password", password).await.click("login-submit").await;
        self.until_sees("meeting-list").await
    }

    /// A moderator comes in with an account and stands in the room.
    pub async fn moderate(&self, server: &Deployment, link: &Link) -> &Self {
        self.log_in(server).await;
        self.come_in(link).await.until_sees("room").await
    }

    /// Moderator: lets this person in.
    pub async fn admit(&self, name: &str) -> &Self {
        let number = self.number_of("lobby-card-", name).await;
        self.click(&format!("admit-{number}")).await
    }

    /// Moderator: turns this person away.
    pub async fn refuse(&self, name: &str) -> &Self {
        let number = self.number_of("lobby-card-", name).await;
        self.refuse_because(number, "unsaid").await
    }

    /// The same with a reason, as the dialog's buttons are called.
    pub async fn refuse_because(&self, number: u16, reason: &str) -> &Self {
        self.click(&format!("refuse-{number}")).await.click(&format!("refuse-{number}-{reason}")).await
    }

    /// Whose faces the tiles show: name → colour, for tiles that show one.
    pub async fn faces(&self) -> BTreeMap<String, Colour> {
        let mut faces = BTreeMap::new();
        for (number, name) in self.numbered("tile-").await {
            if let Some(colour) = self.face_in(&format!("tile-{number}")).await {
                faces.insert(name, colour);
            }
        }
        faces
    }

    /// Waits until the tiles of others show exactly these people's faces.
    pub async fn until_faces(&self, people: &[crate::fake_media::Person]) {
        let expected: BTreeMap<_, _> = people.iter().map(|person| (person.name.to_owned(), person.face)).collect();
        self.wait(&format!("the faces {expected:?}"), || async {
            let mut faces = self.faces().await;
            faces.remove(self.person().name);
            faces == expected
        })
        .await;
    }

    /// Waits until exactly these people's beeps are heard.
    pub async fn until_hears(&self, people: &[crate::fake_media::Person]) {
        let expected = people.iter().map(|person| person.name).collect();
        self.wait(&format!("the voices {expected:?}"), || async { self.hears().await == expected }).await;
    }
}
