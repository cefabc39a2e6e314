//! What `web-sys` does not have or has only behind an unstable flag: the reader's own words for countries and times, another
//! network path for a connection, an encoder's layers; and where the keyboard goes next.
//! By reflection, so that a browser without them degrades to something readable.

use js_sys::{Array, Date, Function, Object, Reflect};
use leptos::prelude::{document, request_animation_frame};
use shared::units::UnixMs;
use wasm_bindgen::{JsCast, JsValue};

fn intl(constructor: &str, options: &[(&str, &str)]) -> Option<JsValue> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor: Function = Reflect::get(&intl, &constructor.into()).ok()?.dyn_into().ok()?;
    let bag = Object::new();
    for (name, value) in options {
        Reflect::set(&bag, &(*name).into(), &(*value).into()).ok()?;
    }
    Reflect::construct(&constructor, &Array::of2(&locale().into(), &bag)).ok()
}

/// The reader's own English, or British English: dates and countries must be in the language of the sentences around
/// them.
pub fn locale() -> String {
    let own = web_sys::window().and_then(|window| window.navigator().language());
    own.filter(|language| language.starts_with("en-")).unwrap_or_else(|| "en-GB".to_owned())
}

fn call(object: &JsValue, method: &str, argument: &JsValue) -> Option<String> {
    let method: Function = Reflect::get(object, &method.into()).ok()?.dyn_into().ok()?;
    method.call1(object, argument).ok()?.as_string()
}

/// Asks an encoder for layers of this shape.
pub fn set_scalability_mode(encoding: &web_sys::RtcRtpEncodingParameters, mode: &str) {
    let _ = Reflect::set(encoding, &"scalabilityMode".into(), &mode.into());
}

/// The shape of the layers that an encoder makes.
pub fn scalability_mode(encoding: &web_sys::RtcRtpEncodingParameters) -> Option<String> {
    Reflect::get(encoding, &"scalabilityMode".into()).ok()?.as_string()
}

/// Has the connection's next offer begin ICE anew.
///
/// # Errors
/// The browser does not know how.
pub fn restart_ice(connection: &web_sys::RtcPeerConnection) -> Result<(), JsValue> {
    let restart: Function = Reflect::get(connection, &"restartIce".into())?.dyn_into()?;
    restart.call0(connection).map(drop)
}

/// A country in the language of the page; its code where the browser does not know it.
pub fn country_name(code: &str) -> String {
    intl("DisplayNames", &[("type", "region")])
        .and_then(|names| call(&names, "of", &code.into()))
        .unwrap_or_else(|| code.to_owned())
}

const TIME: [(&str, &str); 2] = [("hour", "numeric"), ("minute", "2-digit")];
const DAY: [(&str, &str); 3] = [("weekday", "short"), ("day", "numeric"), ("month", "short")];
const ZONE: [(&str, &str); 1] = [("timeZoneName", "short")];

/// A moment in the reader's own time zone and habit, with the zone's name: whoever was told another time in another
/// zone sees why. "Sat 21 Nov, 14:30 CET".
pub fn day_and_time(at: UnixMs) -> String {
    format_time(at, &[&DAY[..], &TIME, &ZONE].concat())
}

/// The time of day in the reader's own time zone and habit: "14:30", "2:30 PM".
pub fn time_of_day(at: UnixMs) -> String {
    format_time(at, &TIME)
}

/// From start to end, as [`day_and_time`]: "Sat 21 Nov, 14:30 – 15:30 CET". The second day is said when it differs.
pub fn time_span(start: UnixMs, end: UnixMs) -> String {
    let range = || {
        let format = intl("DateTimeFormat", &[&DAY[..], &TIME, &ZONE].concat())?;
        let range: Function = Reflect::get(&format, &"formatRange".into()).ok()?.dyn_into().ok()?;
        range.call2(&format, &date(start), &date(end)).ok()?.as_string()
    };
    range().unwrap_or_else(|| day_and_time(start))
}

fn format_time(at: UnixMs, options: &[(&str, &str)]) -> String {
    let date = date(at);
    intl("DateTimeFormat", options)
        .and_then(|format| call(&format, "format", &date))
        .unwrap_or_else(|| String::from(date.to_string()))
}

fn date(at: UnixMs) -> Date {
    // A `Date` holds every UnixMs that a calendar can name exactly.
    Date::new(&JsValue::from_f64(at.0 as f64))
}

/// Focuses the first element that matches, after the page was repainted.
pub fn focus_later(selector: impl Into<String>) {
    let selector = selector.into();
    request_animation_frame(move || {
        let found = document().query_selector(&selector).ok().flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            // An element that just went needs no focus.
            let _ = element.focus();
        }
    });
}

/// Now, by this computer's clock.
pub fn now() -> UnixMs {
    UnixMs(Date::now() as i64)
}
