//! The strokes on the paper, in the order in which they lie.

use shared::ids::ParticipantId;
use shared::surface::{DrawDown, DrawRefused, DrawUp, OpKind, Point, StrokePart};

/// One stroke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Whose.
    pub author: ParticipantId,
    /// The author's number for it.
    pub id: u32,
    /// Index into the palette.
    pub colour: u8,
    /// In 1/1000 of the paper's width.
    pub width: u8,
    /// Its line.
    pub points: Vec<Point>,
    /// Put here by this page's own pen. What comes back of it from the room is already on the paper.
    local: bool,
}

/// What has to be painted after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Nothing new.
    Nothing,
    /// The line of object `index` from its point `from` on.
    Append {
        /// Which object.
        index: usize,
        /// Which point to begin at.
        from: usize,
    },
    /// Everything: something was taken away.
    All,
    /// Everything, and say why: one of this person's own strokes was not taken.
    Refused(DrawRefused),
}

/// The strokes on the paper and the epoch to draw in.
#[derive(Debug, Clone)]
pub struct Drawing {
    me: ParticipantId,
    epoch: Option<u32>,
    next_object: u32,
    objects: Vec<Object>,
    /// Own objects taken back in this epoch, whose echo may still come.
    gone: Vec<u32>,
}

impl Drawing {
    /// An empty paper. `first_object` is random, so that a page never meets a number of an earlier life of its own.
    pub fn new(me: ParticipantId, first_object: u32) -> Self {
        Self { me, epoch: None, next_object: first_object, objects: Vec::new(), gone: Vec::new() }
    }

    /// The strokes, bottom first.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Whether the room has said which epoch it is: before that nothing can be drawn.
    pub fn is_open(&self) -> bool {
        self.epoch.is_some()
    }

    /// Whether this person has a stroke to take back.
    pub fn can_undo(&self) -> bool {
        self.is_open() && self.objects.iter().any(|object| object.author == self.me)
    }

    /// Takes a record in.
    pub fn apply(&mut self, record: DrawDown) -> Paint {
        match record {
            DrawDown::Begin { epoch } => self.clear(epoch),
            DrawDown::Refused { object, reason } => {
                self.drop_own(object);
                Paint::Refused(reason)
            }
            DrawDown::Op { kind: OpKind::Clear, epoch, .. } => self.clear(epoch),
            DrawDown::Op { epoch, .. } if Some(epoch) < self.epoch => Paint::Nothing,
            DrawDown::Op { kind: OpKind::Undo, author, object, .. } => self.remove(author, object),
            DrawDown::Op { kind: OpKind::Stroke, author, object, body, .. } => match StrokePart::decode(&body) {
                Ok(part) => self.add(author, object, part),
                Err(_) => Paint::Nothing,
            },
        }
    }

    /// The connection is gone: nothing can be drawn until the room has said its epoch again.
    pub fn close(&mut self) {
        self.epoch = None;
    }

    /// The connection is gone, and with it what the room had: the paper is empty.
    pub fn lose(&mut self) {
        self.close();
        self.objects.clear();
    }

    /// Takes away a stroke of this person's own: it did not get through, or was taken back.
    pub fn drop_own(&mut self, object: u32) -> Paint {
        self.gone.push(object);
        self.remove(self.me, object)
    }

    /// Begins an object of this person's own. `None` until the room is open.
    pub fn begin(&mut self) -> Option<u32> {
        self.epoch?;
        self.next_object = self.next_object.wrapping_add(1);
        Some(self.next_object)
    }

    /// Puts points of this person's own pen on the paper, ahead of the room's answer.
    pub fn draw(&mut self, object: u32, colour: u8, width: u8, points: &[Point]) -> Paint {
        let me = self.me;
        let index = self.index_of(me, object).unwrap_or_else(|| {
            self.objects.push(Object { author: me, id: object, colour, width, points: Vec::new(), local: true });
            self.objects.len() - 1
        });
        self.append(index, points)
    }

    /// The message that carries a part of a stroke up.
    pub fn stroke_message(&self, object: u32, part: &StrokePart) -> Option<DrawUp> {
        let epoch = self.epoch?;
        Some(DrawUp { kind: OpKind::Stroke, object, epoch, body: part.encode() })
    }

