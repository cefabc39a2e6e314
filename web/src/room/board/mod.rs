//! The whiteboard without a canvas: which strokes there are and in which order they lie ([`Drawing`]), the stroke
//! under this person's pen ([`Pen`]), and everybody's pointers ([`Pointers`], [`Coalescer`]).

mod drawing;
mod pen;
mod pointers;

pub use drawing::{Drawing, Object, Paint};
pub use pen::{FLUSH_EVERY_MS, Pen};
pub use pointers::{Coalescer, POINTER_GAP_MS, Pointers};

use shared::ids::ParticipantId;
use shared::surface::Point;
use shared::text::tr;

/// Colours of pens and pointers, on paper that is light in both themes so that everybody sees the same picture. The
/// same hues as `--person-N` in `styles/tokens.css`.
pub const PALETTE: [&str; 10] =
    ["#0d6e8f", "#b4471f", "#5b49b3", "#2b7a3d", "#a8316f", "#7a6200", "#3c5a8a", "#8a4b2a", "#00706a", "#6d3f86"];

/// Width of the pen in 1/1000 of the paper's width.
pub const PEN_WIDTH: u8 = 4;

/// Height of the paper for a width of 1.
pub const PAPER_RATIO: f64 = 10.0 / 16.0;

/// Index into [`PALETTE`] of a person's own colour.
pub fn colour_of(who: ParticipantId) -> u8 {
    let count = PALETTE.len() as u16;
    u8::try_from(who.0.saturating_sub(1) % count).unwrap_or_default()
}

/// The colour of that index; whatever a body claims stays within the palette.
pub fn colour(index: u8) -> &'static str {
    PALETTE[usize::from(index) % PALETTE.len()]
}

/// What that colour is called.
pub fn colour_name(index: u8) -> &'static str {
    match usize::from(index) % PALETTE.len() {
        0 => tr("Teal blue"),
        1 => tr("Orange"),
        2 => tr("Violet"),
        3 => tr("Green"),
        4 => tr("Pink"),
        5 => tr("Olive"),
        6 => tr("Blue"),
        7 => tr("Brown"),
        8 => tr("Sea green"),
        _ => tr("Purple"),
    }
}

/// A place on the paper from fractions of its width and height, held at the edges.
pub fn point_at(x: f64, y: f64) -> Point {
    let whole = |fraction: f64| (fraction.clamp(0.0, 1.0) * f64::from(u16::MAX)).round() as u16;
    Point { x: whole(x), y: whole(y) }
}

/// Fractions of the paper's width and height.
pub fn fractions(point: Point) -> (f64, f64) {
    let fraction = |whole: u16| f64::from(whole) / f64::from(u16::MAX);
    (fraction(point.x), fraction(point.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_fractions_and_stay_on_the_paper() {
        for point in [Point { x: 0, y: 65535 }, Point { x: 1, y: 32768 }] {
            let (x, y) = fractions(point);
            assert_eq!(point_at(x, y), point);
        }
        assert_eq!(point_at(-3.0, f64::NAN), Point { x: 0, y: 0 });
        assert_eq!(point_at(2.0, 1.0), Point { x: 65535, y: 65535 });
    }

    #[test]
    fn ten_people_have_ten_colours() {
        let colours: std::collections::HashSet<_> = (1..=10).map(|n| colour(colour_of(ParticipantId(n)))).collect();
        assert_eq!(colours.len(), 10);
        assert_eq!(colour(200), colour(0));
    }
}
