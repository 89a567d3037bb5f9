use model::{Bug, planted::plant};
use simulation::{Profile, run};
fn main() {
    for bug in [Bug::SealsBeforeFence, Bug::NoBaseCheck] {
        plant(Some(bug));
        let mut n = 0;
        for seed in 0..16000 {
            let kind = (seed / 2) % 8;
            if kind != 6 && kind != 7 && !(bug == Bug::NoBaseCheck && kind == 3) {
                continue;
            }
            n += 1;
            if let Some(why) = run(seed, Profile::of(seed), 4000, false).failure {
                println!("{bug:?} {seed} after {n}: {why}");
                break;
            }
        }
        println!("{bug:?} {n}");
    }
}
