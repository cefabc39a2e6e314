//! When to try again after a lost connection.

/// Waits before the first, second, … try. The first comes at once, because most losses are a blink; the last
/// repeats, so that a laptop that wakes up is back within seconds without hammering a server that restarts.
const WAITS_MS: [u32; 6] = [0, 300, 1_200, 2_700, 4_800, 7_000];

/// Milliseconds before the `attempt`-th try, counted from 1.
pub fn wait_ms(attempt: u32) -> u32 {
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    WAITS_MS[index.min(WAITS_MS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::wait_ms;

    #[test]
    fn waits_grow_and_then_stay() {
        let waits: Vec<_> = (1..=8).map(wait_ms).collect();
        assert_eq!(waits, [0, 300, 1_200, 2_700, 4_800, 7_000, 7_000, 7_000]);
        assert_eq!((wait_ms(0), wait_ms(u32::MAX)), (0, 7_000));
    }
}