    /// Asks to take back this person's last stroke. It goes with [`Drawing::drop_own`] when that was sent.
    pub fn undo_message(&self) -> Option<DrawUp> {
        let epoch = self.epoch?;
        let last = self.objects.iter().rfind(|object| object.author == self.me)?;
        Some(DrawUp { kind: OpKind::Undo, object: last.id, epoch, body: Vec::new() })
    }

    /// Asks for an empty paper. It empties when the room says so.
    pub fn clear_message(&self) -> Option<DrawUp> {
        let epoch = self.epoch?;
        Some(DrawUp { kind: OpKind::Clear, object: 0, epoch, body: Vec::new() })
    }

    fn clear(&mut self, epoch: u32) -> Paint {
        self.epoch = Some(epoch);
        self.objects.clear();
        self.gone.clear();
        Paint::All
    }

    fn index_of(&self, author: ParticipantId, id: u32) -> Option<usize> {
        // From the top: the object that grows is nearly always the last.
        self.objects.iter().rposition(|object| object.author == author && object.id == id)
    }

    fn remove(&mut self, author: ParticipantId, id: u32) -> Paint {
        match self.index_of(author, id) {
            Some(index) => {
                self.objects.remove(index);
                Paint::All
            }
            None => Paint::Nothing,
        }
    }

    fn add(&mut self, author: ParticipantId, id: u32, part: StrokePart) -> Paint {
        let index = match self.index_of(author, id) {
            Some(index) if self.objects[index].local => return Paint::Nothing,
            Some(index) => index,
            // The room's echo of a stroke that this page has taken back in the meantime.
            None if author == self.me && self.gone.contains(&id) => return Paint::Nothing,
            None => {
                let (colour, width) = (part.colour, part.width);
                self.objects.push(Object { author, id, colour, width, points: Vec::new(), local: false });
                self.objects.len() - 1
            }
        };
        self.append(index, &part.points)
    }

    fn append(&mut self, index: usize, points: &[Point]) -> Paint {
        let object = &mut self.objects[index];
        let from = object.points.len().saturating_sub(1);
        // A part begins where the one before it ended.
        let joins = object.points.last().is_some_and(|last| points.first() == Some(last));
        object.points.extend_from_slice(if joins { &points[1..] } else { points });
        Paint::Append { index, from }
    }
}

#[cfg(test)]
mod tests {
    use shared::surface::OpKind::{Clear, Stroke, Undo};

    use super::*;

    const ADA: ParticipantId = ParticipantId(1);
    const BEN: ParticipantId = ParticipantId(2);

    fn points(xs: &[u16]) -> Vec<Point> {
        xs.iter().map(|&x| Point { x, y: x }).collect()
    }

    fn op(author: ParticipantId, kind: OpKind, object: u32, epoch: u32, xs: &[u16]) -> DrawDown {
        let body = match kind {
            Stroke => StrokePart { colour: 1, width: 4, points: points(xs) }.encode(),
            _ => Vec::new(),
        };
        DrawDown::Op { seq: 0, author, kind, object, epoch, body }
    }

    /// Ada's paper, open in epoch 1.
    fn ada() -> Drawing {
        let mut drawing = Drawing::new(ADA, 100);
        drawing.apply(DrawDown::Begin { epoch: 1 });
        drawing
    }

    #[test]
    fn a_stroke_that_did_not_get_through_is_no_longer_on_the_paper() {
        let mut drawing = ada();
        let object = drawing.begin().unwrap();
        drawing.draw(object, 1, 4, &points(&[1, 2]));
        assert_eq!(drawing.drop_own(object), Paint::All);
        assert_eq!(drawing.apply(op(ADA, Stroke, object, 1, &[1, 2])), Paint::Nothing, "nor does its echo return");
        assert!(drawing.objects().is_empty());
    }

    #[test]
    fn a_closed_paper_keeps_its_picture_and_takes_no_stroke() {
        let mut drawing = ada();
        drawing.apply(op(BEN, Stroke, 5, 1, &[1, 2]));
        drawing.close();
        assert!(!drawing.is_open() && drawing.begin().is_none() && drawing.clear_message().is_none());
        assert_eq!(drawing.objects().len(), 1);
        drawing.apply(DrawDown::Begin { epoch: 2 });
        assert!(drawing.is_open() && drawing.objects().is_empty());
    }

