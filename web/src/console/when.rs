//! Moments as people read them, through the browser's `Intl` (no date library in the download).
//!
//! A zone the browser does not know makes `Intl` throw; such a moment is then shown in the viewer's own zone,
//! which the text names.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use shared::units::UnixMs;
use wasm_bindgen::{JsCast, JsValue};

use crate::bindings::locale;

/// How much of a moment to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// `Sat, 21 Nov 2026, 14:30 CET`.
    DateAndTime,
    /// `15:30`.
    Time,
    /// `21 Nov, 14:30`.
    ShortDateAndTime,
}

const DATE: [(&str, &str); 4] = [("weekday", "short"), ("day", "numeric"), ("month", "short"), ("year", "numeric")];
const TIME: [(&str, &str); 2] = [("hour", "numeric"), ("minute", "2-digit")];

impl Detail {
    fn options(self) -> Vec<(&'static str, &'static str)> {
        let mut options = TIME.to_vec();
        match self {
            Detail::Time => {}
            Detail::ShortDateAndTime => options.extend([("day", "numeric"), ("month", "short")]),
            Detail::DateAndTime => {
                options.extend(DATE);
                options.push(("timeZoneName", "short"));
            }
        }
        options
    }
}

/// The moment in `zone`.
pub(crate) fn in_zone(moment: UnixMs, zone: &str, detail: Detail) -> String {
    format(moment, Some(zone), detail).or_else(|| format(moment, None, detail)).unwrap_or_default()
}

/// The moment in the viewer's zone.
pub(crate) fn here(moment: UnixMs, detail: Detail) -> String {
    format(moment, None, detail).unwrap_or_default()
}

/// From start to end in `zone`, the second date said only when it differs.
pub(crate) fn span_in(start: UnixMs, end: UnixMs, zone: &str) -> String {
    let span = |zone| {
        let formatter = formatter(zone, Detail::DateAndTime)?;
        let range: Function = Reflect::get(&formatter, &"formatRange".into()).ok()?.dyn_into().ok()?;
        range.call2(&formatter, &date(start), &date(end)).ok()?.as_string()
    };
    span(Some(zone)).or_else(|| span(None)).unwrap_or_default()
}

/// The viewer's zone, an IANA name.
pub(crate) fn zone_here() -> String {
    formatter(None, Detail::Time)
        .map(|f| f.unchecked_into::<Intl::DateTimeFormat>().resolved_options())
        .and_then(|options| Reflect::get(&options, &"timeZone".into()).ok()?.as_string())
        .unwrap_or_else(|| "Etc/UTC".to_owned())
}

/// Whether both zones' clocks agree at that moment, so that saying the time twice would be noise.
pub(crate) fn same_clock(moment: UnixMs, zone: &str) -> bool {
    format(moment, Some(zone), Detail::DateAndTime) == format(moment, None, Detail::DateAndTime)
}

/// Every zone the browser knows; empty in a browser too old to say.
pub(crate) fn zones() -> Vec<String> {
    let list = || {
        let values: Function = Reflect::get(&intl()?, &"supportedValuesOf".into()).ok()?.dyn_into().ok()?;
        values.call1(&JsValue::UNDEFINED, &"timeZone".into()).ok()?.dyn_into::<Array>().ok()
    };
    list().map(|zones| zones.iter().filter_map(|zone| zone.as_string()).collect()).unwrap_or_default()
}

/// Now.
pub(crate) fn now() -> UnixMs {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 stay exact in an f64 for 285,000 years"
    )]
    UnixMs(Date::now() as i64)
}

/// The next full half hour on the viewer's clock, as `<input type="datetime-local">` takes it.
pub(crate) fn next_half_hour() -> String {
    let date = Date::new_0();
    let half = if date.get_minutes() < 30 { 30 } else { 60 };
    date.set_minutes(half);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes()
    )
}

fn date(moment: UnixMs) -> Date {
    #[expect(clippy::cast_precision_loss, reason = "as in `now`")]
    Date::new(&JsValue::from_f64(moment.0 as f64))
}

fn format(moment: UnixMs, zone: Option<&str>, detail: Detail) -> Option<String> {
    let format = formatter(zone, detail)?.unchecked_into::<Intl::DateTimeFormat>().format();
    format.call1(&JsValue::UNDEFINED, &date(moment)).ok()?.as_string()
}

/// Built through `Reflect`, because only that catches the exception of an unknown zone.
fn formatter(zone: Option<&str>, detail: Detail) -> Option<JsValue> {
    let constructor: Function = Reflect::get(&intl()?, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    for (name, value) in detail.options().into_iter().chain(zone.map(|zone| ("timeZone", zone))) {
        Reflect::set(&options, &name.into(), &value.into()).ok()?;
    }
    Reflect::construct(&constructor, &Array::of2(&locale().into(), &options)).ok()
}

fn intl() -> Option<JsValue> {
    Reflect::get(&js_sys::global(), &"Intl".into()).ok()
}
