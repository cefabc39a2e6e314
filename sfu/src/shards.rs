//! Several media threads that share nothing: each has a port, a core and rooms of its own, and a room is on one of them.
//!
//! Signaling sees one node. What it says comes to the thread in front, which knows by [`Placement`] whose it is; packets
//! never pass here, because each thread offers its own port to its rooms' people. Only connections over TCP come to all of them
//! by the same port: whose one is, its first frame says.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use shared::control::{Command, Event};
use shared::ids::SessionId;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::driver::Snapshot;
use crate::placement::{Placement, Route};
use crate::tcp::TcpPeer;
use crate::{COMMANDS_WAITING, Handle, StartError, TCP_WAITING};

/// How long a connection may take to say whose it is.
const NAMED_WITHIN: Duration = Duration::from_secs(5);
/// How often it is looked whether the rest of a first frame has come.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Longest first frame: a STUN request is far shorter.
const FIRST_FRAME_BYTES: usize = 1_024;

/// One media thread, as the thread in front sees it.
pub(crate) struct Shard {
    pub(crate) handle: Handle,
    pub(crate) events: mpsc::UnboundedReceiver<Event>,
}

/// All of them together, as one node.
pub(crate) struct Front {
    pub(crate) handle: Handle,
    pub(crate) events: mpsc::UnboundedReceiver<Event>,
    pub(crate) thread: JoinHandle<()>,
}

/// Puts a thread in front of these. It ends when nobody is left to send commands, or with `stopped`.
pub(crate) fn gather(shards: Vec<Shard>, stopped: oneshot::Receiver<()>) -> Result<Front, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Thread)?;
    let (commands, commands_in) = mpsc::channel(COMMANDS_WAITING);
    let (inspect, inspect_in) = mpsc::channel(8);
    let (tcp, tcp_in) = mpsc::channel(TCP_WAITING);
    let (events_out, events) = mpsc::unbounded_channel();
    let inbox = Inbox { commands: commands_in, inspect: inspect_in, tcp: tcp_in, stopped };
    let thread = std::thread::Builder::new()
        .name("media-front".into())
        .spawn(move || runtime.block_on(run(shards, inbox, events_out)))
        .map_err(StartError::Thread)?;
    Ok(Front { handle: Handle { commands, tcp, inspect }, events, thread })
}

/// What comes to the thread in front.
struct Inbox {
    commands: mpsc::Receiver<Command>,
    inspect: mpsc::Receiver<oneshot::Sender<Snapshot>>,
    tcp: mpsc::Receiver<TcpPeer>,
    stopped: oneshot::Receiver<()>,
}

async fn run(shards: Vec<Shard>, inbox: Inbox, out: mpsc::UnboundedSender<Event>) {
    let Inbox { mut commands, mut inspect, mut tcp, mut stopped } = inbox;
    let (said, mut heard) = mpsc::unbounded_channel();
    let (named, mut named_in) = mpsc::unbounded_channel();
    let mut desk = Desk::new(shards, &said, out);
    loop {
        tokio::select! {
            // What the threads have said was so before the next command.
            biased;
            _ = &mut stopped => return,
            Some((shard, event)) = heard.recv() => desk.heard(shard, event),
            command = commands.recv() => match command {
                Some(command) => desk.command(command),
                None => return,
            },
            Some(answer) = inspect.recv() => desk.inspect(answer),
            Some(peer) = tcp.recv() => drop(tokio::spawn(name(peer, named.clone()))),
            Some((peer, ufrag)) = named_in.recv() => desk.connect(peer, &ufrag),
        }
    }
}

/// What the thread in front knows.
struct Desk {
    placement: Placement,
    handles: Arc<[Handle]>,
    /// To each thread, without making the others wait for one that is behind.
    queues: Vec<mpsc::UnboundedSender<Command>>,
    /// By which name a session's first frame over TCP calls it, and on which thread it is.
    names: HashMap<SessionId, (String, usize)>,
    out: mpsc::UnboundedSender<Event>,
}

impl Desk {
    fn new(
        shards: Vec<Shard>,
        said: &mpsc::UnboundedSender<(usize, Option<Event>)>,
        out: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let mut placement = Placement::new(shards.len());
        let mut handles = Vec::new();
        let mut queues = Vec::new();
        for (index, Shard { handle, events }) in shards.into_iter().enumerate() {
            placement.up(index);
            queues.push(queue(handle.commands.clone()));
            handles.push(handle);
            tokio::spawn(pass_on(index, events, said.clone()));
        }
        Self { placement, handles: handles.into(), queues, names: HashMap::new(), out }
    }

