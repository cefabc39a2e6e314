//! Connections must speak soon. hyper-util reads up to the length of HTTP/2's preface, without any time limit, to tell
//! the versions apart, even where only HTTP/1 is wanted; hyper's own header timeout begins after that. So whoever sends
//! nothing, or the preface's first letter, would be held for ever (SECURITY.md T6).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::Context;

use axum_server::accept::Accept;
use tokio::time::Sleep;

use super::http::HEADER_TIMEOUT;
use super::watched::{Watch, Watched};
use crate::guards::{self, Guard};

/// Length of HTTP/2's preface (RFC 9113 section 3.4): with so many bytes the version is known. No request with a `Host`
/// is shorter.
const PREFACE_BYTES: usize = 24;

/// An acceptor around another: what it accepts must send its first bytes in time. Around TLS, so that it counts what is
/// inside.
#[derive(Debug, Clone)]
pub(super) struct Prompt<A>(pub(super) A);

type Accepting<T, S> = Pin<Box<dyn Future<Output = io::Result<(Watched<T, Speaking>, S)>> + Send>>;

impl<A, I, S> Accept<I, S> for Prompt<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: Send,
    A::Service: Send,
{
    type Stream = Watched<A::Stream, Speaking>;
    type Service = A::Service;
    type Future = Accepting<A::Stream, A::Service>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepting = self.0.accept(stream, service);
        Box::pin(
            async move { accepting.await.map(|(stream, service)| (Watched::new(stream, Speaking::new()), service)) },
        )
    }
}

/// Lets a connection be read until it has said enough, or too long has passed.
#[derive(Debug)]
pub(super) struct Speaking {
    wanted: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Speaking {
    fn new() -> Self {
        Self { wanted: PREFACE_BYTES, deadline: Some(Box::pin(tokio::time::sleep(HEADER_TIMEOUT))) }
    }
}

impl Watch for Speaking {
    fn before_read(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let late = self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready());
        if late && guards::holds(Guard::HeaderTimeout) { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn heard(&mut self, bytes: usize) {
        self.wanted = self.wanted.saturating_sub(bytes);
        if self.wanted == 0 {
            self.deadline = None;
        }
    }
}
