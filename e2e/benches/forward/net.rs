//! A network of the bench's own: loopback, and a pair of virtual interfaces, because Janus will not use loopback.

use std::process::Command;

/// What the servers listen on.
pub(crate) const ADDRESS: &str = "127.0.1.1";

const MARK: &str = "CONCLAVE_BENCH_NAMESPACE";

/// Whether this process runs in a namespace that the bench made. If not, starts itself in one and waits for its end.
pub(crate) fn inside_own_namespace() -> bool {
    if std::env::var_os(MARK).is_some() {
        for line in [
            "link set lo up",
            "link add v0 type veth peer name v1",
            "addr add 127.0.1.1/32 dev v0",
            "link set v0 up",
            "link set v1 up",
        ] {
            run("ip", line);
        }
        run("taskset", &format!("-p -c 0 {}", std::process::id()));
        return true;
    }
    let own = std::env::current_exe().unwrap();
    let status = Command::new("unshare").arg("--net").arg(own).args(std::env::args().skip(1)).env(MARK, "1").status();
    match status {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => {
            eprintln!("the bench needs root and unshare (util-linux) for a network of its own: {error}");
            std::process::exit(1);
        }
    }
}

fn run(program: &str, line: &str) {
    let output = Command::new(program).args(line.split(' ')).output();
    let done = output.as_ref().is_ok_and(|output| output.status.success());
    assert!(done, "{program} {line}: {output:?}");
}
