//! Script in every text that people may write, in a real Chromium: in the pages, and in the record, which is HTML that the server
//! writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use e2e::media_socket::MediaSocket;
use e2e::{Browser, Caller, Deployment, Link, Person, meeting_now};
use reqwest::Method;
use serde_json::json;
use shared::api::{CallIn, Called, CalledIn, IssuedPin, MeetingDetail, NewInvitee, NewMeeting};
use shared::ids::{MeetingId, ParticipantId};
use shared::meeting::{DoorRules, MeetingKind, Role};
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};
use shared::template::{NewTemplate, Settings, Template};

use crate::foreign::evil_site;
use crate::talk::Inside;
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("script_in_records", "markup", PLAIN, |d| Box::pin(records(d))),
    Attack::with_control("script_in_pages", |d| Box::pin(strings_as_html(d)), PLAIN, |d| Box::pin(pages(d))),
];

/// Each calls `x` if a page takes it for more than text; short enough for a name. After the OWASP XSS filter evasion cheat sheet
/// and the HTML specification's own traps.
const CORPUS: [&str; 16] = [
    "<script>x(1)</script>",
    "<img src=x onerror=x(2)>",
    "\"><svg onload=x(3)>",
    "'><iframe srcdoc=\"<script>parent.x(4)</script>\">",
    "<a href=\"javascript:x(5)\" autofocus onfocus=x(5)>a</a>",
    "</title><img src=x onerror=x(6)>",
    "</template><img src=x onerror=x(7)>",
    "<details open ontoggle=x(8)>a</details>",
    "<input autofocus onfocus=x(9)>",
    "\" autofocus onfocus=x(10) tabindex=1 x=\"",
    "<math><mtext></form><form><mglyph><style></math><img src=x onerror=x(11)>",
    "<video><source onerror=x(12)></video>",
    "<object data=\"javascript:parent.x(13)\"></object>",
    "&lt;img src=x onerror=x(14)&gt;",
    "{{constructor.constructor('x(15)')()}}${x(16)}",
    "<noscript><p title=\"</noscript><img src=x onerror=x(17)>\">",
];

/// Runs in every document before anything else.
const DETECTOR: &str = "window.__ran = new Set(); window.x = n => window.__ran.add(n)";

/// What a page did with the corpus.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    /// Strings that can be read on it.
    shown: usize,
    /// Elements and attributes that only the corpus can have brought.
    elements: usize,
    /// Strings that ran, or would have but for the page's policy.
    ran: usize,
}

impl Found {
    fn and(self, other: Self) -> Self {
        Self { shown: self.shown + other.shown, elements: self.elements + other.elements, ran: self.ran + other.ran }
    }
}

/// Looks at the page as it is; what runs late has had its time.
async fn look(browser: &Browser) -> Found {
    let body = r#"await new Promise(done => setTimeout(done, 600));
        const flat = text => text.replace(/\s+/g, ' ');
        const places = [document.title, document.body.innerText, document.body.textContent,
            ...[...document.querySelectorAll('*')].flatMap(found => [...found.attributes].map(attribute => attribute.value))];
        const text = flat(places.join('\n'));
        const shown = arguments[0].filter(string => text.includes(flat(string))).length;
        const brought = '[onerror],[onload],[onfocus],[ontoggle],[srcdoc],[href^="javascript:"],[data^="javascript:"],[src=x],mtext,mglyph';
        const blocked = (window.__probe?.violations ?? []).length;
        return { shown, elements: document.querySelectorAll(brought).length, ran: window.__ran.size + blocked };"#;
    let wrapped = format!("return (async function () {{ {body} }}).apply(null, arguments)");
    let found = browser.run(&wrapped, vec![json!(CORPUS)]).await;
    let count = |name: &str| found[name].as_u64().unwrap() as usize;
    Found { shown: count("shown"), elements: count("elements"), ran: count("ran") }
}

async fn browser(person: Person) -> Browser {
    let browser = Browser::start(person).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": DETECTOR })).await;
    browser
}

