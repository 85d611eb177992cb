//! Which sequences a model holds: what is in them, what they share, and which of them goes first when room is needed.

use super::{ModelError, SeqId, Token, TokenModel};

/// The sequences of a model. Those in use belong to a request; the others are kept for what may begin like them.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    slots: Vec<Option<Sequence>>,
    clock: u64,
}

#[derive(Debug)]
struct Sequence {
    /// What the model has computed of it.
    tokens: Vec<Token>,
    /// It shares its first tokens with another sequence that is still there: which one and how many.
    base: Option<(SeqId, usize)>,
    used_at: u64,
    in_use: bool,
}

impl Sequence {
    fn own(&self) -> usize {
        self.tokens.len() - self.base.map_or(0, |(_, shared)| shared)
    }
}

/// The longest beginning of some tokens that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) sequence: SeqId,
    pub(super) len: usize,
}

impl Sequences {
    pub(super) fn new(most: usize) -> Self {
        Self { slots: (0..most).map(|_| None).collect(), clock: 0 }
    }

    fn get(&self, id: SeqId) -> Option<&Sequence> {
        self.slots.get(id).and_then(Option::as_ref)
    }

    fn get_mut(&mut self, id: SeqId) -> Option<&mut Sequence> {
        self.slots.get_mut(id).and_then(Option::as_mut)
    }

    fn each(&self) -> impl Iterator<Item = (SeqId, &Sequence)> {
        self.slots.iter().enumerate().filter_map(|(id, slot)| Some((id, slot.as_ref()?)))
    }

    /// Tokens kept, shared ones counted once.
    pub(super) fn tokens(&self) -> usize {
        self.each().map(|(_, s)| s.own()).sum()
    }

    /// The sequence that begins most like `tokens`, the last of which is left to be computed.
    pub(super) fn longest_prefix(&self, tokens: &[Token]) -> Option<Match> {
        let usable = tokens.len().saturating_sub(1);
        let matches = self.each().map(|(sequence, s)| Match { sequence, len: common(&s.tokens, tokens).min(usable) });
        matches.filter(|m| m.len > 0).max_by_key(|m| (m.len, std::cmp::Reverse(m.sequence)))
    }

    /// A new sequence in use, holding the first tokens of another where `from` says so. `None`: all are in use.
    pub(super) fn open(
        &mut self,
        model: &mut dyn TokenModel,
        from: Option<Match>,
    ) -> Result<Option<SeqId>, ModelError> {
        self.clock += 1;
        let clock = self.clock;
        if let Some(base) = from.and_then(|m| self.get_mut(m.sequence)) {
            base.used_at = clock;
        }
        let free = self.slots.iter().position(Option::is_none);
        let Some(id) = free.or_else(|| self.evict(model, from.map(|m| m.sequence))) else { return Ok(None) };
        let tokens = match from {
            Some(m) => {
                model.fork(m.sequence, id, m.len)?;
                self.get(m.sequence).and_then(|s| s.tokens.get(..m.len)).unwrap_or_default().to_vec()
            }
            None => Vec::new(),
        };
        let sequence = Sequence { tokens, base: from.map(|m| (m.sequence, m.len)), used_at: clock, in_use: true };
        if let Some(slot) = self.slots.get_mut(id) {
            *slot = Some(sequence);
        }
        Ok(Some(id))
    }

    /// The model has computed more of it.
    pub(super) fn extend(&mut self, id: SeqId, tokens: &[Token]) {
        if let Some(sequence) = self.get_mut(id) {
            sequence.tokens.extend_from_slice(tokens);
        }
    }

    /// Its request is done: it stays until its room is needed.
    pub(super) fn release(&mut self, id: SeqId) {
        self.clock += 1;
        let clock = self.clock;
        if let Some(sequence) = self.get_mut(id) {
            sequence.in_use = false;
            sequence.used_at = clock;
        }
    }

    /// Forgets the sequence that was unused for the longest time, but not `except`.
    pub(super) fn evict(&mut self, model: &mut dyn TokenModel, except: Option<SeqId>) -> Option<SeqId> {
        let idle = self.each().filter(|(id, s)| !s.in_use && Some(*id) != except);
        let (id, _) = idle.min_by_key(|(_, s)| s.used_at)?;
        self.remove(model, id);
        Some(id)
    }