    #[test]
    fn a_lost_paper_is_empty() {
        let mut drawing = ada();
        drawing.apply(op(BEN, Stroke, 5, 1, &[1, 2]));
        drawing.lose();
        assert!(!drawing.is_open() && drawing.objects().is_empty());
    }

    #[test]
    fn nothing_is_drawn_before_the_room_is_open() {
        let mut drawing = Drawing::new(ADA, 0);
        assert!(!drawing.is_open() && drawing.begin().is_none() && drawing.undo_message().is_none());
    }

    #[test]
    fn ben_s_stroke_grows_part_by_part() {
        let mut drawing = ada();
        assert_eq!(drawing.apply(op(BEN, Stroke, 7, 1, &[1, 2])), Paint::Append { index: 0, from: 0 });
        assert_eq!(drawing.apply(op(BEN, Stroke, 7, 1, &[2, 3, 4])), Paint::Append { index: 0, from: 1 });
        assert_eq!(drawing.objects()[0].points, points(&[1, 2, 3, 4]));
        assert_eq!(drawing.apply(op(BEN, Undo, 7, 1, &[])), Paint::All);
        assert!(drawing.objects().is_empty());
    }

    #[test]
    fn ada_s_own_stroke_is_painted_once() {
        let mut drawing = ada();
        let object = drawing.begin().unwrap();
        drawing.draw(object, 0, 4, &points(&[1, 2]));
        assert_eq!(drawing.apply(op(ADA, Stroke, object, 1, &[1, 2])), Paint::Nothing);
        assert_eq!(drawing.objects()[0].points, points(&[1, 2]));
        assert_eq!(drawing.undo_message().unwrap().object, object);
        drawing.drop_own(object);
        assert_eq!(drawing.apply(op(ADA, Stroke, object, 1, &[2, 3])), Paint::Nothing, "its echo came late");
        assert!(drawing.objects().is_empty() && !drawing.can_undo());
    }

    #[test]
    fn a_reload_finds_one_s_own_strokes_and_may_take_them_back() {
        let mut drawing = ada();
        drawing.apply(op(ADA, Stroke, 5, 1, &[1, 2]));
        drawing.apply(op(BEN, Stroke, 5, 1, &[8, 9]));
        let undo = drawing.undo_message().unwrap();
        assert_eq!((undo.kind, undo.object, undo.epoch), (Undo, 5, 1));
        assert_eq!(drawing.objects().len(), 2, "it stays until the connection has taken the request");
        drawing.drop_own(undo.object);
        assert_eq!(drawing.objects()[0].author, BEN);
    }

    #[test]
    fn a_clear_begins_an_epoch_and_what_is_older_is_dropped() {
        let mut drawing = ada();
        drawing.apply(op(BEN, Stroke, 7, 1, &[1, 2]));
        assert_eq!(drawing.apply(op(ADA, Clear, 0, 2, &[])), Paint::All);
        assert_eq!(drawing.apply(op(BEN, Stroke, 8, 1, &[1, 2])), Paint::Nothing);
        assert!(drawing.objects().is_empty());
        assert_eq!(drawing.clear_message().unwrap().epoch, 2);
    }

    #[test]
    fn a_refused_stroke_vanishes_with_its_reason() {
        let mut drawing = ada();
        let object = drawing.begin().unwrap();
        drawing.draw(object, 0, 4, &points(&[1, 2]));
        let refused = drawing.apply(DrawDown::Refused { object, reason: DrawRefused::Full });
        assert_eq!(refused, Paint::Refused(DrawRefused::Full));
        assert!(drawing.objects().is_empty());
    }

    #[test]
    fn a_body_that_is_no_stroke_is_not_painted() {
        let mut drawing = ada();
        let nonsense = DrawDown::Op { seq: 1, author: BEN, kind: Stroke, object: 1, epoch: 1, body: vec![1] };
        assert_eq!(drawing.apply(nonsense), Paint::Nothing);
    }
}
