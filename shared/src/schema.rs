//! What is typed into the console's forms, as JSON Schema: the rules of [`crate::input`] and [`crate::limits`] for whoever
//! reads the OpenAPI document. The types here stand for schemas only; nothing has their value.
//!
//! Text is trimmed before it is checked, so lengths are in the patterns: `maxLength` would count white space that does not
//! count.

use std::borrow::Cow;

use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, OneOfBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::api::{Called, Start};
use crate::limits::{
    MAX_CHECK_CHARS, MAX_CHECKLIST, MAX_CONFIRMATIONS, MAX_INVITEES, MAX_MEETING_MINUTES, MAX_NAME_CHARS,
    MAX_PASSWORD_BEFORE_MINUTES, MAX_TITLE_CHARS,
};

/// The white space that trimming takes away, inside a character class.
const WHITE: &str = r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// Control and hidden characters, as [`crate::input`] refuses them, inside a character class.
const HIDDEN: &str = r"\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff";

/// A schema under a name of its own.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident = $schema:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Schema::from($schema).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

named!(
    /// See [`crate::input::title`].
    Title = line("A meeting's title", MAX_TITLE_CHARS, "Board")
);
named!(
    /// See [`crate::input::name`].
    Name = line("A person's name", MAX_NAME_CHARS, "Olga")
);
named!(
    /// See [`crate::input::check`].
    Check = line("A point of a checklist", MAX_CHECK_CHARS, "Shows a passport")
);
named!(
    /// See [`crate::input::phone`].
    Phone = text(
        "A telephone number with its calling code: 7 to 15 digits, with spaces, dots, hyphens or brackets among them or \
         without. It must be one that a numbering plan has. White space alone is none.",
        phone_pattern(),
        "+32470123456"
    )
    .format(Some(SchemaFormat::Custom("phone-number".to_owned())))
);
named!(
    /// See [`crate::input::email`].
    Email = text(
        "An e-mail address, at most 254 bytes. White space alone is none.",
        email_pattern(),
        "olga@example.org"
    )
);
named!(
    /// An IANA time zone.
    ZoneName = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("time-zone".to_owned())))
        .description(Some("A name of the IANA time zone database."))
        .examples(["Europe/Brussels"])
        .build()
);
named!(
    /// A wall-clock time.
    LocalTime = text(
        "Date and time on the wall of the meeting's time zone.",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$".to_owned(),
        "2030-11-21T14:30"
    )
    .format(Some(SchemaFormat::Custom("local-date-time".to_owned())))
);
named!(
    /// How long a meeting is.
    Minutes = range("Minutes.", 1, MAX_MEETING_MINUTES)
);
named!(
    /// How long before its start a meeting's passwords go out.
    MinutesBefore = range("Minutes.", 0, MAX_PASSWORD_BEFORE_MINUTES)
);
named!(
    /// How many moderators must confirm somebody.
    Confirmations = range("So many moderators.", 0, u32::from(MAX_CONFIRMATIONS))
);
named!(
    /// A meeting's checklist.
    Checklist = ArrayBuilder::new().items(Check::schema()).max_items(Some(MAX_CHECKLIST)).build()
);

/// Whom to call in: at least one, and room for who calls.
#[derive(Debug)]
pub struct People;

impl PartialSchema for People {
    fn schema() -> RefOr<Schema> {
        let called = Ref::from_schema_name(Called::name());
        let people = ArrayBuilder::new().items(called).min_items(Some(1)).max_items(Some(MAX_INVITEES - 1));
        Schema::from(people.build()).into()
    }
}

impl ToSchema for People {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Called::name().into_owned(), Called::schema()));
        Called::schemas(schemas);
    }
}

