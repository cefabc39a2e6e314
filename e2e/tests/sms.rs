//! SMS passwords through real gateways: what a telephone would be sent, and what a person hears when it is not.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use e2e::{
    Deployment, HttpGateway, Kannel, Link, Meeting, Options, ReceiptingSmsc, Smsc, TempFolder, meeting_now, until,
    with_phone,
};
use shared::api::{ApiError, DoorReport, Invitee, NewMeeting};
use shared::letter::DeliveryState;
use shared::signal::PasswordState;

/// A server with this `[sms]`, and a file with the password `secret` that `{file}` stands for.
async fn server(sms: &str) -> (Deployment, TempFolder) {
    server_at("", sms).await
}

/// As [`server`], with these lines before it.
async fn server_at(first: &str, sms: &str) -> (Deployment, TempFolder) {
    let folder = TempFolder::new("sms");
    let file = folder.path().join("password");
    std::fs::write(&file, "secret\n").unwrap();
    // Anything but the demo, which sends nothing real: plain HTTP on loopback behind a public URL of its own.
    let config = format!("{first}[sms]\n{}\n", sms.replace("{file}", file.to_str().unwrap()));
    (Deployment::start_with(Options { config, ..Options::default() }).await, folder)
}

/// Peter's invitation to a meeting that asks for passwords.
async fn peter(server: &Deployment, title: &str) -> (Meeting, Link) {
    let meeting = NewMeeting { ask_password: true, ..meeting_now(title) };
    let meeting = server.console().await.meeting_with(&meeting, &[with_phone("Peter", "+32470123456")]).await;
    let link = meeting.link("Peter").clone();
    (meeting, link)
}

async fn send(server: &Deployment, (meeting, link): &(Meeting, Link)) -> Result<Invitee, ApiError> {
    let path = format!("/meetings/{}/invitees/{}/password", meeting.id, link.invitee.id);
    server.console().await.call::<(), _>(reqwest::Method::POST, &path, None).await
}

/// D26: through bearerbox and smsbox to an SMSC, in the telephones' own alphabet and in Unicode.
#[tokio::test]
async fn kannel_gets_the_password_to_the_telephone() {
    let kannel = Kannel::start().await;
    let config = format!(
        "sender = \"kannel\"\n[sms.kannel]\nurl = \"{}\"\nuser = \"conclave\"\npassword_file = \"{{file}}\"\nfrom = \"Conclave\"",
        kannel.url()
    );
    let (server, _file) = server(&config).await;
    for (n, (title, expected)) in [
        ("Board", "Conclave +32470123456 text Your password for the meeting"),
        ("董事会", "Conclave +32470123456 ucs-2 "),
    ]
    .into_iter()
    .enumerate()
    {
        let invitation = peter(&server, title).await;
        if n > 0 {
            // To one number half a minute apart.
            tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        }
        let sent = send(&server, &invitation).await.unwrap();
        assert_eq!(sent.password, PasswordState::Sent { phone_ends_in: "56".into() });
        until("the message at the SMSC", || async {
            kannel.received().iter().any(|message| message.starts_with(expected))
        })
        .await;
    }
    assert!(!server.log().contains("470123456"), "the number is in the log");
}

/// D26: by itself when it is time, once, also when the server is stopped and started meanwhile; and the console says how it went.
#[tokio::test]
async fn passwords_go_out_by_themselves_once() {
    let kannel = Kannel::start().await;
    let config = format!(
        "sender = \"kannel\"\n[sms.kannel]\nurl = \"{}\"\nuser = \"conclave\"\npassword_file = \"{{file}}\"\nfrom = \"Conclave\"",
        kannel.url()
    );
    let (mut server, _file) = server(&config).await;
    let meeting = NewMeeting { ask_password: true, password_before_minutes: 15, ..meeting_now("Board") };
    let people = [with_phone("Peter", "+32470123456"), with_phone("Olga", "+31201234567")];
    let meeting = server.console().await.meeting_with(&meeting, &people).await;
    // The SMSC's own message is answered there too.
    let passwords = || kannel.received().iter().filter(|message| message.contains("Your password")).count();
    until("both messages at the SMSC", || async { passwords() == 2 }).await;
    server.restart().await;
    let detail = server.console().await.detail(&meeting).await;
    for invitee in &detail.invitees {
        assert_eq!(invitee.password_sms.as_ref().map(|sms| sms.state), Some(DeliveryState::Accepted));
    }
    let report: DoorReport = server.console().await.get("/door").await.unwrap();
    assert_eq!(report.sms_today.map(|(sent, _)| sent), Some(2), "the day's count outlives a restart");
    // Two rounds of the clock.
    tokio::time::sleep(std::time::Duration::from_secs(45)).await;
    assert_eq!(passwords(), 2, "{:?}", kannel.received());
    assert!(!server.log().contains("470123456") && !server.log().contains("201234567"), "a number is in the log");
}

