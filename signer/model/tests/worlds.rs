//! The worlds.

use signer_model::{
    search::{Bounds, row, search_world},
    world::World,
};

#[test]
fn one_installation() {
    let mut world = World::new("1 installation, 4 requests, quota edit", 4);
    world.may.edits = 1;
    world.quotas = vec![(0, Some(1))];
    let begun = std::time::Instant::now();
    let report = search_world(world, Bounds { states: 2_000_000, go_on: 50 });
    println!("{}", row(&report, begun.elapsed().as_secs_f64()));
    println!("{report:?}");
    assert_eq!(report.broken, None);
}
