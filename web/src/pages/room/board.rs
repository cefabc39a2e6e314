//! The whiteboard: paper, pen, pointers and tools.

use std::rc::Rc;
use std::time::Duration;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use shared::meeting::Role;
use shared::surface::Point;
use shared::text::tr;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, PointerEvent, ResizeObserver};

use super::pointers::PointerLayer;
use crate::app::Session;
use crate::app::board::Tool;
use crate::room::board::{FLUSH_EVERY_MS, Object, PALETTE, Paint, colour, colour_name, colour_of, fractions, point_at};
use crate::room::words;
use crate::ui::{Button, ButtonVariant, ConfirmDialog, Glyph, Icon};

/// How many colours the tools offer.
const COLOURS_OFFERED: usize = 6;
/// A step of the arrow keys, as a fraction of the paper.
const KEY_STEP: f64 = 0.02;

/// The whiteboard.
#[component]
pub(super) fn Whiteboard(session: Session) -> impl IntoView {
    let board = session.board;
    let may_draw = Memo::new(move |_| {
        let role = session.store.invited_as.with(|invited| invited.as_ref().map(|invited| invited.role));
        let only_moderators = session.store.locks.get().only_moderators_draw;
        role.is_some_and(|role| role == Role::Moderator || (role.may_draw() && !only_moderators))
    });
    let observes = move || {
        session.store.invited_as.with(|invited| invited.as_ref().is_some_and(|invited| !invited.role.may_draw()))
    };
    let note = move || {
        if observes() {
            tr("You observe: only moderators see and hear you, and you do not point or draw.")
        } else {
            tr("Only moderators draw just now.")
        }
    };
    view! {
        <section class="board" aria-label=tr("Whiteboard")>
            <Show when=move || may_draw.get() fallback=move || view! { <p class="board__note small muted-text" data-testid="board-note">{note}</p> }>
                <Tools session=session />
            </Show>
            {move || message(board).map(|message| view! {
                <p class="board__message" role="alert" data-testid="board-message"><Icon glyph=Glyph::Warning /><span>{message}</span></p>
            })}
            <div class="board__frame">
                <Paper session=session may_draw=may_draw />
            </div>
        </section>
    }
}

/// What has to be said about the paper, the last stroke first.
fn message(board: crate::app::board::Board) -> Option<&'static str> {
    let lost = board.is_lost.get();
    board.message.get().or_else(|| lost.then(words::board_lost))
}

#[component]
fn Tools(session: Session) -> impl IntoView {
    let (board, store) = (session.board, session.store);
    let own = untrack(|| store.me()).map_or(0, colour_of);
    // One's own colour first, then others.
    let offered = std::iter::once(own).chain((0..PALETTE.len() as u8).filter(move |c| *c != own)).take(COLOURS_OFFERED);
    let is_moderator = Memo::new(move |_| store.is_moderator());
    let clearing = RwSignal::new(false);
    let with_peer = move |act: &dyn Fn(&crate::media::peer::Peer)| {
        store.peer.with_untracked(|peer| peer.as_deref().map(act));
    };
    view! {
        <div class="tools" role="toolbar" aria-label=tr("Whiteboard tools")>
            <ToolButton board=board tool=Tool::Pointer glyph=Glyph::Pointer name=tr("Point") testid="tool-pointer" />
            <ToolButton board=board tool=Tool::Pen glyph=Glyph::Pen name=tr("Draw") testid="tool-pen" />
            <span class="tools__line" aria-hidden="true"></span>
            <div class="tools__colours" role="group" aria-label=tr("Colour of the pen")>
                {offered.enumerate().map(|(index, palette)| {
                    let number = index + 1;
                    view! {
                        <button
                            type="button"
                            class="colour"
                            style:--colour=colour(palette)
                            aria-pressed=move || if board.colour.get() == palette { "true" } else { "false" }
                            aria-label=colour_name(palette)
                            title=colour_name(palette)
                            data-testid=format!("colour-{number}")
                            on:click=move |_| {
                                board.colour.set(palette);
                                board.tool.set(Tool::Pen);
                            }
                        ></button>
                    }
                }).collect_view()}
            </div>
            <span class="tools__line" aria-hidden="true"></span>
            <Button variant=ButtonVariant::Quiet small=true icon=Glyph::Undo testid="undo" disabled=Signal::derive(move || !board.can_undo.get()) label=tr("Undo your last stroke") on:click=move |_| with_peer(&|peer| board.undo(peer))>{tr("Undo")}</Button>
            {move || is_moderator.get().then(|| view! {
                <Button variant=ButtonVariant::Quiet small=true icon=Glyph::Trash testid="clear" disabled=board.is_empty label=tr("Clear the whiteboard for everybody") on:click=move |_| clearing.set(true)>{tr("Clear")}</Button>
                <ConfirmDialog
                    open=clearing
                    title=tr("Clear the whiteboard for everybody?")
                    text=tr("Everything that anybody has drawn goes, on every screen. This cannot be undone.")
                    confirm=tr("Clear")
                    cancel=tr("Keep it")
                    testid="clear-confirm"
                    on_confirm=Callback::new(move |()| with_peer(&|peer| board.clear(peer)))
                />
            })}
        </div>
    }
}

