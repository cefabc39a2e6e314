//! What is said of where somebody may be (D28–D30): on the lobby card, and to them beforehand. Nobody must read it as proof.

use shared::location::{ComputerPlace, LocationHint, Network, NetworkKind, PhonePlace, Verdict};
use shared::text::{tr, tr_with};

/// Towns nearer to each other than this are one place on a card, kilometres: neither is known better.
const NOT_WORTH_SAYING_KM: u32 = 25;

/// The verdict on a lobby card.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agree => tr("Countries agree"),
        Verdict::Nearby => tr("Two countries, near each other"),
        Verdict::Differ => tr("Countries differ"),
        Verdict::Unknown => tr("Cannot be compared"),
    }
}

/// The evidence in words, computer's side then telephone's. `country` names a country in the reader's language.
pub fn evidence(hint: &LocationHint, country: impl Fn(&str) -> String) -> (String, String) {
    let computer = match &hint.computer {
        ComputerPlace::Country { code, area: Some(area) } => tr_with(
            "The computer's network address seems to be of this country: {country}, around {town}.",
            &[("country", &country(code)), ("town", &area.name)],
        ),
        ComputerPlace::Country { code, area: None } => tr_with(
            "The computer's network address seems to be of this country: {country}.",
            &[("country", &country(code))],
        ),
        ComputerPlace::PrivateNetwork => {
            tr("The computer is on a private network, which says nothing about a place.").to_owned()
        }
        ComputerPlace::NotFound => tr("The computer's network address is in no database.").to_owned(),
        ComputerPlace::NoDatabase => tr("This server has no location database.").to_owned(),
    };
    let phone = match &hint.phone {
        PhonePlace::Country { code, area: Some(area) } => tr_with(
            "The telephone number's country: {country}, a line around {town}.",
            &[("country", &country(code)), ("town", &area.name)],
        ),
        PhonePlace::Country { code, area: None } => {
            tr_with("The telephone number's country: {country}.", &[("country", &country(code))])
        }
        PhonePlace::SharedPrefix { calling_code, likely: Some(likely), area: Some(area), .. } => tr_with(
            "The telephone number begins with +{code}, which several countries share; its digits point to {country}, around {town}.",
            &[("code", &calling_code.to_string()), ("country", &country(likely)), ("town", &area.name)],
        ),
        PhonePlace::SharedPrefix { calling_code, likely: Some(likely), .. } => tr_with(
            "The telephone number begins with +{code}, which several countries share; its digits point to {country}.",
            &[("code", &calling_code.to_string()), ("country", &country(likely))],
        ),
        PhonePlace::SharedPrefix { calling_code, likely: None, .. } => tr_with(
            "The telephone number begins with +{code}, which several countries share.",
            &[("code", &calling_code.to_string())],
        ),
        PhonePlace::NonGeographic => tr("The telephone number belongs to no country.").to_owned(),
        PhonePlace::NoNumber => tr("The invitation has no telephone number.").to_owned(),
    };
    (computer, phone)
}

/// How far apart computer and telephone are, when towns of both are known and they are not of one town.
pub fn distance(hint: &LocationHint) -> Option<String> {
    let km = hint.distance_km().filter(|km| *km >= NOT_WORTH_SAYING_KM)?;
    let tens = (km + 5) / 10 * 10;
    Some(tr_with("These two are about {n} km apart.", &[("n", &tens.to_string())]))
}

/// What picture and sound say about the place, when it is another than the page's.
pub fn media_from(hint: &LocationHint, country: impl Fn(&str) -> String) -> Option<String> {
    let code = hint.media.as_ref()?.code()?;
    Some(tr_with(
        "Picture and sound come from another country than the page: {country}. One of the two goes through a proxy or a VPN.",
        &[("country", &country(code))],
    ))
}

/// Whose network the computer is on.
pub fn network(network: &Network) -> String {
    let name = [("name", network.name.as_str())];
    match network.kind {
        NetworkKind::Hosting => tr_with(
            "The network is {name}'s, which rents out servers: a VPN or a remote desktop. Its country says little about where the person is.",
            &name,
        ),
        NetworkKind::Mobile => tr_with("The network is {name}'s, a mobile operator.", &name),
        NetworkKind::Other => tr_with("The network is {name}'s.", &name),
    }
}

/// The sentence below every hint (D30).
pub fn estimate() -> &'static str {
    tr(
        "This is an estimate. It can be wrong, for example abroad or behind a company network, and decides nothing by itself.",
    )
}

/// What the green room says about location data: what is looked at, who sees it, for how long.
pub fn location_notice() -> &'static str {
    tr(
        "The moderators of this meeting, and nobody else, see an estimate of the country, and perhaps the town, that the network addresses of this computer belong to, and whether the telephone number on your invitation belongs there too; it is gone when the meeting ends, except for its verdict (agree, near, differ or unknown) beside their decision to let you in.",
    )
}

#[cfg(test)]
mod tests {
    use shared::location::Area;

    use super::*;

    fn country(code: &str) -> String {
        match code {
            "NL" => "Netherlands".into(),
            code => code.into(),
        }
    }

    /// D29, D30: the evidence is in words and says that it is uncertain.
    #[test]
    fn a_hint_speaks_of_both_sides() {
        let hint = LocationHint::compare(
            ComputerPlace::country("NL"),
            PhonePlace::SharedPrefix {
                calling_code: 44,
                regions: vec!["GB".into(), "JE".into()],
                likely: Some("GB".into()),
                area: None,
            },
        );
        let (computer, phone) = evidence(&hint, country);
        assert_eq!(computer, "The computer's network address seems to be of this country: Netherlands.");
        assert!(phone.contains("+44"));
        assert_eq!(verdict(hint.verdict), "Countries differ");
        assert!(estimate().contains("estimate"));
    }

    fn around(name: &str, latitude: i16, longitude: i16) -> Option<Area> {
        Some(Area { name: name.into(), latitude, longitude, radius_km: 25 })
    }

    #[test]
    fn towns_and_their_distance_are_told_when_they_are_known() {
        let hint = LocationHint::compare(
            ComputerPlace::Country { code: "NL".into(), area: around("Maastricht", 509, 57) },
            PhonePlace::Country { code: "DE".into(), area: around("Aachen", 508, 61) },
        );
        let (computer, phone) = evidence(&hint, country);
        assert_eq!(
            computer,
            "The computer's network address seems to be of this country: Netherlands, around Maastricht."
        );
        assert_eq!(phone, "The telephone number's country: DE, a line around Aachen.");
        assert_eq!(distance(&hint), Some("These two are about 30 km apart.".into()));
        assert_eq!(verdict(hint.verdict), "Two countries, near each other");
        let one_town = LocationHint { computer: ComputerPlace::country("NL"), ..hint };
        assert_eq!(distance(&one_town), None);
    }

    #[test]
    fn media_from_elsewhere_is_told() {
        let hint = LocationHint::compare(ComputerPlace::country("NL"), PhonePlace::country("NL"));
        assert_eq!(media_from(&hint, country), None);
        let hint = hint.with_media_from(Some(ComputerPlace::country("RO")));
        assert!(media_from(&hint, country).unwrap().contains("than the page: RO."));
        assert_eq!(verdict(hint.verdict), "Cannot be compared");
    }
}
