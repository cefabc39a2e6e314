//! The `conclave` binary: reads the command line, starts the log, and turns an error into one sentence.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use shared::secret::Secret;
use signaling::accounts::hashing::Hasher;
use signaling::accounts::{self, CreateError, RemoveError, SwitchError};
use signaling::chance::{Chance, SystemChance};
use signaling::cli::{Admin, Cli, Command, CreateAdmin, NamedAdmin, Record, Serve, VerifyRecord};
use signaling::clock::{Clock as _, SystemClock};
use signaling::record::check;
use signaling::serve::{self, StartError};
use signaling::{keys, media_keys, terminal};

/// Longest password that is read, bytes, a line's end included.
const LONGEST_LINE: u64 = 4096;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The log goes to standard error; what people need is printed on standard output.
    sfu::log::start();
    match run(cli.command) {
        Ok(code) => code,
        Err(sentence) => {
            terminal::failed(&sentence);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, String> {
    match command {
        Command::CheckConfig(serve) => check_configuration(&serve)?,
        Command::Serve(serve) => {
            let config = serve.configuration().map_err(|error| error.to_string())?;
            block_on(serve::run(config))?.map_err(|error| error.to_string())?;
        }
        Command::MediaKeys(asked) => {
            media_keys::make(&asked.folder, &asked.nodes).map_err(|error| error.to_string())?;
            terminal::media_keys(&asked.folder, &asked.nodes);
        }
        Command::Admin(Admin::Create(create)) => {
            block_on(create_admin(&create))?.map_err(|error| error.to_string())?;
        }
        Command::Admin(Admin::RemoveAuthenticator(asked)) => {
            block_on(remove_authenticator(&asked))?.map_err(|error| error.to_string())?;
        }
        Command::Admin(Admin::Disable(asked)) => {
            block_on(switch(&asked, Switch::Off))?.map_err(|error| error.to_string())?;
        }
        Command::Admin(Admin::Enable(asked)) => {
            block_on(switch(&asked, Switch::On))?.map_err(|error| error.to_string())?;
        }
        Command::Record(Record::Key(place)) => {
            let config = place.configuration().map_err(|error| error.to_string())?;
            terminal::record_key(&record_key(&config.data)?);
        }
        Command::Record(Record::Verify(asked)) => return verify_record(&asked),
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends of `record verify` beside success and failure.
const INTACT_BY_AN_UNKNOWN_KEY: u8 = 3;

fn verify_record(asked: &VerifyRecord) -> Result<ExitCode, String> {
    let text = std::fs::read_to_string(&asked.file)
        .map_err(|error| format!("{} cannot be read ({error})", asked.file.display()))?;
    let verified = check::verify(&text).map_err(|error| format!("{}: {error}", asked.file.display()))?;
    let expected = match (&asked.key, &asked.data) {
        (Some(key), _) => Some(key.clone()),
        (None, Some(data)) => Some(record_key(data)?),
        (None, None) => None,
    };
    match expected {
        Some(expected) if expected != verified.key => Err(format!(
            "{}: NOT VALID: it is intact, but signed by another key ({}) than the one that was asked for",
            asked.file.display(),
            verified.key
        )),
        Some(_) => {
            terminal::verified(&verified, true);
            Ok(ExitCode::SUCCESS)
        }
        None => {
            terminal::verified(&verified, false);
            Ok(ExitCode::from(INTACT_BY_AN_UNKNOWN_KEY))
        }
    }
}

/// What the key of a data folder is called. A folder without one is not made one: that would be another server's.
fn record_key(data: &Path) -> Result<String, String> {
    let keys = data.join("keys");
    if !keys.is_dir() {
        return Err(format!("{} has no keys: it is not the data folder of a server that has run", data.display()));
    }
    let key = keys::record_key(&keys, &SystemChance).map_err(|error| error.to_string())?;
    Ok(key.thumbprint())
}

fn block_on<F: Future>(work: F) -> Result<F::Output, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| format!("the system refused to start threads ({error}): stop other programs"))?;
    let done = runtime.block_on(work);
    // Without this the process would live on until the pages are compressed, long after Ctrl-C.
    runtime.shutdown_background();
    Ok(done)
}

fn check_configuration(serve: &Serve) -> Result<(), String> {
    let config = serve.configuration().map_err(|error| error.to_string())?;
    terminal::configuration(&toml::to_string(&config).map_err(|error| error.to_string())?);
    terminal::configuration_is_right();
    Ok(())
}

/// Why nothing was done about an account.
#[derive(Debug, thiserror::Error)]
enum AdminError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error(transparent)]
    Remove(#[from] RemoveError),
    #[error(transparent)]
    Switch(#[from] SwitchError),
    #[error("the password could not be read from standard input: {0}")]
    Stdin(#[from] io::Error),
}

async fn create_admin(create: &CreateAdmin) -> Result<(), AdminError> {
    let config = create.place.configuration().map_err(StartError::from)?;
    serve::data_folder(&config.data)?;
    let db = serve::database(&config).await?;
    let chance: &dyn Chance = &SystemChance;
    let hasher = Hasher::new().map_err(CreateError::from)?;
    let given = create.password_stdin.then(password_from_stdin).transpose()?;
    let password = given.clone().unwrap_or_else(|| chance.account_password());
    let account = accounts::create((&db, &hasher, chance), (&create.name, &password), SystemClock.now()).await?;
    db.close().await;
    terminal::account(&account.name, given.is_none().then_some(&password));
    Ok(())
}

/// Without making a data folder: in one that is new there is no account either.
async fn remove_authenticator(asked: &NamedAdmin) -> Result<(), AdminError> {
    let config = asked.place.configuration().map_err(StartError::from)?;
    let db = serve::database(&config).await?;
    let removed = accounts::remove_authenticator(&db, &asked.name).await;
    db.close().await;
    terminal::authenticator_removed(&removed?.name);
    Ok(())
}

/// Whether an account may log in.
#[derive(Debug, Clone, Copy)]
enum Switch {
    Off,
    On,
}

async fn switch(asked: &NamedAdmin, to: Switch) -> Result<(), AdminError> {
    let config = asked.place.configuration().map_err(StartError::from)?;
    let db = serve::database(&config).await?;
    let switched = match to {
        Switch::Off => accounts::disable(&db, &SystemChance, &asked.name, SystemClock.now()).await,
        Switch::On => accounts::enable(&db, &asked.name).await,
    };
    db.close().await;
    let account = switched?;
    match to {
        Switch::Off => terminal::account_disabled(&account.name),
        Switch::On => terminal::account_enabled(&account.name),
    }
    Ok(())
}

/// The first line.
fn password_from_stdin() -> io::Result<Secret> {
    let mut text = String::new();
    io::stdin().take(LONGEST_LINE).read_to_string(&mut text)?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}
