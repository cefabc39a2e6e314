//! The stroke under this person's pen, sent in parts while it is drawn.

use shared::surface::{MAX_POINTS_PER_PART, Point, StrokePart};

/// How often a growing stroke is sent, milliseconds: smaller looks smoother to the others and costs more messages.
pub const FLUSH_EVERY_MS: i32 = 50;

/// A stroke being drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pen {
    /// The object it makes.
    pub object: u32,
    /// Index into the palette.
    pub colour: u8,
    /// In 1/1000 of the paper's width.
    pub width: u8,
    unsent: Vec<Point>,
    sent_any: bool,
}

impl Pen {
    /// Puts the pen down.
    pub fn down(object: u32, colour: u8, width: u8, at: Point) -> Self {
        Self { object, colour, width, unsent: vec![at], sent_any: false }
    }

    /// Moves it. Answers whether the place is a new one.
    pub fn move_to(&mut self, at: Point) -> bool {
        let is_new = self.unsent.last() != Some(&at);
        if is_new {
            self.unsent.push(at);
        }
        is_new
    }

    /// The next part to send, if there is anything new. A part begins where the one before it ended.
    pub fn flush(&mut self) -> Option<StrokePart> {
        let nothing_new = if self.sent_any { self.unsent.len() < 2 } else { self.unsent.is_empty() };
        if nothing_new {
            return None;
        }
        let count = self.unsent.len().min(MAX_POINTS_PER_PART);
        let points: Vec<Point> = self.unsent[..count].to_vec();
        // The last point stays: the next part begins with it.
        self.unsent.drain(..count - 1);
        self.sent_any = true;
        Some(StrokePart { colour: self.colour, width: self.width, points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: u16) -> Point {
        Point { x, y: 0 }
    }

    fn xs(part: Option<StrokePart>) -> Option<Vec<u16>> {
        part.map(|part| part.points.iter().map(|point| point.x).collect())
    }

    #[test]
    fn a_dot_is_a_stroke() {
        let mut pen = Pen::down(1, 0, 4, at(5));
        assert_eq!(xs(pen.flush()), Some(vec![5]));
        assert_eq!(pen.flush(), None);
    }

    #[test]
    fn parts_join_without_a_gap() {
        let mut pen = Pen::down(1, 0, 4, at(1));
        assert!(pen.move_to(at(2)));
        assert!(!pen.move_to(at(2)), "standing still adds nothing");
        assert_eq!(xs(pen.flush()), Some(vec![1, 2]));
        assert_eq!(pen.flush(), None);
        pen.move_to(at(3));
        assert_eq!(xs(pen.flush()), Some(vec![2, 3]));
    }

    #[test]
    fn a_very_long_part_is_cut_where_a_message_ends() {
        let mut pen = Pen::down(1, 0, 4, at(0));
        (1..=MAX_POINTS_PER_PART as u16).for_each(|x| assert!(pen.move_to(at(x))));
        assert_eq!(pen.flush().map(|part| part.points.len()), Some(MAX_POINTS_PER_PART));
        let last = MAX_POINTS_PER_PART as u16;
        assert_eq!(xs(pen.flush()), Some(vec![last - 1, last]));
    }
}
