//! The whiteboard between data channels, model and canvas.
//!
//! Down: records → [`Drawing`] → what to paint → the canvas's painter. Up: pen and pointer → messages, through the
//! peer of now. Pointers are painted once per animation frame, each as an element of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::surface::{DrawDown, DrawRefused, Point, PointerDown};

use crate::media::peer::Peer;
use crate::room::board::{Coalescer, Drawing, Object, PEN_WIDTH, Paint, Pen, Pointers, colour_of};
use crate::room::words;

/// What a press on the paper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tool {
    /// Shows where one points.
    #[default]
    Pointer,
    /// Draws.
    Pen,
}

type Painter = Rc<dyn Fn(&[Object], Paint)>;

#[derive(Default)]
struct Paper {
    drawing: Option<Drawing>,
    pen: Option<Pen>,
    coalescer: Coalescer,
    /// Whether a frame that sends the pointer was asked for.
    is_sending: bool,
    pointers: Pointers,
    painter: Option<Painter>,
}

/// The whiteboard, for pages. Copy it freely.
#[derive(Clone, Copy)]
pub struct Board {
    /// What a press does.
    pub tool: RwSignal<Tool>,
    /// Index into the palette.
    pub colour: RwSignal<u8>,
    /// Whether this person has a stroke to take back.
    pub can_undo: RwSignal<bool>,
    /// Whether there is anything on the paper.
    pub is_empty: RwSignal<bool>,
    /// Whether the room has opened it.
    pub is_open: RwSignal<bool>,
    /// What went wrong with the last stroke.
    pub message: RwSignal<Option<&'static str>>,
    /// Whether what was on the paper is lost, and nothing has been drawn since.
    pub is_lost: RwSignal<bool>,
    /// Whose pointers are on the paper.
    pub pointing: RwSignal<Vec<ParticipantId>>,
    positions: StoredValue<HashMap<ParticipantId, ArcRwSignal<Point>>>,
    paper: StoredValue<Rc<RefCell<Paper>>, LocalStorage>,
}

impl Board {
    /// Empty paper, not open yet.
    pub fn new() -> Self {
        Self {
            tool: RwSignal::new(Tool::Pointer),
            colour: RwSignal::new(0),
            can_undo: RwSignal::new(false),
            is_empty: RwSignal::new(true),
            is_open: RwSignal::new(false),
            message: RwSignal::new(None),
            is_lost: RwSignal::new(false),
            pointing: RwSignal::new(Vec::new()),
            positions: StoredValue::new(HashMap::new()),
            paper: StoredValue::new_local(Rc::default()),
        }
    }

    /// New paper for a new connection: the room sends its picture from the start.
    pub fn open(&self, me: ParticipantId) {
        let first_object = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        let is_first = self.with_paper(|paper| paper.drawing.is_none());
        if is_first {
            self.colour.set(colour_of(me));
        }
        self.with_paper(|paper| {
            paper.drawing = Some(Drawing::new(me, first_object));
            paper.pen = None;
            paper.pointers = Pointers::default();
        });
        self.pointing.set(Vec::new());
        self.refresh();
    }

    /// The connection is gone: the picture stays, but nothing can be drawn on it until the room opens it again.
    pub fn close(&self) {
        self.with_paper(|paper| {
            paper.pen = None;
            if let Some(drawing) = &mut paper.drawing {
                drawing.close();
            }
        });
        self.refresh();
    }

    /// The room's picture is lost: the paper empties, and says so where there was something on it.
    pub fn lose(&self) {
        if !self.is_empty.get_untracked() {
            self.is_lost.set(true);
        }
        self.with_paper(|paper| {
            paper.pen = None;
            paper.drawing.iter_mut().for_each(Drawing::lose);
            paper.pointers = Pointers::default();
        });
        self.pointing.set(Vec::new());
        self.paint(Paint::All);
        self.refresh();
    }

