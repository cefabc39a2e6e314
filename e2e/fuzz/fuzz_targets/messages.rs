#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    shared::fuzzing::message(data);
    shared::fuzzing::surface(data);
    sfu::fuzzing::line(data);
});
