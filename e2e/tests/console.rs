//! The console as somebody uses it who organises a meeting.

use e2e::{Browser, Console, Deployment, Person};
use reqwest::Method;
use shared::api::{ApiError, ConsoleAccount, Login, Me};
use shared::meeting::{MeetingPhase, Role};
use shared::secret::Secret;

/// D7, D8: login by name and password; then a meeting is made, a person invited, the PIN shown once, and a link that works.
#[tokio::test]
async fn an_organiser_makes_a_meeting_and_invites_somebody() {
    let server = Deployment::start().await;
    let (name, password) = server.admin();
    let ada = Browser::start(Person::MARIA).await;
    ada.open(&format!("{}/console", server.url())).await;
    ada.fill("login-name", name).await.fill("login-password", "wrong").await.click("login-submit").await;
    ada.until_sees("login-error").await;
    ada.shot("console-login").await;
    ada.fill("login-password", password).await.click("login-submit").await.until_sees("meeting-list").await;

    ada.click("start-now").await.paste("meeting-title", &"x".repeat(10_000)).await.click("meeting-create").await;
    ada.wait("the title refused", || async { ada.sees("meeting-title-error").await }).await;
    assert_eq!(ada.value("meeting-title").await.len(), 10_000, "what was typed is lost");
    ada.fill("meeting-title", "Budget").await.click("meeting-recorded").await;
    ada.shot("console-new-meeting").await;
    ada.click("meeting-create").await;

    ada.fill("invitee-name", "Peter").await.fill("invitee-phone", "+999123456789").await.click("invitee-add").await;
    ada.until_sees("invitee-phone-error").await;
    assert_eq!(ada.value("invitee-name").await, "Peter", "what was typed is lost");
    ada.fill("invitee-phone", "+32 470 12 34 56").await.click("invitee-add").await;
    let first = ada.text("issued-pin").await;
    assert_eq!(first.chars().filter(char::is_ascii_digit).count(), 16, "{first}");
    ada.shot("console-pin").await;
    ada.click("pin-close").await.until_sees("invitee-row-1").await;
    ada.shot("console-meeting").await;
    assert!(ada.page_text().await.contains("May be watched or recorded"));
    assert!(!ada.page_text().await.contains(&first), "the PIN is shown a second time");

    ada.click("reissue-pin-1").await;
    ada.confirm_if_asked("reissue-pin-confirm").await;
    let second = ada.text("issued-pin").await;
    assert_ne!(first, second);
    ada.click("pin-close").await;

    ada.click("ask-password").await.click("send-password-1").await;
    let console = server.console().await;
    e2e::until("the SMS in the outbox", || async { console.outbox().await.len() == 1 }).await;
    let sms = console.outbox().await.remove(0);
    assert_eq!(sms.to, "+32470123456");

    let detail: Vec<shared::api::MeetingSummary> = console.get("/meetings").await.unwrap();
    let detail: shared::api::MeetingDetail = console.get(&format!("/meetings/{}", detail[0].info.id)).await.unwrap();
    let link = e2e::Link { invitee: detail.invitees[0].clone(), pin: second };
    let calendar = ada
        .fetch_text(&format!("/api/v1/meetings/{}/invitees/{}/invitation.ics", detail.info.id, link.invitee.id))
        .await;
    assert!(calendar.starts_with("BEGIN:VCALENDAR") && calendar.contains("Budget"), "{calendar}");
    let unfolded = calendar.replace("\r\n ", "");
    assert!(unfolded.contains("may be watched or recorded"), "{unfolded}");
    assert!(unfolded.contains(link.url()), "no link in {unfolded}");
    assert_eq!(ada.complaints().await, Vec::<String>::new());

    let peter = Browser::start(Person::PETER).await;
    peter.open(link.url()).await.fill("pin-input", &first).await.click("pin-submit").await;
    assert!(!peter.refusal().await.is_empty(), "the old PIN still works");
    peter.fill("pin-input", &link.pin).await.click("pin-submit").await.until_sees("password-input").await;
    let password = sms.text.split_whitespace().next_back().expect("a word");
    peter.fill("password-input", password).await.click("password-submit").await.until_sees("greenroom").await;

    ada.click("logout").await.until_sees("login-name").await;
    ada.open(&format!("{}/console", server.url())).await.until_sees("login-name").await;
}

