//! The area that a line's number belongs to: the town that libphonenumber's tables name for its first digits, where GeoNames
//! has that town. `.tools/areas.sh` makes the table; neighbours within 50 km are one line of it, and where a name means two
//! towns of a country it has none.

use std::sync::LazyLock;

use shared::location::Area;

/// Tab-separated lines, sorted by the first column: digits after the `+`, tenths of a degree north and east, kilometres, name;
/// digits alone where a longer prefix is of no known area. Compressed (RFC 7932).
const TABLE: &[u8] = include_bytes!("areas.tsv.br");

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = Vec::new();
    let done = brotli::BrotliDecompress(&mut &TABLE[..], &mut text);
    done.ok().and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
});
static LINES: LazyLock<Vec<&'static str>> = LazyLock::new(|| TEXT.lines().collect());

/// Around which town a line's number, in E.164, belongs. The longest prefix in the table counts.
pub(super) fn of(number: &str) -> Option<Area> {
    let digits = number.strip_prefix('+')?;
    let prefixes = (1..=digits.len()).rev().filter_map(|end| digits.get(..end));
    let line = prefixes.filter_map(line).next()?;
    let mut columns = line.split('\t').skip(1);
    let latitude = columns.next()?.parse().ok()?;
    let longitude = columns.next()?.parse().ok()?;
    let radius_km = columns.next()?.parse().ok()?;
    Some(Area { name: columns.next()?.to_owned(), latitude, longitude, radius_km })
}

/// The line of exactly this prefix.
fn line(prefix: &str) -> Option<&'static str> {
    let found = LINES.binary_search_by(|line| line.split('\t').next().unwrap_or_default().cmp(prefix)).ok()?;
    LINES.get(found).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_can_be_found_and_read() {
        let mut areas = 0;
        for text in LINES.iter() {
            let prefix = text.split('\t').next().unwrap();
            assert_eq!(line(prefix), Some(*text));
            let area = of(&format!("+{prefix}"));
            assert_eq!(area.is_some(), text.contains('\t'), "{text}");
            if let Some(Area { name, latitude, longitude, radius_km }) = area {
                areas += 1;
                assert!(!name.is_empty() && latitude.abs() <= 900 && longitude.abs() <= 1800, "{text}");
                assert!((25..=125).contains(&radius_km), "{text}");
            }
        }
        assert!(areas > 40_000, "{areas}");
    }

    #[test]
    fn the_longest_prefix_counts() {
        let name = |number: &str| of(number).map(|area| area.name);
        assert_eq!(name("+492411234"), Some("Aachen".into()));
        assert_eq!(name("+492421123"), Some("Düren".into()));
        for of_no_area in ["", "+", "492411234", "+999123", "+4", "+49"] {
            assert_eq!(name(of_no_area), None, "{of_no_area}");
        }
    }
}
