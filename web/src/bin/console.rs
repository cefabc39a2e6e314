//! The console's entry.

fn main() {
    leptos::mount::mount_to_body(web::console::App);
}
