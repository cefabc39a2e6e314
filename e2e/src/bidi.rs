//! WebDriver BiDi, as much of it as a person needs: open, click, type, run a script. One browser, one tab.
//!
//! <https://www.w3.org/TR/webdriver-bidi/>; Firefox speaks it without a driver in between.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::until::PATIENCE;

/// A session with its one tab.
#[derive(Debug)]
pub(crate) struct Bidi {
    wire: Mutex<Wire>,
    context: String,
}

#[derive(Debug)]
struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
}

impl Wire {
    /// Sends a command and waits for its answer, but not for ever: a script's promise may never be kept.
    async fn send(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let answer = tokio::time::timeout(PATIENCE, self.exchange(method, params)).await;
        answer.unwrap_or_else(|_| Err(format!("{method}: no answer within {PATIENCE:?}")))
    }

    /// The command, then its answer; events in between are nobody's.
    async fn exchange(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.last_id += 1;
        let command = json!({ "id": self.last_id, "method": method, "params": params });
        self.socket.send(Message::text(command.to_string())).await.map_err(|error| error.to_string())?;
        loop {
            let arrived = self.socket.next().await.ok_or("the browser closed the connection")?;
            let Message::Text(text) = arrived.map_err(|error| error.to_string())? else { continue };
            let mut answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            if answer["id"] != json!(self.last_id) {
                continue;
            }
            return match answer["type"].as_str() {
                Some("success") => Ok(answer["result"].take()),
                _ => Err(format!("{method}: {} {}", answer["error"], answer["message"])),
            };
        }
    }
}

impl Bidi {
    /// A session on the browser that listens there. `preload` runs in every document before anything else.
    pub(crate) async fn start(url: &str, preload: &str) -> Result<Self, String> {
        let opened = tokio_tungstenite::connect_async(format!("{url}/session")).await;
        let (socket, _) = opened.map_err(|error| error.to_string())?;
        let mut wire = Wire { socket, last_id: 0 };
        let wishes = json!({ "capabilities": { "alwaysMatch": { "acceptInsecureCerts": true } } });
        wire.send("session.new", wishes).await?;
        let script = json!({ "functionDeclaration": format!("() => {{ {preload} }}") });
        wire.send("script.addPreloadScript", script).await?;
        let tree = wire.send("browsingContext.getTree", json!({})).await?;
        let context = tree["contexts"][0]["context"].as_str().ok_or("the browser has no tab")?.to_owned();
        let window = json!({ "context": context, "viewport": { "width": 1280, "height": 900 } });
        wire.send("browsingContext.setViewport", window).await?;
        Ok(Self { wire: Mutex::new(wire), context })
    }

    /// A command about the tab.
    async fn send(&self, method: &str, mut params: Value) -> Result<Value, String> {
        params["context"] = json!(self.context);
        self.wire.lock().await.send(method, params).await
    }

    pub(crate) async fn open(&self, url: &str) -> Result<(), String> {
        self.send("browsingContext.navigate", json!({ "url": url, "wait": "complete" })).await.map(drop)
    }

    pub(crate) async fn reload(&self) -> Result<(), String> {
        self.send("browsingContext.reload", json!({ "wait": "complete" })).await.map(drop)
    }

    /// Runs a function body in the page; a promise is waited for. JSON goes in and comes out: BiDi's own way of
    /// writing values tells more than a test wants to know.
    pub(crate) async fn run(&self, body: &str, arguments: &[Value]) -> Result<Value, String> {
        let declaration = format!(
            "async given => JSON.stringify(await (function () {{ {body} }}).apply(null, JSON.parse(given)) ?? null)"
        );
        let given = Value::from(arguments).to_string();
        let params = json!({
            "functionDeclaration": declaration,
            "arguments": [{ "type": "string", "value": given }],
            "target": { "context": self.context },
            "awaitPromise": true,
            "userActivation": false,
        });
        let answer = self.wire.lock().await.send("script.callFunction", params).await?;
        match answer["type"].as_str() {
            Some("success") => {
                let text = answer["result"]["value"].as_str().unwrap_or("null");
                serde_json::from_str(text).map_err(|error| error.to_string())
            }
            _ => Err(answer["exceptionDetails"]["text"].to_string()),
        }
    }

    /// Moves the mouse to the middle of what `css` finds first, and clicks.
    pub(crate) async fn click(&self, css: &str) -> Result<(), String> {
        let locator = json!({ "locator": { "type": "css", "value": css }, "maxNodeCount": 1 });
        let found = self.send("browsingContext.locateNodes", locator).await?;
        let element = found["nodes"][0]["sharedId"].as_str().ok_or("it is not there")?;
        // A person sees what lies on top, and clicks that.
        let look = "const found = document.querySelector(arguments[0]);
            found.scrollIntoView({ block: 'center', behavior: 'instant' });
            const box = found.getBoundingClientRect();
            const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
            return !!top && found.contains(top);";
        if self.run(look, &[json!(css)]).await? != json!(true) {
            return Err("something else is on top of it".into());
        }
        let origin = json!({ "type": "element", "element": { "sharedId": element } });
        let steps = json!([
            { "type": "pointerMove", "x": 0, "y": 0, "origin": origin },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]);
        let mouse = json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": steps }] });
        self.send("input.performActions", mouse).await.map(drop)
    }

    /// Presses these keys one after another in what `css` finds first.
    pub(crate) async fn press(&self, css: &str, keys: &str) -> Result<(), String> {
        self.run("document.querySelector(arguments[0]).focus()", &[json!(css)]).await?;
        let press = |key: char| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }));
        let steps: Vec<Value> = keys.chars().flat_map(press).collect();
        let keyboard = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": steps }] });
        self.send("input.performActions", keyboard).await.map(drop)
    }
}
