//! One WebSocket: typed messages both ways, and an end when the other side falls silent.

use std::cell::Cell;
use std::rc::Rc;

use leptos::leptos_dom::helpers::{IntervalHandle, set_interval_with_handle};
use shared::limits::SILENCE_MS;
use shared::signal::{ClientMsg, ServerMsg};
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, MessageEvent, WebSocket};

/// How often silence is looked for, milliseconds.
const LOOK_EVERY_MS: u64 = 500;

/// What a socket tells.
#[derive(Debug)]
pub enum SocketEvent {
    /// It can be written to.
    Open,
    /// A message came.
    Message(ServerMsg),
    /// It is gone: closed, broken, or silent for too long. Told once.
    Gone,
}

/// A WebSocket that closes when it is dropped.
pub struct Socket {
    socket: WebSocket,
    silence: Option<IntervalHandle>,
    _handlers: Vec<Closure<dyn FnMut(Event)>>,
}

impl Socket {
    /// Opens a socket to this page's own server. `None` when the browser will not have it.
    pub fn open(on_event: impl Fn(SocketEvent) + 'static) -> Option<Self> {
        let socket = WebSocket::new(&address()?).ok()?;
        let listener = Rc::new(Listener { on_event, quiet_looks: Cell::new(0), is_gone: Cell::new(false) });
        let handlers = vec![
            listen(&socket, "open", &listener, |listener, _| listener.heard(SocketEvent::Open)),
            listen(&socket, "message", &listener, |listener, event| {
                let text = event.dyn_into::<MessageEvent>().ok().and_then(|event| event.data().as_string());
                if let Some(message) = text.and_then(|text| ServerMsg::decode(&text)) {
                    listener.heard(SocketEvent::Message(message));
                }
            }),
            listen(&socket, "close", &listener, |listener, _| listener.gone()),
            listen(&socket, "error", &listener, |listener, _| listener.gone()),
        ];
        let silence = set_interval_with_handle(move || listener.look(), Duration::from_millis(LOOK_EVERY_MS)).ok();
        Some(Self { socket, silence, _handlers: handlers })
    }

    /// Sends a message; one that cannot be sent is lost with the socket, whose end is told separately.
    pub fn send(&self, message: &ClientMsg) {
        if self.socket.ready_state() == WebSocket::OPEN {
            let _ = self.socket.send_with_str(&message.encode());
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(silence) = self.silence.take() {
            silence.clear();
        }
        for handler in ["open", "message", "close", "error"].iter().zip(&self._handlers) {
            let _ = self.socket.remove_event_listener_with_callback(handler.0, handler.1.as_ref().unchecked_ref());
        }
        let _ = self.socket.close();
    }
}

struct Listener<F> {
    on_event: F,
    /// Looks since the last message. Counting looks instead of reading a clock keeps a page that was put to sleep
    /// from taking its own sleep for the server's silence.
    quiet_looks: Cell<u64>,
    is_gone: Cell<bool>,
}

impl<F: Fn(SocketEvent)> Listener<F> {
    fn heard(&self, event: SocketEvent) {
        self.quiet_looks.set(0);
        (self.on_event)(event);
    }

    fn look(&self) {
        self.quiet_looks.set(self.quiet_looks.get() + 1);
        if self.quiet_looks.get() * LOOK_EVERY_MS > SILENCE_MS {
            self.gone();
        }
    }

    fn gone(&self) {
        if !self.is_gone.replace(true) {
            (self.on_event)(SocketEvent::Gone);
        }
    }
}

fn listen<F: Fn(SocketEvent) + 'static>(
    socket: &WebSocket,
    kind: &str,
    listener: &Rc<Listener<F>>,
    handle: impl Fn(&Listener<F>, Event) + 'static,
) -> Closure<dyn FnMut(Event)> {
    let listener = Rc::clone(listener);
    let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| handle(&listener, event));
    let _ = socket.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
    closure
}

fn address() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/api/v1/ws", location.host().ok()?))
}
