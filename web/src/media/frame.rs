//! An empty document beside the page's, for a connection that is to know the network of now.

use js_sys::{Array, Function, Reflect};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{HtmlIFrameElement, RtcPeerConnection};

/// The document. It goes when this is dropped, and what was made in it ends.
#[derive(Debug)]
pub(super) struct Frame(HtmlIFrameElement);

impl Frame {
    /// Such a document and a connection that was made in it. `None` when the browser gives none.
    pub(super) fn with_connection() -> Option<(RtcPeerConnection, Self)> {
        let element: HtmlIFrameElement = document().create_element("iframe").ok()?.dyn_into().ok()?;
        element.set_hidden(true);
        document().body()?.append_child(&element).ok()?;
        let frame = Self(element);
        let window = frame.0.content_window()?;
        let constructor = Reflect::get(&window, &"RTCPeerConnection".into()).ok()?;
        let constructor: Function = constructor.dyn_into().ok()?;
        // Not by `dyn_into`: it is an instance of that document's class, not of the page's.
        let connection = Reflect::construct(&constructor, &Array::new()).ok()?.unchecked_into();
        Some((connection, frame))
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.0.remove();
    }
}
