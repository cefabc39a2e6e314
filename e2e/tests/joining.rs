//! Getting in: PIN, password, green room; and every way of not getting in.

use e2e::{Browser, Deployment, Options, Person, invitee, meeting_now, until_some};
use shared::api::Start;
use shared::meeting::Role;

const BOTH: [(&str, Role); 2] = [("Maria", Role::Moderator), ("Peter", Role::Participant)];

/// D9, D24: the PIN names the person, and nobody comes in without one. A PIN is pasted or typed, with or without spaces; what is no PIN is
/// said beside the field and nothing typed is lost.
#[tokio::test]
async fn a_pin_is_asked_checked_and_names_the_person() {
    let server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let peter = Browser::start(Person::PETER).await;
    let link = meeting.link("Peter");
    peter.open(link.url()).await.until_sees("pin-input").await;
    peter.shot("pin").await;
    assert!(peter.sees("demo-banner").await, "plain HTTP says that it is a demo");
    for nonsense in ["", "1234", "1234 5678 9012 3456 7", "12345678abcd3456"] {
        peter.paste("pin-input", nonsense).await.press_enter_in("pin-input").await;
        assert!(!peter.refusal().await.is_empty(), "{nonsense:?}");
        assert!(!peter.sees("greenroom").await);
        let kept: String = peter.value("pin-input").await.chars().filter(|c| !c.is_whitespace()).collect();
        let typed: String = nonsense.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(kept, typed, "what was typed is lost");
    }
    peter.fill("pin-input", "1111222233334444").await.click("pin-submit").await;
    assert!(!peter.refusal().await.is_empty(), "a wrong PIN");

    peter.paste("pin-input", &link.pin.replace(' ', "")).await.click("pin-submit").await;
    assert!(peter.text("invited-as").await.contains("Peter"));
    assert!(!peter.text("location-notice").await.is_empty(), "what location data is looked at is said before entering");
    peter.until_preview().await;
    peter.shot("greenroom").await;
    assert_eq!(peter.complaints().await, Vec::<String>::new());
}

/// D11: a PIN works only around its time. With the link the page says when; without, nothing.
#[tokio::test]
async fn a_pin_before_its_time_is_refused() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let start = Start::At { local: "2099-01-01T10:00".into() };
    let later = shared::api::NewMeeting { start, ..meeting_now("In years") };
    let meeting = console.meeting_with(&later, &[invitee("Peter", Role::Participant)]).await;
    let peter = Browser::start(Person::PETER).await;
    peter.knock(meeting.link("Peter")).await;
    let with_link = peter.refusal().await;
    assert!(with_link.contains("Jan 1"), "{with_link}");
    peter.open(&format!("{}/join", server.url())).await;
    peter.fill("pin-input", &meeting.link("Peter").pin).await.click("pin-submit").await;
    let without = peter.refusal().await;
    assert!(!without.contains("Jan 1"), "{without}");
}

/// D25, D26: a password on top of the PIN, sent by SMS just before; five wrong tries void it.
#[tokio::test]
async fn a_password_by_sms_is_asked_on_top() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let asking = shared::api::NewMeeting { ask_password: true, ..meeting_now("Board") };
    let meeting = console.meeting_with(&asking, &[invitee("Peter", Role::Participant)]).await;
    console.send_password(&meeting, meeting.link("Peter")).await;
    let password = last_password(&console).await;

    let peter = Browser::start(Person::PETER).await;
    peter.knock(meeting.link("Peter")).await.until_sees("password-input").await;
    peter.shot("password").await;
    for _ in 0..5 {
        peter.fill("password-input", "AAAAAAAA").await.click("password-submit").await;
        peter.until_sees("password-error").await;
        peter.wait("the answer", || async { !peter.is_busy("password-submit").await }).await;
    }
    // Used up: only a new one helps, not sooner than half a minute after the first; and the old one stays dead.
    peter.until_gone("password-submit").await;
    let fresh = until_some("a new password", || async {
        peter.click("password-send").await;
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        Some(last_password(&console).await).filter(|fresh| *fresh != password)
    })
    .await;
    peter.fill("password-input", &password).await.click("password-submit").await;
    peter.until_sees("password-error").await;
    assert!(!peter.sees("greenroom").await, "a used-up password still works");
    peter.wait("the answer", || async { !peter.is_busy("password-submit").await }).await;
    peter.fill("password-input", &fresh.to_lowercase()).await.click("password-submit").await;
    peter.until_sees("greenroom").await;
}