    fn command(&mut self, command: Command) {
        match &command {
            Command::Leave { session } => drop(self.names.remove(session)),
            Command::CloseRoom { .. } => {
                let placement = &self.placement;
                self.names.retain(|session, _| placement.has(*session));
            }
            _ => {}
        }
        match self.placement.route(&command) {
            Route::To(shard) => {
                // A thread that has just ended: what follows from that is on its way.
                let _ = self.queues.get(shard).map(|queue| queue.send(command));
            }
            Route::Refused(answer) => drop(self.out.send(answer)),
            Route::Nowhere => {}
        }
    }

    /// A thread said something; nothing more comes from one that has ended, which must not happen before all of them do.
    fn heard(&mut self, shard: usize, event: Option<Event>) {
        let Some(event) = event else {
            let lost = self.placement.lost(shard);
            tracing::error!(shard, sessions = lost.len(), "a media thread has ended: its rooms go to the others");
            let placement = &self.placement;
            self.names.retain(|session, _| placement.has(*session));
            return lost.into_iter().for_each(|event| drop(self.out.send(event)));
        };
        if !self.placement.hear(shard, &event) {
            return;
        }
        match &event {
            Event::Answered { session, answer } | Event::Restarted { session, answer } => {
                let ufrag = answer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"));
                let named = ufrag.map(|ufrag| (ufrag.trim().to_owned(), shard));
                self.names.extend(named.map(|named| (*session, named)));
            }
            Event::Gone { session, .. } => drop(self.names.remove(session)),
            _ => {}
        }
        let _ = self.out.send(event);
    }

    /// All counters together.
    fn inspect(&self, answer: oneshot::Sender<Snapshot>) {
        let handles = Arc::clone(&self.handles);
        tokio::spawn(async move {
            let mut all = Snapshot::default();
            for handle in handles.iter() {
                let Some(one) = handle.stats().await else { return };
                all = all.plus(&one);
            }
            let _ = answer.send(all);
        });
    }

    /// Hands a connection to the thread whose session it is for. A stranger's ends here, and so does one too many.
    fn connect(&self, peer: TcpPeer, ufrag: &str) {
        let owner = self.names.values().find(|(name, _)| name == ufrag);
        let handle = owner.and_then(|(_, shard)| self.handles.get(*shard));
        let _ = handle.map(|handle| handle.tcp.try_send(peer));
    }
}

/// A way to a thread that never makes the one in front wait.
fn queue(thread: mpsc::Sender<Command>) -> mpsc::UnboundedSender<Command> {
    let (sender, mut waiting) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(command) = waiting.recv().await {
            if thread.send(command).await.is_err() {
                return;
            }
        }
    });
    sender
}

async fn pass_on(
    shard: usize,
    mut events: mpsc::UnboundedReceiver<Event>,
    said: mpsc::UnboundedSender<(usize, Option<Event>)>,
) {
    while let Some(event) = events.recv().await {
        let _ = said.send((shard, Some(event)));
    }
    let _ = said.send((shard, None));
}

/// Waits for a connection's first frame, and leaves it to whoever reads it.
async fn name(peer: TcpPeer, named: mpsc::UnboundedSender<(TcpPeer, String)>) {
    let TcpPeer { stream, place } = peer;
    let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) else { return };
    let Ok(Some(ufrag)) = timeout(NAMED_WITHIN, ufrag_in_first_frame(&stream)).await else { return };
    if let Ok(stream) = stream.into_std() {
        let _ = named.send((TcpPeer { stream, place }, ufrag));
    }
}

/// Whom the first frame names. `None` when it names nobody.
async fn ufrag_in_first_frame(stream: &TcpStream) -> Option<String> {
    let mut buffer = [0; FIRST_FRAME_BYTES];
    loop {
        let size = stream.peek(&mut buffer).await.ok().filter(|size| *size > 0)?;
        let (length, rest) = buffer.get(..size)?.split_first_chunk().unwrap_or((&[0, 0], &[]));
        let length = usize::from(u16::from_be_bytes(*length));
        if length > FIRST_FRAME_BYTES - 2 {
            return None;
        }
        if let Some(frame) = rest.get(..length).filter(|frame| !frame.is_empty()) {
            return sfu_core::ufrag_named_in(frame).map(str::to_owned);
        }
        sleep(LOOK_AGAIN).await;
    }
}
