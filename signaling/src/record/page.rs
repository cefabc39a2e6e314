//! A record as a page to read and print: no script, nothing loaded, and the signed record in it.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::text::{tr, tr_with};
use shared::units::UnixMs;

use super::content::{Happened, Record};
use super::jws::Jws;
use super::words;
use crate::markup::escaped;
use crate::meetings::events::Actor;

/// What the signed record stands between.
pub(super) const BEGIN: &str = "<template id=\"conclave-record\">";
pub(super) const END: &str = "</template>";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#14202b}\
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}.quiet{color:#51606d}\
table{border-collapse:collapse;width:100%;font-size:.95rem}th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;\
border-bottom:1px solid #d5dde3}th{color:#51606d;font-weight:500}td:first-child{white-space:nowrap}code{font-size:.85rem;\
overflow-wrap:anywhere}@media(max-width:40rem){table,tbody,tr,td{display:block}thead{display:none}tr{padding:.5rem 0;\
border-bottom:1px solid #d5dde3}td{border:0;padding:.05rem 0}}@media print{body{margin:0;font-size:11pt}tr{break-inside:avoid}}";

/// Writes the page. The same record and signature give the same page, letter by letter.
pub fn write(record: &Record, jws: &Jws, thumbprint: &str) -> String {
    let mut page = String::new();
    let meeting = &record.meeting;
    let zone = TimeZone::get(&meeting.time_zone).unwrap_or(TimeZone::UTC);
    let time = |at: UnixMs| moment(at, &zone);
    let title = tr_with("Record of the meeting: {title}", &[("title", &meeting.title)]);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{}</title><style>{STYLE}</style></head><body>\n<h1>{}</h1>\n<p class=\"quiet\">{}</p>\n",
        escaped(&title),
        escaped(&meeting.title),
        escaped(&record.organisation),
    );
    let facts = [
        tr_with(
            "Scheduled from {start} to {end}; over at {over}.",
            &[("start", &time(meeting.starts_at)), ("end", &time(meeting.ends_at)), ("over", &time(meeting.ended_at))],
        ),
        words::kind(meeting.kind).to_owned(),
        asked(record),
    ];
    for fact in facts {
        let _ = writeln!(page, "<p>{}</p>", escaped(&fact));
    }
    people(&mut page, record, &time);
    events(&mut page, record, &time);
    let _ = write!(
        page,
        "<h2>{}</h2>\n<p>{}</p>\n<p>{} <code>{}</code></p>\n",
        tr("Signature"),
        escaped(tr(
            "This record is signed with the key below. `conclave record verify FILE` says whether anything in this file was changed; whether the key is the right one, the console of the server that made it shows, or `conclave record key` there.",
        )),
        tr("Key:"),
        escaped(thumbprint),
    );
    let signed = serde_json::to_string(jws).unwrap_or_default();
    let _ = write!(page, "{BEGIN}{signed}{END}\n</body></html>\n");
    page
}

/// What the meeting asked of whoever came.
fn asked(record: &Record) -> String {
    let rules = &record.meeting.rules;
    let mut asked = vec![tr("a PIN of one's own")];
    if record.meeting.ask_password {
        asked.push(tr("a password, or the code of an account's authenticator"));
    }
    if rules.camera_required {
        asked.push(tr("a camera that is on"));
    }
    match rules.confirmations {
        0 => {}
        1 => asked.push(tr("an identity confirmed by a moderator")),
        _ => asked.push(tr("an identity confirmed by two moderators")),
    }
    let mut text = tr_with("Asked of whoever came: {what}.", &[("what", &asked.join(", "))]);
    if rules.link_suffices {
        text.push(' ');
        text.push_str(tr("The link alone was enough to reach the lobby."));
    }
    text
}

fn people(page: &mut String, record: &Record, time: &impl Fn(UnixMs) -> String) {
    let presences = record.presences();
    heading(page, tr("Invited"), &[tr("Name"), tr("Role"), tr("Came in"), tr("Left"), tr("Identity")]);
    for person in &record.people {
        let presence = presences.get(&person.id).copied().unwrap_or_default();
        let came = presence.came.map_or_else(|| tr("did not come in").to_owned(), time);
        let left = match (presence.came, presence.left) {
            (None, _) => String::new(),
            (Some(_), Some(left)) => time(left),
            (Some(_), None) => tr("there at the end").to_owned(),
        };
        let identity = match presence.confirmations {
            0 => String::new(),
            n => tr_with("confirmed by {n}", &[("n", &n.to_string())]),
        };
        row(page, &[&person.name, words::role(person.role), &came, &left, &identity]);
    }
    page.push_str("</tbody></table>\n");
}

fn events(page: &mut String, record: &Record, time: &impl Fn(UnixMs) -> String) {
    heading(page, tr("At the door"), &[tr("When"), tr("Who"), tr("What"), tr("By")]);
    for Happened { at, whom, by, event } in &record.events {
        let unknown = tr("somebody no longer listed");
        let account = event.account().and_then(|account| record.account(account)).unwrap_or(unknown);
        let whom_name = whom.map_or("", |whom| record.name_of(whom).unwrap_or(unknown));
        let by_name = match by {
            Actor::Invitee(who) if Some(*who) == *whom => String::new(),
            Actor::Invitee(who) => record.name_of(*who).unwrap_or(unknown).to_owned(),
            Actor::Account(account) => {
                tr_with("{name}, at the console", &[("name", record.account(*account).unwrap_or(unknown))])
            }
            Actor::Operator => tr("the server's operator").to_owned(),
            Actor::Clock => tr("the clock").to_owned(),
        };
        row(page, &[&time(*at), whom_name, &words::event(event, time, account), &by_name]);
    }
    page.push_str("</tbody></table>\n");
}

fn heading(page: &mut String, title: &str, columns: &[&str]) {
    let _ = write!(page, "<h2>{}</h2>\n<table><thead><tr>", escaped(title));
    for column in columns {
        let _ = write!(page, "<th>{}</th>", escaped(column));
    }
    page.push_str("</tr></thead><tbody>\n");
}

fn row(page: &mut String, cells: &[&str]) {
    page.push_str("<tr>");
    for cell in cells {
        let _ = write!(page, "<td>{}</td>", escaped(cell));
    }
    page.push_str("</tr>\n");
}

/// `2026-11-21 14:30:00 CET`
fn moment(at: UnixMs, zone: &TimeZone) -> String {
    let moment = Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::content::tests::record;
    use super::super::jws::SigningKey;
    use super::*;

    #[test]
    fn the_page_says_it_all_and_runs_nothing() {
        let record = record();
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let page = write(&record, &key.sign(&serde_json::to_string(&record).unwrap()), &key.thumbprint());
        assert_eq!(page, write(&record, &key.sign(&serde_json::to_string(&record).unwrap()), &key.thumbprint()));
        for words in [
            "Notaris &amp; Zonen",
            "Scheduled from 2026-11-21 13:00:00 CET",
            "an identity confirmed by a moderator",
            "<td>did not come in</td>",
            "<td>there at the end</td>",
            "Was let in: by the link, with the PIN; location hint: countries agree",
            "<td>ada, at the console</td>",
            "could not make sure who it is",
        ] {
            assert!(page.contains(words), "{words} is not in {page}");
        }
        assert!(!page.contains("<script") && page.matches(END).count() == 1);
    }
}
