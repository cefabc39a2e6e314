#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    shared::fuzzing::typed(data);
    signaling::fuzzing::number(data);
});
