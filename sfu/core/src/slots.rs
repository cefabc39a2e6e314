//! Whose voice or which picture fills which receive-only m-line of one subscriber. Pure: wishes in, assignment out.
//!
//! Sticky: who is in a slot keeps it while they are wanted, so that nothing flickers when others come and go.
//! When wishes exceed slots, the first in order win; that is how a screen and lobby faces come before room faces.

/// One assignment; the index is the slot.
pub(crate) type Assignment<T> = Vec<Option<T>>;

/// Moves `current` to what `wanted` asks for, most important first, changing as little as possible.
/// Returns what got a slot that it did not have before.
pub(crate) fn assign<T: Copy + PartialEq>(current: &mut [Option<T>], wanted: &[T]) -> Vec<T> {
    let wanted = &wanted[..wanted.len().min(current.len())];
    for slot in current.iter_mut() {
        *slot = slot.filter(|shown| wanted.contains(shown));
    }
    let newcomers: Vec<_> = wanted.iter().copied().filter(|new| !current.contains(&Some(*new))).collect();
    let mut free = current.iter_mut().filter(|slot| slot.is_none());
    for new in &newcomers {
        if let Some(slot) = free.next() {
            *slot = Some(*new);
        }
    }
    newcomers
}

/// As [`assign`], for whoever has no page that could say what it shows where: the most important wish is always in the first
/// slot. Only the slots behind it are sticky.
pub(crate) fn assign_led<T: Copy + PartialEq>(current: &mut [Option<T>], wanted: &[T]) -> Vec<T> {
    let before = current.to_vec();
    let (Some(head), led) = (current.first_mut(), wanted.first()) else { return Vec::new() };
    *head = led.copied();
    assign(current.get_mut(1..).unwrap_or_default(), wanted.get(1..).unwrap_or_default());
    let is_new = |shown: &T| !before.contains(&Some(*shown));
    current.iter().copied().flatten().filter(is_new).collect()
}

#[cfg(test)]
mod tests {
    use shared::ids::ParticipantId;

    use super::*;

    fn people(numbers: &[u16]) -> Vec<ParticipantId> {
        numbers.iter().copied().map(ParticipantId).collect()
    }

    fn numbers(assignment: &Assignment<ParticipantId>) -> Vec<u16> {
        assignment.iter().map(|slot| slot.map_or(0, |who| who.0)).collect()
    }

    #[test]
    fn people_keep_their_slots_when_others_come_and_go() {
        let mut slots = vec![None; 3];
        assert_eq!(assign(&mut slots, &people(&[1, 2, 3])), people(&[1, 2, 3]));
        assert_eq!(assign(&mut slots, &people(&[3, 1])), people(&[]));
        assert_eq!(numbers(&slots), [1, 0, 3]);
        assert_eq!(assign(&mut slots, &people(&[4, 3, 1])), people(&[4]));
        assert_eq!(numbers(&slots), [1, 4, 3]);
    }

    #[test]
    fn who_leads_is_first_and_the_others_stay() {
        let mut slots = vec![None; 3];
        assert_eq!(assign_led(&mut slots, &people(&[1, 2, 3])), people(&[1, 2, 3]));
        assert_eq!(assign_led(&mut slots, &people(&[3, 1, 2])), people(&[]), "nobody new");
        assert_eq!(numbers(&slots), [3, 2, 1]);
        assert_eq!(assign_led(&mut slots, &people(&[4, 3, 1, 2])), people(&[4]));
        assert_eq!(numbers(&slots), [4, 3, 1]);
        assert_eq!(assign_led(&mut slots, &people(&[])), people(&[]));
        assert_eq!(numbers(&slots), [0, 0, 0]);
        assert_eq!(assign_led(&mut Vec::new(), &people(&[1])), people(&[]), "a watcher without pictures");
    }

    #[test]
    fn a_face_in_the_lobby_takes_a_slot_from_a_face_in_the_room() {
        let mut slots = vec![None; 2];
        assign(&mut slots, &people(&[1, 2]));
        let lobby_first = people(&[9, 1, 2]);
        assert_eq!(assign(&mut slots, &lobby_first), people(&[9]));
        assert_eq!(numbers(&slots), [1, 9]);
    }
}
