//! Those who have connected and proved nothing yet. Anybody can be one, so there are only so many at once; and one more is let in all the
//! same, or else whoever fills the hall keeps the portals out. The machine that has the most of them gives up its oldest.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
};

use tokio::sync::oneshot;

/// Handshakes at once: many more than portals have, and with all calls fewer than a process may have open files.
pub(super) const STRANGERS: usize = 256;

/// Ends with an error when somebody else is let in instead. Whoever is admitted drops it.
pub(super) type MakeWay = oneshot::Receiver<()>;

/// In the order of their coming.
#[derive(Default)]
pub(super) struct Strangers {
    waiting: VecDeque<(Option<IpAddr>, oneshot::Sender<()>)>,
}

impl Strangers {
    /// Lets one more in, and the one out who has to make way for it.
    pub(super) fn come_in(&mut self, from: Option<IpAddr>) -> MakeWay {
        if self.waiting.len() >= STRANGERS {
            self.waiting.retain(|(_, way)| !way.is_closed());
        }
        if self.waiting.len() >= STRANGERS {
            self.waiting.remove(self.least_missed());
        }
        let (way, make_way) = oneshot::channel();
        self.waiting.push_back((from, way));
        make_way
    }

    /// The oldest of the machine that has the most.
    fn least_missed(&self) -> usize {
        let mut counts: HashMap<_, usize> = HashMap::new();
        self.waiting.iter().for_each(|(from, _)| *counts.entry(from).or_default() += 1);
        let most = counts.values().max().copied();
        self.waiting.iter().position(|(from, _)| counts.get(from).copied() == most).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One machine's flood costs that machine alone, whoever came first.
    #[test]
    fn the_machine_with_the_most_gives_up_its_oldest() {
        let [portal, flood] = [1, 2].map(|last| Some(IpAddr::from([192, 0, 2, last])));
        let mut strangers = Strangers::default();
        let mut first = strangers.come_in(portal);
        let mut theirs: Vec<MakeWay> = (0..2 * STRANGERS).map(|_| strangers.come_in(flood)).collect();
        let mut second = strangers.come_in(portal);
        let has_to_go =
            |way: &mut MakeWay| matches!(way.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert!(!has_to_go(&mut first) && !has_to_go(&mut second));
        let gone: Vec<bool> = theirs.iter_mut().map(has_to_go).collect();
        let left = 2 * STRANGERS - (STRANGERS - 2);
        assert_eq!(gone.iter().filter(|gone| **gone).count(), left, "no more than must");
        assert!(gone[..left].iter().all(|gone| *gone), "the oldest of them");
    }

    /// Whoever was admitted is none any more, and nobody makes way for one who left.
    #[test]
    fn who_is_admitted_makes_room_by_that() {
        let mut strangers = Strangers::default();
        let mut stays = strangers.come_in(None);
        for _ in 0..2 * STRANGERS {
            drop(strangers.come_in(None));
        }
        assert_eq!(stays.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }
}
