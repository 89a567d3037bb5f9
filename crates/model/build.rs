//! Bugs can be planted, and processes made to die, only in a build that is told so: see `planted.rs`.
//! Not a Cargo feature, for features unify: one crate that wants it would give it to the product.

fn main() {
    println!("cargo::rerun-if-env-changed=MILLRACE_BUILD");
    println!("cargo::rustc-check-cfg=cfg(faults)");
    if std::env::var("MILLRACE_BUILD").is_ok_and(|build| build == "faults") {
        println!("cargo::rustc-cfg=faults");
    }
}