    /// Nothing of it stays in the page's memory.
    pub fn forget(&self) {
        self.is_lost.set(false);
        self.with_paper(|paper| *paper = Paper::default());
        self.positions.update_value(HashMap::clear);
        self.pointing.set(Vec::new());
        self.refresh();
    }

    /// Who paints: the canvas, while it is on the page. It is asked to paint everything at once.
    pub fn set_painter(&self, painter: Option<Painter>) {
        self.with_paper(|paper| paper.painter = painter);
        self.paint(Paint::All);
    }

    /// Records arrived. Answers which of this person's own strokes were not taken.
    pub fn apply(&self, records: Vec<DrawDown>) -> Vec<DrawRefused> {
        let mut refused = Vec::new();
        let mut all = false;
        for record in records {
            if matches!(record, DrawDown::Begin { .. }) {
                self.message.set(None);
            }
            let paint = self.with_paper(|paper| paper.drawing.as_mut().map(|drawing| drawing.apply(record)));
            match paint.unwrap_or(Paint::Nothing) {
                Paint::Refused(reason) => {
                    self.with_paper(|paper| paper.pen = None);
                    refused.push(reason);
                    all = true;
                }
                Paint::All => all = true,
                Paint::Nothing => {}
                appended => self.paint(appended),
            }
        }
        // Once for the whole message: a full board refuses many strokes at a time.
        if all {
            self.paint(Paint::All);
        }
        self.refresh();
        refused
    }

    /// Somebody's pointer moved: painted in the next frame.
    pub fn pointer_moved(self, pointer: PointerDown) {
        if self.with_paper(|paper| paper.pointers.apply(pointer)) {
            request_animation_frame(move || self.paint_pointers());
        }
    }

    /// Takes away the pointers of those who left.
    pub fn keep_pointers_of(&self, here: &[ParticipantId]) {
        let gone: Vec<_> = self.pointing.get_untracked().into_iter().filter(|who| !here.contains(who)).collect();
        if !gone.is_empty() {
            self.with_paper(|paper| gone.iter().for_each(|who| paper.pointers.forget(*who)));
            self.paint_pointers();
        }
    }

    /// Where somebody points.
    pub fn position(&self, who: ParticipantId) -> ArcRwSignal<Point> {
        self.positions.try_update_value(|positions| positions.entry(who).or_default().clone()).unwrap_or_default()
    }

    /// This person's pointer moved or left. Answers whether a frame has to be asked for to send it.
    pub fn point(&self, at: Option<Point>) -> bool {
        self.with_paper(|paper| {
            paper.coalescer.offer(at);
            !std::mem::replace(&mut paper.is_sending, true)
        })
    }

    /// Nothing waits any more: the next move asks for a frame again.
    pub fn pointer_rests(&self) {
        self.with_paper(|paper| paper.is_sending = false);
    }

    /// Paints everything again, on a canvas that was emptied.
    pub fn repaint(&self) {
        self.paint(Paint::All);
    }

    /// Sends this person's pointer if it is time. Answers whether something still waits.
    pub fn send_pointer(&self, peer: &Peer, now: f64) -> bool {
        let (pointer, waits) = self.with_paper(|paper| (paper.coalescer.take(now), paper.coalescer.is_waiting()));
        if let Some(pointer) = pointer {
            peer.send_pointer(pointer);
        }
        waits
    }

    /// Whether the pen is on the paper.
    pub fn is_drawing(&self) -> bool {
        self.with_paper(|paper| paper.pen.is_some())
    }

    /// Puts the pen down.
    pub fn pen_down(&self, at: Point) {
        let colour = self.colour.get_untracked();
        self.message.set(None);
        let paint = self.with_paper(|paper| {
            let drawing = paper.drawing.as_mut()?;
            let object = drawing.begin()?;
            paper.pen = Some(Pen::down(object, colour, PEN_WIDTH, at));
            Some(drawing.draw(object, colour, PEN_WIDTH, &[at]))
        });
        self.paint(paint.unwrap_or(Paint::Nothing));
    }

