//! Browsers of different make in one meeting.

use e2e::{Browser, Deployment, Encryption, Person};
use shared::meeting::Role;

/// D31 in both engines: one SRTP profile and one DTLS suite, each of 256 bits.
fn assert_strong(encryption: &Encryption) {
    assert!(encryption.srtp.ends_with("AEAD_AES_256_GCM"), "{encryption:?}");
    let strong = encryption.dtls.contains("CHACHA20_POLY1305") || encryption.dtls.contains("AES_256");
    assert!(strong, "{encryption:?}");
}

/// A person with Firefox and a person with Chromium see and hear each other, at 256 bits.
#[tokio::test]
async fn firefox_and_chromium_see_and_hear_each_other() {
    let server = Deployment::start().await;
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
    let meeting = server.console().await.meeting("Weekly", &people).await;
    let (maria, peter) = tokio::join!(Browser::start(Person::MARIA), Browser::start_firefox(Person::PETER));
    maria.moderate(&server, meeting.link("Maria")).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;

    peter.until_faces(&[Person::MARIA]).await;
    // Firefox's WebAudio stands still on a machine without a sound card: there sound is counted, not listened to.
    maria.until_hears(&[Person::PETER]).await;
    tokio::join!(peter.until_media_flows(), maria.until_media_flows());
    for browser in [&maria, &peter] {
        let encryption = browser.encryption().await.expect("connected");
        println!("{}: {encryption:?}", browser.person().name);
        assert_strong(&encryption);
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}
