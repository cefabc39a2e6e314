//! Sends a [`Call`] with the browser's `fetch` and reads the answer. Same origin only, so the cookie goes along by itself.

use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use super::api::{Call, CallError};

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A person did something: the server counts it as activity.
    Person,
    /// The page asks by itself: it must not keep an idle login alive (D8).
    Page,
}

/// Sends the call and waits for the answer.
pub(crate) async fn send<T: DeserializeOwned>(call: &Call<T>, by: By) -> Result<T, CallError> {
    let (status, body) = exchange(call, by).await.map_err(|_| CallError::Unreachable)?;
    call.read(status, &body)
}

async fn exchange<T>(call: &Call<T>, by: By) -> Result<(u16, String), JsValue> {
    let init = RequestInit::new();
    init.set_method(call.method);
    init.set_headers(headers(call, by)?.as_ref());
    if let Some(body) = &call.body {
        init.set_body(&JsValue::from_str(body));
    }
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(&call.path, &init)).await?.dyn_into()?;
    let body = JsFuture::from(response.text()?).await?;
    Ok((response.status(), body.as_string().unwrap_or_default()))
}

fn headers<T>(call: &Call<T>, by: By) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    if call.body.is_some() {
        headers.set("Content-Type", "application/json")?;
    }
    if by == By::Page {
        headers.set("X-Background", "1")?;
    }
    Ok(headers)
}
