//! How many faces side by side make each of them as large as it can be.

/// Width of a tile for a height of 1.
const RATIO: f64 = 16.0 / 9.0;

/// Columns, and the width of a tile in pixels, for `count` tiles in a box. Tiles never get narrower than `least`; when
/// they do not fit then, the box scrolls.
pub fn best_fit(count: usize, width: f64, height: f64, gap: f64, least: f64) -> (usize, f64) {
    let count = count.max(1);
    let tile_width = |columns: usize| {
        let rows = count.div_ceil(columns);
        let by_width = (width - gap * (columns - 1) as f64) / columns as f64;
        let by_height = (height - gap * (rows - 1) as f64) / rows as f64 * RATIO;
        by_width.min(by_height)
    };
    let best = (1..=count).max_by(|a, b| tile_width(*a).total_cmp(&tile_width(*b))).unwrap_or(1);
    let wide = tile_width(best);
    if wide >= least {
        return (best, wide.floor());
    }
    let least = least.min(width);
    let columns = (((width + gap) / (least + gap)).floor() as usize).clamp(1, count);
    (columns, ((width - gap * (columns - 1) as f64) / columns as f64).min(least * 1.4).floor())
}

/// Which of `count` tiles lie in a box that is scrolled down by `scrolled` pixels, partly visible ones among them: the
/// first, and how many.
pub fn visible(count: usize, columns: usize, tile_width: f64, gap: f64, height: f64, scrolled: f64) -> (usize, usize) {
    let row = tile_width / RATIO + gap;
    if row <= 0.0 {
        return (0, count);
    }
    let first = ((scrolled + gap) / row).floor().max(0.0) as usize * columns;
    let end = ((scrolled + height) / row).ceil().max(1.0) as usize * columns;
    (first.min(count), end.min(count).saturating_sub(first))
}

#[cfg(test)]
mod tests {
    use super::{best_fit, visible};

    #[test]
    fn what_is_scrolled_away_is_not_visible() {
        // Rows of 90 + 10 pixels, 4 tiles each.
        let at = |scrolled| visible(30, 4, 160.0, 10.0, 250.0, scrolled);
        assert_eq!(at(0.0), (0, 12));
        assert_eq!(at(50.0), (0, 12), "the first row is half visible");
        assert_eq!(at(95.0), (4, 12), "only its gap is");
        assert_eq!(at(450.0), (16, 12));
        assert_eq!(at(700.0), (28, 2));
        assert_eq!(visible(3, 1, 0.0, 0.0, 0.0, 0.0), (0, 3), "before anything is laid out");
    }

    #[test]
    fn faces_fill_the_box_they_have() {
        let table = [
            (1, 1000.0, 600.0, 1),
            (2, 1000.0, 600.0, 1),
            (2, 1400.0, 500.0, 2),
            (4, 1000.0, 600.0, 2),
            (10, 1400.0, 700.0, 4),
            (4, 300.0, 900.0, 1),
        ];
        for (count, width, height, columns) in table {
            let (found, tile) = best_fit(count, width, height, 10.0, 100.0);
            assert_eq!(found, columns, "{count} in {width}×{height}");
            let rows = count.div_ceil(found) as f64;
            assert!(tile * found as f64 <= width && rows * tile / (16.0 / 9.0) <= height);
        }
    }

    #[test]
    fn a_strip_scrolls_rather_than_making_stamps() {
        let (columns, tile) = best_fit(10, 344.0, 120.0, 8.0, 104.0);
        assert_eq!(columns, 3);
        assert!(tile >= 104.0);
        assert_eq!(best_fit(0, 0.0, 0.0, 8.0, 104.0).0, 1, "before anything is laid out");
    }
}
