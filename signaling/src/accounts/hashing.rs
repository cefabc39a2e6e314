//! Argon2id away from the async threads, one at a time and with a bounded queue: about 28 ms of a core each, so that
//! a flood of logins may slow logins but never the media (SECURITY.md T7).

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use shared::secret::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory of one hash, KiB (OWASP's minimum for these passes). More costs an attacker and every login more.
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Hashes that may wait their turn. More lets a burst of honest logins through and lets a flood hold more requests.
const QUEUE: usize = 16;

/// Why there is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// Argon2 or the stored hash failed; the text says nothing of the password.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// Hashes and checks passwords. Clones share the one turn and the queue.
#[derive(Clone)]
pub struct Hasher {
    turn: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    argon2: Argon2<'static>,
    /// A hash nobody knows the password of: checked for unknown names, so that they cost what known ones cost.
    decoy: Arc<str>,
}

impl Hasher {
    /// A hasher with an empty queue.
    pub fn new() -> Result<Self, HashError> {
        Self::with_cost(MEMORY_KIB, PASSES)
    }

    /// One whose hashes are nearly free, for tests that hash by the hundred.
    pub fn cheap() -> Result<Self, HashError> {
        Self::with_cost(Params::MIN_M_COST, Params::MIN_T_COST)
    }

    fn with_cost(memory_kib: u32, passes: u32) -> Result<Self, HashError> {
        let params = Params::new(memory_kib, passes, 1, None).map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut nobody_knows = [0; 32];
        crate::chance::Chance::fill(&crate::chance::SystemChance, &mut nobody_knows);
        let decoy = argon2.hash_password(&nobody_knows).map_err(failed)?.to_string().into();
        Ok(Self { turn: Arc::new(Semaphore::new(1)), queue: Arc::new(Semaphore::new(QUEUE)), argon2, decoy })
    }

    /// The same turn behind a queue of its own: a flood at one door then does not fill the other door's queue.
    pub fn with_own_queue(&self) -> Self {
        Self { queue: Arc::new(Semaphore::new(QUEUE)), ..self.clone() }
    }

    /// The PHC string of a new password.
    pub async fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let password = password.clone();
        let argon2 = self.argon2.clone();
        self.in_turn(move || argon2.hash_password(password.reveal().as_bytes()).map(|hash| hash.to_string()))
            .await?
            .map_err(failed)
    }

    /// Whether `password` is the one behind `stored`.
    pub async fn verify(&self, password: &Secret, stored: &str) -> Result<bool, HashError> {
        let password = password.clone();
        let stored = stored.to_owned();
        let argon2 = self.argon2.clone();
        self.in_turn(move || verify(&argon2, &password, &stored)).await?
    }

    /// Costs what [`Hasher::verify`] costs and is never true.
    pub async fn verify_nobody(&self, password: &Secret) -> Result<bool, HashError> {
        let decoy = Arc::clone(&self.decoy);
        self.verify(password, &decoy).await.map(|_| false)
    }

    /// Takes every place in the queue, for tests.
    #[cfg(test)]
    pub(crate) fn fill(&self) -> Option<OwnedSemaphorePermit> {
        let all = u32::try_from(QUEUE).ok()?;
        Arc::clone(&self.queue).try_acquire_many_owned(all).ok()
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(failed)?;
        // The permits go with the work: a caller who hangs up does not free them before the core is free.
        tokio::task::spawn_blocking(move || held(place, turn, work)).await.map_err(failed)
    }
}

fn held<T>(_place: OwnedSemaphorePermit, _turn: OwnedSemaphorePermit, work: impl FnOnce() -> T) -> T {
    work()
}

fn verify(argon2: &Argon2<'_>, password: &Secret, stored: &str) -> Result<bool, HashError> {
    let hash = PasswordHash::new(stored).map_err(failed)?;
    match argon2.verify_password(password.reveal().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_stored_as_argon2id_and_only_it_opens() {
        let hasher = Hasher::new().unwrap();
        let hash = hasher.hash(&Secret::new("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(hasher.verify(&Secret::new("correct horse"), &hash).await, Ok(true));
        assert_eq!(hasher.verify(&Secret::new("battery"), &hash).await, Ok(false));
        assert_eq!(hasher.verify_nobody(&Secret::new("battery")).await, Ok(false));
        assert!(hasher.verify(&Secret::new("x"), "not a hash").await.is_err());
    }

    #[tokio::test]
    async fn a_full_queue_says_busy_and_another_door_has_its_own() {
        let hasher = Hasher::cheap().unwrap();
        let _places = hasher.fill().unwrap();
        assert_eq!(hasher.hash(&Secret::new("a")).await, Err(HashError::Busy));
        assert!(hasher.with_own_queue().hash(&Secret::new("a")).await.is_ok());
    }
}