/// The control of [`pages`], whose guard is how they are written: the strings as HTML in a page without a policy.
async fn strings_as_html(_server: &Deployment) -> Outcome {
    let maria = browser(Person::MARIA).await;
    maria.open(&format!("http://localhost:{}/", evil_site().await.port())).await;
    let body = "for (const string of arguments[0])
        document.body.append(Object.assign(document.createElement('div'), { innerHTML: string }))";
    maria.run(body, vec![json!(CORPUS)]).await;
    let mut found = look(&maria).await;
    // Pictures that are not there fail only once the site has said so.
    for _ in 0..10 {
        if found.ran < 4 {
            found = look(&maria).await;
        }
    }
    let Found { elements, ran, .. } = found;
    let figure = format!("put as HTML into a page of another site: {elements} elements, {ran} of {} ran", CORPUS.len());
    Outcome { succeeded: ran >= 4 && elements >= 10, figure }
}

/// A meeting that is all corpus.
async fn meeting(
    server: &Deployment,
    title: &str,
    rules: DoorRules,
    people: &[(&str, Role)],
) -> (MeetingId, Vec<Link>) {
    let console = server.console().await;
    let meeting = NewMeeting { rules, ..meeting_now(title) };
    let own = console.account();
    let detail: MeetingDetail = console.call(Method::POST, "/meetings", Some(&meeting)).await.unwrap();
    let mut links = Vec::new();
    for (name, role) in people {
        let account = own.filter(|_| *role == Role::Moderator);
        let person = NewInvitee { name: (*name).into(), phone: None, email: None, role: *role, account };
        let path = format!("/meetings/{}/invitees", detail.info.id);
        let issued: IssuedPin = console.call(Method::POST, &path, Some(&person)).await.unwrap();
        links.push(Link { invitee: issued.invitee, pin: issued.pin.reveal().to_owned() });
    }
    (detail.info.id, links)
}

/// A record is downloaded and opened from the disk, as people do.
async fn records(server: &Deployment) -> Outcome {
    let people: Vec<(&str, Role)> = CORPUS.iter().map(|name| (*name, Role::Participant)).collect();
    let maria = browser(Person::MARIA).await;
    let mut found = Found::default();
    for title in [CORPUS[1], CORPUS[5]] {
        let (id, _) = meeting(server, title, DoorRules::default(), &people).await;
        let console = server.console().await;
        let _: MeetingDetail = console.call(Method::POST, &format!("/meetings/{id}/end"), None::<&()>).await.unwrap();
        let answer = console.send(Method::GET, &format!("/meetings/{id}/record.html"), None::<&()>).await;
        let file = maria.folder().join("record.html");
        std::fs::write(&file, answer.text().await.unwrap()).unwrap();
        maria.open(&format!("file://{}", file.display())).await;
        found = found.and(look(&maria).await);
    }
    let Found { shown, elements, ran } = found;
    let figure = format!(
        "{shown} strings shown in 2 records, {elements} became elements, {ran} ran or were stopped by the policy"
    );
    Outcome { succeeded: elements + ran > 0, figure }
}

/// Keeps media sessions alive until it is dropped.
struct Alive(Arc<AtomicBool>);