#[component]
fn ToolButton(
    board: crate::app::board::Board,
    tool: Tool,
    glyph: Glyph,
    name: &'static str,
    testid: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="tool"
            aria-label=name
            aria-pressed=move || if board.tool.get() == tool { "true" } else { "false" }
            data-testid=testid
            on:click=move |_| board.tool.set(tool)
        >
            <Icon glyph=glyph />
            <span>{name}</span>
        </button>
    }
}

/// The canvas and everything that happens on it.
#[component]
fn Paper(session: Session, may_draw: Memo<bool>) -> impl IntoView {
    let board = session.board;
    let canvas = NodeRef::<html::Canvas>::new();
    let own = RwSignal::new(None);
    let hand = Hand { session, may_draw, canvas, own };
    Effect::new(move || {
        let Some(element) = canvas.get() else { return };
        attach_painter(session, element);
    });
    on_cleanup(move || board.set_painter(None));
    let keyboard = StoredValue::new((0.5_f64, 0.5_f64));
    view! {
        <div class="paper" class:paper--pen=move || board.tool.get() == Tool::Pen && may_draw.get()>
            <canvas
                node_ref=canvas
                class="paper__canvas"
                tabindex="0"
                role="img"
                aria-label=move || if may_draw.get() {
                    tr("Whiteboard. Arrow keys move your pointer; with the pen, the space bar puts it down and lifts it.")
                } else {
                    tr("Whiteboard")
                }
                data-testid="whiteboard"
                on:pointerdown=move |event| hand.down(&event)
                on:pointermove=move |event| hand.moved(&event)
                on:pointerup=move |_| hand.up()
                on:pointercancel=move |_| hand.up()
                on:pointerleave=move |_| hand.left()
                on:keydown=move |event| hand.key(&event, keyboard)
                on:blur=move |_| hand.left()
            ></canvas>
            <PointerLayer session=session own=own />
            {move || (!board.is_open.get()).then(|| view! { <p class="paper__closed small"><span>{tr("Connecting the whiteboard…")}</span></p> })}
        </div>
    }
}

/// This person's hand on the paper.
#[derive(Clone, Copy)]
struct Hand {
    session: Session,
    may_draw: Memo<bool>,
    canvas: NodeRef<html::Canvas>,
    /// Where the arrow keys have moved it: somebody without a mouse must see where they point.
    own: RwSignal<Option<Point>>,
}

impl Hand {
    fn may_draw(self) -> bool {
        self.may_draw.try_get_untracked().unwrap_or(false)
    }

    fn place(self, event: &PointerEvent) -> Option<Point> {
        let rect = self.canvas.get_untracked()?.get_bounding_client_rect();
        let x = (f64::from(event.client_x()) - rect.left()) / rect.width();
        let y = (f64::from(event.client_y()) - rect.top()) / rect.height();
        Some(point_at(x, y))
    }

    fn down(self, event: &PointerEvent) {
        let Some(at) = self.place(event).filter(|_| self.may_draw() && event.is_primary()) else {
            return;
        };
        self.point(Some(at));
        if self.session.board.tool.get_untracked() == Tool::Pen && event.button() == 0 {
            if let Some(canvas) = self.canvas.get_untracked() {
                let _ = canvas.set_pointer_capture(event.pointer_id());
            }
            self.pen_down(at);
        }
    }

    fn moved(self, event: &PointerEvent) {
        let Some(at) = self.place(event).filter(|_| self.may_draw() && event.is_primary()) else {
            return;
        };
        self.own.set(None);
        self.point(Some(at));
        self.session.board.pen_to(at);
    }

    fn up(self) {
        let board = self.session.board;
        if board.is_drawing() {
            self.with_peer(|peer| board.pen_up(peer));
        }
    }

    /// Also called when the page takes the focused canvas away, and with it everything that was kept for it.
    fn left(self) {
        if !self.session.board.is_drawing() && self.own.try_set(None).is_none() {
            self.point(None);
        }
    }

    fn pen_down(self, at: Point) {
        self.session.board.pen_down(at);
        self.keep_flushing();
    }

    /// Sends the growing stroke in parts while the pen is down.
    fn keep_flushing(self) {
        let board = self.session.board;
        let flush = move || {
            if board.is_drawing() {
                self.with_peer(|peer| board.flush_pen(peer));
                self.keep_flushing();
            }
        };
        set_timeout(flush, Duration::from_millis(FLUSH_EVERY_MS as u64));
    }

