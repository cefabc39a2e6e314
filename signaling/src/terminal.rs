//! What a person at the terminal reads, on standard output: where the server is and how to get into the demo. It never
//! goes through the log, because it holds PINs and passwords.

#![allow(clippy::print_stdout, reason = "this is the terminal")]
#![allow(clippy::print_stderr, reason = "this is the terminal")]

use shared::secret::Secret;
use shared::text::{tr, tr_with};

use crate::record::check::Verified;

/// One person's way into the demo meeting.
pub struct Way {
    /// "Moderator", "Participant 1" …
    pub who: String,
    /// The link.
    pub link: String,
    /// The PIN, in groups.
    pub pin: Secret,
    /// The SMS password, where one is needed.
    pub password: Option<Secret>,
}

/// What the demo prints.
pub struct Demo {
    /// The console's address.
    pub console: String,
    /// Name of the admin.
    pub admin: String,
    /// Password of the admin.
    pub password: Secret,
    /// Hours that the meeting lasts.
    pub hours: i64,
    /// The ways in.
    pub ways: Vec<Way>,
}

/// The configuration as it counts, in TOML; there is no secret in it.
pub fn configuration(text: &str) {
    println!("{}", text.trim_end());
}

/// What the key that signs records is called.
pub fn record_key(key: &str) {
    println!("{key}");
}

/// A record that is as it was signed.
pub fn verified(Verified { record, key }: &Verified, key_is_known: bool) {
    let (people, events) = (record.people.len().to_string(), record.events.len().to_string());
    println!("{}", tr_with("Record of \"{title}\"", &[("title", &record.meeting.title)]));
    println!("{}", tr_with("  made for {organisation}", &[("organisation", &record.organisation)]));
    println!(
        "{}",
        tr_with(
            "  people invited: {people}, events at the door: {events}",
            &[("people", &people), ("events", &events)]
        )
    );
    println!("{}", tr_with("  signed by the key {key}", &[("key", key)]));
    if key_is_known {
        println!("{}", tr("VALID: nothing in it was changed, and the key is the one that was asked for."));
    } else {
        println!("{}", tr("INTACT: nothing in it was changed since somebody signed it."));
        println!(
            "{}",
            tr("Whose the key is was not checked: compare it with the console of the server, or name it with --key.")
        );
    }
}

/// Which folder of keys goes where.
pub fn media_keys(folder: &std::path::Path, nodes: &[String]) {
    let place = |name: &str| folder.join(name).display().to_string();
    let line = |sentence, name: &str| println!("{}", tr_with(sentence, &[("node", name), ("folder", &place(name))]));
    line("{folder} is for conclave: `keys` under [media].", crate::media_keys::SIGNALING);
    for node in nodes {
        line("{folder} is for the machine of {node}: `keys` of its conclave-sfu.", node);
    }
    line("{folder} makes further ones. Keep it away from both.", crate::media_keys::AUTHORITY);
}

/// The address of a demo under a self-signed certificate, with the warning that browsers show.
pub fn self_signed(url: &str, fingerprint: &str) {
    println!("{}", tr_with("Other machines open {url}", &[("url", url)]));
    println!(
        "{}",
        tr("Their browsers warn that the connection is not private, because this server made its certificate itself.")
    );
    println!(
        "{}",
        tr_with(
            "Compare the certificate's SHA-256 fingerprint before you accept: {fingerprint}",
            &[("fingerprint", fingerprint)]
        )
    );
}

/// An account was made. The password is there when it was made here.
pub fn account(name: &str, password: Option<&Secret>) {
    println!("{}", tr_with("The account {name} can log in.", &[("name", name)]));
    if let Some(password) = password {
        println!("{}", tr_with("Its password, shown this once: {password}", &[("password", password.reveal())]));
    }
}

/// An account has no authenticator any more.
pub fn authenticator_removed(name: &str) {
    println!(
        "{}",
        tr_with("The account {name} logs in with its password alone, and is logged out everywhere.", &[("name", name)])
    );
}

/// An account may not log in any more.
pub fn account_disabled(name: &str) {
    println!(
        "{}",
        tr_with(
            "The account {name} is disabled: it is logged out, and the PINs of invitations that are for it are withdrawn.",
            &[("name", name)]
        )
    );
}

/// An account may log in again.
pub fn account_enabled(name: &str) {
    println!(
        "{}",
        tr_with(
            "The account {name} may log in again. PINs that were withdrawn stay so: issue new ones.",
            &[("name", name)]
        )
    );
}

/// The configuration is right.
pub fn configuration_is_right() {
    println!("{}", tr("The configuration is right."));
}

/// Everything listens. Programs wait for this line.
pub fn ready(url: &str) {
    println!("ready: {url}");
}

/// One clear sentence, and the end.
pub fn failed(sentence: &str) {
    eprintln!("conclave: {sentence}");
}

/// How to get into the demo.
pub fn demo(demo: &Demo) {
    println!("{}", panel(demo));
}

fn panel(demo: &Demo) -> String {
    let hours = demo.hours.to_string();
    let mut lines = vec![
        tr("Conclave demo").to_owned(),
        String::new(),
        tr_with("Console       {url}", &[("url", &demo.console)]),
        tr_with("  name        {name}", &[("name", &demo.admin)]),
        tr_with("  password    {password}", &[("password", demo.password.reveal())]),
        String::new(),
        tr_with("A meeting is open for {hours} hours. Open each link in a window of its own:", &[("hours", &hours)]),
    ];
    for way in &demo.ways {
        lines.push(String::new());
        lines.push(way.who.clone());
        lines.push(tr_with("  link        {url}", &[("url", &way.link)]));
        lines.push(tr_with("  PIN         {pin}", &[("pin", way.pin.reveal())]));
        if let Some(password) = &way.password {
            lines.push(tr_with("  password    {password}", &[("password", password.reveal())]));
        }
    }
    lines.extend([String::new(), tr("Ctrl-C ends the demo; the next start makes a new meeting.").to_owned()]);
    boxed(&lines)
}

/// Lines in a frame.
fn boxed(lines: &[String]) -> String {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let rule = "─".repeat(width + 2);
    let body: String = lines.iter().map(|line| format!("│ {line:<width$} │\n")).collect();
    format!("\n╭{rule}╮\n{body}╰{rule}╯\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panel_has_every_way_in_and_straight_edges() {
        let way = |who: &str, password| Way {
            who: who.into(),
            link: format!("http://localhost:8080/join#{who}"),
            pin: Secret::new("1234 5678 9012 3456"),
            password,
        };
        let text = panel(&Demo {
            console: "http://localhost:8080/console".into(),
            admin: "demo".into(),
            password: Secret::new("SESAME"),
            hours: 8,
            ways: vec![way("Moderator", Some(Secret::new("ACDEFGHJ"))), way("Participant 1", None)],
        });
        for part in ["SESAME", "ACDEFGHJ", "/join#Moderator", "/join#Participant 1", "1234 5678 9012 3456", "8 hours"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let widths: std::collections::BTreeSet<_> =
            text.lines().filter(|l| !l.is_empty()).map(|l| l.chars().count()).collect();
        assert_eq!(widths.len(), 1, "{text}");
    }
}
