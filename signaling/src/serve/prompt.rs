//! Connections must speak soon. hyper-util reads up to the length of HTTP/2's preface, without any time limit, to tell
//! the versions apart, even where only HTTP/1 is wanted; hyper's own header timeout begins after that. So whoever sends
//! nothing, or the preface's first letter, would be held for ever (SECURITY.md T6).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::http::HEADER_TIMEOUT;

/// Length of HTTP/2's preface (RFC 9113 section 3.4): with so many bytes the version is known. No request with a `Host`
/// is shorter.
const PREFACE_BYTES: usize = 24;

/// An acceptor around another: what it accepts must send its first bytes in time. Around TLS, so that it counts what is
/// inside.
#[derive(Debug, Clone)]
pub(super) struct Prompt<A>(pub(super) A);

type Accepting<T, S> = Pin<Box<dyn Future<Output = io::Result<(Speaking<T>, S)>> + Send>>;

impl<A, I, S> Accept<I, S> for Prompt<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: Send,
    A::Service: Send,
{
    type Stream = Speaking<A::Stream>;
    type Service = A::Service;
    type Future = Accepting<A::Stream, A::Service>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepting = self.0.accept(stream, service);
        Box::pin(async move { accepting.await.map(|(stream, service)| (Speaking::new(stream), service)) })
    }
}

/// A connection that is read until it has said enough, or too long has passed.
#[derive(Debug)]
pub(super) struct Speaking<T> {
    stream: T,
    wanted: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<T> Speaking<T> {
    fn new(stream: T) -> Self {
        Self { stream, wanted: PREFACE_BYTES, deadline: Some(Box::pin(tokio::time::sleep(HEADER_TIMEOUT))) }
    }

    fn heard(&mut self, bytes: usize) {
        self.wanted = self.wanted.saturating_sub(bytes);
        if self.wanted == 0 {
            self.deadline = None;
        }
    }

    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Speaking<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_late(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.heard(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Speaking<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
