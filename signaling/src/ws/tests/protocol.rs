//! What a stranger can send, and the typed answer to each.

use shared::limits::PROTOCOL_VERSION;
use shared::secret::Secret;
use shared::signal::{ClientMsg, MediaState, ProtocolError, ServerMsg};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::page::Page;
use super::theatre::theatre;

fn wrong(error: ProtocolError) -> ServerMsg {
    ServerMsg::ProtocolError { error }
}

/// Each gets its own error, and the connection goes on.
#[tokio::test]
async fn nonsense_is_answered_and_survived() {
    let theatre = theatre().await;
    let mut page = theatre.page().await;
    let media = MediaState::default();
    let table = [
        (Message::text(""), ProtocolError::Unreadable),
        (Message::text("garbage"), ProtocolError::Unreadable),
        (Message::text("{\"join\":{}}"), ProtocolError::Unreadable),
        (Message::text("{\"teleport\":{}}"), ProtocolError::UnknownKind),
        (Message::binary(vec![0, 159, 146, 150]), ProtocolError::Binary),
        (Message::text(ClientMsg::SendPassword.encode()), ProtocolError::WrongState),
        (Message::text(ClientMsg::EndMeeting.encode()), ProtocolError::WrongState),
        (Message::text(ClientMsg::Hello { protocol: PROTOCOL_VERSION }.encode()), ProtocolError::WrongState),
        (Message::text(ClientMsg::Enter { offer: "o".into(), media }.encode()), ProtocolError::WrongState),
    ];
    for (message, error) in table {
        page.send(message.clone()).await;
        assert_eq!(page.hear().await, wrong(error), "{message:?}");
    }
}

#[tokio::test]
async fn before_hello_nothing_else_is_heard() {
    let theatre = theatre().await;
    let mut page = Page::open(theatre.server, &[]).await;
    page.say(ClientMsg::Join { pin: Secret::new("1"), link: None }).await;
    assert_eq!(page.hear().await, wrong(ProtocolError::WrongState));
}

#[tokio::test]
async fn another_version_must_reload() {
    let theatre = theatre().await;
    let mut page = Page::open(theatre.server, &[]).await;
    page.say(ClientMsg::Hello { protocol: PROTOCOL_VERSION + 1 }).await;
    assert_eq!(page.hear().await, wrong(ProtocolError::Version { server: PROTOCOL_VERSION }));
    assert_eq!(page.hear_close().await, Some(CloseCode::Policy));
}

/// Just over the limit, over what is read at all, and far over: each time a typed error and 1009.
#[tokio::test]
async fn a_message_too_large_is_named_before_the_close() {
    let theatre = theatre().await;
    for size in [64 * 1024 + 1, 70 * 1024, 200 * 1024, 1024 * 1024] {
        let mut page = theatre.page().await;
        page.send(Message::text("x".repeat(size))).await;
        assert_eq!(page.hear().await, wrong(ProtocolError::TooLarge), "{size}");
        assert_eq!(page.hear_close().await, Some(CloseCode::Size), "{size}");
    }
}

#[tokio::test]
async fn a_page_that_talks_without_end_is_closed() {
    let theatre = theatre().await;
    let mut page = theatre.page().await;
    for _ in 0..200 {
        page.say(ClientMsg::Pong).await;
    }
    assert_eq!(page.hear().await, wrong(ProtocolError::TooMany));
    assert_eq!(page.hear_close().await, Some(CloseCode::Policy));
}