/// D26: over SMPP.
#[tokio::test]
async fn an_smsc_takes_the_password_over_smpp() {
    let smsc = Smsc::start().await;
    let config = format!(
        "sender = \"smpp\"\n[sms.smpp]\nurl = \"{}\"\nsystem_id = \"conclave\"\npassword_file = \"{{file}}\"\nfrom = \"Conclave\"\nreceipts = false",
        smsc.url()
    );
    let (server, _file) = server(&config).await;
    let sent = send(&server, &peter(&server, "Board").await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", smsc.log(), server.log()));
    assert_eq!(sent.password, PasswordState::Sent { phone_ends_in: "56".into() });
    until("the message at the SMSC", || async {
        smsc.received().iter().any(|message| message.starts_with("Your password for the meeting"))
    })
    .await;
}

/// D26: where the SMSC says what became of a message, the console says it too.
#[tokio::test]
async fn receipts_say_what_became_of_it() {
    let smsc = ReceiptingSmsc::start().await;
    let config = format!(
        "sender = \"smpp\"\n[sms.smpp]\nurl = \"{}\"\nsystem_id = \"conclave\"\npassword_file = \"{{file}}\"\nfrom = \"Conclave\"",
        smsc.url()
    );
    let (server, _file) = server(&config).await;
    let meeting = NewMeeting { ask_password: true, password_before_minutes: 15, ..meeting_now("Board") };
    let people = [with_phone("Peter", "+32470123456"), with_phone("Olga", "+31201234569")];
    let meeting = server.console().await.meeting_with(&meeting, &people).await;
    let console = server.console().await;
    let states = async || {
        let invitees = console.detail(&meeting).await.invitees;
        let of = |invitee: Invitee| invitee.password_sms.map(|sms| (sms.state, sms.said));
        invitees.into_iter().map(of).collect::<Vec<_>>()
    };
    let told = [Some((DeliveryState::Delivered, None)), Some((DeliveryState::Undelivered, Some("UNDELIV".to_owned())))];
    until("both receipts", || async { states().await == told }).await;
    let said = smsc.said();
    let count = |name: &str| said.iter().filter(|line| line.get(name).is_some()).count();
    assert_eq!((count("to"), count("answered")), (2, 2), "receipts that nobody answers come again: {said:?}");
    let log = server.log();
    assert!(!log.contains("470123456") && !log.contains("201234569"), "a number is in the log: {log}");
}

/// D26: a gateway over HTTP is told an address for each message and says there what became of it; Kannel hears it from the
/// SMSC behind it. Whoever does not know the address says nothing.
#[tokio::test]
async fn a_gateway_over_http_says_what_became_of_it() {
    let smsc = ReceiptingSmsc::start().await;
    let kannel = Kannel::before(&smsc).await;
    let config = format!(
        "sender = \"kannel\"\n[sms.kannel]\nurl = \"{}\"\nuser = \"conclave\"\npassword_file = \"{{file}}\"\nfrom = \"13013\"\nreceipts = true",
        kannel.url()
    );
    let (server, _file) = server_at("public_url = \"http://localhost:{port}\"\n", &config).await;
    let meeting = NewMeeting { ask_password: true, password_before_minutes: 15, ..meeting_now("Board") };
    let people = [with_phone("Peter", "+32470123456"), with_phone("Olga", "+31201234569")];
    let meeting = server.console().await.meeting_with(&meeting, &people).await;
    let console = server.console().await;
    let states = async || {
        let invitees = console.detail(&meeting).await.invitees;
        invitees.into_iter().map(|invitee| invitee.password_sms.map(|sms| sms.state)).collect::<Vec<_>>()
    };
    let told = [Some(DeliveryState::Delivered), Some(DeliveryState::Undelivered)];
    until("both receipts", || async { states().await == told }).await;
    assert!(!server.log().contains("470123456"), "a number is in the log");
}

/// D26: a gateway as Twilio's. It is asked again when it cannot just now, and a refusal is said and sends nothing twice.
#[tokio::test]
async fn an_http_gateway_takes_refuses_and_is_asked_again() {
    let gateway = HttpGateway::start().await;
    let config = format!(
        "sender = \"twilio\"\n[sms.twilio]\nurl = \"{}\"\naccount = \"AC1\"\ntoken_file = \"{{file}}\"\nfrom = \"+3225550100\"",
        gateway.url()
    );
    let (server, _file) = server(&config).await;
    let invitation = peter(&server, "Board").await;
    gateway.answer(503);
    assert_eq!(send(&server, &invitation).await.unwrap_err(), ApiError::SmsNotDelivered);
    let requests = gateway.requests();
    assert_eq!(requests.len(), 3, "asked three times");
    assert!(requests[0].starts_with("POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\n"), "{}", requests[0]);
    // AC1:secret
    assert!(requests[0].contains("Basic QUMxOnNlY3JldA=="), "{}", requests[0]);
    assert!(requests[0].contains("To=%2B32470123456&From=%2B3225550100&Body=Your+password"), "{}", requests[0]);
    gateway.answer(400);
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    assert_eq!(send(&server, &invitation).await.unwrap_err(), ApiError::SmsNotDelivered);
    assert_eq!(gateway.requests().len(), 4, "a refusal is not asked again");
    let log = server.log();
    assert!(!log.contains("470123456") && !log.contains("secret"), "number or token in the log");
}
