//! `make attack`: what strangers try, against a real server on loopback, each attack twice. With its guard switched off in a
//! build made for that, it must succeed, or it proves nothing; against the server that people get, it must fail.
//!
//! One line each: `attack: NAME | guard off: succeeded|failed | guard on: held|fell | FIGURE`.

#![expect(clippy::unwrap_used, reason = "attack tests report by panicking")]

mod edge;
mod guessing;
mod stranger;

use std::future::Future;
use std::pin::Pin;

use e2e::{Deployment, Options};

/// What came of an attack.
struct Outcome {
    /// Whether the attacker got what they wanted.
    succeeded: bool,
    /// What was measured.
    figure: String,
}

type Running<'d> = Pin<Box<dyn Future<Output = Outcome> + Send + 'd>>;

struct Attack {
    name: &'static str,
    /// The guard that stands against it, as `CONCLAVE_UNGUARDED` names it.
    guard: &'static str,
    config: &'static str,
    run: for<'d> fn(&'d Deployment) -> Running<'d>,
}

/// Twelve digits and six people: the door then grants about fifty evaluations a second, so that a crowd of two thousand is
/// one. The chance that it aims at is the same as for sixteen digits and a thousand people.
const TIGHT: &str = "[door]\npin_digits = 12\n[sms]\nsender = \"outbox\"\n";
const PLAIN: &str = "[sms]\nsender = \"outbox\"\n";
/// A proxy somewhere else than where the attacker is.
const PROXIED: &str =
    "public_url = \"http://localhost:{port}\"\n[proxy]\nranges = [\"10.0.0.0/8\"]\nheader = \"X-Forwarded-For\"\n";

const ATTACKS: [Attack; 10] = [
    Attack {
        name: "pins_from_one_address",
        guard: "source_limit",
        config: PLAIN,
        run: |d| Box::pin(guessing::one_address(d)),
    },
    Attack {
        name: "pins_from_2000_addresses",
        guard: "budget",
        config: TIGHT,
        run: |d| Box::pin(guessing::faster_than_granted(d)),
    },
    Attack {
        name: "crowd_before_the_door",
        guard: "fair_queue",
        config: TIGHT,
        run: |d| Box::pin(guessing::crowd_before_the_door(d)),
    },
    Attack {
        name: "pins_from_10000_networks",
        guard: "crowd",
        config: PLAIN,
        run: |d| Box::pin(guessing::ten_thousand_networks(d)),
    },
    Attack {
        name: "all_connections_taken",
        guard: "crowd",
        config: PLAIN,
        run: |d| Box::pin(edge::all_connections_taken(d)),
    },
    Attack {
        name: "connections_like_media",
        guard: "crowd",
        config: PLAIN,
        run: |d| Box::pin(edge::connections_like_media(d)),
    },
    Attack { name: "slow_headers", guard: "header_timeout", config: PLAIN, run: |d| Box::pin(edge::slow_headers(d)) },
    Attack { name: "foreign_origin", guard: "origin", config: PLAIN, run: |d| Box::pin(edge::foreign_origin(d)) },
    Attack { name: "dns_rebinding", guard: "host", config: PLAIN, run: |d| Box::pin(edge::dns_rebinding(d)) },
    Attack {
        name: "forged_forwarding_header",
        guard: "proxy_ranges",
        config: PROXIED,
        run: |d| Box::pin(edge::forged_forwarding_header(d)),
    },
];

async fn against(attack: &Attack, unguarded: &'static str) -> Outcome {
    let server =
        Deployment::start_with(Options { config: attack.config.into(), unguarded, log: "info", ..Options::default() })
            .await;
    (attack.run)(&server).await
}

/// All attacks, or those whose names contain `ATTACK`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and a second build of the server; run by `make attack`"]
async fn attacks() {
    let only = std::env::var("ATTACK").unwrap_or_default();
    stranger::raise_descriptors();
    let mut fallen = Vec::new();
    for attack in ATTACKS.iter().filter(|attack| attack.name.contains(&only)) {
        let control = against(attack, attack.guard).await;
        let real = against(attack, "").await;
        println!(
            "attack: {} | guard off: {} | guard on: {} | {} (guard off: {})",
            attack.name,
            if control.succeeded { "succeeded" } else { "failed" },
            if real.succeeded { "fell" } else { "held" },
            real.figure,
            control.figure,
        );
        if real.succeeded || !control.succeeded {
            fallen.push(attack.name);
        }
    }
    assert!(fallen.is_empty(), "fell, or proved nothing: {fallen:?}");
}
