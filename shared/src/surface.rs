//! The shared surface: pointers and drawings, binary, over two pre-negotiated data channels.
//!
//! - Channel [`POINTER_CHANNEL`]: unordered, no retransmission. Up [`PointerUp`], down [`PointerDown`].
//! - Channel [`DRAWING_CHANNEL`]: ordered, reliable. Up one [`DrawUp`] per message, down one or more [`DrawDown`] per message.
//!
//! Both are `negotiated: true`, so that no open message has to be sent to somebody in the lobby.
//!
//! A drawing operation is a clear envelope and an opaque body. The SFU stamps author and order, checks rights
//! and bounds and compacts by the envelope alone; it never reads a body ([`StrokePart`]), which end-to-end
//! encryption will seal later. Positions are fractions of the surface in 1/65535.
//!
//! All integers are big-endian. The layouts stand at each type; `tests` below pins them as golden bytes.

use crate::ids::ParticipantId;
use crate::limits::MAX_SURFACE_MESSAGE_BYTES;

/// SCTP stream of pointers.
pub const POINTER_CHANNEL: u16 = 0;
/// SCTP stream of drawings.
pub const DRAWING_CHANNEL: u16 = 1;
/// Bytes of an operation on its way down apart from its body.
pub const OP_DOWN_OVERHEAD: usize = 1 + 4 + 2 + 1 + 4 + 4 + 2;
/// Largest body, bytes: what fits into one message on its way down.
pub const MAX_BODY_BYTES: usize = MAX_SURFACE_MESSAGE_BYTES - OP_DOWN_OVERHEAD;

/// A place on the surface: fractions of its width and height in 1/65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Point {
    /// From the left edge.
    pub x: u16,
    /// From the top edge.
    pub y: u16,
}

/// Why bytes are no message of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// Fewer bytes than the message needs, or bytes left over.
    #[error("the message has the wrong length")]
    Length,
    /// A kind that this version does not know.
    #[error("the message is of an unknown kind")]
    Kind,
}

/// A pointer on its way up. `[1, x:2, y:2]` where it is, `[0]` when it left the surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointerUp(pub Option<Point>);

/// A pointer on its way down: the author, stamped by the SFU, then as [`PointerUp`]. `[author:2, …]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointerDown {
    /// Whose.
    pub author: ParticipantId,
    /// Where; `None` when it left the surface.
    pub at: Option<Point>,
}

impl PointerUp {
    /// To bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(5);
        put_pointer(&mut out, self.0);
        out
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, SurfaceError> {
        let mut reader = Reader(bytes);
        let at = reader.pointer()?;
        reader.end(PointerUp(at))
    }
}

impl PointerDown {
    /// To bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(7);
        out.extend(self.author.0.to_be_bytes());
        put_pointer(&mut out, self.at);
        out
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, SurfaceError> {
        let mut reader = Reader(bytes);
        let author = ParticipantId(reader.u16()?);
        let at = reader.pointer()?;
        reader.end(PointerDown { author, at })
    }
}

fn put_pointer(out: &mut Vec<u8>, at: Option<Point>) {
    match at {
        None => out.push(0),
        Some(Point { x, y }) => {
            out.push(1);
            out.extend(x.to_be_bytes());
            out.extend(y.to_be_bytes());
        }
    }
}

/// What a drawing operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpKind {
    /// Adds a part to an object of the author's; the first part makes it. A stroke grows while it is drawn.
    Stroke = 1,
    /// Takes one of the author's own objects away. No body.
    Undo = 2,
    /// Moderators: takes everything away and begins the next epoch. No body; the object is ignored.
    Clear = 3,
}

impl OpKind {
    fn from_byte(byte: u8) -> Result<Self, SurfaceError> {
        [OpKind::Stroke, OpKind::Undo, OpKind::Clear]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
            .ok_or(SurfaceError::Kind)
    }
}

/// An operation on its way up. `[kind:1, object:4, epoch:4, body…]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawUp {
    /// What it does.
    pub kind: OpKind,
    /// Chosen by the author; unique among the author's own objects. The author's number is part of an object's identity.
    pub object: u32,
    /// The epoch it was drawn in. What belongs to an earlier one was drawn before a clear arrived and is dropped.
    pub epoch: u32,
    /// Opaque to the SFU; at most [`MAX_BODY_BYTES`].
    pub body: Vec<u8>,
}