/// D25, D26: when passwords go out is chosen; how they went is seen; and one is read out to whom none reaches, who comes in with it.
#[tokio::test]
async fn a_password_is_chosen_seen_and_read_out() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let meeting = console.meeting("Board", &[("Maria", Role::Moderator), ("Peter", Role::Participant)]).await;
    let ada = Browser::start(Person::MARIA).await;
    ada.log_in_by_form(&server).await;
    ada.open(&format!("{}/console/meetings/{}", server.url(), meeting.id)).await;
    ada.click("ask-password").await.paste("password-time", "5").await;
    ada.wait("what was chosen", || async { console.detail(&meeting).await.password_before_minutes == 5 }).await;
    // Both have the same number, and one number is sent one message in half a minute.
    ada.wait("a note of how it went", || async { ada.page_text().await.contains("Sent to …56") }).await;
    ada.pictures("console-password-sent").await;

    let peter = Browser::start(Person::PETER).await;
    peter.open(meeting.link("Peter").url()).await.fill("pin-input", &meeting.link("Peter").pin).await;
    peter.click("pin-submit").await.until_sees("password-input").await;
    ada.click("read-out-2").await.click("read-out-confirm-2").await;
    let shown = ada.text("password-to-read").await;
    ada.pictures("console-read-out").await;
    ada.click("password-close").await;
    ada.wait("what became of it", || async { ada.page_text().await.contains("To be read out") }).await;
    peter.fill("password-input", &shown.to_lowercase()).await.click("password-submit").await;
    peter.until_sees("greenroom").await;
    assert_eq!(ada.complaints().await, Vec::<String>::new());
}

/// Whoever leaves the organisation: one button at the console, and their own page there is over; and the way back.
#[tokio::test]
async fn an_account_is_disabled() {
    let server = Deployment::start().await;
    let (made, said) = server.admin_command(&["create", "--name", "Bob the Second of Somewhere-upon-Thames"]);
    assert!(made, "{said}");
    let console = server.console().await;
    let accounts: Vec<ConsoleAccount> = console.get("/accounts").await.unwrap();
    let bob = accounts.iter().find(|account| account.name.starts_with("Bob")).unwrap();
    console.with_authenticator(server.admin().1).await;
    let ada = Browser::start(Person::MARIA).await;
    ada.take_over(&server, &console).await;
    ada.open(&format!("{}/console", server.url())).await.click("accounts-link").await.until_sees("accounts").await;
    let (disable, enable) = (format!("disable-{}", bob.id), format!("enable-{}", bob.id));
    let confirm = format!("disable-confirm-{}", bob.id);
    let own = console.account().unwrap();
    ada.until_sees(&disable).await;
    assert!(!ada.sees(&format!("disable-{own}")).await, "one's own");
    ada.click(&disable).await.until_sees(&confirm).await.pictures("console-disable-account").await;
    ada.click(&confirm).await.until_sees(&enable).await;
    assert!(ada.text(&format!("account-{}", bob.id)).await.contains("Disabled"));
    ada.pictures("console-accounts").await;
    let password = said.split_whitespace().next_back().unwrap();
    let login = Login { name: bob.name.clone(), password: Secret::new(password), code: None };
    let stranger = Console::stranger(server.url());
    let refused = stranger.call::<_, Me>(Method::POST, "/login", Some(&login)).await;
    assert_eq!(refused, Err(ApiError::AccountDisabled), "with the right password");
    ada.click(&enable).await.until_sees(&disable).await;
    assert_eq!(stranger.call::<_, Me>(Method::POST, "/login", Some(&login)).await.unwrap().name, bob.name);
    assert_eq!(ada.complaints().await, Vec::<String>::new());
}

/// What a kind of meeting asks for is kept under a name, and the next one begins with it.
#[tokio::test]
async fn a_meeting_begins_with_a_template() {
    let server = Deployment::start().await;
    let ada = Browser::start(Person::MARIA).await;
    ada.log_in_by_form(&server).await.click("start-now").await;
    ada.run("document.querySelectorAll('details').forEach(details => { details.open = true; });", vec![]).await;
    ada.fill("meeting-duration", "45").await.click("rule-camera").await.paste("rule-identity", "2").await;
    ada.until_sees("rule-checklist").await.paste("rule-checklist", "The number of the file").await;
    ada.click("template-keep").await.until_sees("template-name-error").await;
    ada.fill("template-name", "Signing").await.click("template-keep").await.until_sees("template").await;
    ada.pictures("console-template").await;

    ada.open(&format!("{}/console/start", server.url())).await.until_sees("template").await;
    let chosen = "const select = document.querySelector('[data-testid=template]');
        select.value = [...select.options].find(option => option.text === 'Signing').value;
        select.dispatchEvent(new Event('change', { bubbles: true }));";
    ada.run(chosen, vec![]).await;
    ada.wait("the template's length", || async { ada.value("meeting-duration").await == "45" }).await;
    ada.run("document.querySelectorAll('details').forEach(details => { details.open = true; });", vec![]).await;
    assert_eq!(ada.value("rule-identity").await, "2");
    assert_eq!(ada.value("rule-checklist").await, "The number of the file");
    ada.fill("meeting-title", "Signing of the deed")
        .await
        .click("meeting-create")
        .await
        .until_sees("invitee-name")
        .await;
    assert_eq!(ada.complaints().await, Vec::<String>::new());
}

