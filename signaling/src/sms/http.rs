//! What gateways over HTTP have in common: a client that does not wait for ever and goes nowhere else, and what a status means.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};

use super::SmsError;

/// How long a gateway may take. A page waits for it; longer helps a slow gateway and keeps the person waiting.
const TIMEOUT: Duration = Duration::from_secs(8);

/// A client for one gateway. A redirect would hand number, text and password to whoever it names: none is followed.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()
}

/// Sends, and says whether the gateway took it. Its words are not kept: they may repeat number and text.
pub(super) async fn send(request: RequestBuilder) -> Result<Response, SmsError> {
    // `without_url`: an address may hold an account's name.
    let answer = request.send().await.map_err(|error| SmsError::NotNow(error.without_url().to_string()))?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) => Err(SmsError::NotNow(said(status))),
        status if status.is_server_error() => Err(SmsError::NotNow(said(status))),
        status => Err(SmsError::NotTaken(said(status))),
    }
}

fn said(status: StatusCode) -> String {
    format!("it answered {}", status.as_u16())
}