impl DrawUp {
    /// To bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(9 + self.body.len());
        out.push(self.kind as u8);
        out.extend(self.object.to_be_bytes());
        out.extend(self.epoch.to_be_bytes());
        out.extend_from_slice(&self.body);
        out
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, SurfaceError> {
        if bytes.len() > 9 + MAX_BODY_BYTES {
            return Err(SurfaceError::Length);
        }
        let mut reader = Reader(bytes);
        let kind = OpKind::from_byte(reader.u8()?)?;
        let object = reader.u32()?;
        let epoch = reader.u32()?;
        Ok(Self { kind, object, epoch, body: reader.0.to_vec() })
    }
}

/// One record on its way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrawDown {
    /// `[1, seq:4, author:2, kind:1, object:4, epoch:4, size:2, body…]` An operation in the room's order.
    Op {
        /// Place in the room's order; grows, with gaps where operations were taken away.
        seq: u32,
        /// Whose, stamped by the SFU.
        author: ParticipantId,
        /// What it does.
        kind: OpKind,
        /// The author's number for the object.
        object: u32,
        /// The epoch it belongs to. A `Clear` carries the epoch that it begins.
        epoch: u32,
        /// As the author sent it.
        body: Vec<u8>,
    },
    /// `[2, epoch:4]` First record for a newcomer: the epoch to draw in. The picture follows as `Op`s.
    Begin {
        /// The epoch.
        epoch: u32,
    },
    /// `[3, object:4, reason:1]` The receiver's own operation was not taken; their page takes the object away.
    Refused {
        /// Their number for the object.
        object: u32,
        /// Why.
        reason: DrawRefused,
    },
}

/// Why an operation was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawRefused {
    /// The board is full until a moderator clears it.
    Full = 1,
    /// This role may not do that.
    NotAllowed = 2,
    /// Faster than anybody draws.
    TooFast = 3,
}

impl DrawDown {
    /// Appends the record to a message.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            DrawDown::Op { seq, author, kind, object, epoch, body } => {
                // A body came up through `DrawUp::decode`, which bounds it below 64 KiB.
                let size = u16::try_from(body.len()).unwrap_or(u16::MAX);
                out.push(1);
                out.extend(seq.to_be_bytes());
                out.extend(author.0.to_be_bytes());
                out.push(*kind as u8);
                out.extend(object.to_be_bytes());
                out.extend(epoch.to_be_bytes());
                out.extend(size.to_be_bytes());
                out.extend_from_slice(&body[..usize::from(size)]);
            }
            DrawDown::Begin { epoch } => {
                out.push(2);
                out.extend(epoch.to_be_bytes());
            }
            DrawDown::Refused { object, reason } => {
                out.push(3);
                out.extend(object.to_be_bytes());
                out.push(*reason as u8);
            }
        }
    }

    /// Reads all records of a message.
    pub fn decode_all(bytes: &[u8]) -> Result<Vec<Self>, SurfaceError> {
        let mut reader = Reader(bytes);
        let mut records = Vec::new();
        while !reader.0.is_empty() {
            records.push(Self::decode_one(&mut reader)?);
        }
        Ok(records)
    }

    fn decode_one(reader: &mut Reader<'_>) -> Result<Self, SurfaceError> {
        match reader.u8()? {
            1 => {
                let seq = reader.u32()?;
                let author = ParticipantId(reader.u16()?);
                let kind = OpKind::from_byte(reader.u8()?)?;
                let object = reader.u32()?;
                let epoch = reader.u32()?;
                let size = usize::from(reader.u16()?);
                let body = reader.take(size)?.to_vec();
                Ok(DrawDown::Op { seq, author, kind, object, epoch, body })
            }
            2 => Ok(DrawDown::Begin { epoch: reader.u32()? }),
            3 => {
                let object = reader.u32()?;
                let reason = match reader.u8()? {
                    1 => DrawRefused::Full,
                    2 => DrawRefused::NotAllowed,
                    3 => DrawRefused::TooFast,
                    _ => return Err(SurfaceError::Kind),
                };
                Ok(DrawDown::Refused { object, reason })
            }
            _ => Err(SurfaceError::Kind),
        }
    }
}

/// The body of a `Stroke`: a run of points in one colour and width. `[colour:1, width:1, (x:2, y:2)…]`
///
/// A part begins where the one before it ended, so that parts join without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrokePart {
    /// Index into the page's palette.
    pub colour: u8,
    /// Width in 1/1000 of the surface's width.
    pub width: u8,
    /// At least one.
    pub points: Vec<Point>,
}

/// Most points that fit into one part.
pub const MAX_POINTS_PER_PART: usize = (MAX_BODY_BYTES - 2) / 4;

