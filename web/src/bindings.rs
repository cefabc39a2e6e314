//! What `web-sys` does not have or has only behind an unstable flag: the reader's own words for countries and times.
//! By reflection, so that a browser without them degrades to something readable.

use js_sys::{Array, Date, Function, Object, Reflect};
use shared::units::UnixMs;
use wasm_bindgen::{JsCast, JsValue};

fn intl(constructor: &str, options: &[(&str, &str)]) -> Option<JsValue> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor: Function = Reflect::get(&intl, &constructor.into()).ok()?.dyn_into().ok()?;
    let bag = Object::new();
    for (name, value) in options {
        Reflect::set(&bag, &(*name).into(), &(*value).into()).ok()?;
    }
    Reflect::construct(&constructor, &Array::of2(&JsValue::UNDEFINED, &bag)).ok()
}

fn call(object: &JsValue, method: &str, argument: &JsValue) -> Option<String> {
    let method: Function = Reflect::get(object, &method.into()).ok()?.dyn_into().ok()?;
    method.call1(object, argument).ok()?.as_string()
}

/// A country in the reader's language; its code where the browser does not know it.
pub fn country_name(code: &str) -> String {
    intl("DisplayNames", &[("type", "region")])
        .and_then(|names| call(&names, "of", &code.into()))
        .unwrap_or_else(|| code.to_owned())
}

/// A moment in the reader's own time zone and habit: "Sat 21 Nov, 14:30".
pub fn day_and_time(at: UnixMs) -> String {
    let options =
        [("weekday", "short"), ("day", "numeric"), ("month", "short"), ("hour", "2-digit"), ("minute", "2-digit")];
    format_time(at, &options)
}

/// The time of day in the reader's own time zone and habit: "14:30".
pub fn time_of_day(at: UnixMs) -> String {
    format_time(at, &[("hour", "2-digit"), ("minute", "2-digit")])
}

fn format_time(at: UnixMs, options: &[(&str, &str)]) -> String {
    // A `Date` holds every UnixMs that a calendar can name exactly.
    let date = Date::new(&JsValue::from_f64(at.0 as f64));
    intl("DateTimeFormat", options)
        .and_then(|format| call(&format, "format", &date))
        .unwrap_or_else(|| String::from(date.to_string()))
}

/// Now, by this computer's clock.
pub fn now() -> UnixMs {
    UnixMs(Date::now() as i64)
}
