//! How loud a microphone is.

use web_sys::{AnalyserNode, AudioContext, MediaStream, MediaStreamAudioSourceNode, MediaStreamTrack};

/// Listens to a track until it is dropped.
pub struct Meter {
    context: AudioContext,
    analyser: AnalyserNode,
    _source: MediaStreamAudioSourceNode,
}

impl Meter {
    /// Begins to listen. `None` when the browser has no WebAudio to give.
    pub fn of(track: &MediaStreamTrack) -> Option<Self> {
        let context = AudioContext::new().ok()?;
        let stream = MediaStream::new().ok()?;
        stream.add_track(track);
        let source = context.create_media_stream_source(&stream).ok()?;
        let analyser = context.create_analyser().ok()?;
        analyser.set_fft_size(512);
        source.connect_with_audio_node(&analyser).ok()?;
        let _ = context.resume();
        Some(Self { context, analyser, _source: source })
    }

    /// 0 to 1, on a scale that follows the ear.
    pub fn read(&self) -> f64 {
        let mut samples = [0_f32; 512];
        self.analyser.get_float_time_domain_data(&mut samples);
        loudness(&samples)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let _ = self.context.close();
    }
}

/// Root mean square in decibels, -60 dB (a quiet room) to 0 dB, as 0 to 1.
fn loudness(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let rms = (sum / samples.len().max(1) as f64).sqrt();
    ((20.0 * rms.max(1e-6).log10() + 60.0) / 60.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::loudness;

    #[test]
    fn silence_is_zero_and_full_scale_is_one() {
        assert!(loudness(&[0.0; 8]) < 1e-9);
        assert!(loudness(&[1.0; 8]) > 0.99);
        let half = loudness(&[0.0316; 8]);
        assert!((0.45..0.55).contains(&half), "-30 dB is the middle: {half}");
        assert!(loudness(&[]) < 1e-9);
    }
}
