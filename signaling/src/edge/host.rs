//! The names this server answers to. A page of somebody else's that points its own name at our address (DNS rebinding)
//! speaks to us under that name, and is turned away.

use std::collections::BTreeSet;

use axum::extract::Request;
use axum::http::header;

use crate::config::Config;
use crate::guards::{self, Guard};

/// The allowed names, lower case, without ports.
#[derive(Debug, Clone)]
pub struct Hosts(BTreeSet<String>);

impl Hosts {
    /// What the configuration allows: the public URL's name, `hosts`, the addresses listened on, and `localhost` when
    /// one of them is loopback.
    pub fn of(config: &Config) -> Self {
        let mut names: BTreeSet<String> = config.hosts.iter().map(|host| name_of(host)).collect();
        if let Some((_, authority)) = config.public_url().split_once("://") {
            names.insert(name_of(authority));
        }
        for address in &config.listen {
            let loopback = address.ip().is_loopback();
            if loopback || address.ip().is_unspecified() {
                names.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
            }
            names.insert(name_of(&address.to_string()));
        }
        Self(names)
    }

    /// Whether this authority (`name` or `name:port`) is one of ours, whatever the port.
    pub fn allow(&self, authority: &str) -> bool {
        self.0.contains(&name_of(authority)) || !guards::holds(Guard::Host)
    }
}

/// The authority a request is for: the request line's, else the one `Host` header. `None` when there is none, or more.
pub fn of(request: &Request) -> Option<String> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.as_str().to_ascii_lowercase());
    }
    let mut lines = request.headers().get_all(header::HOST).iter();
    match (lines.next(), lines.next()) {
        (Some(host), None) => host.to_str().ok().map(str::to_ascii_lowercase),
        _ => None,
    }
}

/// The name without its port, lower case, without the root's dot. IPv6 keeps its brackets. With anything but a port behind
/// it, it is left as it stands, and is nobody's name.
fn name_of(authority: &str) -> String {
    let authority = authority.trim().to_ascii_lowercase();
    let end_of_name = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (name, port) = authority.split_at(end_of_name);
    let is_port = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if port.is_empty() || port.strip_prefix(':').is_some_and(is_port) {
        name.trim_end_matches('.').to_owned()
    } else {
        authority
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D15: on every listener the Host must be on the list.
    #[test]
    fn names_of_ours_pass_and_rebound_ones_do_not() {
        let config = Config {
            public_url: Some("https://meet.example.org".into()),
            hosts: vec!["Office.Example".into()],
            ..Config::default()
        };
        let hosts = Hosts::of(&config);
        let table = [
            ("meet.example.org", true),
            ("meet.example.org:443", true),
            ("MEET.example.org.", true),
            ("office.example", true),
            ("localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("evil.example", false),
            ("meet.example.org.evil.example", false),
            ("evilmeet.example.org", false),
            ("127.0.0.1.nip.io:8080", false),
            ("127.0.0.2", false),
            ("[::2]:8080", false),
            ("", false),
            ("@localhost", false),
            ("localhost:8080@evil.example", false),
            ("localhost:evil.example", false),
            ("[::1]evil.example", false),
            ("[::1]:8080:9", false),
            ("localhost:", true),
        ];
        for (authority, allowed) in table {
            assert_eq!(hosts.allow(authority), allowed, "{authority}");
        }
    }
}
