//! A hand on the mouse: pointing, drawing, and reading a board's ink and pointers.

use serde_json::{Value, json};

use crate::browser::Browser;

impl Browser {
    /// The place on the screen that is this fraction of the element.
    async fn place_in(&self, test_id: &str, x: f64, y: f64) -> (f64, f64) {
        let body = r#"const found = document.querySelector(`[data-testid="${arguments[0]}"]`);
            found.scrollIntoView({ block: 'center', behavior: 'instant' });
            const box = found.getBoundingClientRect();
            return [box.left + box.width * arguments[1], box.top + box.height * arguments[2]];"#;
        let place = self.run(body, vec![json!(test_id), json!(x), json!(y)]).await;
        (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
    }

    async fn mouse(&self, kind: &str, (x, y): (f64, f64), pressed: bool) {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let parameters =
            json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": u8::from(pressed), "clickCount": 1 });
        self.devtools("Input.dispatchMouseEvent", parameters).await;
    }

    /// Moves the mouse there, in fractions of the element.
    pub async fn hover(&self, test_id: &str, x: f64, y: f64) -> &Self {
        self.until_sees(test_id).await;
        let place = self.place_in(test_id, x, y).await;
        self.mouse("mouseMoved", place, false).await;
        self
    }

    /// Draws a line through these places with the button held.
    pub async fn draw(&self, test_id: &str, places: &[(f64, f64)]) -> &Self {
        self.until_sees(test_id).await;
        let mut corners = Vec::new();
        for (x, y) in places {
            corners.push(self.place_in(test_id, *x, *y).await);
        }
        let (first, last) = (corners[0], corners[corners.len() - 1]);
        self.mouse("mouseMoved", first, false).await;
        self.mouse("mousePressed", first, true).await;
        for pair in corners.windows(2) {
            for step in 1..=8 {
                let part = f64::from(step) / 8.0;
                let between = |a: f64, b: f64| a + (b - a) * part;
                self.mouse("mouseMoved", (between(pair[0].0, pair[1].0), between(pair[0].1, pair[1].1)), true).await;
            }
        }
        self.mouse("mouseReleased", last, false).await;
        self
    }

    /// Pixels of a canvas that differ from its corner.
    pub async fn ink(&self, test_id: &str) -> u64 {
        let body = r#"const canvas = document.querySelector(`[data-testid="${arguments[0]}"]`);
            if (!canvas || !canvas.width || !canvas.height) return 0;
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            let count = 0;
            for (let i = 0; i < data.length; i += 4) {
              let distance = 0;
              for (let c = 0; c < 4; c += 1) distance += Math.abs(data[i + c] - data[c]);
              if (distance > 60) count += 1;
            }
            return count;"#;
        self.run(body, vec![json!(test_id)]).await.as_u64().unwrap()
    }

    /// Where this person's pointer is painted, in fractions of the board.
    pub async fn pointer(&self, number: u16) -> Option<(f64, f64)> {
        let (x, y) = self.raw_pointer(number).await?;
        Some((f64::from(x) / 65535.0, f64::from(y) / 65535.0))
    }

    /// Where this person's pointer is painted, as it travelled.
    pub async fn raw_pointer(&self, number: u16) -> Option<(u16, u16)> {
        let name = format!("pointer-{number}");
        if !self.sees(&name).await {
            return None;
        }
        let x = self.attribute(&name, "data-x").await?.parse().ok()?;
        let y = self.attribute(&name, "data-y").await?.parse().ok()?;
        Some((x, y))
    }

    /// Milliseconds from a mouse move here to the frame that shows it in `other`. Both read the same machine's clock.
    pub async fn pointer_delay_ms(&self, other: &Browser, number: u16, x: f64) -> f64 {
        let watch = r#"const [number, x] = arguments;
            window.__seen = new Promise(resolve => {
              const look = () => {
                const pointer = document.querySelector(`[data-testid="pointer-${number}"]`);
                const there = pointer && Math.abs(pointer.dataset.x / 65535 - x) < 0.004;
                requestAnimationFrame(there ? () => resolve(performance.timeOrigin + performance.now()) : look);
              };
              look();
            });"#;
        other.run(watch, vec![json!(number), json!(x)]).await;
        let note = "window.addEventListener('pointermove',
            () => { window.__moved = performance.timeOrigin + performance.now(); }, { capture: true, once: true })";
        self.run(note, vec![]).await;
        self.hover("whiteboard", x, 0.5).await;
        let seen = other.run("return window.__seen", vec![]).await;
        let moved = self.run("return window.__moved", vec![]).await;
        seen.as_f64().unwrap() - moved.as_f64().unwrap()
    }

    /// Clicks a dialog's yes where the page asks again.
    pub async fn confirm_if_asked(&self, test_id: &str) {
        let asked = crate::until::until_within(std::time::Duration::from_secs(2), || self.sees(test_id)).await;
        if asked {
            self.click(test_id).await;
        }
    }

    /// Whether anything on the page plays live sound aloud.
    pub async fn is_playing_sound(&self) -> bool {
        let body = "return [...document.querySelectorAll('audio, video')].some(media => !media.paused && !media.muted
            && media.srcObject && media.srcObject.getAudioTracks().some(track => !track.muted && track.readyState === 'live'))";
        self.run(body, vec![]).await == Value::Bool(true)
    }
}
