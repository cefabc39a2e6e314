//! The server's own TLS and its headers, as testers see them that nobody here wrote. Whatever they hold against it stands
//! here with the reason why it is left; anything else above "low" fails.

use e2e::tls_testers::{Finding, OldServer, csp_evaluator, sslyze, testssl};
use e2e::{Console, Deployment, Options};
use reqwest::Method;

/// What is known and left, with the reason.
type Left = (&'static str, &'static str);

/// The last three are of the certificate that the server makes for itself; an operator's own has none of them.
const LEFT: [Left; 4] = [
    (
        "BREACH",
        "what is compressed is the pages' own files, the same for everybody: no secret, and nothing of the request, is in them",
    ),
    ("cert_chain_of_trust", "no authority signed it: browsers warn, and the README says what it is for"),
    ("cert_revocation", "nobody could revoke it"),
    ("HSTS", "a browser that obeyed could never pass its own warning"),
];

async fn server() -> Deployment {
    Deployment::start_with(Options { config: "[tls]\nself_signed = true\n".into(), ..Options::default() }).await
}

fn bad(found: &[Finding], left: &[Left]) -> Vec<Finding> {
    let is_bad = |finding: &&Finding| ["MEDIUM", "HIGH", "CRITICAL", "FATAL"].contains(&finding.severity.as_str());
    let is_left = |finding: &Finding| left.iter().any(|(about, _)| finding.about == *about);
    found.iter().filter(is_bad).filter(|finding| !is_left(finding)).cloned().collect()
}

/// Protocols, ciphers, certificate and the attacks that have names: nothing above "low". The same look at a server with TLS 1.0
/// finds that.
#[tokio::test]
async fn testssl_finds_nothing_above_low() {
    let server = server().await;
    let found = testssl(server.port(), false).await;
    assert_eq!(bad(&found, &LEFT), []);
    let says = |about: &str| found.iter().find(|finding| finding.about == about).map(|finding| finding.says.as_str());
    assert_eq!((says("TLS1"), says("TLS1_1")), (Some("not offered"), Some("not offered")));
    for looked_at in [
        "TLS1_2",
        "TLS1_3",
        "cipherlist_STRONG",
        "cert_keySize",
        "heartbleed",
        "ROBOT",
        "secure_client_renego",
        "BREACH",
    ] {
        assert!(says(looked_at).is_some(), "testssl did not look at {looked_at}: {found:#?}");
    }
    let old = OldServer::start().await;
    let found = bad(&testssl(old.port(), true).await, &LEFT);
    assert!(found.iter().any(|finding| finding.about == "TLS1_2"), "an old protocol is not noticed: {found:?}");
}

/// Mozilla's guide for servers that need no old browser.
#[tokio::test]
async fn sslyze_finds_nothing() {
    let server = server().await;
    let (found, worked) = sslyze(server.port()).await;
    assert!(worked, "a scan did not work");
    let left = ["certificate_path_validation"];
    let found: Vec<_> = found.into_iter().filter(|finding| !left.contains(&finding.about.as_str())).collect();
    assert_eq!(found, []);
    let old = OldServer::start().await;
    let (found, _) = sslyze(old.port()).await;
    assert!(found.iter().any(|finding| finding.about == "tls_versions"), "an old protocol is not noticed: {found:?}");
}

/// The policy of pages and calls: nothing bad, and one thing that only could be.
#[tokio::test]
async fn the_content_security_policy_has_no_hole() {
    let server = Deployment::start().await;
    let answer = Console::stranger(server.url()).send(Method::GET, "/site", None::<&()>).await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let found = csp_evaluator(&policy).await;
    // 'self' serves what the build made and nothing that anybody sent: no JSONP, no uploads, no AngularJS.
    let left = Finding { severity: "MEDIUM_MAYBE".into(), about: "script-src".into(), says: "'self'".into() };
    assert_eq!(found, [left]);
    let weaker = policy.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'");
    let found = csp_evaluator(&weaker).await;
    assert!(found.iter().any(|finding| finding.severity == "HIGH"), "a hole is not noticed: {found:?}");
}