// By hand: utoipa does not say of an enum's variants that they know no other fields.
impl PartialSchema for Start {
    fn schema() -> RefOr<Schema> {
        let variant = |kind: &str| {
            let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind]));
            let known = AdditionalProperties::FreeForm(false);
            ObjectBuilder::new().property("kind", kind).required("kind").additional_properties(Some(known))
        };
        let at = variant("at").property("local", LocalTime::schema()).required("local");
        Schema::from(
            OneOfBuilder::new().item(variant("now")).item(at).description(Some("When a meeting starts.")).build(),
        )
        .into()
    }
}

impl ToSchema for Start {}

/// What a durable id is written as.
pub fn id(description: &str) -> RefOr<Schema> {
    let id = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9a-f]{32}$"));
    let id = id.description(Some(description)).examples(["0123456789abcdef0123456789abcdef"]);
    Schema::from(id.build()).into()
}

fn line(what: &str, max: usize, example: &str) -> ObjectBuilder {
    let rule = "trimmed, not empty, without control characters, line breaks or marks that hide themselves or turn the reading direction";
    text(&format!("{what}, at most {max} characters: {rule}."), line_pattern(max), example)
}

fn text(description: &str, pattern: String, example: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    text.description(Some(description)).examples([example])
}

fn range(description: &str, min: u32, max: u32) -> ObjectBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(min)).maximum(Some(max));
    number.description(Some(description))
}

fn line_pattern(max: usize) -> String {
    let between = max - 2;
    format!("^[{WHITE}]*[^{WHITE}{HIDDEN}]([^{HIDDEN}]{{0,{between}}}[^{WHITE}{HIDDEN}])?[{WHITE}]*$")
}

fn phone_pattern() -> String {
    let between = r"[ \u00a0.()\-]*";
    let number = format!("{between}\\+{between}[1-9]({between}[0-9]){{6,14}}{between}");
    format!("^[{WHITE}]*({number})?[{WHITE}]*$")
}

fn email_pattern() -> String {
    let part = format!("[^{WHITE}{HIDDEN}@]+");
    format!("^[{WHITE}]*({part}@{part})?[{WHITE}]*$")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
    use proptest::strategy::Strategy;
    use regex::Regex;

    use super::*;
    use crate::input;

    /// Text as people type it and as nobody should, of every length about the limits.
    fn typed() -> impl Strategy<Value = String> {
        let odd =
            prop::sample::select(vec!['\0', '\n', '\u{85}', '\u{a0}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{feff}']);
        let usual = prop::sample::select(vec!['a', ' ', '@', '.', '+', '0', '3', '(', '-', 'é', '李']);
        let digits = prop::sample::select(vec!['+', '1', '2', '0', ' ']);
        let char = || {
            prop::strategy::Union::new_weighted(vec![
                (30, usual.clone().boxed()),
                (1, odd.clone().boxed()),
                (1, any::<char>().boxed()),
            ])
        };
        let words = prop::collection::vec(char(), 0..8);
        let long = (0..210usize, prop::collection::vec(char(), 0..3)).prop_map(|(n, mut tail)| {
            tail.splice(0..0, std::iter::repeat_n('x', n));
            tail
        });
        let number = prop::collection::vec(digits, 0..18);
        prop::strategy::Union::new(vec![words.boxed(), long.boxed(), number.boxed()])
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// The document says what is checked: neither more nor less.
        #[test]
        fn patterns_are_the_checks(text in typed()) {
            static PATTERNS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
                let patterns = [line_pattern(MAX_TITLE_CHARS), line_pattern(MAX_NAME_CHARS), phone_pattern(), email_pattern()];
                patterns.map(|pattern| Regex::new(&pattern).unwrap())
            });
            let says = PATTERNS.each_ref().map(|pattern| pattern.is_match(&text));
            let none = text.trim().is_empty();
            let email = none || input::email(&text).is_ok() || (says[3] && text.len() > 254);
            let checked =
                [input::title(&text).is_ok(), input::name(&text).is_ok(), none || input::phone(&text).is_ok(), email];
            prop_assert_eq!(says, checked, "{:?}", text);
        }
    }
}
