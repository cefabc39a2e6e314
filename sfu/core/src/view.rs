//! What a subscriber shows, as its page says.

use std::time::{Duration, Instant};

use shared::control::Purpose;
use shared::limits::{CAMERA_LAYERS, MAX_TILES};
use shared::signal::{Picture, Tile, VideoSource};

use crate::director::Director;

/// How often layers are chosen anew without a reason: publishers' layers come and go, estimates move.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a connection is too narrow for everybody's smallest layer before some are paused.
const PAUSE_AFTER: Duration = Duration::from_secs(2);
/// A face whose tile's size is not known.
const USUAL_WIDTH: u16 = 480;

/// One subscriber's view.
#[derive(Debug)]
pub(crate) struct View {
    /// When layers are chosen next.
    pub(crate) next_look: Instant,
    /// Since when the connection does not carry even everybody's smallest layer.
    tight_since: Option<Instant>,
    tiles: Option<Vec<Tile>>,
    /// In place of a page that says what it shows: a watcher has none.
    pub(crate) director: Option<Director>,
}

impl View {
    /// Nothing said, nothing known.
    pub(crate) fn new(purpose: Purpose, now: Instant) -> Self {
        let director = (purpose == Purpose::Watch).then(Director::default);
        Self { next_look: now, tight_since: None, tiles: None, director }
    }

    /// The page said what it shows.
    pub(crate) fn set(&mut self, mut tiles: Vec<Tile>) {
        tiles.truncate(MAX_TILES);
        self.tiles = Some(tiles);
    }

    /// Puts these pictures into the order in which they get a slot; so many at the front stay there. What is not shown
    /// comes last: a slot that is left over costs nothing until its layers are chosen.
    pub(crate) fn order(&self, pictures: &mut [Picture], first: usize) {
        if let Some(rest) = pictures.get_mut(first..) {
            rest.sort_by_key(|picture| self.rank(*picture)); // stable
        }
    }

    /// The layer that fits a picture's tile; `None` when the page does not show it. A screen has one layer.
    pub(crate) fn wish(&self, picture: Picture) -> Option<u8> {
        let width = match &self.tiles {
            _ if self.is_directed(picture) => u16::MAX,
            Some(tiles) => tiles.iter().find(|tile| tile.picture == picture)?.width,
            None => USUAL_WIDTH,
        };
        if picture.source == VideoSource::Screen {
            return Some(0);
        }
        (0_u8..).zip(&CAMERA_LAYERS).find(|(_, layer)| width <= layer.up_to_width).map(|(index, _)| index)
    }

    /// How important a picture is here: the first is the most important.
    pub(crate) fn rank(&self, picture: Picture) -> usize {
        if self.is_directed(picture) {
            return 0;
        }
        let tiles = self.tiles.as_deref().unwrap_or_default();
        tiles.iter().position(|tile| tile.picture == picture).unwrap_or(usize::MAX)
    }

    fn is_directed(&self, picture: Picture) -> bool {
        let shown = self.director.as_ref().and_then(Director::shown);
        shown.is_some_and(|who| picture == Picture::face(who))
    }

    /// Whether faces may be paused, when everybody's smallest layer takes so much: not before the connection has been
    /// far too narrow for a while. An estimate may dip for a moment, is low where little is sent, and beginning again
    /// costs a keyframe.
    pub(crate) fn may_pause(&mut self, budget: Option<u64>, least: u64, now: Instant) -> bool {
        if budget.is_none_or(|budget| budget * 2 >= least) {
            self.tight_since = None;
            return false;
        }
        let since = *self.tight_since.get_or_insert(now);
        now >= since + PAUSE_AFTER
    }
}
