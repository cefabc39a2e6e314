//! The meeting app's entry.

fn main() {
    leptos::mount::mount_to_body(web::app::App);
}
