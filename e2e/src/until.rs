//! Waiting: ask again until it is so, or fail with what was waited for.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long to wait for anything that should come soon. Generous, because two cores may run three browsers.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(120);

/// Waits until `question` answers with something.
pub async fn until_some<T, F, Fut>(what: &str, mut question: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = question().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for: {what}");
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
}

/// Waits until `question` is true.
pub async fn until<F, Fut>(what: &str, mut question: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    until_some(what, || {
        let answer = question();
        async move { answer.await.then_some(()) }
    })
    .await;
}

/// Whether `question` became true in time.
pub(crate) async fn until_within<F, Fut>(patience: Duration, mut question: F) -> bool
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let deadline = Instant::now() + patience;
    while !question().await {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
    true
}
