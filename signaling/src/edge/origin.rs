//! Did one of this server's own pages send this? Asked of everything that changes something, and of the WebSocket.

use axum::http::{HeaderMap, header};

use crate::config::Config;
use crate::guards::{self, Guard};

/// Whether `Origin` is this site, and `Sec-Fetch-Site`, where a browser sends it, agrees.
///
/// `authority` is the request's allowed host. Behind a proxy the host may be another than the page's: then the public
/// URL is what counts. A missing `Origin` is foreign too: every browser sends it with these requests.
pub fn is_ours(config: &Config, authority: &str, headers: &HeaderMap) -> bool {
    if !guards::holds(Guard::Origin) {
        return true;
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    let Ok(origin) = origin.to_str() else { return false };
    let scheme = if config.uses_tls() { "https" } else { "http" };
    let same = origin == format!("{scheme}://{authority}") || same_url(origin, &config.public_url());
    same && headers.get_all("sec-fetch-site").iter().all(|site| site == "same-origin")
}

/// Equal once the scheme's own port is left out and case is forgotten.
fn same_url(origin: &str, public_url: &str) -> bool {
    without_default_port(origin) == without_default_port(public_url)
}

fn without_default_port(url: &str) -> String {
    let url = url.to_ascii_lowercase();
    let port = if url.starts_with("https://") { ":443" } else { ":80" };
    url.strip_suffix(port).unwrap_or(&url).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_sites_own_pages_may_change_something() {
        let plain = Config::default();
        let public = Config { public_url: Some("https://meet.example.org".into()), ..Config::default() };
        let table = [
            (&plain, "localhost:8080", Some("http://localhost:8080"), None, true),
            (&plain, "127.0.0.1:8080", Some("http://127.0.0.1:8080"), Some("same-origin"), true),
            (&plain, "127.0.0.1:8080", Some("http://localhost:8080"), None, true),
            (&plain, "localhost:8080", Some("http://127.0.0.1:8080"), None, false),
            (&plain, "localhost:8080", Some("http://localhost:8081"), None, false),
            (&plain, "localhost:8080", Some("https://localhost:8080"), None, false),
            (&plain, "localhost:8080", Some("http://localhost:8080.evil.example"), None, false),
            (&plain, "localhost:8080", Some("http://evil.example"), None, false),
            (&plain, "localhost:8080", Some("null"), None, false),
            (&plain, "localhost:8080", Some(""), None, false),
            (&plain, "localhost:8080", None, None, false),
            (&plain, "localhost:8080", Some("http://localhost:8080"), Some("cross-site"), false),
            (&plain, "localhost:8080", Some("http://localhost:8080"), Some("same-site"), false),
            (&public, "10.0.0.1:8080", Some("https://meet.example.org"), None, true),
            (&public, "10.0.0.1:8080", Some("https://meet.example.org:443"), None, true),
            (&public, "10.0.0.1:8080", Some("https://meet.example.org.evil.example"), None, false),
        ];
        for (config, authority, origin, site, ours) in table {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            assert_eq!(is_ours(config, authority, &headers), ours, "{origin:?} at {authority}, {site:?}");
        }
    }

    #[test]
    fn of_two_words_on_where_it_comes_from_the_worse_counts() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, "http://localhost:8080".parse().unwrap());
        for (site, ours) in [("same-origin", true), ("cross-site", false)] {
            headers.append("sec-fetch-site", site.parse().unwrap());
            assert_eq!(is_ours(&Config::default(), "localhost:8080", &headers), ours);
        }
    }

    #[test]
    fn two_origins_are_none() {
        let mut headers = HeaderMap::new();
        for origin in ["http://localhost:8080", "http://evil.example"] {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        assert!(!is_ours(&Config::default(), "localhost:8080", &headers));
    }
}
