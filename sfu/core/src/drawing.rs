//! The room's drawing: an ordered log of operations, judged by their clear envelope alone; a body is never read.
//!
//! The log holds what is needed to draw the picture, plus the few operations (`Undo`, `Clear`) that somebody
//! has not heard of yet. Everybody reads it through a [`crate::cursor::Cursor`]: a newcomer from the start,
//! the others from where they were, so that snapshot and tail are one mechanism.

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::ids::ParticipantId;
use shared::limits::{MAX_DRAWING_LOG_BYTES, MAX_DRAWING_LOG_OPS};
use shared::meeting::Role;
use shared::surface::{DrawDown, DrawRefused, DrawUp, OP_DOWN_OVERHEAD, OpKind};

/// One operation in the room's order.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    pub(crate) author: ParticipantId,
    pub(crate) kind: OpKind,
    pub(crate) object: u32,
    pub(crate) epoch: u32,
    pub(crate) body: Arc<[u8]>,
}

impl Op {
    /// Bytes on the wire; also what the operation counts for against the room's bound.
    pub(crate) fn size(&self) -> usize {
        OP_DOWN_OVERHEAD + self.body.len()
    }

    /// As it goes down.
    pub(crate) fn record(&self, seq: u32) -> DrawDown {
        let Op { author, kind, object, epoch, ref body } = *self;
        DrawDown::Op { seq, author, kind, object, epoch, body: body.to_vec() }
    }
}

/// What became of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is in the log.
    Taken,
    /// It changes nothing: drawn in an earlier epoch, or an undo of what is not there.
    Ignored,
    /// It was not taken; the author must hear why.
    Refused(DrawRefused),
}

/// The log.
#[derive(Debug, Default)]
pub(crate) struct Board {
    epoch: u32,
    next_seq: u32,
    ops: BTreeMap<u32, Op>,
    bytes: usize,
}

impl Board {
    /// The epoch drawn in now.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether there is nothing to lose.
    pub(crate) fn is_blank(&self) -> bool {
        self.ops.is_empty()
    }

    /// Operations from `seq` on, in order.
    pub(crate) fn from(&self, seq: u32) -> impl Iterator<Item = (u32, &Op)> {
        self.ops.range(seq..).map(|(seq, op)| (*seq, op))
    }

    /// Judges an operation and takes it into the log.
    pub(crate) fn submit(&mut self, author: ParticipantId, role: Role, up: DrawUp) -> Verdict {
        if !role.may_draw() {
            return Verdict::Refused(DrawRefused::NotAllowed);
        }
        match up.kind {
            OpKind::Clear if role != Role::Moderator => Verdict::Refused(DrawRefused::NotAllowed),
            // A clear that crossed another one on its way clears nothing that its author has seen.
            _ if up.epoch != self.epoch => Verdict::Ignored,
            OpKind::Clear => self.clear(author),
            OpKind::Undo => self.undo(author, up.object),
            OpKind::Stroke => self.stroke(author, up),
        }
    }

    /// Takes an author's object away, and its part in the bound with it. Others' objects are out of reach: the
    /// author's number is part of an object's identity.
    pub(crate) fn undo(&mut self, author: ParticipantId, object: u32) -> Verdict {
        let before = self.ops.len();
        self.ops.retain(|_, op| {
            let gone = op.kind == OpKind::Stroke && op.author == author && op.object == object;
            self.bytes -= if gone { op.size() } else { 0 };
            !gone
        });
        if self.ops.len() == before {
            return Verdict::Ignored;
        }
        self.append(author, OpKind::Undo, object, Arc::default())
    }

    /// Forgets every `Undo` and `Clear` below `seq`: everybody has heard of it, and a newcomer need not.
    pub(crate) fn compact(&mut self, heard_by_all: u32) {
        let done: Vec<u32> =
            self.ops.range(..heard_by_all).filter(|(_, op)| op.kind != OpKind::Stroke).map(|(seq, _)| *seq).collect();
        for seq in done {
            if let Some(op) = self.ops.remove(&seq) {
                self.bytes -= op.size();
            }
        }
    }

    fn stroke(&mut self, author: ParticipantId, up: DrawUp) -> Verdict {
        let size = OP_DOWN_OVERHEAD + up.body.len();
        if self.bytes + size > MAX_DRAWING_LOG_BYTES || self.ops.len() >= MAX_DRAWING_LOG_OPS {
            return Verdict::Refused(DrawRefused::Full);
        }
        self.append(author, OpKind::Stroke, up.object, up.body.into())
    }

    fn clear(&mut self, author: ParticipantId) -> Verdict {
        self.ops.clear();
        self.bytes = 0;
        self.epoch = self.epoch.wrapping_add(1);
        self.append(author, OpKind::Clear, 0, Arc::default())
    }

