//! `make attack`: what strangers try, against a real server on loopback, each attack twice. With its guard switched off in a
//! build made for that, it must succeed, or it proves nothing; against the server that people get, it must fail.
//!
//! One line each: `attack: NAME | guard off: succeeded|failed | guard on: held|fell | FIGURE`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "attack tests report by panicking")]

mod codes;
mod edge;
mod floods;
mod foreign;
mod guessing;
mod login;
mod logs;
mod media;
mod slow;
mod sms;
mod stranger;
mod talk;
mod xss;

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

type Running<'d> = Pin<Box<dyn Future<Output = Outcome> + 'd>>;

/// An attack against a server.
type Run = for<'d> fn(&'d Deployment) -> Running<'d>;

struct Attack {
    name: &'static str,
    /// The guards that stand against it, as `CONCLAVE_UNGUARDED` names them.
    guard: &'static str,
    config: &'static str,
    run: Run,
    /// Everything is logged.
    is_log_talkative: bool,
    /// What is done instead where no guard can be switched off: it must succeed as the attack would without its guard.
    control: Option<Run>,
}

impl Attack {
    const fn new(name: &'static str, guard: &'static str, config: &'static str, run: Run) -> Self {
        Self { name, guard, config, run, is_log_talkative: false, control: None }
    }

    const fn with_control(name: &'static str, control: Run, config: &'static str, run: Run) -> Self {
        Self { control: Some(control), ..Self::new(name, "", config, run) }
    }

    const fn with_talkative_log(mut self) -> Self {
        self.is_log_talkative = true;
        self
    }
}

const PLAIN: &str = "[sms]\nsender = \"outbox\"\n";

const FAMILIES: [&[Attack]; 11] = [
    guessing::ATTACKS,
    login::ATTACKS,
    codes::ATTACKS,
    edge::ATTACKS,
    slow::ATTACKS,
    floods::ATTACKS,
    media::ATTACKS,
    foreign::ATTACKS,
    sms::ATTACKS,
    xss::ATTACKS,
    logs::ATTACKS,
];

async fn against(attack: &Attack, unguarded: &'static str, run: Run) -> Outcome {
    let log = if attack.is_log_talkative { "debug" } else { "info" };
    let options = Options { config: attack.config.into(), unguarded, log, ..Options::default() };
    let server = Deployment::start_with(options).await;
    run(&server).await
}

/// All attacks, or those whose names contain `ATTACK`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and a second build of the server; run by `make attack`"]
async fn attacks() {
    let only = std::env::var("ATTACK").unwrap_or_default();
    stranger::raise_descriptors();
    let mut fallen = Vec::new();
    for attack in FAMILIES.into_iter().flatten().filter(|attack| attack.name.contains(&only)) {
        let control = against(attack, attack.guard, attack.control.unwrap_or(attack.run)).await;
        let real = against(attack, "", attack.run).await;
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
