//! The client's address behind real reverse proxies, one hop and two, with forwarding headers that may be believed and some
//! that may not; and the pages, the WebSocket and the console through them.

use std::net::SocketAddr;
use std::time::Instant;

use e2e::media_client::MediaClient;
use e2e::reverse_proxies::{NGINX, ReverseProxy, free_port};
use e2e::{Caller, Console, Deployment, Link, Options, invitee, meeting_now, with_phone};
use shared::location::{ComputerPlace, LocationHint};
use shared::meeting::Role;
use shared::signal::{ClientMsg, ServerMsg};

/// A server that is reached at `public`, listens on `port`, and believes these ranges.
async fn server(public: &str, port: u16, ranges: &str) -> Deployment {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../signaling/tests/data/countries.mmdb");
    let config = format!(
        "listen = [\"127.0.0.1:{port}\"]\npublic_url = \"{public}\"\n[proxy]\nranges = [\"{ranges}\"]\nheader = \"X-Forwarded-For\"\n\
         [geo]\nfiles = ['{data}']\n[sms]\nsender = \"outbox\"\n"
    );
    Deployment::start_with(Options { config, ..Options::default() }).await
}

fn offer(number: u16) -> String {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let Some(client) = MediaClient::new(number, nowhere, Instant::now()) else { panic!("str0m makes no offer") };
    client.offer().to_owned()
}

/// What the card says of somebody who comes through `url` and claims this chain of addresses.
async fn hint(url: &str, maria: &mut Caller, link: &Link, claims: &str) -> LocationHint {
    let mut peter = Caller::connect_claiming(url, claims).await;
    peter.knock(link).await;
    peter.enter(&offer(2)).await;
    let card = |message: &ServerMsg| match message {
        ServerMsg::LobbyChanged { card } => Some((card.participant, card.location.clone())),
        _ => None,
    };
    let (who, hint) = maria.hear("the card", card).await;
    peter.say(&ClientMsg::Leave);
    let left = |message: &ServerMsg| matches!(message, ServerMsg::LobbyLeft { participant } if *participant == who);
    maria.hear("the card's end", |message| left(message).then_some(())).await;
    hint
}

/// A meeting's moderator, who comes through `url` too.
async fn moderator(url: &str, server: &Deployment) -> (Caller, Link) {
    let (name, password) = server.admin();
    let console = Console::log_in(url, name, password).await;
    let people = [invitee("Maria", Role::Moderator), with_phone("Peter", "+31201234567")];
    let meeting = console.meeting_with(&meeting_now("Weekly"), &people).await;
    let mut maria = Caller::connect(url, Some(console.cookie())).await;
    maria.knock(meeting.link("Maria")).await;
    maria.enter(&offer(1)).await;
    (maria, meeting.link("Peter").clone())
}

fn netherlands() -> ComputerPlace {
    ComputerPlace::country("NL")
}

/// One hop: what nginx adds is believed, what stood there before is not.
#[tokio::test]
async fn one_hop_nginx() {
    let (port, behind) = (free_port(), free_port());
    let nginx = ReverseProxy::nginx(port, behind).await;
    // The test connects from loopback: with nginx alone trusted, that is the client, whatever it claims.
    let server = server(nginx.url(), behind, "127.0.0.1/32").await;
    let (mut maria, link) = moderator(nginx.url(), &server).await;
    // nginx saw 127.0.0.1, which is in the trusted range, so the next hop to the left is looked at: it stands for a proxy
    // further out, and what that one was told by nobody knows whom stays unread.
    let said = hint(nginx.url(), &mut maria, &link, "8.8.8.8, 145.1.2.3").await;
    assert_eq!(said.computer, netherlands(), "{said:?}");
    let said = hint(nginx.url(), &mut maria, &link, "145.1.2.3, nonsense").await;
    assert_eq!(said.computer, ComputerPlace::PrivateNetwork, "a chain that cannot be read is read no further");
}

/// Two hops, both trusted: the address left of them counts, and not what it claims in turn.
#[tokio::test]
async fn two_hops_haproxy_and_nginx() {
    let (outer, inner, behind) = (free_port(), free_port(), free_port());
    let nginx = ReverseProxy::nginx(inner, behind).await;
    let haproxy = ReverseProxy::haproxy(outer, inner, "127.0.0.2").await;
    let server = server(haproxy.url(), behind, "127.0.0.0/8").await;
    let (mut maria, link) = moderator(haproxy.url(), &server).await;
    let said = hint(haproxy.url(), &mut maria, &link, "8.8.8.8, 145.1.2.3").await;
    assert_eq!(said.computer, netherlands(), "{said:?}");
    drop(nginx);
}

/// Two hops, the outer one nobody's: its own address counts, and nothing that it says.
#[tokio::test]
async fn an_outer_hop_that_is_not_trusted() {
    let (outer, inner, behind) = (free_port(), free_port(), free_port());
    let nginx = ReverseProxy::nginx(inner, behind).await;
    let haproxy = ReverseProxy::haproxy(outer, inner, "127.0.0.2").await;
    let server = server(haproxy.url(), behind, "127.0.0.1/32").await;
    let (mut maria, link) = moderator(haproxy.url(), &server).await;
    let said = hint(haproxy.url(), &mut maria, &link, "8.8.8.8, 145.1.2.3").await;
    assert_eq!(said.computer, ComputerPlace::PrivateNetwork, "{said:?}");
    drop(nginx);
}

/// HAProxy alone, in front of a server that trusts nobody: its header changes nothing.
#[tokio::test]
async fn no_proxy_is_trusted() {
    let (port, behind) = (free_port(), free_port());
    let haproxy = ReverseProxy::haproxy(port, behind, "127.0.0.1").await;
    let server = server(haproxy.url(), behind, "10.0.0.0/8").await;
    let (mut maria, link) = moderator(haproxy.url(), &server).await;
    let said = hint(haproxy.url(), &mut maria, &link, "145.1.2.3").await;
    assert_eq!(said.computer, ComputerPlace::PrivateNetwork, "{said:?}");
}

/// The README's words are the ones that were tried.
#[test]
fn the_readme_says_what_was_tried() {
    let readme = include_str!("../../README.md");
    let squeezed = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in NGINX.split_inclusive(';') {
        assert!(squeezed.contains(line.trim()), "{line} is not in the README");
    }
}