    fn append(&mut self, author: ParticipantId, kind: OpKind, object: u32, body: Arc<[u8]>) -> Verdict {
        let op = Op { author, kind, object, epoch: self.epoch, body };
        self.bytes += op.size();
        self.ops.insert(self.next_seq, op);
        self.next_seq = self.next_seq.saturating_add(1);
        Verdict::Taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: ParticipantId = ParticipantId(1);
    const BEN: ParticipantId = ParticipantId(2);

    fn up(kind: OpKind, object: u32, epoch: u32, body: usize) -> DrawUp {
        DrawUp { kind, object, epoch, body: vec![7; body] }
    }

    fn picture(board: &Board) -> Vec<(u16, OpKind, u32)> {
        board.from(0).map(|(_, op)| (op.author.0, op.kind, op.object)).collect()
    }

    #[test]
    fn undo_reaches_one_s_own_objects_only() {
        let mut board = Board::default();
        board.submit(ANN, Role::Moderator, up(OpKind::Stroke, 5, 0, 4));
        board.submit(BEN, Role::Participant, up(OpKind::Stroke, 5, 0, 4));
        assert_eq!(board.submit(BEN, Role::Participant, up(OpKind::Undo, 6, 0, 0)), Verdict::Ignored);
        assert_eq!(board.submit(BEN, Role::Participant, up(OpKind::Undo, 5, 0, 0)), Verdict::Taken);
        assert_eq!(picture(&board), [(1, OpKind::Stroke, 5), (2, OpKind::Undo, 5)]);
        board.compact(u32::MAX);
        assert_eq!(picture(&board), [(1, OpKind::Stroke, 5)]);
    }

    #[test]
    fn rights_stand_in_one_table() {
        use DrawRefused::NotAllowed;
        let table = [
            (Role::Moderator, OpKind::Stroke, Verdict::Taken),
            (Role::Participant, OpKind::Stroke, Verdict::Taken),
            (Role::Observer, OpKind::Stroke, Verdict::Refused(NotAllowed)),
            (Role::Observer, OpKind::Undo, Verdict::Refused(NotAllowed)),
            (Role::Moderator, OpKind::Clear, Verdict::Taken),
            (Role::Participant, OpKind::Clear, Verdict::Refused(NotAllowed)),
            (Role::Observer, OpKind::Clear, Verdict::Refused(NotAllowed)),
        ];
        for (role, kind, verdict) in table {
            let mut board = Board::default();
            assert_eq!(board.submit(ANN, role, up(kind, 1, 0, 4)), verdict, "{role:?} {kind:?}");
        }
    }

    #[test]
    fn a_clear_begins_an_epoch_and_what_was_drawn_before_it_is_dropped() {
        let mut board = Board::default();
        board.submit(BEN, Role::Participant, up(OpKind::Stroke, 1, 0, 4));
        assert_eq!(board.submit(ANN, Role::Moderator, up(OpKind::Clear, 0, 0, 0)), Verdict::Taken);
        assert_eq!(board.epoch(), 1);
        assert_eq!(board.submit(BEN, Role::Participant, up(OpKind::Stroke, 1, 0, 4)), Verdict::Ignored);
        assert_eq!(board.submit(ANN, Role::Moderator, up(OpKind::Clear, 0, 0, 0)), Verdict::Ignored);
        assert_eq!(board.submit(BEN, Role::Participant, up(OpKind::Stroke, 2, 1, 4)), Verdict::Taken);
        assert_eq!(picture(&board), [(1, OpKind::Clear, 0), (2, OpKind::Stroke, 2)]);
    }

    #[test]
    fn a_full_board_refuses_strokes_until_something_is_taken_away() {
        let mut board = Board::default();
        let mut object = 0;
        while board.submit(ANN, Role::Moderator, up(OpKind::Stroke, object, 0, 16_000)) == Verdict::Taken {
            object += 1;
        }
        assert!(board.bytes <= MAX_DRAWING_LOG_BYTES);
        let full = Verdict::Refused(DrawRefused::Full);
        assert_eq!(board.submit(BEN, Role::Participant, up(OpKind::Stroke, 0, 0, 16_000)), full);
        assert_eq!(board.submit(ANN, Role::Moderator, up(OpKind::Undo, 0, 0, 0)), Verdict::Taken);
        assert_eq!(board.submit(BEN, Role::Participant, up(OpKind::Stroke, 0, 0, 15_000)), Verdict::Taken);
    }

    #[test]
    fn a_board_full_of_tiny_operations_refuses_too() {
        let mut board = Board::default();
        for object in 0..MAX_DRAWING_LOG_OPS as u32 {
            assert_eq!(board.submit(ANN, Role::Moderator, up(OpKind::Stroke, object, 0, 0)), Verdict::Taken);
        }
        let refused = board.submit(ANN, Role::Moderator, up(OpKind::Stroke, 0, 0, 0));
        assert_eq!(refused, Verdict::Refused(DrawRefused::Full));
        assert_eq!(board.submit(ANN, Role::Moderator, up(OpKind::Clear, 0, 0, 0)), Verdict::Taken);
        assert_eq!((board.ops.len(), board.bytes), (1, OP_DOWN_OVERHEAD));
    }
}
