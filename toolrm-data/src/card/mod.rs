//! The card of a build: what the pairs are made of, where they come from, and what to beware of, as the `README.md` of a dataset on the
//! Hugging Face hub and as one HTML page with plots. All it says is in the [`Manifest`]; the same manifest makes the same bytes.

mod built;
mod check;
mod facts;
mod front;
#[cfg(test)]
mod invented;
mod limits;
mod made_of;
#[cfg(test)]
mod tests;

use self::facts::Facts;
use crate::{
    build::manifest::Manifest,
    document::{
        Block, Section,
        html::{self, Page},
        markdown,
        number::{count, counted, percent},
    },
};

/// Why the page of a card does not come out: a fault of ours, not of the manifest.
#[derive(Debug, thiserror::Error)]
#[error("the card's page does not come out: {message}; README.md is whole, please tell us of this")]
#[non_exhaustive]
pub struct CardError {
    /// What went wrong.
    pub message: String,
}

/// The `README.md` of a build: YAML for the hub, then the card, without its plots.
pub fn markdown(manifest: &Manifest) -> String {
    let facts = Facts::of(manifest);
    let card = markdown::write(&title(&facts), &sections(&facts), |_, never| match *never {});
    format!("{}\n{card}", front::front_matter(&facts))
}

/// The card as one HTML page, which asks for nothing from outside and needs no script.
///
/// # Errors
/// A fault of the page's template.
pub fn html(manifest: &Manifest) -> Result<String, CardError> {
    let content = serde_json::to_string(manifest).map_err(|error| CardError { message: error.to_string() })?;
    let facts = Facts::of(manifest);
    let page = Page { title: &title(&facts), skip: "To the card", content: &content, style: "", script: "" };
    html::write(page, &sections(&facts), |never| match *never {}).map_err(|error| CardError { message: error.message })
}

fn title(facts: &Facts<'_>) -> String {
    match facts.all.pairs {
        0 => "Preference pairs over tool calls: none".into(),
        pairs => format!("{} over tool calls", counted(pairs, "preference pair")),
    }
}

fn sections(facts: &Facts<'_>) -> Vec<Section> {
    let mut sections = vec![what(facts)];
    sections.extend(made_of::sections(facts));
    sections.extend(check::sections(facts));
    sections.extend(built::sections(facts));
    let limits = limits::limits(facts).into_iter().map(|limit| limit.text).collect();
    sections.push(Section { id: "limits", title: "Limitations".into(), blocks: vec![Block::List(limits)] });
    sections
}

/// What it is in two sentences, and what to beware of most.
fn what(facts: &Facts<'_>) -> Section {
    let manifest = facts.manifest;
    let mut blocks = vec![
        Block::Text(in_short(facts)),
        Block::Text(format!(
            "Built by toolrm-data {}; the fingerprint of configuration and inputs is {}. All figures are those of {}.",
            facts::named(&manifest.builder, "(version not given)"),
            facts::named(&manifest.fingerprint, "not given"),
            Manifest::FILE,
        )),
    ];
    let limits = limits::limits(facts).into_iter();
    let grave: Vec<_> = limits.filter(|limit| limit.grave).map(|limit| limit.text).collect();
    if !grave.is_empty() {
        blocks.push(Block::Warnings(grave));
    }
    Section { id: "what", title: "What this is".into(), blocks }
}

fn in_short(facts: &Facts<'_>) -> String {
    let (all, manifest) = (&facts.all, facts.manifest);
    if all.pairs == 0 {
        return "This build has no pairs: nothing was left of what went in. Where it was lost is told below, stage by stage.".into();
    }
    let share = |name: &str| percent(facts.share_of(name).unwrap_or_default());
    format!(
        "{} ({} for training, {} for validation) of a better and a worse answer to {} that can be served with tools, from {}. By the \
         less trusted of its two answers {} % of the pairs are recorded answers of models, {} % were sampled from models for this build, \
         and {} % are synthetic corruptions of right answers: a judge trained on synthetic corruptions alone does not transfer to the \
         errors of models.",
        counted(all.pairs, "pair"),
        count(manifest.train.pairs),
        count(manifest.validation.pairs),
        counted(all.questions, "question"),
        counted(all.sources.len() as u64, "source"),
        share("recorded"),
        share("served"),
        share("synthetic"),
    )
}
