//! This server's HTTP interface as an OpenAPI 3.1 document, at `/api/v1/openapi.json`: for whoever writes a client, and for the
//! tests that hold the server to it. It tells nothing that the source does not, so anybody may read it.
//!
//! Bodies are the types of `shared` themselves, read by utoipa. What a call refuses is named by the refusals, so that statuses
//! and waiting times are those of the code that answers. [`console`] and [`devices`] are the tables; a route that is missing in
//! them fails a test (`routes/tests/openapi.rs`).

mod call;
mod console;
mod devices;

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use utoipa::openapi::path::Paths;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder};

use crate::extract::COOKIE;

/// What the document calls the console's cookie, and a device's token.
const SESSION: &str = "session";
const DEVICE: &str = "device";

const ABOUT: &str = "\
Calls of the console under `/api/v1`, and the addresses where devices connect.\n\
\n\
Every answer of `/api/v1` that is no success carries an `ApiError`, a JSON object whose `error` says which. Beside what each call \
lists: a path that does not exist is answered 404 (`not_found`), a method that a path does not have 405 without a body, a request \
line or header that is too long 414 or 431 without a body, and a request whose `Host` is none of this server's 421 in plain text.\n\
\n\
Bodies are JSON of at most 16 KiB that arrive within 10 seconds; a field that is not known makes them unreadable. \
Calls that change something are answered only to this site's own pages: `Origin` must be this site's, and `Sec-Fetch-Site`, \
where it is sent, `same-origin`.\n\
\n\
The WebSocket of a participant's page speaks a protocol of its own, with a version of its own: see `shared/src/signal`.";

/// `GET /openapi.json`
pub(super) async fn document() -> ([(HeaderName, HeaderValue); 1], Bytes) {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(whole().to_string()));
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], TEXT.clone())
}

/// The document.
pub(super) fn whole() -> Value {
    let mut paths = Paths::new();
    let mut components = Components::new();
    for call in console::calls().into_iter().chain(devices::calls()) {
        components.schemas.extend(call.schemas().iter().cloned());
        let (path, method) = (call.path().to_owned(), call.method().clone());
        paths.add_path_operation(path, vec![method], call.into_operation());
    }
    components.security_schemes.extend(security().map(|(name, scheme)| (name.to_owned(), scheme.into())));
    let info = InfoBuilder::new().title("Conclave").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT));
    let document = OpenApiBuilder::new().info(info).servers(Some([Server::new("/")])).paths(paths);
    settled(document.components(Some(components)).build())
}

fn security() -> [(&'static str, SecurityScheme); 2] {
    let session = ApiKeyValue::with_description(
        COOKIE,
        "Set by `POST /api/v1/login`. It ends at `POST /api/v1/logout`, after as many idle minutes as the operator chose, and after a day.",
    );
    let device = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let device =
        device.description(Some("Made by a person in the meeting, with \"Connect a device\" (RFC 6750 section 2.1)."));
    [(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(session))), (DEVICE, SecurityScheme::Http(device.build()))]
}

/// What utoipa has no words for: that a header which is listed is always there, and doc comments without links into the source.
fn settled(document: OpenApi) -> Value {
    // The document is made of strings, numbers and maps with names, which have no failing serialiser.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    settle(&mut document);
    document
}

fn settle(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = without_links(text);
            }
            if let Some(Value::Object(headers)) = map.get_mut("headers") {
                headers.values_mut().for_each(|header| header["required"] = json!(true));
            }
            map.values_mut().for_each(settle);
        }
        Value::Array(list) => list.iter_mut().for_each(settle),
        _ => {}
    }
}

/// ``[`crate::limits::MAX_NAME_CHARS`]`` is `MAX_NAME_CHARS` to a reader who has no source.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (link, after))) =
        rest.split_once("[`").and_then(|(before, rest)| Some((before, rest.split_once("`]")?)))
    {
        let last = link.rsplit("::").next().unwrap_or(link);
        out.extend([before, "`", last, "`"]);
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_into_the_source_become_names() {
        let text = "Minutes, 1 to [`crate::limits::MAX_MEETING_MINUTES`], see [`Site`]; `a[0]` stays.";
        assert_eq!(without_links(text), "Minutes, 1 to `MAX_MEETING_MINUTES`, see `Site`; `a[0]` stays.");
    }
}