/// Q18: one form, one button, and everybody's telephone has the way in; who is called comes in by what their SMS says.
#[tokio::test]
async fn people_are_called_in_by_sms() {
    let server = Deployment::start().await;
    let ada = Browser::start(Person::MARIA).await;
    ada.log_in_by_form(&server).await;
    ada.pictures("console-no-meetings").await;
    ada.click("call-in").await.fill("call-title", "Flood at the archive").await;
    ada.click("call-now").await.until_sees("call-error").await;
    ada.fill("call-name-0", "Peter").await.fill("call-phone-0", "+999123456789").await.click("call-now").await;
    ada.until_sees("call-phone-error-0").await;
    ada.fill("call-phone-0", "+32 470 12 34 56")
        .await
        .fill("call-name-1", "Rosa")
        .await
        .fill("call-phone-1", "+31 20 123 4567")
        .await;
    ada.click("call-add").await.until_sees("call-name-2").await;
    ada.pictures("console-call-in").await;
    ada.click("call-now").await;
    let own = ada.text("issued-pin").await;
    ada.shot("console-called-in").await;
    ada.click("pin-close").await.until_sees("invitee-row-3").await;
    ada.wait("both invitations", || async { ada.page_text().await.matches("Invitation sent").count() == 2 }).await;
    ada.pictures("console-called").await;

    let sms = server.console().await.outbox().await;
    let to_peter = sms.iter().find(|sms| sms.to == "+32470123456").expect("Peter's SMS");
    assert!(
        to_peter.text.starts_with("Ada (Conclave) asks you into \"Flood at the archive\" now."),
        "{}",
        to_peter.text
    );
    let words: Vec<&str> = to_peter.text.split_whitespace().collect();
    let link = words.iter().find(|word| word.contains("/join#")).expect("a link");
    let pin = to_peter.text.split_once("PIN ").expect("a PIN").1[..19].to_owned();
    let peter = Browser::start(Person::PETER).await;
    peter.open(link).await.fill("pin-input", &pin).await.click("pin-submit").await.until_sees("greenroom").await;
    assert!(to_peter.text.ends_with(&peter.text("phrase").await));
    peter.click("enter").await.until_sees("lobby").await;

    // Whoever calls comes in with the PIN of the dialog, past the lobby: the login is the second proof.
    let meetings: Vec<shared::api::MeetingSummary> = server.console().await.get("/meetings").await.unwrap();
    let detail: shared::api::MeetingDetail =
        server.console().await.get(&format!("/meetings/{}", meetings[0].info.id)).await.unwrap();
    ada.open(&detail.invitees[0].link).await.fill("pin-input", &own).await.click("pin-submit").await;
    ada.until_sees("greenroom").await;
    assert_eq!(peter.complaints().await, Vec::<String>::new());
}

/// D9, D13, D14, D38: an invitation's role is changed and its PIN withdrawn, which reaches who is inside; a meeting that is over is
/// put away; and the console says what guessing comes to.
#[tokio::test]
async fn an_invitation_is_changed_and_a_meeting_put_away() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let meeting = console.meeting("Board", &[("Maria", Role::Moderator), ("Peter", Role::Participant)]).await;
    let ada = Browser::start(Person::MARIA).await;
    ada.log_in_by_form(&server).await;
    ada.open(&format!("{}/console/meetings/{}", server.url(), meeting.id)).await;
    let peter = Browser::start(Person::PETER).await;
    peter.knock(meeting.link("Peter")).await.until_sees("greenroom").await;

    ada.click("change-invitee-2").await.paste("change-role", "observer").await;
    ada.pictures("console-change").await;
    ada.click("change-save").await;
    until_ended(&peter, "role_changed").await;
    peter.pictures("ended-role-changed").await;
    let observer = console.detail(&meeting).await;
    assert_eq!(observer.invitees[1].role, Role::Observer);
    peter.knock(meeting.link("Peter")).await.until_sees("greenroom").await;

    ada.click("change-invitee-2").await.click("withdraw-pin").await;
    until_ended(&peter, "revoked").await;
    peter.knock(meeting.link("Peter")).await;
    assert!(peter.refusal().await.contains("replaced or withdrawn"));
    ada.wait("no PIN to withdraw", || async { ada.page_text().await.contains("Withdrawn") }).await;
    ada.pictures("console-withdrawn").await;

    ada.click("door-link").await.until_sees("door-holds").await;
    assert_eq!(ada.text("door-live").await, "1", "Maria's; Peter's is withdrawn");
    ada.pictures("console-door").await;

    console.end(&meeting).await;
    ada.open(&format!("{}/console/meetings/{}", server.url(), meeting.id)).await;
    ada.click("archive-meeting").await;
    ada.wait("archived", || async { console.detail(&meeting).await.phase == MeetingPhase::Archived }).await;
    ada.pictures("console-archived").await;
    assert_eq!(ada.complaints().await, Vec::<String>::new());
}

/// Waits until the page says that it is over, for that reason.
async fn until_ended(browser: &Browser, reason: &str) {
    let body = "return document.querySelector('[data-testid=ended]')?.dataset.reason ?? null";
    browser.wait(reason, || async { browser.run(body, vec![]).await.as_str() == Some(reason) }).await;
}
