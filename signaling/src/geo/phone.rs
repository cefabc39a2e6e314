//! Where a telephone number belongs, as far as its numbering plan settles it.
//!
//! Shy within a numbering plan: a calling code that more than one region uses (+1, +7, +44, +39 with the Vatican, …) is
//! `SharedPrefix` with the one that the digits after it point to, because numbers there are ported and sold across regions.
//! A wrong "differ" would cast doubt on an honest person.

use phonenumber::{Type, metadata::DATABASE};
use shared::location::PhonePlace;

use super::areas;

/// libphonenumber's name for "no country": satellite, universal and international free-phone numbers.
const NO_COUNTRY: &str = "001";

/// Where this number, in E.164, belongs.
pub fn place(number: Option<&str>) -> PhonePlace {
    let Some(number) = number else { return PhonePlace::NoNumber };
    let Ok(parsed) = phonenumber::parse(None, number) else { return PhonePlace::NonGeographic };
    let calling_code = parsed.code().value();
    let area = || stays_where_it_is(parsed.number_type(&DATABASE)).then(|| areas::of(number)).flatten();
    match DATABASE.region(&calling_code).as_deref() {
        None | Some([] | [NO_COUNTRY]) => PhonePlace::NonGeographic,
        Some(_) if !belongs_to_a_place(parsed.number_type(&DATABASE)) => PhonePlace::NonGeographic,
        Some(regions @ [_, _, ..]) => PhonePlace::SharedPrefix {
            calling_code,
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            likely: parsed.country().id().map(|id| id.as_ref().to_owned()),
            area: area(),
        },
        Some([region]) => PhonePlace::Country { code: (*region).to_owned(), area: area() },
    }
}

/// The number's calling code; 0 when it has none.
pub fn calling_code(number: &str) -> u16 {
    phonenumber::parse(None, number).map_or(0, |parsed| parsed.code().value())
}

/// The regions that share a calling code, as two letters each.
pub fn regions(calling_code: u16) -> Vec<String> {
    DATABASE.region(&calling_code).unwrap_or_default().into_iter().map(str::to_owned).collect()
}

/// Whether numbers of this kind are had where their country is. Free-phone, premium, personal and internet
/// numbers are answered anywhere. A kind the metadata does not know yet still has its country's code.
fn belongs_to_a_place(kind: Type) -> bool {
    matches!(kind, Type::FixedLine | Type::Mobile | Type::FixedLineOrMobile | Type::Unknown)
}

/// Whether numbers of this kind belong to a line in some place. Where a plan does not tell mobile numbers from others (+1), its
/// numbers began in their area, and many stayed.
fn stays_where_it_is(kind: Type) -> bool {
    matches!(kind, Type::FixedLine | Type::FixedLineOrMobile)
}

/// Whether a number of this shape, in E.164, can exist in its numbering plan: the right length for its country.
pub fn can_exist(number: &str) -> bool {
    let Ok(parsed) = phonenumber::parse(None, number) else { return false };
    phonenumber::is_valid(&parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_area(mut place: PhonePlace) -> PhonePlace {
        if let PhonePlace::Country { area, .. } | PhonePlace::SharedPrefix { area, .. } = &mut place {
            *area = None;
        }
        place
    }

    fn shared(calling_code: u16, points_to: &str) -> PhonePlace {
        let likely = Some(points_to.to_owned());
        PhonePlace::SharedPrefix { calling_code, regions: regions(calling_code), likely, area: None }
    }

    /// D29: a prefix that cannot be settled is never taken for a country.
    #[test]
    fn numbers_and_their_places() {
        let table = [
            ("+31201234567", PhonePlace::country("NL")),
            ("+31612345678", PhonePlace::country("NL")),
            ("+32470123456", PhonePlace::country("BE")),
            ("+33142685300", PhonePlace::country("FR")),
            ("+4930123456", PhonePlace::country("DE")),
            ("+4915123456789", PhonePlace::country("DE")),
            ("+81312345678", PhonePlace::country("JP")),
            ("+351912345678", PhonePlace::country("PT")),
            ("+12025550123", shared(1, "US")),
            ("+14165550123", shared(1, "CA")),
            ("+18765550123", shared(1, "JM")),
            ("+79161234567", shared(7, "RU")),
            ("+77011234567", shared(7, "KZ")),
            ("+442079460000", shared(44, "GB")),
            ("+441481960194", shared(44, "GG")),
            (
                "+390669812345",
                PhonePlace::SharedPrefix { calling_code: 39, regions: regions(39), likely: None, area: None },
            ),
            ("+4721234567", shared(47, "NO")),
            ("+61212345678", shared(61, "AU")),
            ("+212520123456", shared(212, "MA")),
            ("+262262161234", shared(262, "RE")),
            ("+29022158", shared(290, "SH")),
            ("+358131234567", shared(358, "FI")),
            ("+590590201234", shared(590, "GP")),
            ("+5997151234", shared(599, "BQ")),
            ("+80012345678", PhonePlace::NonGeographic),
            ("+80812345678", PhonePlace::NonGeographic),
            ("+870773111632", PhonePlace::NonGeographic),
            ("+87812345678", PhonePlace::NonGeographic),
            ("+881612345678", PhonePlace::NonGeographic),
            ("+882131234567", PhonePlace::NonGeographic),
            ("+883510012345", PhonePlace::NonGeographic),
            ("+88812345678901", PhonePlace::NonGeographic),
            ("+979123456789", PhonePlace::NonGeographic),
            ("+318001234567", PhonePlace::NonGeographic),
            ("+999123456789", PhonePlace::NonGeographic),
        ];
        for (number, expected) in table {
            assert_eq!(without_area(place(Some(number))), expected, "{number}");
        }
        assert_eq!(place(None), PhonePlace::NoNumber);
    }

    /// Lines have an area, mobiles and numbers of no place have none.
    #[test]
    fn areas_of_lines_alone() {
        let table = [
            ("+31201234567", Some("Amsterdam")),
            ("+3215123456", Some("Mechelen")),
            ("+492411234567", Some("Aachen")),
            ("+12065550123", Some("Seattle")),
            ("+441481960194", None),
            ("+31612345678", None),
            ("+32470123456", None),
            ("+4915123456789", None),
            ("+80012345678", None),
        ];
        for (number, name) in table {
            let place = place(Some(number));
            assert_eq!(place.area().map(|area| area.name.as_str()), name, "{number}");
        }
    }

    #[test]
    fn impossible_numbers_are_known() {
        for number in ["+31201234567", "+12025550123", "+32470123456"] {
            assert!(can_exist(number), "{number}");
        }
        for number in ["", "+", "+9991234567", "+3120", "+311234567890123", "+1555", "garbage"] {
            assert!(!can_exist(number), "{number}");
        }
    }
}
