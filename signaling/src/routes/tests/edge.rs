//! What is turned away before anybody looks at it, and what every answer carries.

use axum::http::Method;
use serde_json::json;
use shared::api::{ApiError, Site as Public};

use super::{PASSWORD, Site, meeting_now};
use crate::config::Proxy;

/// D15: every listener answers to its own names alone.
#[tokio::test]
async fn a_page_that_points_its_own_name_at_us_is_turned_away() {
    let site = Site::open().await;
    for host in ["evil.example", "evil.example:8080", "localhost.evil.example", "192.0.2.7:8080", ""] {
        for path in ["/", "/api/v1/site", "/api/v1/ws"] {
            let answer = site.stranger().with("host", host).get(path).await;
            assert_eq!(answer.status, 421, "{host} {path}");
            assert!(answer.text.contains("`hosts`") && !answer.text.contains("evil"), "{}", answer.text);
        }
    }
    assert_eq!(site.stranger().without("host").get("/api/v1/site").await.status, 421);
    for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"] {
        assert_eq!(site.stranger().with("host", host).get("/api/v1/site").await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn only_our_own_pages_may_change_something() {
    let site = Site::open().await;
    let cookie = site.ada().await.cookie;
    let foreign = ["http://evil.example", "null", "http://localhost:8080.evil.example", "https://localhost:8080", ""];
    for origin in foreign {
        let mut browser = site.stranger().with("origin", origin);
        browser.cookie.clone_from(&cookie);
        let login = browser.post("/api/v1/login", json!({ "name": "Ada", "password": PASSWORD })).await;
        assert_eq!(login.error(), (403, ApiError::ForeignOrigin), "{origin}");
        let create = browser.post("/api/v1/meetings", meeting_now()).await;
        assert_eq!(create.error(), (403, ApiError::ForeignOrigin), "{origin}");
        for method in [Method::PATCH, Method::PUT, Method::DELETE] {
            assert_eq!(browser.send(method, "/api/v1/meetings", None).await.status, 403, "{origin}");
        }
        assert_eq!(browser.get("/api/v1/meetings").await.status, 200, "reading is guarded by the browser");
    }
    let mut no_origin = site.stranger().without("origin");
    no_origin.cookie.clone_from(&cookie);
    assert_eq!(no_origin.post("/api/v1/meetings", meeting_now()).await.status, 403);
    let mut cross = site.stranger().with("sec-fetch-site", "cross-site");
    cross.cookie = cookie;
    assert_eq!(cross.post("/api/v1/meetings", meeting_now()).await.status, 403);
}

#[tokio::test]
async fn every_answer_is_hardened_refusals_included() {
    let site = Site::open().await;
    let stranger = site.stranger();
    let answers = [
        stranger.get("/").await,
        stranger.get("/api/v1/site").await,
        stranger.get("/api/v1/me").await,
        stranger.get("/api/v1/nothing").await,
        stranger.get("/nothing.js").await,
        site.stranger().with("host", "evil.example").get("/").await,
    ];
    for answer in answers {
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval';",
            "frame-ancestors 'none'",
            "style-src 'self';",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.header("permissions-policy").starts_with("camera=(self), microphone=(self)"));
        assert!(answer.headers.get("access-control-allow-origin").is_none());
        assert!(answer.headers.get("strict-transport-security").is_none(), "not on plain loopback");
    }
}

#[tokio::test]
async fn browsers_are_held_to_https_only_where_the_certificate_is_the_operators() {
    for (cert, header) in [(true, "max-age=31536000"), (false, "")] {
        let site = Site::open_with(|config| {
            config.tls.cert = cert.then(|| "cert.pem".into());
            config.tls.self_signed = !cert;
        })
        .await;
        assert_eq!(site.stranger().get("/api/v1/site").await.header("strict-transport-security"), header);
    }
}

/// The login limit counts the address that the proxy vouches for, and no other.
#[tokio::test]
async fn a_forged_forwarding_header_does_not_make_a_new_source() {
    let behind_proxy = |config: &mut crate::config::Config| {
        config.public_url = Some("http://localhost:8080".into());
        config.proxy = Proxy { ranges: vec!["10.0.0.0/8".parse().unwrap()], header: Some("X-Forwarded-For".into()) };
    };
    let site = Site::open_with(behind_proxy).await;
    for n in 0..10 {
        let mut mallory = site.stranger().with("x-forwarded-for", &format!("203.0.113.{n}"));
        assert_eq!(mallory.log_in("Ada", "guess").await.status, 401);
    }
    assert_eq!(site.stranger().with("x-forwarded-for", "203.0.113.99").log_in("Ada", PASSWORD).await.status, 429);
    let through = |client: &str| site.stranger().at([10, 0, 0, 1]).with("x-forwarded-for", client);
    assert_eq!(through("203.0.113.99").log_in("Ada", PASSWORD).await.status, 200);
    assert_eq!(through("203.0.113.99, 192.0.2.1").log_in("Ada", PASSWORD).await.status, 429, "the rightmost counts");
}

#[tokio::test]
async fn the_site_says_what_everybody_may_know() {
    let site = Site::open().await;
    let public: Public = site.stranger().get("/api/v1/site").await.json();
    assert!(public.demo, "plain HTTP on loopback is a demo (D15)");
    assert_eq!((public.geo_attribution, public.version.as_str()), (None, env!("CARGO_PKG_VERSION")));
    let real = Site::open_with(|config| config.public_url = Some("https://meet.example.org".into())).await;
    assert!(!real.stranger().get("/api/v1/site").await.json::<Public>().demo);
}

/// Gateways come without a page. What they say reaches the letters; nothing is said of which messages there are, and no
/// address of another shape is taken.
#[tokio::test]
async fn gateways_say_what_became_of_messages() {
    let site = Site::open().await;
    let gateway = site.stranger();
    let path = format!("/sms/receipts/{}", "ab".repeat(16));
    for (query, status) in [("?state=1", 204), ("?state=8", 204), ("", 204)] {
        assert_eq!(gateway.get(&format!("{path}{query}")).await.status.as_u16(), status, "{query}");
    }
    let form = site
        .stranger()
        .with("content-type", "application/x-www-form-urlencoded")
        .with("origin", "https://gateway.example");
    let answer = form.send(Method::POST, &path, Some("MessageStatus=delivered".into())).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);
    for wrong in ["/sms/receipts/short", "/sms/receipts/zz", &format!("{path}00")] {
        assert_eq!(gateway.get(wrong).await.status.as_u16(), 404, "{wrong}");
    }
}

/// A refusal is what the document says it is, also of what cannot be read as text at all.
#[tokio::test]
async fn a_path_that_is_no_text_does_not_exist() {
    let site = Site::open().await;
    let ada = site.ada().await;
    for path in
        ["/api/v1/meetings/%FF", "/api/v1/meetings/%C0%AF/record", "/api/v1/meetings/00/invitees/%FF/invitation.ics"]
    {
        assert_eq!(ada.get(path).await.error(), (404, ApiError::NotFound), "{path}");
        assert_eq!(site.stranger().get(path).await.error(), (401, ApiError::NotLoggedIn), "{path}");
    }
    let device = site.stranger().with("authorization", "Bearer nothing");
    let answer = device.send(Method::DELETE, "/whip/%FF", None).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (404, "application/problem+json"));
}

/// RFC 9110 section 8.3.1.
#[tokio::test]
async fn a_media_type_is_the_same_in_either_case() {
    let site = Site::open().await;
    let ada = site.ada().await.with("content-type", "Application/JSON; charset=UTF-8");
    assert_eq!(ada.post("/api/v1/meetings", meeting_now()).await.status, 201);
}