    /// Forgets a sequence. What others share with it is counted with one of them from now on.
    pub(super) fn remove(&mut self, model: &mut dyn TokenModel, id: SeqId) {
        model.remove(id);
        let Some(gone) = self.slots.get_mut(id).and_then(Option::take) else { return };
        let shares = |s: &Sequence| s.base.filter(|(base, _)| *base == id).map(|(_, len)| len);
        let heir = self.each().filter_map(|(at, s)| Some((at, shares(s)?))).max_by_key(|(_, len)| *len);
        let Some((heir, longest)) = heir else { return };
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let Some((sequence, len)) = slot.as_mut().and_then(|s| Some((shares(s)?, s))).map(|(len, s)| (s, len))
            else {
                continue;
            };
            sequence.base = match gone.base {
                // Shared with what the gone one shared itself.
                Some((base, most)) if len <= most => Some((base, len)),
                _ if at != heir => Some((heir, len.min(longest))),
                base => base,
            };
        }
    }
}

/// How many tokens two lists begin with in common.
pub(super) fn common(a: &[Token], b: &[Token]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::{Row, testkit::CountingModel};

    /// Distinct beginnings: what a model that shares everything it can must keep.
    fn open_with(sequences: &mut Sequences, model: &mut CountingModel, tokens: &[Token]) -> SeqId {
        let from = sequences.longest_prefix(tokens);
        let id = sequences.open(model, from).unwrap().unwrap();
        let rest = &tokens[from.map_or(0, |m| m.len)..];
        model.step(&[Row { sequence: id, tokens: rest, wanted: false }]).unwrap();
        sequences.extend(id, rest);
        id
    }

    #[test]
    fn shared_tokens_count_once_and_still_do_when_their_first_owner_is_gone() {
        let (mut sequences, mut model) = (Sequences::new(4), CountingModel::new(100));
        let a = open_with(&mut sequences, &mut model, &[1, 2, 3, 4]);
        let b = open_with(&mut sequences, &mut model, &[1, 2, 3, 5, 6]);
        let c = open_with(&mut sequences, &mut model, &[1, 2, 7]);
        assert_eq!(sequences.tokens(), 4 + 2 + 1);
        sequences.remove(&mut model, a);
        assert_eq!(sequences.tokens(), 5 + 1);
        sequences.remove(&mut model, b);
        assert_eq!(sequences.tokens(), 3);
        sequences.remove(&mut model, c);
        assert_eq!(sequences.tokens(), 0);
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_and_what_is_in_use_stays() {
        let (mut sequences, mut model) = (Sequences::new(2), CountingModel::new(100));
        let a = open_with(&mut sequences, &mut model, &[1, 1]);
        let b = open_with(&mut sequences, &mut model, &[2, 2]);
        assert_eq!(sequences.open(&mut model, None).unwrap(), None);
        sequences.release(b);
        sequences.release(a);
        assert_eq!(sequences.open(&mut model, None).unwrap(), Some(b));
        assert_eq!(sequences.longest_prefix(&[1, 1, 1]), Some(Match { sequence: a, len: 2 }));
        assert_eq!(sequences.longest_prefix(&[1, 1]), Some(Match { sequence: a, len: 1 }));
        assert_eq!(sequences.longest_prefix(&[2, 2, 2]), None);
    }

    proptest! {
        #[test]
        fn the_count_is_never_under_what_is_distinct_and_never_over_what_is_there(
            ops in prop::collection::vec((prop::collection::vec(0_u32..3, 1..7), any::<prop::sample::Index>(), any::<bool>()), 1..40)
        ) {
            let (mut sequences, mut model) = (Sequences::new(8), CountingModel::new(100));
            let mut live: Vec<(SeqId, Vec<Token>)> = Vec::new();
            for (tokens, which, remove) in ops {
                if !live.is_empty() && (remove || live.len() == 8) {
                    let (id, _) = live.swap_remove(which.index(live.len()));
                    sequences.remove(&mut model, id);
                } else {
                    live.push((open_with(&mut sequences, &mut model, &tokens), tokens));
                }
                let mut beginnings: Vec<&[Token]> = live.iter().flat_map(|(_, t)| (1..=t.len()).map(|n| &t[..n])).collect();
                let all = beginnings.len();
                beginnings.sort_unstable();
                beginnings.dedup();
                prop_assert!((beginnings.len()..=all).contains(&sequences.tokens()), "{} of {live:?}", sequences.tokens());
            }
        }
    }
}
