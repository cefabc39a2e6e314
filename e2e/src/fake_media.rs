//! Faces and voices that a test can tell apart: a colour with a moving mark, and a beep of its own pitch.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A face: a colour that survives VP8 at any bitrate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Colour {
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Yellow.
    Yellow,
}

impl Colour {
    const ALL: [Colour; 4] = [Colour::Red, Colour::Green, Colour::Blue, Colour::Yellow];

    /// As a camera shows it.
    pub(crate) const fn rgb(self) -> [f64; 3] {
        match self {
            Colour::Red => [200.0, 30.0, 30.0],
            Colour::Green => [20.0, 160.0, 40.0],
            Colour::Blue => [30.0, 50.0, 210.0],
            Colour::Yellow => [220.0, 210.0, 30.0],
        }
    }

    /// The colour nearest to a pixel; `None` for grey, black and white, which is no face of ours.
    pub fn nearest(rgb: [f64; 3]) -> Option<Self> {
        let spread = rgb.iter().fold(0.0, |a: f64, b| a.max(*b)) - rgb.iter().fold(255.0, |a: f64, b| a.min(*b));
        let distance = |colour: &Colour| colour.rgb().iter().zip(rgb).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let nearest = Colour::ALL.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.filter(|_| spread > 60.0)
    }
}

/// Somebody with a face and a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// As invited.
    pub name: &'static str,
    /// What their camera shows.
    pub face: Colour,
    /// The pitch their microphone beeps at, Hz.
    pub voice: u32,
}

impl Person {
    /// Usually the moderator.
    pub const MARIA: Person = Person { name: "Maria", face: Colour::Red, voice: 500 };
    /// Usually a participant.
    pub const PETER: Person = Person { name: "Peter", face: Colour::Green, voice: 900 };
    /// Usually another participant.
    pub const QUINN: Person = Person { name: "Quinn", face: Colour::Blue, voice: 1500 };
    /// Usually the one too many.
    pub const RUTH: Person = Person { name: "Ruth", face: Colour::Yellow, voice: 2300 };
    /// Usually beside the others at the door; his face is Peter's colour.
    pub const SAM: Person = Person { name: "Sam", face: Colour::Green, voice: 3100 };

    pub(crate) fn camera_file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("face.y4m");
        write_face(&path, self.face.rgb()).unwrap();
        path
    }

    pub(crate) fn microphone_file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("voice.wav");
        write_beeps(&path, self.voice).unwrap();
        path
    }
}

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
const FRAMES: usize = 20;
const MARK: usize = 24;

/// Two seconds of I420 at 10 frames a second; a white mark runs along the top, so that no two frames are equal.
fn write_face(path: &Path, [r, g, b]: [f64; 3]) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg")?;
    // BT.601, limited range, as Chromium reads such files.
    let y = (16.0 + 0.257 * r + 0.504 * g + 0.098 * b) as u8;
    let u = (128.0 - 0.148 * r - 0.291 * g + 0.439 * b) as u8;
    let v = (128.0 + 0.439 * r - 0.368 * g - 0.071 * b) as u8;
    for frame in 0..FRAMES {
        let mut luma = vec![y; WIDTH * HEIGHT];
        let left = frame * (WIDTH - MARK) / FRAMES;
        for row in 0..MARK {
            luma[row * WIDTH + left..row * WIDTH + left + MARK].fill(235);
        }
        file.write_all(b"FRAME\n")?;
        file.write_all(&luma)?;
        file.write_all(&vec![u; WIDTH * HEIGHT / 4])?;
        file.write_all(&vec![v; WIDTH * HEIGHT / 4])?;
    }
    file.flush()
}

const RATE: u32 = 48_000;

/// Two seconds of beeps, 250 ms on and 250 ms off: a steady tone would be taken for noise and suppressed.
fn write_beeps(path: &Path, pitch: u32) -> std::io::Result<()> {
    let samples: Vec<i16> = (0..2 * RATE)
        .map(|n| {
            let on = (n / (RATE / 4)).is_multiple_of(2);
            let angle = f64::from(n) * f64::from(pitch) * std::f64::consts::TAU / f64::from(RATE);
            if on { (angle.sin() * 16_000.0) as i16 } else { 0 }
        })
        .collect();
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(44 + samples.len() * 2);
    out.extend(b"RIFF");
    out.extend((36 + bytes).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend([1, 0, 1, 0]); // PCM, one channel
    out.extend(RATE.to_le_bytes());
    out.extend((RATE * 2).to_le_bytes());
    out.extend([2, 0, 16, 0]);
    out.extend(b"data");
    out.extend(bytes.to_le_bytes());
    out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    std::fs::write(path, out)
}

/// Makes a person's camera a canvas of 1280 by 720: three layers need a picture larger than the faces of the files.
pub(crate) fn large_camera(person: Person) -> String {
    let [red, green, blue] = person.face.rgb();
    LARGE_CAMERA.replace("COLOUR", &format!("{red},{green},{blue}"))
}

const LARGE_CAMERA: &str = r"
(() => {
  const devices = navigator.mediaDevices;
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async wish => {
    const real = await getUserMedia(wish);
    if (!wish.video) return real;
    const canvas = document.createElement('canvas');
    canvas.width = 1280; canvas.height = 720;
    const context = canvas.getContext('2d');
    let count = 0;
    setInterval(() => {
      context.fillStyle = 'rgb(COLOUR)'; context.fillRect(0, 0, 1280, 720);
      context.fillStyle = 'white'; context.fillRect((count += 16) % 1200, 0, 80, 80);
    }, 80);
    return new MediaStream([...canvas.captureStream(12).getVideoTracks(), ...real.getAudioTracks()]);
  };
})();";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_told_from_the_others_and_from_nobody() {
        for colour in Colour::ALL {
            let near = colour.rgb().map(|channel| channel * 0.9 + 10.0);
            assert_eq!(Colour::nearest(near), Some(colour));
        }
        assert_eq!(Colour::nearest([20.0, 20.0, 25.0]), None);
    }
}
