//! An account with an authenticator app, as its holder sets it up, uses it and loses it. jsQR scans, oathtool counts.

use e2e::{Authenticator, Browser, Console, Deployment, Link, Person, invitee, meeting_now};
use reqwest::Method;
use serde_json::json;
use shared::api::{ApiError, Login, Me, NewMeeting};
use shared::authenticator;
use shared::meeting::Role;
use shared::secret::Secret;

async fn log_in(ada: &Browser, server: &Deployment) {
    let (name, password) = server.admin();
    ada.click("logout").await.fill("login-name", name).await.fill("login-password", password).await;
    ada.click("login-submit").await;
}

/// D7: name and password, and what the telephone shows: from the QR code on the screen to a login without the telephone.
#[tokio::test]
async fn an_account_gets_an_authenticator_and_logs_in_with_it() {
    let server = Deployment::start().await;
    let elsewhere = server.console().await;
    let ada = Browser::start(Person::MARIA).await;
    ada.log_in_by_form(&server).await.click("accounts-link").await;
    ada.fill("authenticator-password", "guess").await.click("authenticator-begin").await;
    ada.until_sees("authenticator-password-error").await;
    ada.pictures("sign-in-begin").await;
    ada.fill("authenticator-password", server.admin().1).await.click("authenticator-begin").await;
    ada.until_sees("authenticator-qr").await;
    ada.pictures("sign-in-scan").await;
    let telephone = Authenticator::scan(&ada, "authenticator-qr").await;
    assert_eq!(telephone.label, "Conclave localhost:Ada");
    assert_eq!(ada.text("authenticator-secret").await.replace(' ', ""), telephone.secret, "for typing");
    let uri = ada.attribute("authenticator-uri", "href").await.unwrap();
    assert_eq!(Authenticator::told(&uri).secret, telephone.secret, "for an app on this device");

    ada.fill("authenticator-code", "000000").await.click("authenticator-confirm").await;
    ada.until_sees("authenticator-code-error").await;
    let first = telephone.shows(0);
    ada.fill("authenticator-code", &first)
        .await
        .click("authenticator-confirm")
        .await
        .until_sees("recovery-dialog")
        .await;
    ada.pictures("sign-in-recovery").await;
    let codes: Vec<String> = ada.text("recovery-codes").await.split_whitespace().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10, "{codes:?}");
    ada.devtools("Browser.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": ada.folder() })).await;
    ada.click("recovery-file").await;
    let saved = || std::fs::read_to_string(ada.folder().join("conclave-recovery-codes.txt")).unwrap_or_default();
    ada.wait("the codes in a file", || async { codes.iter().all(|code| saved().contains(code.as_str())) }).await;
    ada.click("recovery-close").await.until_gone("recovery-dialog").await;
    ada.until_sees("authenticator-on").await;
    assert_eq!(ada.text("recovery-left").await, "10");
    assert_eq!(elsewhere.get::<Me>("/me").await, Err(ApiError::NotLoggedIn), "a session of the password alone goes on");

    log_in(&ada, &server).await;
    ada.until_sees("login-code").await.pictures("login-code").await;
    ada.fill("login-code", &first).await.click("login-submit").await.until_sees("login-error").await;
    ada.pictures("login-code-wrong").await;
    let second = telephone.shows(1);
    ada.fill("login-code", &second).await.press_enter_in("login-code").await.until_sees("authenticator-on").await;

    log_in(&ada, &server).await;
    ada.click("login-recovery").await.fill("login-code", &codes[4].to_lowercase()).await;
    ada.pictures("login-recovery").await;
    ada.click("login-submit").await.until_sees("authenticator-on").await;
    ada.wait("one code less", || async { ada.text("recovery-left").await == "9" }).await;

    ada.click("authenticator-off-open").await.fill("off-password", server.admin().1).await;
    ada.fill("off-code", &codes[4]).await.click("authenticator-off").await.until_sees("off-code-error").await;
    ada.pictures("sign-in-off").await;
    ada.fill("off-code", &codes[5]).await.click("authenticator-off").await.until_sees("authenticator-begin").await;
    log_in(&ada, &server).await;
    ada.until_sees("authenticator-begin").await;
    assert_eq!(ada.complaints().await, Vec::<String>::new());

    let log = server.log();
    let secrets = codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]);
    for secret in secrets.chain([telephone.secret.clone(), first, second, server.admin().1.to_owned()]) {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}

