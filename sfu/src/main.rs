//! The `conclave-sfu` binary: a media node alone on its machine. See [`sfu::standalone`].

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sfu::standalone::{self, Ready, Settings, SettingsError};
use shared::text::tr_with;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// Conclave's media node: carries sound, picture and whiteboard for a `conclave` on another machine.
#[derive(Debug, Parser)]
#[command(name = "conclave-sfu", version)]
struct Cli {
    /// Configuration file, TOML.
    #[arg(long, value_name = "FILE", env = "CONCLAVE_SFU_CONFIG")]
    config: Option<PathBuf>,
    /// The folder that `conclave media-keys` made for this node [default: keys].
    #[arg(long, value_name = "DIR", env = "CONCLAVE_SFU_KEYS")]
    keys: Option<PathBuf>,
    /// Where signaling connects to [default: 127.0.0.1:7443].
    #[arg(long, value_name = "ADDR:PORT")]
    control: Option<SocketAddr>,
    /// UDP port of all media [default: the first --tcp port, else any].
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Take media over TCP here too; may be given more than once.
    #[arg(long, value_name = "ADDR:PORT")]
    tcp: Vec<SocketAddr>,
    /// An address that browsers reach this machine by although no interface has it.
    #[arg(long, value_name = "ADDR")]
    advertise: Option<IpAddr>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The log goes to standard error; the line that programs wait for is printed on standard output.
    sfu::log::start();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            say_failed(&sentence);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), String> {
    let settings = settings(cli).map_err(|error| error.to_string())?;
    let text = toml::to_string(&settings).map_err(|error| error.to_string())?;
    sfu::log::configuration(env!("CARGO_PKG_VERSION"), &text);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime =
        runtime.map_err(|error| format!("the system refused to start threads ({error}): stop other programs"))?;
    runtime.block_on(async {
        let asks = asks().map_err(|error| format!("signals could not be listened for ({error})"))?;
        standalone::run(&settings, asks, say_ready).await.map_err(|error| error.to_string())
    })
}

/// The file's settings with the flags in them, checked.
fn settings(cli: &Cli) -> Result<Settings, SettingsError> {
    let mut settings = cli.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    if let Some(keys) = &cli.keys {
        settings.keys.clone_from(keys);
    }
    if !cli.tcp.is_empty() {
        settings.tcp.clone_from(&cli.tcp);
    }
    settings.control = cli.control.unwrap_or(settings.control);
    settings.port = cli.port.or(settings.port);
    settings.advertise = cli.advertise.or(settings.advertise);
    settings.check()?;
    Ok(settings)
}

/// Each SIGTERM and each Ctrl-C is one ask to end.
fn asks() -> std::io::Result<mpsc::Receiver<()>> {
    let (asks, asked) = mpsc::channel(2);
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        tokio::spawn(pass_on(signal(kind)?, asks.clone()));
    }
    Ok(asked)
}

async fn pass_on(mut signal: Signal, asks: mpsc::Sender<()>) {
    while signal.recv().await.is_some() && asks.send(()).await.is_ok() {}
}

#[expect(clippy::print_stdout, reason = "this is the terminal")]
fn say_ready(ready: Ready) {
    let (control, port) = (ready.control.to_string(), ready.media_port.to_string());
    println!("{}", tr_with("ready: control {control}, media port {port}", &[("control", &control), ("port", &port)]));
}

#[expect(clippy::print_stderr, reason = "this is the terminal")]
fn say_failed(sentence: &str) {
    eprintln!("conclave-sfu: {sentence}");
}