    /// Moves the pen.
    pub fn pen_to(&self, at: Point) {
        let paint = self.with_paper(|paper| {
            let pen = paper.pen.as_mut()?;
            let drawing = paper.drawing.as_mut()?;
            pen.move_to(at).then(|| drawing.draw(pen.object, pen.colour, pen.width, &[at]))
        });
        self.paint(paint.unwrap_or(Paint::Nothing));
    }

    /// Sends what the pen has drawn since the last time.
    pub fn flush_pen(&self, peer: &Peer) {
        loop {
            let message = self.with_paper(|paper| {
                let pen = paper.pen.as_mut()?;
                let part = pen.flush()?;
                paper.drawing.as_ref()?.stroke_message(pen.object, &part)
            });
            let Some(message) = message else { break };
            if !peer.send_drawing(&message) {
                return self.not_sent(message.object);
            }
        }
    }

    /// The channel did not take a part of a stroke: what the others do not see does not stay on this paper.
    fn not_sent(&self, object: u32) {
        let paint = self.with_paper(|paper| {
            paper.pen = None;
            paper.drawing.as_mut().map(|drawing| drawing.drop_own(object))
        });
        self.message.set(Some(words::stroke_not_sent()));
        self.paint(paint.unwrap_or(Paint::Nothing));
        self.refresh();
    }

    /// Lifts the pen, after everything it drew was sent.
    pub fn pen_up(&self, peer: &Peer) {
        self.flush_pen(peer);
        self.with_paper(|paper| paper.pen = None);
        self.refresh();
    }

    /// Takes back this person's last stroke.
    pub fn undo(&self, peer: &Peer) {
        let message = self.with_paper(|paper| paper.drawing.as_ref().and_then(Drawing::undo_message));
        let Some(message) = message else { return };
        if !peer.send_drawing(&message) {
            return self.message.set(Some(words::not_sent()));
        }
        let paint = self.with_paper(|paper| paper.drawing.as_mut().map(|drawing| drawing.drop_own(message.object)));
        self.paint(paint.unwrap_or(Paint::Nothing));
        self.refresh();
    }

    /// Moderator: asks for empty paper.
    pub fn clear(&self, peer: &Peer) {
        let message = self.with_paper(|paper| paper.drawing.as_ref().and_then(Drawing::clear_message));
        if message.is_some_and(|message| !peer.send_drawing(&message)) {
            self.message.set(Some(words::not_sent()));
        }
    }

    fn with_paper<T>(&self, change: impl FnOnce(&mut Paper) -> T) -> T {
        change(&mut self.paper.get_value().borrow_mut())
    }

    fn paint(&self, paint: Paint) {
        if paint == Paint::Nothing {
            return;
        }
        let paper = self.paper.get_value();
        let paper = paper.borrow();
        if let Some(painter) = &paper.painter {
            painter(paper.drawing.as_ref().map_or(&[], Drawing::objects), paint);
        }
    }

    fn paint_pointers(&self) {
        let frame = self.with_paper(|paper| paper.pointers.frame());
        for (who, point) in &frame {
            self.position(*who).set(*point);
        }
        let pointing: Vec<_> = frame.into_iter().map(|(who, _)| who).collect();
        if self.pointing.get_untracked() != pointing {
            self.pointing.set(pointing);
        }
    }

    fn refresh(&self) {
        let (can_undo, is_empty, is_open) = self.with_paper(|paper| match &paper.drawing {
            Some(drawing) => (drawing.can_undo(), drawing.objects().is_empty(), drawing.is_open()),
            None => (false, true, false),
        });
        let set = |signal: RwSignal<bool>, value| {
            if signal.get_untracked() != value {
                signal.set(value);
            }
        };
        set(self.can_undo, can_undo);
        set(self.is_empty, is_empty);
        set(self.is_open, is_open);
        set(self.is_lost, self.is_lost.get_untracked() && is_empty);
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}
