//! Tries again what failed for a moment.

use std::time::Duration;

use super::{Sending, Sms, SmsError, SmsSender};

/// Pauses before the second try and the third. A person waits all that time before they hear that nothing was sent.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// A sender that tries three times.
pub struct Retrying<S>(pub S);

impl<S: SmsSender> SmsSender for Retrying<S> {
    fn is_there(&self) -> bool {
        self.0.is_there()
    }

    fn send(&self, sms: Sms) -> Sending<'_> {
        Box::pin(async move {
            for pause in PAUSES {
                match self.0.send(sms.clone()).await {
                    Err(SmsError::NotNow(reason)) => {
                        tracing::warn!(%reason, "an SMS did not go out yet; it is tried again");
                        tokio::time::sleep(pause).await;
                    }
                    outcome => return outcome,
                }
            }
            self.0.send(sms).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use shared::secret::Secret;

    use super::super::Taken;
    use super::*;

    /// Fails so many times for a moment, and then for good or not at all.
    struct Moody(AtomicU32, u32, Result<Taken, SmsError>);

    impl SmsSender for Moody {
        fn send(&self, _sms: Sms) -> Sending<'_> {
            let before = self.0.fetch_add(1, Ordering::Relaxed);
            let outcome = if before < self.1 { Err(SmsError::NotNow("busy".into())) } else { self.2.clone() };
            Box::pin(std::future::ready(outcome))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn three_tries_unless_it_is_hopeless() {
        let hopeless = Err(SmsError::NotTaken("no".into()));
        let taken = || Ok(Taken::default());
        let busy = Err(SmsError::NotNow("busy".into()));
        let table = [
            (0, taken(), taken(), 1),
            (2, taken(), taken(), 3),
            (3, taken(), busy, 3),
            (1, hopeless.clone(), hopeless, 2),
        ];
        for (failures, then, outcome, tries) in table {
            let sender = Retrying(Moody(AtomicU32::new(0), failures, then));
            let sms = Sms { to: Secret::new("+31201234567"), text: Secret::new("x") };
            assert_eq!(sender.send(sms).await, outcome);
            assert_eq!(sender.0.0.load(Ordering::Relaxed), tries);
        }
    }
}
