//! What the log does not hold: PINs, passwords, tokens, names, numbers, addresses.

use std::io::Write;
use std::sync::{Arc, Mutex};

use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};
use tracing_subscriber::fmt::MakeWriter;

use super::page::Page;
use super::theatre::theatre;

/// Everything logged by this process from here on, other tests' lines included.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A whole evening at the door, refusals included, at the most talkative level that an operator may choose for us.
#[tokio::test]
async fn the_log_holds_nothing_personal() {
    let log = Log::default();
    let filter = tracing_subscriber::EnvFilter::new("debug,signaling=trace");
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(log.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let mut theatre = theatre().await;
    let name = "Zacharias Unmistakable";
    let person = theatre.invite(name, Role::Moderator).await;
    let address = "192.0.2.177";
    let mut page = Page::greeted(theatre.server, &[("x-test-address", address)]).await;
    let wrong_pin = "9081726354453627";
    page.say(ClientMsg::Join { pin: Secret::new(wrong_pin), link: Some(person.link.clone()) }).await;
    page.hear_refusal().await;
    page.say(Page::join_message(&person, true)).await;
    page.hear().await;
    page.say(ClientMsg::SendPassword).await;
    page.hear().await;
    let password = theatre.last_password();
    let wrong_password = "WRQNGPWD";
    page.say(ClientMsg::SubmitPassword { password: Secret::new(wrong_password) }).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRefused { .. }));
    page.say(ClientMsg::SubmitPassword { password: password.clone() }).await;
    page.welcomed().await;
    page.enter().await;
    page.hear_admitted().await;
    page.say(ClientMsg::EndMeeting).await;
    page.hear_turned_away().await;
    tracing::info!("the positive control");

    let held = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(held.contains("the positive control") && held.contains("INSERT INTO door_events"), "nothing was captured");
    let session = page.session.unwrap();
    let secret = session.reveal().rsplit('.').next().unwrap();
    let grouped = person.pin.grouped();
    let digits = person.pin.digits();
    let personal = [
        name,
        address,
        wrong_pin,
        digits,
        &grouped,
        password.reveal(),
        wrong_password,
        person.link.reveal(),
        secret,
        "+3120123456",
    ];
    for (index, text) in personal.iter().enumerate() {
        assert!(!held.contains(text), "the log holds number {index} of what it must not");
    }
}
