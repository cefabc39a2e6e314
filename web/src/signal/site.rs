//! What the page may know of the deployment before anybody logs in.

use shared::api::Site;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// Asks the server. `None` when it does not answer: everything that depends on it is a courtesy.
pub async fn fetch() -> Option<Site> {
    let window = web_sys::window()?;
    let response = JsFuture::from(window.fetch_with_str("/api/v1/site")).await.ok()?;
    let text = response.dyn_into::<web_sys::Response>().ok()?.text().ok()?;
    serde_json::from_str(&JsFuture::from(text).await.ok()?.as_string()?).ok()
}
