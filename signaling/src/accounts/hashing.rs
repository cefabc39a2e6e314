//! Argon2id away from the async threads, one at a time and with a bounded queue: about 28 ms of a core each, so that
//! a flood of logins may slow logins but never the media (SECURITY.md T7).
//!
//! All on one thread and in one piece of memory: allocated anew for each, glibc 2.36 does not reuse these aligned 19 MiB and
//! grows by as much with every login.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use shared::secret::Secret;
use tokio::sync::{Semaphore, oneshot};

use crate::chance::{Chance, SystemChance};
use crate::guards::{self, Guard};

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

/// What Argon2 works in; grows to what the dearest hash needs.
type Memory = Vec<Block>;
type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// Hashes and checks passwords. Clones share the one thread and the queue.
#[derive(Clone)]
pub struct Hasher {
    /// To the thread; it ends with the last hasher.
    jobs: mpsc::Sender<Job>,
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
        SystemChance.fill(&mut nobody_knows);
        let mut memory = Memory::new();
        let decoy = hash(&argon2, &nobody_knows, &mut memory)?.into();
        Ok(Self { jobs: start_thread(memory)?, queue: Arc::new(Semaphore::new(QUEUE)), argon2, decoy })
    }

    /// The same thread behind a queue of its own: a flood at one door then does not fill the other door's queue.
    pub fn with_own_queue(&self) -> Self {
        Self { queue: Arc::new(Semaphore::new(QUEUE)), ..self.clone() }
    }

    /// The PHC string of a new password.
    pub async fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let password = password.clone();
        let argon2 = self.argon2.clone();
        self.in_turn(move |memory| hash(&argon2, password.reveal().as_bytes(), memory)).await?
    }

    /// Whether `password` is the one behind `stored`.
    pub async fn verify(&self, password: &Secret, stored: &str) -> Result<bool, HashError> {
        let password = password.clone();
        let stored = stored.to_owned();
        self.in_turn(move |memory| verify(&password, &stored, memory)).await?
    }

    /// Costs what [`Hasher::verify`] costs and is never true.
    pub async fn verify_nobody(&self, password: &Secret) -> Result<bool, HashError> {
        let decoy = Arc::clone(&self.decoy);
        self.verify(password, &decoy).await.map(|_| false)
    }

    /// Takes every place in the queue, for tests.
    #[cfg(test)]
    pub(crate) fn fill(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        let all = u32::try_from(QUEUE).ok()?;
        Arc::clone(&self.queue).try_acquire_many_owned(all).ok()
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        if !guards::holds(Guard::HashQueue) {
            return tokio::task::spawn_blocking(move || work(&mut Memory::new())).await.map_err(failed);
        }
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let (answer, answered) = oneshot::channel();
        let job = move |memory: &mut Memory| {
            let worked = work(memory);
            // The place goes with the work: a caller who hangs up does not free it before the core is free.
            drop(place);
            let _ = answer.send(worked);
        };
        self.jobs.send(Box::new(job)).map_err(failed)?;
        answered.await.map_err(failed)
    }
}

fn start_thread(mut memory: Memory) -> Result<mpsc::Sender<Job>, HashError> {
    let (jobs, waiting) = mpsc::channel::<Job>();
    let work = move || {
        for job in waiting {
            // A job that panics answers nobody; the next one has its turn all the same.
            if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
                tracing::error!("a password could not be checked");
            }
        }
    };
    std::thread::Builder::new().name("passwords".into()).spawn(work).map_err(failed)?;
    Ok(jobs)
}

fn hash(argon2: &Argon2<'_>, password: &[u8], memory: &mut Memory) -> Result<String, HashError> {
    let mut salt = [0; Salt::RECOMMENDED_LENGTH];
    SystemChance.fill(&mut salt);
    let salt = Salt::new(&salt).map_err(failed)?;
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(failed)?,
        salt: Some(salt),
        hash: Some(digest(argon2, password, &salt, length, memory)?),
    };
    Ok(hash.to_string())
}

fn verify(password: &Secret, stored: &str, memory: &mut Memory) -> Result<bool, HashError> {
    let stored = PasswordHash::new(stored).map_err(failed)?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(failed)?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from).map_err(failed)?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&stored).map_err(failed)?);
    let (salt, expected) = stored.salt.zip(stored.hash).ok_or_else(|| failed("the stored hash is not whole"))?;
    // `Output` compares in constant time.
    Ok(digest(&argon2, password.reveal().as_bytes(), &salt, expected.len(), memory)? == expected)
}

fn digest(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
    memory: &mut Memory,
) -> Result<Output, HashError> {
    let blocks = argon2.params().block_count();
    memory.resize(memory.len().max(blocks), Block::new());
    let mut out = vec![0; length];
    argon2.hash_password_into_with_memory(password, salt, &mut out, memory.as_mut_slice()).map_err(failed)?;
    Output::new(&out).map_err(failed)
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
        // As `argon2 0.6` itself writes it: what is in databases goes on to open.
        let known = argon2::PasswordHasher::hash_password(&hasher.argon2, b"correct horse").unwrap().to_string();
        assert_eq!(hasher.verify(&Secret::new("correct horse"), &known).await, Ok(true));
    }

    #[tokio::test]
    async fn a_panic_costs_one_caller() {
        let hasher = Hasher::cheap().unwrap();
        assert!(hasher.in_turn(|_| panic!("on purpose")).await.is_err());
        assert!(hasher.hash(&Secret::new("a")).await.is_ok());
        assert_eq!(hasher.queue.available_permits(), QUEUE);
    }

    #[tokio::test]
    async fn a_full_queue_says_busy_and_another_door_has_its_own() {
        let hasher = Hasher::cheap().unwrap();
        let _places = hasher.fill().unwrap();
        assert_eq!(hasher.hash(&Secret::new("a")).await, Err(HashError::Busy));
        assert!(hasher.with_own_queue().hash(&Secret::new("a")).await.is_ok());
    }
}