    fn point(self, at: Option<Point>) {
        let board = self.session.board;
        if self.may_draw() && board.point(at) {
            request_animation_frame(move || self.send_pointer());
        }
    }

    /// At most once per frame, and again in the next one while something waits.
    fn send_pointer(self) {
        let now = window().performance().map_or(0.0, |clock| clock.now());
        let waits = self.with_peer(|peer| self.session.board.send_pointer(peer, now)).unwrap_or(false);
        if waits {
            request_animation_frame(move || self.send_pointer());
        } else {
            self.session.board.pointer_rests();
        }
    }

    fn key(self, event: &ev::KeyboardEvent, place: StoredValue<(f64, f64)>) {
        if !self.may_draw() {
            return;
        }
        let step = if event.shift_key() { KEY_STEP / 4.0 } else { KEY_STEP };
        let (dx, dy) = match event.key().as_str() {
            "ArrowLeft" => (-step, 0.0),
            "ArrowRight" => (step, 0.0),
            "ArrowUp" => (0.0, -step),
            "ArrowDown" => (0.0, step),
            " " | "Enter" => (0.0, 0.0),
            "Escape" => return self.up(),
            _ => return,
        };
        event.prevent_default();
        let (x, y) = place.get_value();
        let next = ((x + dx).clamp(0.0, 1.0), (y + dy).clamp(0.0, 1.0));
        place.set_value(next);
        let at = point_at(next.0, next.1);
        self.own.set(Some(at));
        self.point(Some(at));
        let board = self.session.board;
        let toggles = (dx, dy) == (0.0, 0.0) && board.tool.get_untracked() == Tool::Pen;
        match (toggles, board.is_drawing()) {
            (true, true) => self.up(),
            (true, false) => self.pen_down(at),
            (false, _) => board.pen_to(at),
        }
    }

    fn with_peer<T>(self, act: impl FnOnce(&crate::media::peer::Peer) -> T) -> Option<T> {
        self.session.store.peer.with_untracked(|peer| peer.as_deref().map(act))
    }
}

/// Paints now and whenever something changes; sharp again whenever the canvas changes its size.
fn attach_painter(session: Session, canvas: HtmlCanvasElement) {
    let Some(context) = canvas.get_context("2d").ok().flatten() else { return };
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let painter = {
        let canvas = canvas.clone();
        Rc::new(move |objects: &[Object], paint: Paint| paint_objects(&canvas, &context, objects, paint))
    };
    let board = session.board;
    fit(&canvas);
    board.set_painter(Some(painter));
    let resized = Closure::<dyn FnMut()>::new({
        let canvas = canvas.clone();
        move || {
            if fit(&canvas) {
                board.repaint();
            }
        }
    });
    let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) else { return };
    observer.observe(&canvas);
    let kept = StoredValue::new_local(Some((observer, resized)));
    on_cleanup(move || {
        let _ = kept.try_update_value(|kept| {
            if let Some((observer, _)) = kept.take() {
                observer.disconnect();
            }
        });
    });
}

/// As many pixels as the screen shows. Answers whether that changed, which also empties the canvas.
fn fit(canvas: &HtmlCanvasElement) -> bool {
    let ratio = window().device_pixel_ratio();
    let pixels = |css: i32| (f64::from(css) * ratio).round().max(1.0) as u32;
    let (width, height) = (pixels(canvas.client_width()), pixels(canvas.client_height()));
    let changed = canvas.width() != width || canvas.height() != height;
    if changed {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    changed
}

fn paint_objects(canvas: &HtmlCanvasElement, context: &CanvasRenderingContext2d, objects: &[Object], paint: Paint) {
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    let line = |object: &Object, from: usize| stroke(context, object, from, width, height);
    match paint {
        Paint::Nothing => {}
        Paint::Append { index, from } => {
            if let Some(object) = objects.get(index) {
                line(object, from);
            }
        }
        Paint::All | Paint::Refused(_) => {
            context.clear_rect(0.0, 0.0, width, height);
            objects.iter().for_each(|object| line(object, 0));
        }
    }
}

fn stroke(context: &CanvasRenderingContext2d, object: &Object, from: usize, width: f64, height: f64) {
    let mut points = object.points.iter().skip(from).map(|point| {
        let (x, y) = fractions(*point);
        (x * width, y * height)
    });
    let Some((x, y)) = points.next() else { return };
    context.set_stroke_style_str(colour(object.colour));
    context.set_line_width((f64::from(object.width) / 1_000.0 * width).max(1.0));
    context.set_line_cap("round");
    context.set_line_join("round");
    context.begin_path();
    context.move_to(x, y);
    // A single point is a dot: a line of no length at all is not painted.
    context.line_to(x + 0.01, y);
    points.for_each(|(x, y)| context.line_to(x, y));
    context.stroke();
}
