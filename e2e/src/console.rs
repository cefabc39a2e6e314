//! The console as a program sees it: the REST calls of `shared::api`.

use reqwest::{Client, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::{
    ApiError, ConsoleAccount, Invitee, IssuedPin, Login, Me, MeetingDetail, NewInvitee, NewMeeting, OutboxMessage,
    Start,
};
use shared::authenticator::{BeginAuthenticator, ConfirmAuthenticator, NewAuthenticator, RecoveryCodes};
use shared::ids::{AccountId, MeetingId};
use shared::meeting::{DoorRules, MeetingKind, Role};
use shared::secret::Secret;

use crate::authenticator::Authenticator;

/// A client of the REST interface with its own cookie.
#[derive(Debug, Clone)]
pub struct Console {
    client: Client,
    url: String,
    cookie: Option<String>,
    account: Option<AccountId>,
}

/// One person's way in.
#[derive(Debug, Clone)]
pub struct Link {
    /// The invitation.
    pub invitee: Invitee,
    /// `1234 5678 9012 3456`
    pub pin: String,
}

impl Link {
    /// The address of the invitation, token and all.
    pub fn url(&self) -> &str {
        &self.invitee.link
    }
}

/// A meeting with the people invited to it, in order.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// Which.
    pub id: MeetingId,
    /// The invitations, in order.
    pub links: Vec<Link>,
}

impl Meeting {
    /// The invitation of that name.
    pub fn link(&self, name: &str) -> &Link {
        self.links.iter().find(|link| link.invitee.name == name).unwrap_or_else(|| panic!("{name} is not invited"))
    }
}

/// A meeting that starts now and lasts an hour.
pub fn meeting_now(title: &str) -> NewMeeting {
    NewMeeting {
        title: title.into(),
        start: Start::Now {},
        duration_minutes: 60,
        time_zone: "Europe/Brussels".into(),
        ask_password: false,
        password_before_minutes: 0,
        kind: MeetingKind::NothingKept,
        rules: DoorRules::default(),
    }
}

/// Somebody to invite, with a telephone number nobody has.
pub fn invitee(name: &str, role: Role) -> NewInvitee {
    NewInvitee { name: name.into(), phone: Some("+32470123456".into()), email: None, role, account: None }
}

/// A participant with this telephone number.
pub fn with_phone(name: &str, phone: &str) -> NewInvitee {
    NewInvitee { phone: Some(phone.into()), ..invitee(name, Role::Participant) }
}

impl Console {
    /// Nobody logged in.
    pub fn stranger(url: &str) -> Self {
        Self { client: Client::new(), url: url.into(), cookie: None, account: None }
    }

    /// Logs in with name and password.
    pub async fn log_in(url: &str, name: &str, password: &str) -> Self {
        Self::log_in_with(url, &Login { name: name.into(), password: Secret::new(password), code: None }).await
    }

    /// Logs in and keeps the cookie. By hand: a cookie jar would hold a `Secure` cookie back on plain http.
    pub async fn log_in_with(url: &str, login: &Login) -> Self {
        let mut console = Self::stranger(url);
        let answer = console.send(Method::POST, "/login", Some(login)).await;
        assert_eq!(answer.status(), StatusCode::OK, "login");
        let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        console.cookie = Some(set.split(';').next().unwrap().to_owned());
        let me: Me = answer.json().await.unwrap();
        let accounts: Vec<ConsoleAccount> = console.get("/accounts").await.unwrap();
        console.account = accounts.into_iter().find(|account| account.name == me.name).map(|account| account.id);
        console
    }

    /// The account that is logged in.
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// `name=value` of the session cookie.
    pub fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap_or("")
    }

    /// Schedules a meeting that begins now and invites these people.
    pub async fn meeting(&self, title: &str, people: &[(&str, Role)]) -> Meeting {
        let people: Vec<_> = people.iter().map(|(name, role)| invitee(name, *role)).collect();
        self.meeting_with(&meeting_now(title), &people).await
    }

    /// Schedules a meeting and invites these people. Moderators are invited for the account that is logged in here.
    pub async fn meeting_with(&self, meeting: &NewMeeting, people: &[NewInvitee]) -> Meeting {
        let detail: MeetingDetail = self.call(Method::POST, "/meetings", Some(meeting)).await.unwrap();
        let mut links = Vec::new();
        for person in people {
            let own = self.account.filter(|_| person.role == Role::Moderator);
            let person = &NewInvitee { account: person.account.or(own), ..person.clone() };
            let issued: IssuedPin =
                self.call(Method::POST, &format!("/meetings/{}/invitees", detail.info.id), Some(person)).await.unwrap();
            links.push(Link { invitee: issued.invitee, pin: issued.pin.reveal().to_owned() });
        }
        Meeting { id: detail.info.id, links }
    }

    /// The meeting as it is now.
    pub async fn detail(&self, meeting: &Meeting) -> MeetingDetail {
        self.get(&format!("/meetings/{}", meeting.id)).await.unwrap()
    }

    /// Ends it from the console.
    pub async fn end(&self, meeting: &Meeting) {
        let _: MeetingDetail =
            self.call(Method::POST, &format!("/meetings/{}/end", meeting.id), None::<&()>).await.unwrap();
    }

    /// Sends this person a password now.
    pub async fn send_password(&self, meeting: &Meeting, link: &Link) {
        let path = format!("/meetings/{}/invitees/{}/password", meeting.id, link.invitee.id);
        let _: Invitee = self.call(Method::POST, &path, None::<&()>).await.unwrap();
    }

    /// Sets an authenticator up for the account that is logged in, and gives the telephone. The code of this step is used up.
    pub async fn with_authenticator(&self, password: &str) -> Authenticator {
        let path = "/me/authenticator";
        let begin = BeginAuthenticator { password: Secret::new(password) };
        let begun: NewAuthenticator = self.call(Method::POST, path, Some(&begin)).await.unwrap();
        let telephone = Authenticator::told(begun.uri.reveal());
        let confirm = ConfirmAuthenticator { code: Secret::new(telephone.shows(0)) };
        let _: RecoveryCodes = self.call(Method::POST, &format!("{path}/confirm"), Some(&confirm)).await.unwrap();
        telephone
    }

    /// What "went out" by SMS, oldest first.
    pub async fn outbox(&self) -> Vec<OutboxMessage> {
        let mut messages: Vec<OutboxMessage> = self.get("/outbox").await.unwrap();
        messages.sort_by_key(|message| message.at);
        messages
    }

    /// A GET.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        self.call(Method::GET, path, None::<&()>).await
    }

    /// Any call; an error comes as its type.
    pub async fn call<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<T, ApiError> {
        let answer = self.send(method, path, body).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        if status.is_success() {
            return Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}")));
        }
        Err(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path} {status}: {error}: {text}")))
    }

    /// Any call, with the raw answer. Says the Origin that a page of this site would.
    pub async fn send<B: Serialize>(&self, method: Method, path: &str, body: Option<&B>) -> reqwest::Response {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.url));
        request = request.header("origin", &self.url).header("sec-fetch-site", "same-origin");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }
}