/// Telephone and recovery codes are lost: the operator takes the authenticator off while the server runs.
#[tokio::test]
async fn the_operator_helps_whoever_lost_both() {
    let server = Deployment::start().await;
    let (name, password) = server.admin();
    let console = server.console().await;
    let telephone = console.with_authenticator(password).await;
    let login =
        |code: Option<&str>| Login { name: name.into(), password: Secret::new(password), code: code.map(Secret::new) };
    let refused = Console::stranger(server.url()).call::<_, Me>(Method::POST, "/login", Some(&login(None))).await;
    assert_eq!(refused, Err(ApiError::CodeNeeded));
    let other = Console::log_in_with(server.url(), &login(Some(&telephone.shows(1)))).await;

    let (done, said) = server.admin_command(&["remove-authenticator", "--name", "nobody"]);
    assert!(!done && said.contains("no account of that name"), "{said}");
    let (done, said) = server.admin_command(&["remove-authenticator", "--name", name]);
    assert!(done && said.contains("with its password alone"), "{said}");
    for console in [&console, &other] {
        assert_eq!(console.get::<Me>("/me").await, Err(ApiError::NotLoggedIn));
    }
    let console = server.console().await;
    let state: authenticator::Authenticator = console.get("/me/authenticator").await.unwrap();
    assert_eq!((state.since, state.recovery_codes_left), (None, 0));
    let (done, said) = server.admin_command(&["remove-authenticator", "--name", name]);
    assert!(!done && said.contains("has no authenticator"), "{said}");
}

/// 4.3: at the door of a meeting that asks for passwords, whoever has an account types what their telephone shows: chosen in the
/// invitation, asked again from the card, and no SMS goes out unless they want one.
#[tokio::test]
async fn an_account_holder_comes_to_a_meeting_with_it() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let meeting = NewMeeting { ask_password: true, ..meeting_now("Board") };
    let meeting = console.meeting_with(&meeting, &[invitee("Maria", Role::Moderator)]).await;
    let telephone = console.with_authenticator(server.admin().1).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.take_over(&server, &console).await;
    maria.open(&format!("{}/console/meetings/{}", server.url(), meeting.id)).await.until_sees("invitee-account").await;
    let account = console.account().unwrap().to_string();
    maria.wait("the accounts", || async { maria.page_text().await.contains("Ada (you)") }).await;
    maria.paste("invitee-account", &account).await;
    maria.wait("the account's name", || async { maria.value("invitee-name").await == "Ada" }).await;
    maria.fill("invitee-phone", "+32470123457").await.pictures("console-invite-account").await;
    maria.click("invitee-add").await.until_sees("issued-pin").await;
    let pin = maria.text("issued-pin").await;
    maria.click("pin-close").await;
    maria.wait("whose account it is", || async { maria.text("invitee-account-2").await == "Account Ada" }).await;
    assert!(maria.text("invitee-row-2").await.contains("Code of their app"));
    maria.pictures("console-account-invited").await;
    let link = Link { invitee: console.detail(&meeting).await.invitees[1].clone(), pin };
    assert_eq!(link.invitee.account.as_ref().map(|account| account.name.as_str()), Some("Ada"));
    maria.come_in(meeting.link("Maria")).await.until_sees("room").await;

    let peter = Browser::start(Person::PETER).await;
    peter.knock(&link).await.until_sees("password-input").await;
    peter.pictures("door-code").await;
    peter.fill("password-input", "000000").await.click("password-submit").await.until_sees("password-error").await;
    assert!(peter.text("password-error").await.contains("4 tries are left"), "{}", peter.text("password-error").await);
    peter.pictures("door-code-wrong").await;
    peter.fill("password-input", &telephone.shows(1)).await.press_enter_in("password-input").await;
    peter.until_sees("greenroom").await.until_preview().await.click("enter").await.until_sees("lobby").await;
    let number = maria.number_of("lobby-card-", "Ada").await;
    let card = format!("lobby-card-{number}");
    maria.wait("that it was given", || async { maria.text(&card).await.contains("Code of their app given") }).await;
    maria.pictures("card-code-given").await;

    maria.click(&format!("more-{number}")).await.click(&format!("ask-password-{number}")).await;
    peter.until_sees("door-password-input").await;
    assert!(peter.text("door-password").await.contains("authenticator app"));
    maria.wait("what is asked", || async { maria.text(&card).await.contains("Code of their app asked") }).await;
    maria.pictures("card-code-asked").await;
    peter.pictures("lobby-code-asked").await;
    assert_eq!(console.outbox().await.len(), 0);
    // The app is on another telephone.
    peter.click("door-password-send").await;
    peter.wait("that it was sent", || async { peter.text("door-password").await.contains("ends in 57") }).await;
    let sms = console.outbox().await.pop().expect("an SMS");
    let password = sms.text.split_whitespace().next_back().unwrap();
    peter.fill("door-password-input", password).await.click("door-password-submit").await;
    maria.wait("that it was given", || async { maria.text(&card).await.contains("Password given") }).await;
    maria.admit("Ada").await;
    peter.until_sees("room").await;
    assert_eq!(peter.complaints().await, Vec::<String>::new());
    assert_eq!(maria.complaints().await, Vec::<String>::new());
}