impl StrokePart {
    /// To bytes. Points beyond [`MAX_POINTS_PER_PART`] are cut off; begin a new part before.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2 + 4 * self.points.len());
        out.push(self.colour);
        out.push(self.width);
        for Point { x, y } in self.points.iter().take(MAX_POINTS_PER_PART) {
            out.extend(x.to_be_bytes());
            out.extend(y.to_be_bytes());
        }
        out
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, SurfaceError> {
        let mut reader = Reader(bytes);
        let colour = reader.u8()?;
        let width = reader.u8()?;
        let mut points = Vec::with_capacity(reader.0.len() / 4);
        while !reader.0.is_empty() {
            points.push(Point { x: reader.u16()?, y: reader.u16()? });
        }
        if points.is_empty() { Err(SurfaceError::Length) } else { Ok(Self { colour, width, points }) }
    }
}

/// What is left to read.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], SurfaceError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(SurfaceError::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SurfaceError> {
        self.take(N)?.try_into().map_err(|_| SurfaceError::Length)
    }

    fn u8(&mut self) -> Result<u8, SurfaceError> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, SurfaceError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, SurfaceError> {
        self.array().map(u32::from_be_bytes)
    }

    fn pointer(&mut self) -> Result<Option<Point>, SurfaceError> {
        match self.u8()? {
            0 => Ok(None),
            1 => Ok(Some(Point { x: self.u16()?, y: self.u16()? })),
            _ => Err(SurfaceError::Kind),
        }
    }

    fn end<T>(&self, value: T) -> Result<T, SurfaceError> {
        if self.0.is_empty() { Ok(value) } else { Err(SurfaceError::Length) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn op(body: Vec<u8>) -> DrawDown {
        DrawDown::Op { seq: 7, author: ParticipantId(2), kind: OpKind::Stroke, object: 9, epoch: 1, body }
    }

    #[test]
    fn golden_bytes() {
        let at = Some(Point { x: 0x0102, y: 0xfffe });
        assert_eq!(PointerUp(at).encode(), [1, 1, 2, 0xff, 0xfe]);
        assert_eq!(PointerUp(None).encode(), [0]);
        assert_eq!(PointerDown { author: ParticipantId(5), at }.encode(), [0, 5, 1, 1, 2, 0xff, 0xfe]);
        let up = DrawUp { kind: OpKind::Undo, object: 9, epoch: 1, body: vec![] };
        assert_eq!(up.encode(), [2, 0, 0, 0, 9, 0, 0, 0, 1]);
        let mut message = Vec::new();
        DrawDown::Begin { epoch: 3 }.encode_into(&mut message);
        op(vec![0xaa]).encode_into(&mut message);
        DrawDown::Refused { object: 4, reason: DrawRefused::Full }.encode_into(&mut message);
        let expected = [2, 0, 0, 0, 3, 1, 0, 0, 0, 7, 0, 2, 1, 0, 0, 0, 9, 0, 0, 0, 1, 0, 1, 0xaa, 3, 0, 0, 0, 4, 1];
        assert_eq!(message, expected);
    }

    #[test]
    fn the_largest_body_fits_into_one_message_down() {
        let mut message = Vec::new();
        op(vec![0; MAX_BODY_BYTES]).encode_into(&mut message);
        assert_eq!(message.len(), MAX_SURFACE_MESSAGE_BYTES);
        let up = DrawUp { kind: OpKind::Stroke, object: 1, epoch: 1, body: vec![0; MAX_BODY_BYTES + 1] };
        assert_eq!(DrawUp::decode(&up.encode()), Err(SurfaceError::Length));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_arrives(
            object: u32, epoch: u32, body in proptest::collection::vec(any::<u8>(), 0..300), x: u16, y: u16,
        ) {
            let up = DrawUp { kind: OpKind::Stroke, object, epoch, body: body.clone() };
            prop_assert_eq!(DrawUp::decode(&up.encode()), Ok(up));
            let mut message = Vec::new();
            let records = vec![DrawDown::Begin { epoch }, op(body)];
            records.iter().for_each(|record| record.encode_into(&mut message));
            prop_assert_eq!(DrawDown::decode_all(&message), Ok(records));
            let part = StrokePart { colour: 1, width: 2, points: vec![Point { x, y }; 3] };
            prop_assert_eq!(StrokePart::decode(&part.encode()), Ok(part));
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = PointerUp::decode(&bytes);
            let _ = PointerDown::decode(&bytes);
            let _ = DrawUp::decode(&bytes);
            let _ = DrawDown::decode_all(&bytes);
            let _ = StrokePart::decode(&bytes);
        }
    }
}