/// The message ends with the password. Nothing where no SMS went out, which is nobody's password.
async fn last_password(console: &e2e::Console) -> String {
    let text = console.outbox().await.pop().map(|sms| sms.text).unwrap_or_default();
    text.split_whitespace().next_back().unwrap_or_default().to_owned()
}

/// A denied permission is explained, and one may come in without devices.
#[tokio::test]
async fn a_denied_camera_is_explained_and_one_may_enter_without() {
    let server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let peter = Browser::start_with(Person::PETER, e2e::Sound::Allowed, &["--deny-permission-prompts"]).await;
    peter.knock(meeting.link("Peter")).await.until_sees("greenroom").await;
    peter.until_sees("device-problem").await;
    peter.shot("denied").await;
    peter.click("enter").await.until_sees("lobby").await;
}

/// A name that would be markup is a name, in lobby, room and console, and runs nothing.
#[tokio::test]
async fn a_name_that_would_be_markup_is_shown_as_typed() {
    const NAME: &str = "<img src=x onerror=window.__pwned=1>";
    let server = Deployment::start().await;
    let people = [invitee("Maria", Role::Moderator), invitee(NAME, Role::Participant)];
    let title = "<script>window.__pwned=1</script>";
    let meeting = server.console().await.meeting_with(&meeting_now(title), &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link(NAME)).await.until_sees("lobby").await;
    maria.admit(NAME).await;
    peter.until_sees("room").await;
    let number = maria.number_of("tile-", NAME).await;
    assert!(maria.text(&format!("tile-{number}")).await.contains(NAME));
    for browser in [&maria, &peter] {
        assert!(browser.run("return window.__pwned === undefined", vec![]).await.as_bool().unwrap());
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

/// Two commands: what the demo prints opens a meeting.
#[tokio::test]
async fn what_the_demo_prints_opens_a_meeting() {
    let server = Deployment::start_with(Options { demo: true, ..Options::default() }).await;
    let terminal = server.terminal();
    let (links, pins) = (after(&terminal, "link"), after(&terminal, "PIN"));
    assert_eq!((links.len(), pins.len()), (3, 3), "{terminal}");
    assert!(!server.log().contains(pins[0]), "a PIN is in the log");

    let maria = Browser::start(Person::MARIA).await;
    maria.open(links[0]).await.fill("pin-input", pins[0]).await.click("pin-submit").await;
    maria.until_sees("password-input").await;
    // The first password is the admin's, the second the moderator's.
    maria.fill("password-input", after(&terminal, "password")[1]).await.click("password-submit").await;
    maria.until_sees("greenroom").await.click("enter").await.until_sees("room").await;

    let peter = Browser::start(Person::PETER).await;
    peter.open(links[1]).await.fill("pin-input", pins[1]).await.click("pin-submit").await;
    peter.until_sees("greenroom").await;
    peter.until_preview().await;
    peter.click("enter").await.until_sees("lobby").await;
    let card = *maria.numbered("lobby-card-").await.keys().next().expect("a card");
    maria.click(&format!("admit-{card}")).await;
    peter.until_sees("room").await;
    assert_eq!(maria.numbered("tile-").await.len(), 1, "{:?}", maria.numbered("tile-").await);
}

/// What stands after this word, line by line, without the frame.
fn after<'t>(terminal: &'t str, word: &str) -> Vec<&'t str> {
    let lines = terminal.lines().map(|line| line.trim_matches(|c: char| c == '│' || c.is_whitespace()));
    lines.filter_map(|line| line.strip_prefix(word)).map(str::trim).collect()
}

/// No text becomes a script, on either page and in either engine: what could run is refused before it is looked at, and the
/// pages' own templates pass.
#[tokio::test]
async fn no_text_becomes_a_script() {
    let server = Deployment::start().await;
    let put = "try { document.createElement('div').innerHTML = arguments[0]; return 'taken'; } catch (error) { return error.name; }";
    for browser in [Browser::start(Person::PETER).await, Browser::start_firefox(Person::MARIA).await] {
        for (page, shown) in [("/join", "pin-input"), ("/console", "login-name")] {
            browser.open(&format!("{}{page}", server.url())).await.until_sees(shown).await;
            for (html, expected) in [
                ("<b>bold</b>", "taken"),
                ("<img src=x onerror=alert(1)>", "TypeError"),
                ("<script>alert(1)</script>", "TypeError"),
                ("<a href='javascript:alert(1)'>x</a>", "TypeError"),
            ] {
                let answer = browser.run(put, vec![html.into()]).await;
                assert_eq!(answer.as_str(), Some(expected), "{html} on {page}");
            }
        }
    }
}
