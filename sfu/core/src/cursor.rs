//! How far one subscriber has read the room's drawing, and the messages that take them further.
//!
//! A message holds as many records as fit into [`MAX_SURFACE_MESSAGE_BYTES`]. The first record ever is `Begin`.

use std::collections::VecDeque;

use shared::limits::MAX_SURFACE_MESSAGE_BYTES;
use shared::surface::{DrawDown, DrawRefused};

use crate::drawing::Board;

/// Refusals kept for a subscriber whose channel is full; somebody who floods hears of the first ones.
const MAX_REFUSALS: usize = 64;

/// One subscriber's place in the log.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    begun: bool,
    next: u32,
    refusals: VecDeque<(u32, DrawRefused)>,
}

impl Cursor {
    /// The first operation this subscriber has not been sent.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    /// Notes that one of the subscriber's own operations was not taken.
    pub(crate) fn refuse(&mut self, object: u32, reason: DrawRefused) {
        if self.refusals.len() < MAX_REFUSALS {
            self.refusals.push_back((object, reason));
        }
    }

    /// The next message and the cursor after it; `None` when the subscriber has everything. The cursor itself does
    /// not move, so that a message that found no room is simply made again.
    pub(crate) fn next_message(&self, board: &Board) -> Option<(Vec<u8>, Moved)> {
        let mut message = Vec::new();
        let mut moved = Moved { next: self.next, refusals: 0 };
        if !self.begun {
            DrawDown::Begin { epoch: board.epoch() }.encode_into(&mut message);
        }
        for (object, reason) in self.refusals.iter().copied() {
            DrawDown::Refused { object, reason }.encode_into(&mut message);
            moved.refusals += 1;
        }
        for (seq, op) in board.from(self.next) {
            if message.len() + op.size() > MAX_SURFACE_MESSAGE_BYTES {
                break;
            }
            op.record(seq).encode_into(&mut message);
            moved.next = seq.saturating_add(1);
        }
        (!message.is_empty()).then_some((message, moved))
    }

    /// The message went out.
    pub(crate) fn advance(&mut self, moved: Moved) {
        self.begun = true;
        self.next = moved.next;
        self.refusals.drain(..moved.refusals);
    }
}

/// Where a message takes a cursor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved {
    next: u32,
    refusals: usize,
}

#[cfg(test)]
mod tests {
    use shared::ids::ParticipantId;
    use shared::meeting::Role;
    use shared::surface::{DrawUp, OpKind};

    use super::*;

    fn read_all(cursor: &mut Cursor, board: &Board) -> Vec<DrawDown> {
        let mut records = Vec::new();
        while let Some((message, moved)) = cursor.next_message(board) {
            assert!(message.len() <= MAX_SURFACE_MESSAGE_BYTES);
            records.extend(DrawDown::decode_all(&message).unwrap());
            cursor.advance(moved);
        }
        records
    }

    fn draw(board: &mut Board, object: u32, body: usize) {
        let up = DrawUp { kind: OpKind::Stroke, object, epoch: board.epoch(), body: vec![1; body] };
        board.submit(ParticipantId(1), Role::Moderator, up);
    }

    #[test]
    fn snapshot_and_tail_are_one() {
        let mut board = Board::default();
        (0..10).for_each(|object| draw(&mut board, object, 9_000));
        let mut cursor = Cursor::default();
        let snapshot = read_all(&mut cursor, &board);
        assert_eq!(snapshot[0], DrawDown::Begin { epoch: 0 });
        assert_eq!(snapshot.len(), 11);
        draw(&mut board, 10, 4);
        let tail = read_all(&mut cursor, &board);
        assert!(matches!(tail[..], [DrawDown::Op { seq: 10, object: 10, .. }]), "{tail:?}");
        assert!(read_all(&mut cursor, &board).is_empty());
    }

    #[test]
    fn a_clear_in_the_middle_of_a_snapshot_reaches_the_newcomer() {
        let mut board = Board::default();
        (0..10).for_each(|object| draw(&mut board, object, 9_000));
        let mut cursor = Cursor::default();
        let (_, moved) = cursor.next_message(&board).unwrap();
        cursor.advance(moved);
        let clear = DrawUp { kind: OpKind::Clear, object: 0, epoch: 0, body: vec![] };
        board.submit(ParticipantId(1), Role::Moderator, clear);
        let rest = read_all(&mut cursor, &board);
        assert!(matches!(rest[..], [DrawDown::Op { kind: OpKind::Clear, epoch: 1, .. }]), "{rest:?}");
    }
}
