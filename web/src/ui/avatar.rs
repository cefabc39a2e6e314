//! Initials where a face is missing.

use leptos::prelude::*;

/// The first letters of the first and last word of a name, as people sign with them.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A round with initials. The colour comes from `--person`, which the surroundings may set.
#[component]
pub fn Avatar(
    /// Whose.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    view! { <span class="avatar" aria-hidden="true">{initials(&name)}</span> }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_those_people_sign_with() {
        let table = [
            ("Ada Lovelace", "AL"),
            ("Ben", "B"),
            ("Jan van der Berg", "JB"),
            ("  ", ""),
            ("(Eva) de Wit", "EW"),
            ("ößen", "Ö"),
        ];
        for (name, expected) in table {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