impl Alive {
    fn keep(mut media: Vec<MediaSocket>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                media.iter_mut().for_each(MediaSocket::poll);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self(stop)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Somebody whose name is script comes as far as the lobby, and writes lines that are script.
async fn waits(server: &Deployment, link: &Link, number: u16) -> (Caller, ParticipantId, MediaSocket) {
    let mut caller = Caller::connect(server.url(), None).await;
    let token = link.url().rsplit('#').next().unwrap();
    caller.say(&ClientMsg::Join { pin: Secret::new(&link.pin), link: Some(Secret::new(token)) });
    let welcomed = |message: &ServerMsg| match message {
        ServerMsg::Welcomed { invited_as, .. } => Some(invited_as.participant),
        _ => None,
    };
    let participant = caller.hear("welcomed", welcomed).await;
    let mut media = MediaSocket::on_loopback(number).unwrap();
    let answer = caller.enter(media.client.offer()).await;
    media.accept(&answer).unwrap();
    (caller, participant, media)
}

fn template_settings() -> Settings {
    Settings {
        duration_minutes: 30,
        ask_password: false,
        password_before_minutes: 10,
        kind: MeetingKind::NothingKept,
        rules: DoorRules::default(),
    }
}

/// The console's pages and the meeting's, with the corpus as titles, names, points of the checklist and lines both ways.
async fn pages(server: &Deployment) -> Outcome {
    const IN_LOBBY: usize = 8;
    let maria = browser(Person::MARIA).await;
    for title in CORPUS {
        meeting(server, title, DoorRules::default(), &[]).await;
    }
    let checklist = CORPUS[..6].iter().map(|point| (*point).to_owned()).collect();
    let rules = DoorRules { confirmations: 1, checklist, ..DoorRules::default() };
    let mut people: Vec<(&str, Role)> = CORPUS.iter().map(|name| (*name, Role::Participant)).collect();
    people.extend([(CORPUS[2], Role::Moderator), ("Olga", Role::Moderator)]);
    let (id, links) = meeting(server, CORPUS[1], rules, &people).await;
    let [invited @ .., by_browser, by_hand] = &links[..] else { unreachable!("all were invited") };
    let console = server.console().await;

    for (title, number) in CORPUS.iter().zip(0..) {
        let settings = template_settings();
        let template = NewTemplate { name: (*title).to_owned(), settings };
        let _: Vec<Template> = console.call(Method::POST, "/templates", Some(&template)).await.unwrap();
        let people = vec![Called { name: (*title).to_owned(), phone: format!("+3247012{number:04}") }];
        let call = CallIn {
            title: (*title).to_owned(),
            duration_minutes: 30,
            time_zone: "Europe/Brussels".to_owned(),
            people,
        };
        let _: CalledIn = console.call(Method::POST, "/meetings/call", Some(&call)).await.unwrap();
    }

    maria.log_in(server).await;
    maria.open(&format!("{}/console", server.url())).await.until_sees("meeting-list").await;
    let mut found = look(&maria).await;
    maria.open(&format!("{}/console/meetings/{id}", server.url())).await.until_sees("invitee-row-1").await;
    found = found.and(look(&maria).await);

    for (page, sign) in [("schedule", "templates"), ("outbox", "outbox-message")] {
        maria.open(&format!("{}/console/{page}", server.url())).await.until_sees(sign).await;
        found = found.and(look(&maria).await);
    }

    let Inside { caller: olga, media } = Inside::come(server, console.cookie(), by_hand, 1).await;
    let (mut waiting, mut media) = (Vec::new(), vec![media]);
    for (link, number) in invited[..IN_LOBBY].iter().zip(10..) {
        let (caller, participant, one) = waits(server, link, number).await;
        media.push(one);
        waiting.push((caller, participant));
    }
    let _alive = Alive::keep(media);
    for ((caller, participant), lines) in waiting.iter().zip(CORPUS.chunks(2)) {
        for line in lines {
            caller.say(&ClientMsg::Say { to: None, text: (*line).to_owned() });
            olga.say(&ClientMsg::Say { to: Some(*participant), text: (*line).to_owned() });
        }
    }
    maria.come_in(by_browser).await.until_sees("room").await;
    let (_, last) = &waiting[IN_LOBBY - 1];
    maria.until_sees(&format!("lobby-card-{}", last.0)).await;
    found = found.and(look(&maria).await);

    let peter = browser(Person::PETER).await;
    peter.come_in(&invited[IN_LOBBY]).await.until_sees("lobby").await;
    let number = maria.number_of("lobby-card-", CORPUS[IN_LOBBY]).await;
    for line in CORPUS {
        olga.say(&ClientMsg::Say { to: Some(ParticipantId(number)), text: line.to_owned() });
    }
    peter.wait("the last line", || async { peter.page_text().await.contains(CORPUS[15]) }).await;
    found = found.and(look(&peter).await);

    for (_, participant) in &waiting {
        olga.say(&ClientMsg::ConfirmIdentity { participant: *participant, checked: 6 });
        olga.say(&ClientMsg::Admit { participant: *participant });
    }
    maria.wait("a tile for the last", || async { maria.sees(&format!("tile-{}", last.0)).await }).await;
    found = found.and(look(&maria).await);

    // And where somebody put them in as HTML by mistake, the page's policy would stand.
    let second = "const box = document.createElement('div'); document.body.append(box);
        let refused = 0;
        for (const string of arguments[0]) { try { box.innerHTML = string } catch { refused += 1 } }
        return refused";
    let before = found.ran;
    let refused = maria.run(second, vec![json!(CORPUS)]).await;
    let ran = maria.run("return window.__ran.size", vec![]).await;
    let Found { shown, elements, .. } = found;
    let figure = format!(
        "{shown} strings shown on 7 pages, {elements} became elements, {before} ran; as HTML by hand {refused} of {} refused, {ran} ran",
        CORPUS.len()
    );
    Outcome { succeeded: elements + before > 0 || ran != 0, figure }
}
